package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

func incidentRelated(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "related NUMBER", Short: "Incidents that share entities, the closest first", Example: "  vedette incident related 17", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			path := "/incidents/" + n + "/related"
			if t.json {
				var out struct{ Items []any }
				if err := t.get(cmd.Context(), path, &out); err != nil {
					return err
				}
				return t.printJSON(out.Items)
			}
			var out struct {
				Items []struct {
					incidentView
					Shared []struct{ Kind, Label string }
				}
			}
			if err := t.get(cmd.Context(), path, &out); err != nil {
				return err
			}
			var rows [][]any
			for _, i := range out.Items {
				var shared []string
				for _, e := range i.Shared {
					shared = append(shared, e.Kind+" "+e.Label)
				}
				rows = append(rows, []any{i.IncidentNumber, paint(t.env, i.Severity), paint(t.env, i.Status), i.Title, i.owner(), strings.Join(shared, ", ")})
			}
			grid(t.env.Stdout, []string{"number", "severity", "status", "title", "owner", "shared"}, rows)
			return nil
		},
	}
}
