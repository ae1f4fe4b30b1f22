package cli

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/model"
)

func newTableTransform(t *target) *cobra.Command {
	cmd := &cobra.Command{
		Use: "transform", Short: "Change and drop a table's rows on their way in, by KQL: show, preview, set, clear",
		Long: "A transformation is KQL that begins with source and works on single rows: where, extend, project, project-away, project-rename, parse.\n" +
			"It follows rows that come in from now on; what it drops is counted. What is stored already stays as it is.",
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "show [TABLE]", Short: "The transformations, and what they dropped in the last day", Args: cobra.MaximumNArgs(1), Example: "  vedette table transform show",
			RunE: func(cmd *cobra.Command, args []string) error { return t.showTransforms(cmd, args) },
		},
		&cobra.Command{
			Use: "set TABLE KQL", Short: "Set a table's transformation", Args: cobra.ExactArgs(2),
			Example: "  vedette table transform set DeviceNetworkEvents 'source | where ActionType != \"ListeningConnectionCreated\"'",
			RunE: func(cmd *cobra.Command, args []string) error {
				if err := t.call(cmd.Context(), "PUT", transformPath(args[0]), map[string]any{"query": args[1]}, nil); err != nil {
					return err
				}
				return t.showTransforms(cmd, args[:1])
			},
		},
		&cobra.Command{
			Use: "preview TABLE [KQL]", Short: "What a transformation does to the newest rows; nothing is changed", Args: cobra.RangeArgs(1, 2),
			Example: "  vedette table transform preview DeviceEvents 'source | where ActionType has \"Asr\"'",
			RunE:    func(cmd *cobra.Command, args []string) error { return t.previewTransform(cmd, args) },
		},
		&cobra.Command{
			Use: "clear TABLE", Short: "Take a table's transformation away", Args: cobra.ExactArgs(1), Example: "  vedette table transform clear DeviceEvents",
			RunE: func(cmd *cobra.Command, args []string) error {
				if err := t.call(cmd.Context(), "DELETE", transformPath(args[0]), nil, nil); err != nil {
					return err
				}
				_, err := fmt.Fprintf(t.env.Stdout, "Rows of %s are stored as they come in.\n", args[0])
				return err
			},
		},
	)
	return cmd
}

func transformPath(table string) string { return "/tables/" + url.PathEscape(table) + "/transform" }

// showTransforms prints all transformations, or that of one table.
func (t *target) showTransforms(cmd *cobra.Command, tables []string) error {
	var items []model.TransformView
	if len(tables) == 1 {
		items = make([]model.TransformView, 1)
		if err := t.get(cmd.Context(), transformPath(tables[0]), &items[0]); err != nil {
			return err
		}
	} else {
		var out struct {
			Items []model.TransformView `json:"items"`
		}
		if err := t.get(cmd.Context(), "/transforms", &out); err != nil {
			return err
		}
		items = out.Items
	}
	if t.json {
		return t.printJSON(items)
	}
	var rows [][]any
	for _, v := range items {
		rows = append(rows, []any{v.Table, v.Stored, v.Dropped, clean(v.ChangedBy), v.ChangedAt.Format("2006-01-02 15:04"), clean(strings.Join(strings.Fields(v.Query), " ")), clean(v.Problem)})
	}
	grid(t.env.Stdout, []string{"table", "stored 24h", "dropped 24h", "changed by", "changed", "query", "problem"}, rows)
	return nil
}

// previewTransform prints what a transformation would do.
func (t *target) previewTransform(cmd *cobra.Command, args []string) error {
	body := map[string]any{}
	if len(args) == 2 {
		body["query"] = args[1]
	}
	var p model.TransformPreview
	if err := t.call(cmd.Context(), "POST", transformPath(args[0])+"/preview", body, &p); err != nil {
		return err
	}
	if t.json {
		return t.printJSON(p)
	}
	which := "newest rows as they came in"
	if p.From == "stored" {
		which = "newest stored rows"
	}
	_, err := fmt.Fprintf(t.env.Stdout, "Of the %d %s, %d would be stored and %d dropped.\n", p.In, which, p.Out, p.Dropped)
	if err == nil && len(p.Added) > 0 {
		_, err = fmt.Fprintf(t.env.Stdout, "Columns added: %s\n", strings.Join(p.Added, ", "))
	}
	if err == nil && len(p.Removed) > 0 {
		_, err = fmt.Fprintf(t.env.Stdout, "Columns removed: %s\n", strings.Join(p.Removed, ", "))
	}
	return err
}
