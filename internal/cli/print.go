package cli

import (
	"bytes"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

func trimSpace(b []byte) []byte { return bytes.TrimSpace(b) }

// grid prints rows under a header, columns aligned; wide cells are cut at 80 characters.
func grid(w io.Writer, header []string, rows [][]any) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.Style().Format.Header = text.FormatDefault
	var cfg []table.ColumnConfig
	h := table.Row{}
	for i, x := range header {
		h = append(h, x)
		cfg = append(cfg, table.ColumnConfig{Number: i + 1, WidthMax: 80, WidthMaxEnforcer: text.Trim})
	}
	t.SetColumnConfigs(cfg)
	t.AppendHeader(h)
	for _, r := range rows {
		t.AppendRow(r)
	}
	t.Render()
}
