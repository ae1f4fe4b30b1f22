package cli

import (
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/model"
)

func newSnapshot(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{
		Use: "snapshot", Short: "Tables that the tenant does not export, fetched by a schedule: list, run, set",
		Long: "Fetch tables that the tenant never exports, such as DeviceTvmSoftwareInventory, from its advanced hunting. A table of the kind state is\n" +
			"stored whole with each run, all its rows with the run's beginning as TimeGenerated; one of the kind events is read on.",
	}
	t.flags(cmd)
	set := &cobra.Command{
		Use: "set TABLE", Short: "Change a table's schedule, or give it one", Args: cobra.ExactArgs(1),
		Example: "  vedette snapshot set DeviceTvmSoftwareInventory --every 12h\n  vedette snapshot set BehaviorInfo --kind events --every 1h\n  vedette snapshot set DeviceTvmCertificateInfo --off",
	}
	var on, off bool
	var every time.Duration
	var kind string
	set.Flags().BoolVar(&on, "on", false, "fetch it by the schedule")
	set.Flags().BoolVar(&off, "off", false, "do not fetch it; what is stored stays")
	set.Flags().DurationVar(&every, "every", 0, "fetch it every `TIME`, such as 24h")
	set.Flags().StringVar(&kind, "kind", "", "`KIND`: state (the whole table each time) or events (its new rows)")
	set.MarkFlagsMutuallyExclusive("on", "off")
	set.RunE = func(cmd *cobra.Command, args []string) error {
		body := map[string]any{}
		if on || off {
			body["on"] = on
		}
		if every > 0 {
			body["everySeconds"] = int64(every / time.Second)
		}
		if kind != "" {
			body["kind"] = kind
		}
		return t.snapshots(cmd, "PUT", "/snapshots/"+url.PathEscape(args[0]), body)
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "The tables with their schedule and last run", Args: cobra.NoArgs, Example: "  vedette snapshot list",
			RunE: func(cmd *cobra.Command, _ []string) error { return t.snapshots(cmd, "GET", "/snapshots", nil) },
		},
		&cobra.Command{
			Use: "run all|TABLE...", Short: "Fetch tables now, in the background", Args: cobra.MinimumNArgs(1), Example: "  vedette snapshot run DeviceTvmSoftwareInventory",
			RunE: func(cmd *cobra.Command, args []string) error {
				return t.snapshots(cmd, "POST", "/snapshots", map[string]any{"tables": args})
			},
		},
		set,
	)
	return cmd
}

// snapshots calls and prints the list that is answered.
func (t *target) snapshots(cmd *cobra.Command, method, path string, in any) error {
	var out struct {
		Items []model.SnapshotView `json:"items"`
	}
	if err := t.call(cmd.Context(), method, path, in, &out); err != nil {
		return err
	}
	if t.json {
		return t.printJSON(out.Items)
	}
	when := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.Format("01-02 15:04")
	}
	var rows [][]any
	for _, s := range out.Items {
		state, next := s.State, when(s.Next)
		if !s.On {
			next = "off"
		}
		if s.State == model.SnapshotRunning {
			state = fmt.Sprintf("%s %d of %d", s.State, s.Done, s.Parts)
		}
		rows = append(rows, []any{state, s.Table, s.Kind, (time.Duration(s.EverySeconds) * time.Second).String(), when(s.Time), s.Rows, next, clean(s.Problem)})
	}
	grid(t.env.Stdout, []string{"state", "table", "kind", "every", "last run", "rows", "next", "problem"}, rows)
	return nil
}
