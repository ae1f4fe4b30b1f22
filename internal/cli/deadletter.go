package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/app"
	"github.com/vedette-siem/vedette/internal/deadletter"
)

// letterFlags choose letters on the command line.
type letterFlags struct {
	filter deadletter.Filter
	since  time.Duration
	data   string
}

func (l *letterFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&l.filter.Source, "source", "", "only of this `SOURCE`, such as hub/insights-logs-advancedhunting, or of all that begin with hub")
	f.StringVar(&l.filter.Table, "table", "", "only of this `TABLE`")
	f.StringVar(&l.filter.Reason, "reason", "", "only for this `REASON`, such as notJSON")
	f.DurationVar(&l.since, "since", 0, "only of the last `TIME`, such as 24h")
	l.addData(cmd)
}

func (l *letterFlags) addData(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.data, "data", "", "data `DIR` of a server that is not running")
}

func (l *letterFlags) bound() {
	if l.since > 0 {
		l.filter.Since = time.Now().Add(-l.since).UTC()
	}
}

func newDeadLetter(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{Use: "deadletter", Short: "Records that could not be stored: list, show, replay"}
	t.flags(cmd)
	cmd.AddCommand(deadLetterList(t), deadLetterShow(t), deadLetterReplay(t))
	return cmd
}

// offline does something with a data folder, and closes it.
func (t *target) offline(ctx context.Context, dir string, do func(*app.Offline) error) (err error) {
	off, err := app.OpenOffline(ctx, dir, t.wsName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, off.Close()) }()
	return do(off)
}

func deadLetterList(t *target) *cobra.Command {
	var l letterFlags
	var limit int
	var with bool
	cmd := &cobra.Command{
		Use: "list", Short: "The newest dead letters, and how many there are for which reason", Args: cobra.NoArgs,
		Example: "  vedette deadletter list\n  vedette deadletter list --source hub --reason notJSON --since 24h",
		RunE: func(cmd *cobra.Command, _ []string) error {
			l.bound()
			var p deadletter.Page
			var err error
			if l.data != "" {
				err = t.offline(cmd.Context(), l.data, func(o *app.Offline) error {
					p, err = o.DeadLetters.List(cmd.Context(), o.Workspace, l.filter, limit, with)
					return err
				})
			} else {
				q := url.Values{"limit": {strconv.Itoa(limit)}, "source": {l.filter.Source}, "table": {l.filter.Table}, "reason": {l.filter.Reason}, "replayed": {strconv.FormatBool(with)}}
				if !l.filter.Since.IsZero() {
					q.Set("since", l.filter.Since.Format(time.RFC3339))
				}
				err = t.get(cmd.Context(), "/deadletters?"+q.Encode(), &p)
			}
			if err != nil {
				return err
			}
			if t.json {
				return t.printJSON(p)
			}
			printLetters(t.env.Stdout, p)
			return nil
		},
	}
	l.add(cmd)
	cmd.Flags().IntVar(&limit, "limit", 50, "the newest `N`, at most 1000")
	cmd.Flags().BoolVar(&with, "replayed", false, "list those that were stored later too")
	return cmd
}

func printLetters(w io.Writer, p deadletter.Page) {
	if p.Total == 0 {
		fmt.Fprintln(w, "No record was refused.")
		return
	}
	var groups, rows [][]any
	for _, g := range p.Groups {
		groups = append(groups, []any{g.Source, cmp.Or(g.Table, "(not known)"), g.Reason, g.Letters, g.Replayed, g.Bytes})
	}
	for _, l := range p.Items {
		rows = append(rows, []any{l.ID, l.Time.Local().Format(time.DateTime), fmt.Sprintf("%s/%d/%d/%d", l.Source, l.Partition, l.Position, l.Ordinal), l.Reason, l.Size, clean(l.Detail)})
	}
	grid(w, []string{"source", "table", "reason", "letters", "stored later", "bytes"}, groups)
	fmt.Fprintln(w)
	if len(rows) > 0 {
		grid(w, []string{"id", "refused", "position", "reason", "bytes", "detail"}, rows)
	}
}

