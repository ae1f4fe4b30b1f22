package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/mattn/go-isatty"
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
		for i, v := range r {
			switch x := v.(type) {
			case painted:
				r[i] = string(x)
			case string:
				r[i] = clean(x)
			case nil, bool, int, int64, float64:
			default:
				r[i] = clean(fmt.Sprint(x))
			}
		}
		t.AppendRow(r)
	}
	t.Render()
}

// clean makes text from outside safe for a terminal: what would move the cursor, colour or reorder text is shown as a code.
func clean(s string) string {
	if !strings.ContainsFunc(s, unsafe) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			b.WriteByte(' ')
		case unsafe(r):
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unsafe runes are controls and those that change the direction of text or cannot be seen.
func unsafe(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// painted is text with colours of our own.
type painted string

var colours = map[string]text.Colors{
	"High": {text.FgRed, text.Bold}, "Medium": {text.FgYellow}, "Low": {text.FgBlue}, "Informational": {text.Faint},
	"New": {text.FgCyan, text.Bold}, "Active": {text.FgCyan}, "InProgress": {text.FgCyan}, "Closed": {text.Faint}, "Resolved": {text.Faint},
	"synced": {text.FgGreen}, "pending": {text.FgYellow}, "sent": {text.FgYellow}, "conflict": {text.FgMagenta}, "rejected": {text.FgRed},
	"notSent": {text.FgRed}, "local": {text.Faint},
}

// paint colours a word of a severity, a status or a sync state, on a terminal that wants colours.
func paint(env *Env, word string) painted {
	c, ok := colours[word]
	f, file := env.Stdout.(*os.File)
	if !ok || !file || !isatty.IsTerminal(f.Fd()) || env.Getenv("NO_COLOR") != "" || env.Getenv("TERM") == "dumb" {
		return painted(clean(word))
	}
	return painted(c.Sprint(word))
}

// pad is paint with blanks up to a width.
func pad(env *Env, word string, width int) painted {
	return paint(env, word) + painted(strings.Repeat(" ", max(0, width-text.RuneWidthWithoutEscSequences(word))))
}
