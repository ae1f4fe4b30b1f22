package cli

import (
	"encoding/json"
	"math"

	"github.com/spf13/cobra"
)

func incidentHistory(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "history NUMBER", Short: "Who changed what, on both sides", Example: "  vedette incident history 17", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			if !t.json {
				cols := []string{"time", "origin", "actor", "kind", "field", "before", "after", "note"}
				var rows [][]any
				err := eachOf(cmd.Context(), t, n, "history", math.MaxInt, func(line map[string]any) error {
					rows = append(rows, cells(line, cols))
					if len(rows) == pageOf { // a table of a thousand lines, then the next
						grid(t.env.Stdout, cols, rows)
						rows = nil
					}
					return nil
				})
				if err == nil {
					grid(t.env.Stdout, cols, rows)
				}
				return err
			}
			out := newJSONStream(t.env.Stdout)
			out.open("", "[")
			if err := eachOf(cmd.Context(), t, n, "history", math.MaxInt, func(line json.RawMessage) error { return out.put("", line) }); err != nil {
				return err
			}
			out.close("]")
			return out.end()
		},
	}
}
