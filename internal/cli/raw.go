package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/rawkeep"
)

func newRaw(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{
		Use: "raw", Short: "Messages kept as they came: list, set, replay",
		Long: "Messages of hubs and storage accounts can be kept as they came, compressed, for some days: set says for how long, before anybody does\n" +
			"streaming.raw of the configuration. A replay runs\n" +
			"them through today's parser: rows that are not stored become rows of the same tables, those that are stored stay.",
	}
	t.flags(cmd)
	replay := &cobra.Command{
		Use: "replay", Short: "Store what is missing of the messages of some time", Args: cobra.NoArgs,
		Example: "  vedette raw replay --since 2h --preview\n  vedette raw replay --from 2026-07-18T12:00:00Z --to 2026-07-18T14:00:00Z --table DeviceEvents",
	}
	var since time.Duration
	var from, to string
	var tables []string
	var preview bool
	replay.Flags().DurationVar(&since, "since", 0, "messages taken in since this `TIME`, such as 2h")
	replay.Flags().StringVar(&from, "from", "", "messages taken in from this `TIME` on, such as 2026-07-18T12:00:00Z")
	replay.Flags().StringVar(&to, "to", "", "until this `TIME` (default: now)")
	replay.Flags().StringSliceVar(&tables, "table", nil, "rows of this `TABLE` only (default: those that are connected)")
	replay.Flags().BoolVar(&preview, "preview", false, "only count what would be stored")
	replay.MarkFlagsMutuallyExclusive("since", "from")
	replay.MarkFlagsOneRequired("since", "from")
	replay.RunE = func(cmd *cobra.Command, _ []string) error {
		if since > 0 {
			from = time.Now().Add(-since).UTC().Format(time.RFC3339)
		}
		var v rawJSON
		if err := t.call(cmd.Context(), "POST", "/raw/replay", map[string]any{"tables": tables, "from": from, "to": to, "preview": preview}, &v); err != nil {
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
	}, newRawSet(t), replay, &cobra.Command{
		Use: "stop", Short: "End the replay that runs; what it stored stays", Args: cobra.NoArgs, Example: "  vedette raw stop",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var v rawJSON
			if err := t.call(cmd.Context(), "DELETE", "/raw/replay", nil, &v); err != nil {
				return err
			}
			return t.printRaw(v)
		},
	})
	return cmd
}

func newRawSet(t *target) *cobra.Command {
	cmd := &cobra.Command{
		Use: "set", Short: "Keep messages for so many days, or not at all", Args: cobra.NoArgs,
		Example: "  vedette raw set --days 3 --max-bytes 20000000000\n  vedette raw set --off",
	}
	var days int
	var most int64
	var off bool
	cmd.Flags().IntVar(&days, "days", 0, "keep messages for this many `DAYS`")
	cmd.Flags().Int64Var(&most, "max-bytes", 0, "and at most this many `BYTES` of them; the oldest go first")
	cmd.Flags().BoolVar(&off, "off", false, "keep none, and remove what is kept")
	cmd.MarkFlagsMutuallyExclusive("days", "off")
	cmd.MarkFlagsMutuallyExclusive("max-bytes", "off")
	cmd.MarkFlagsOneRequired("days", "max-bytes", "off")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		in := map[string]any{}
		switch {
		case off:
			in["days"] = 0
		case cmd.Flags().Changed("days") && days < 1:
			return fault.New(fault.Invalid, "raw_days", "--days %d: give a day or more, or --off to keep none.", days)
		case cmd.Flags().Changed("days"):
			in["days"] = days
		}
		if cmd.Flags().Changed("max-bytes") {
			in["maxBytes"] = most
		}
		var v rawJSON
		if err := t.call(cmd.Context(), "PUT", "/raw", in, &v); err != nil {
			return err
		}
		return t.printRaw(v)
	}
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
	switch {
	case v.Kept.Days == 0:
		fmt.Fprintln(w, "No originals are kept. To keep them from now on: vedette raw set --days 3")
	case v.Kept.Files == 0:
		fmt.Fprintf(w, "Nothing is kept yet; messages are kept for %d days.\n", v.Kept.Days)
	default:
		fmt.Fprintf(w, "Messages since %s are kept in %d files, %s of at most %s; they go after %d days.\n", v.Kept.From.Format("2006-01-02 15:04 MST"), v.Kept.Files, size(v.Kept.Bytes), size(v.Kept.MaxBytes), v.Kept.Days)
	}
	if p := v.Replay; p != nil {
		which := "the connected tables"
		if len(p.Tables) > 0 {
			which = strings.Join(p.Tables, ", ")
		}
		what, rows, before := "Replay", "rows stored", "were stored before"
		if p.Preview {
			what, rows, before = "Preview of a replay", "rows would be stored", "are stored already"
		}
		state := p.State
		if state == "running" {
			state = fmt.Sprintf("running, %.0f %%", p.Share*100)
		}
		fmt.Fprintf(w, "%s of %s to %s into %s: %s. %d messages read, %d %s, %d %s.\n", what, p.From.Format("2006-01-02 15:04:05"), p.To.Format("2006-01-02 15:04:05 MST"), which, state, p.Messages, p.Rows, rows, p.Known, before)
		for _, table := range slices.Sorted(maps.Keys(p.ByTable)) {
			fmt.Fprintf(w, "  %s: %d\n", clean(table), p.ByTable[table])
		}
		if p.Problem != "" {
			fmt.Fprintln(w, clean(p.Problem))
		}
	}
	return nil
}
