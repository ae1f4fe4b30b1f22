package cli

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"
)

func incidentShow(t *target) *cobra.Command {
	var events bool
	most := 100
	cmd := &cobra.Command{
		Use: "show NUMBER", Short: "One incident with alerts, entities and comments", Args: cobra.ExactArgs(1),
		Example: "  vedette incident show 17\n  vedette incident show 17 --events\n  vedette incident show 17 --alerts 5000",
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			if t.json {
				return t.showIncidentJSON(cmd.Context(), n, events)
			}
			var out struct {
				incidentView
				Classification, ClassificationReason, Description, EmptyReason string
				Labels                                                         []struct{ LabelName string }
				RedirectNumber                                                 int64
				RedirectTo                                                     string
				Tasks                                                          []struct{ Name, Title, Status string }
				EntitiesCount                                                  int
			}
			if most < 0 {
				return fmt.Errorf("%w: --alerts takes a number from 0, not %d", errUsage, most)
			}
			if err := t.get(cmd.Context(), "/incidents/"+n+"?alerts=0&entities=0", &out); err != nil {
				return err
			}
			w := t.env.Stdout
			fmt.Fprintf(w, "Incident %d (Defender %s): %s\n%s, %s", out.IncidentNumber, out.ProviderIncidentID, clean(out.Title), paint(t.env, out.Severity), paint(t.env, out.Status))
			if out.Classification != "" {
				fmt.Fprintf(w, ", %s %s", out.Classification, out.ClassificationReason)
			}
			if o := out.owner(); o != "" {
				fmt.Fprintf(w, ", owned by %s", clean(o))
			}
			fmt.Fprintf(w, "\nsync: %s %s\n", paint(t.env, out.Sync.State), clean(out.Sync.LastError))
			for _, e := range out.Sync.Edits {
				if e.State != "synced" {
					fmt.Fprintf(w, "  %-11s %s by %s since %s %s\n", e.Field, paint(t.env, e.State), clean(e.Actor), e.Since, clean(e.Reason))
				}
			}
			if out.RedirectTo != "" {
				fmt.Fprintf(w, "merged into incident %s of the tenant", out.RedirectTo)
				if out.RedirectNumber > 0 {
					fmt.Fprintf(w, ": vedette incident show %d", out.RedirectNumber)
				}
				fmt.Fprintln(w)
			}
			for _, l := range out.Labels {
				fmt.Fprintf(w, "#%s ", clean(l.LabelName))
			}
			for _, text := range []string{out.Description, out.EmptyReason} {
				if text != "" {
					fmt.Fprintf(w, "\n%s", clean(text))
				}
			}
			fmt.Fprintf(w, "\nAlerts (%d)\n", out.AdditionalData.AlertsCount)
			shown := 0
			err = eachOf(cmd.Context(), t, n, "alerts", most, func(a alertView) error {
				shown++
				fmt.Fprintf(w, "  %s %s %s (%s)\n", pad(t.env, a.Severity, 13), pad(t.env, a.Status, 10), clean(a.Title), clean(a.ProductName))
				return nil
			})
			if err != nil {
				return err
			}
			if more := out.AdditionalData.AlertsCount - shown; more > 0 {
				fmt.Fprintf(w, "  and %d more: vedette incident show %s --alerts %d\n", more, n, out.AdditionalData.AlertsCount)
			}
			fmt.Fprintf(w, "Entities (%d)\n", out.EntitiesCount)
			err = eachOf(cmd.Context(), t, n, "entities", math.MaxInt, func(e entityView) error {
				fmt.Fprintf(w, "  %-18s %s", e.Kind, clean(e.Label))
				if e.Incidents > 1 {
					fmt.Fprintf(w, " (in %d incidents)", e.Incidents)
				}
				fmt.Fprintln(w)
				return nil
			})
			if err != nil {
				return err
			}
			if len(out.Tasks) > 0 {
				fmt.Fprintln(w, "Tasks")
			}
			for _, k := range out.Tasks {
				fmt.Fprintf(w, "  %-9s %s  %s\n", k.Status, k.Name, clean(k.Title))
			}
			fmt.Fprintln(w, "Comments")
			err = eachOf(cmd.Context(), t, n, "comments", math.MaxInt, func(c commentView) error {
				where := c.Origin
				switch {
				case c.Reason != "":
					where += ", refused: " + c.Reason
				case c.Pending:
					where += ", pending"
				case c.From > 0:
					where += fmt.Sprintf(", of incident %d", c.From)
				}
				fmt.Fprintf(w, "  %s %s (%s): %s\n", c.CreatedTimeUtc, clean(c.Author), clean(where), clean(c.Message))
				return nil
			})
			if err != nil {
				return err
			}
			if events {
				return t.printIncidentEvents(cmd.Context(), n)
			}
			return nil
		},
	}
	cmd.Flags().IntVar(&most, "alerts", most, "the first `N` alerts only; --json has all")
	cmd.Flags().BoolVar(&events, "events", false, "the raw events behind its alerts too")
	return cmd
}
