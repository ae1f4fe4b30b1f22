package cli

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/connector"
)

func connectorHealth(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "health [" + defenderXDR + "]", Short: "How data comes in: rates, lag, time to loss, gaps, doubles, silent tables", Args: cobra.MaximumNArgs(1),
		Example: "  vedette connector health\n  vedette connector health defender-xdr --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			var v connector.IntakeView
			if err := t.get(cmd.Context(), "/connectors/"+url.PathEscape(connectorID(args))+"/health", &v); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(v)
			}
			printIntake(t.env, v)
			return nil
		},
	}
}

func printIntake(env *Env, v connector.IntakeView) {
	var rows [][]any
	for _, s := range v.Sources {
		rows = append(rows, []any{
			s.State, s.Source, ago(s.LastEvent), perMinute(s.Rate), size(int64(s.Bytes)), s.LagEvents, seconds(s.LagSeconds), loss(s.HoursToLoss), s.Gaps, s.Duplicates, s.DeadLetters,
		})
	}
	grid(env.Stdout, []string{"state", "source", "last event", "events/min", "bytes/min", "behind", "behind by", "loss", "gaps", "doubles", "dead letters"}, rows)
	said := map[string]bool{}
	for _, s := range v.Sources {
		if (s.State == connector.Amber || s.State == connector.Red) && !said[s.Description] {
			said[s.Description] = true
			fmt.Fprintf(env.Stdout, "%s: %s\n", clean(s.Stream), clean(s.Description))
		}
	}
	fmt.Fprintln(env.Stdout)
	rows = nil
	for _, h := range v.Tables {
		silent := "learning"
		if h.SilentAfterSeconds != nil {
			silent = (time.Duration(*h.SilentAfterSeconds) * time.Second).String()
		}
		rows = append(rows, []any{h.State, h.Table, ago(h.LastEvent), perMinute(h.Rate), size(int64(h.Bytes)), lateness(h), h.LagEvents, seconds(h.LagSeconds), loss(h.HoursToLoss), silent, h.Gaps, h.Duplicates, h.Dropped, h.DeadLetters})
	}
	grid(env.Stdout, []string{"state", "table", "last event", "events/min", "bytes/min", "late", "behind", "behind by", "loss", "silent after", "gaps", "doubles", "dropped", "dead letters"}, rows)
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Second)
}

// loss says when the source drops messages that are not read yet.
func loss(hours *float64) string {
	if hours == nil {
		return "none ahead"
	}
	return fmt.Sprintf("in %.1f h", *hours)
}

func perMinute(r connector.Rate) string { return fmt.Sprintf("%.1f", r.Events) }

func ago(t *time.Time) string {
	if t == nil {
		return ""
	}
	return time.Since(*t).Round(time.Second).String() + " ago"
}

// lateness says within which bound half and nineteen of twenty rows came.
func lateness(h connector.TableHealth) string {
	var total, sum int64
	for _, b := range h.Lateness {
		total += b.Rows
	}
	if total == 0 {
		return ""
	}
	bound := func(b connector.LateBucket) string {
		if b.UpToSeconds == nil {
			return "more"
		}
		d := (time.Duration(*b.UpToSeconds) * time.Second).String()
		return "< " + strings.TrimSuffix(strings.TrimSuffix(d, "0s"), "0m")
	}
	half, most := "", ""
	for _, b := range h.Lateness {
		sum += b.Rows
		if half == "" && sum*2 >= total {
			half = bound(b)
		}
		if most == "" && sum*20 >= total*19 {
			most = bound(b)
		}
	}
	return "50% " + half + ", 95% " + most
}