func deadLetterShow(t *target) *cobra.Command {
	var f letterFlags
	cmd := &cobra.Command{
		Use: "show ID", Short: "One dead letter with its content, at most 64 KB of it", Args: cobra.ExactArgs(1),
		Example: "  vedette deadletter show 3c59dc04-8e88-5024-3be8-079a5c74d079",
		RunE: func(cmd *cobra.Command, args []string) error {
			var l deadletter.Letter
			var err error
			if f.data != "" {
				err = t.offline(cmd.Context(), f.data, func(o *app.Offline) error {
					l, err = o.DeadLetters.Show(cmd.Context(), o.Workspace, args[0])
					return err
				})
			} else {
				err = t.get(cmd.Context(), "/deadletters/"+url.PathEscape(args[0]), &l)
			}
			if err != nil {
				return err
			}
			if t.json {
				return t.printJSON(l)
			}
			w := t.env.Stdout
			fmt.Fprintf(w, "Dead letter %s, refused %s\n  position  %s, partition %d, position %d, record %d\n  table     %s\n  reason    %s: %s\n  size      %d bytes, SHA-256 %s\n",
				l.ID, l.Time.Local().Format(time.DateTime), clean(l.Source), l.Partition, l.Position, l.Ordinal, cmp.Or(clean(l.Table), "(not known)"), l.Reason, clean(l.Detail), l.Size, l.SHA256)
			if l.Replayed {
				fmt.Fprintln(w, "  It was stored later.")
			}
			fmt.Fprintf(w, "\n%s\n", clean(l.Content))
			return nil
		},
	}
	f.addData(cmd)
	return cmd
}

func deadLetterReplay(t *target) *cobra.Command {
	var l letterFlags
	var all bool
	cmd := &cobra.Command{
		Use: "replay [ID...]", Short: "Store dead letters that can be stored by now, each once",
		Long: "Run dead letters through the parser again and store those that are rows now, as they would have been stored at once.\n" +
			"Say which: by id, by --source, --table, --reason or --since, or --all. What was stored before is left alone, so that\n" +
			"the command can be given twice.",
		Example: "  vedette deadletter replay --reason tooManyTables\n  vedette deadletter replay 3c59dc04-8e88-5024-3be8-079a5c74d079",
		RunE: func(cmd *cobra.Command, args []string) error {
			l.bound()
			l.filter.IDs = args
			f := l.filter
			if !all && len(args) == 0 && f.Source == "" && f.Table == "" && f.Reason == "" && f.Since.IsZero() {
				return fmt.Errorf("%w: say which letters: ids, --source, --table, --reason, --since, or --all", errUsage)
			}
			run := func(once func() (deadletter.Outcome, error)) (deadletter.Outcome, error) {
				sum := deadletter.Outcome{Tables: map[string]int64{}}
				for {
					out, err := once()
					if err != nil {
						return sum, err
					}
					sum.Stored, sum.Rows = sum.Stored+out.Stored, sum.Rows+out.Rows
					for table, n := range out.Tables {
						sum.Tables[table] += n
					}
					// Letters that stay are looked at by every call: the last one has seen them all.
					sum.Stay, sum.Cut, sum.Trouble = out.Stay, out.Cut, out.Trouble
					if sum.Letters = sum.Stored + sum.Stay; !out.More {
						return sum, nil
					}
				}
			}
			var sum deadletter.Outcome
			var err error
			if l.data != "" {
				err = t.offline(cmd.Context(), l.data, func(o *app.Offline) error {
					sum, err = run(func() (deadletter.Outcome, error) {
						return o.DeadLetters.Replay(cmd.Context(), o.Workspace, f, "operator")
					})
					return err
				})
			} else {
				sum, err = run(func() (out deadletter.Outcome, err error) {
					return out, t.call(cmd.Context(), "POST", "/deadletters/replay", f, &out)
				})
			}
			if err != nil {
				return err
			}
			if t.json {
				return t.printJSON(sum)
			}
			printReplay(t.env.Stdout, sum)
			return nil
		},
	}
	l.add(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all letters")
	return cmd
}

func printReplay(w io.Writer, out deadletter.Outcome) {
	fmt.Fprintf(w, "%d letters stored as %d rows", out.Stored, out.Rows)
	if out.Stay > 0 {
		fmt.Fprintf(w, "; %d cannot be stored yet", out.Stay)
	}
	fmt.Fprintln(w)
	for _, name := range slices.Sorted(maps.Keys(out.Tables)) {
		fmt.Fprintf(w, "  %s %d\n", clean(name), out.Tables[name])
	}
	for _, tr := range out.Trouble {
		fmt.Fprintf(w, "  %s stays: %s, %s\n", tr.ID, tr.Reason, clean(tr.Detail))
	}
	if out.Cut > 0 {
		fmt.Fprintf(w, "%d letters are longer than what was kept of them.\n", out.Cut)
	}
}
