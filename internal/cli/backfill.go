package cli

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/model"
)

func newBackfill(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{
		Use: "backfill", Short: "Fetch what the tenant has and is not stored: list, start, stop",
		Long: "Fetch events from the tenant's advanced hunting, which keeps 30 days: only the hours in which rows are missing are read, and\n" +
			"only rows that are not stored yet are stored. A backfill goes on after a restart; giving it twice changes nothing.",
	}
	t.flags(cmd)
	var since time.Duration
	start := &cobra.Command{
		Use: "start all|TABLE...", Short: "Fetch the missing rows of tables", Args: cobra.MinimumNArgs(1),
		Example: "  vedette backfill start all\n  vedette backfill start AlertInfo AlertEvidence --since 168h",
		RunE: func(cmd *cobra.Command, args []string) error {
			body := map[string]any{"tables": args}
			if since > 0 {
				body["from"] = time.Now().Add(-since).UTC().Format(time.RFC3339)
			}
			return t.backfills(cmd, "POST", "/backfills", body)
		},
	}
	start.Flags().DurationVar(&since, "since", 0, "look back this `TIME`, such as 168h (default: the 30 days that the tenant keeps)")
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "The last backfill of each table, with its progress", Args: cobra.NoArgs, Example: "  vedette backfill list",
			RunE: func(cmd *cobra.Command, _ []string) error { return t.backfills(cmd, "GET", "/backfills", nil) },
		},
		start,
		&cobra.Command{
			Use: "stop TABLE", Short: "End a table's backfill; what it stored stays", Args: cobra.ExactArgs(1), Example: "  vedette backfill stop DeviceEvents",
			RunE: func(cmd *cobra.Command, args []string) error {
				return t.backfills(cmd, "DELETE", "/backfills/"+url.PathEscape(args[0]), nil)
			},
		},
	)
	return cmd
}

// backfills calls and prints the list that is answered.
func (t *target) backfills(cmd *cobra.Command, method, path string, in any) error {
	var out struct {
		Items []model.Backfill `json:"items"`
	}
	if err := t.call(cmd.Context(), method, path, in, &out); err != nil {
		return err
	}
	if t.json {
		return t.printJSON(out.Items)
	}
	var rows [][]any
	for _, b := range out.Items {
		left := ""
		if b.SecondsLeft != nil {
			left = (time.Duration(*b.SecondsLeft) * time.Second).String()
		}
		rows = append(rows, []any{b.State, b.Table, b.From.Format("01-02 15:04"), b.To.Format("01-02 15:04"), fmt.Sprintf("%d of %d", b.Done, b.Hours), b.Rows, left, clean(strings.ReplaceAll(b.Problem, "\n", "; "))})
	}
	grid(t.env.Stdout, []string{"state", "table", "from", "to", "hours", "rows", "time left", "problem"}, rows)
	return nil
}
