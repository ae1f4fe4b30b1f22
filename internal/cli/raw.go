package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/rawkeep"
)

func newRaw(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{
		Use: "raw", Short: "Messages kept as they came: list, replay",
		Long: "Messages of hubs and storage accounts are kept as they came for streaming.raw.days days, if the configuration says so. A replay runs\n" +
			"them through today's parser: rows that are not stored become rows of the same tables, those that are stored stay.",
	}
	t.flags(cmd)
	replay := &cobra.Command{
		Use: "replay", Short: "Store what is missing of the messages of some time", Args: cobra.NoArgs,
		Example: "  vedette raw replay --since 2h\n  vedette raw replay --from 2026-07-18T12:00:00Z --to 2026-07-18T14:00:00Z --table DeviceEvents",
	}
	var since time.Duration
	var from, to string
	var tables []string
	replay.Flags().DurationVar(&since, "since", 0, "messages taken in since this `TIME`, such as 2h")
	replay.Flags().StringVar(&from, "from", "", "messages taken in from this `TIME` on, such as 2026-07-18T12:00:00Z")
	replay.Flags().StringVar(&to, "to", "", "until this `TIME` (default: now)")
	replay.Flags().StringSliceVar(&tables, "table", nil, "rows of this `TABLE` only (default: those that are connected)")
	replay.MarkFlagsMutuallyExclusive("since", "from")
	replay.MarkFlagsOneRequired("since", "from")
	replay.RunE = func(cmd *cobra.Command, _ []string) error {
		if since > 0 {
			from = time.Now().Add(-since).UTC().Format(time.RFC3339)
		}
		var v rawJSON
		if err := t.call(cmd.Context(), "POST", "/raw/replay", map[string]any{"tables": tables, "from": from, "to": to}, &v); err != nil {
			return err
		}
		for v.Replay != nil && v.Replay.State == "running" {
			select {
			case <-time.After(300 * time.Millisecond):
			case <-cmd.Context().Done():
				return cmd.Context().Err()
			}
			if err := t.get(cmd.Context(), "/raw", &v); err != nil {
				return err
			}
		}
		if err := t.printRaw(v); err != nil {
			return err
		}
		if v.Replay != nil && v.Replay.State == "failed" {
			return fault.New(fault.Unavailable, "replay_failed", "Not everything was replayed: %s", v.Replay.Problem)
		}
		return nil
	}
	cmd.AddCommand(&cobra.Command{
		Use: "list", Short: "What is kept, and how far the last replay is", Args: cobra.NoArgs, Example: "  vedette raw list",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var v rawJSON
			if err := t.get(cmd.Context(), "/raw", &v); err != nil {
				return err
			}
			return t.printRaw(v)
		},
	}, replay)
	return cmd
}

type rawJSON struct {
	Kept   rawkeep.State     `json:"kept"`
	Replay *rawkeep.Progress `json:"replay"`
}

func (t *target) printRaw(v rawJSON) error {
	if t.json {
		return t.printJSON(v)
	}
	w := t.env.Stdout
	if v.Kept.Files == 0 {
		fmt.Fprintf(w, "Nothing is kept yet; messages are kept for %d days.\n", v.Kept.Days)
	} else {
		fmt.Fprintf(w, "Messages since %s are kept in %d files, %s of at most %s; they go after %d days.\n", v.Kept.From.Format("2006-01-02 15:04 MST"), v.Kept.Files, size(v.Kept.Bytes), size(v.Kept.MaxBytes), v.Kept.Days)
	}
	if p := v.Replay; p != nil {
		which := "the connected tables"
		if len(p.Tables) > 0 {
			which = strings.Join(p.Tables, ", ")
		}
		fmt.Fprintf(w, "Replay of %s to %s into %s: %s. %d messages read, %d rows stored, %d were stored before.\n", p.From.Format("2006-01-02 15:04:05"), p.To.Format("2006-01-02 15:04:05 MST"), which, p.State, p.Messages, p.Rows, p.Known)
		if p.Problem != "" {
			fmt.Fprintln(w, clean(p.Problem))
		}
	}
	return nil
}
