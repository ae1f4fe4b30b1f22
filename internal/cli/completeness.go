package cli

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/completeness"
)

func newCompleteness(env *Env) *cobra.Command {
	t := &target{env: env}
	var tables string
	var since time.Duration
	var check bool
	cmd := &cobra.Command{
		Use: "completeness", Short: "Compare stored rows with the tenant's own counts, by table and hour", Args: cobra.NoArgs,
		Long: "Compare the rows of each connected table, by the hour of their events, with what the tenant's advanced hunting counts. The\n" +
			"server does so every six hours for the last week; --check does it now. Hours younger than three hours are left out. What\n" +
			"every check found is in the table IntakeCompleteness_CL.",
		Example: "  vedette completeness\n  vedette completeness --check --tables DeviceProcessEvents,EmailEvents --since 720h",
		RunE: func(cmd *cobra.Command, _ []string) error {
			from := ""
			if since > 0 {
				from = time.Now().Add(-since).UTC().Format(time.RFC3339)
			}
			var r completeness.Report
			var err error
			if check {
				body := map[string]any{"from": from}
				if tables != "" {
					body["tables"] = strings.Split(tables, ",")
				}
				err = t.call(cmd.Context(), "POST", "/completeness/check", body, &r)
			} else {
				err = t.get(cmd.Context(), "/completeness?"+url.Values{"tables": {tables}, "from": {from}}.Encode(), &r)
			}
			if err != nil {
				return err
			}
			if t.json {
				return t.printJSON(r)
			}
			printCompleteness(t.env, r)
			return nil
		},
	}
	t.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&tables, "tables", "", "only these `TABLES`, separated by commas")
	f.DurationVar(&since, "since", 0, "look back this `TIME`, such as 720h (default: a week)")
	f.BoolVar(&check, "check", false, "compare now")
	return cmd
}

func printCompleteness(env *Env, r completeness.Report) {
	var rows [][]any
	for _, t := range r.Tables {
		rows = append(rows, []any{t.State, t.Table, t.Hours, t.Tenant, t.Stored, t.Missing, t.Extra, ago(t.Checked)})
	}
	fmt.Fprintf(env.Stdout, "From %s to %s\n\n", r.From.Format("2006-01-02 15:04"), r.To.Format("2006-01-02 15:04 MST"))
	grid(env.Stdout, []string{"state", "table", "hours", "tenant", "stored", "missing", "extra", "checked"}, rows)
	for _, t := range r.Tables {
		if t.Problem != "" {
			fmt.Fprintf(env.Stdout, "%s could not be compared: %s\n", t.Table, clean(t.Problem))
		}
		for i, g := range t.Ranges {
			if i == 10 {
				fmt.Fprintf(env.Stdout, "  %s: %d more ranges; see --json\n", t.Table, len(t.Ranges)-i)
				break
			}
			fmt.Fprintf(env.Stdout, "  %s, %s to %s: %d missing, %d extra\n", t.Table, g.From.Format("01-02 15:04"), g.To.Format("01-02 15:04"), g.Missing, g.Extra)
		}
	}
}
