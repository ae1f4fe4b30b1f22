package cli

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"
)

// incidentFilter selects incidents by flags.
type incidentFilter struct {
	status, severity, owner, label, sync, search, sort string
}

func (f *incidentFilter) flags(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.status, "status", "", "only `STATES`, comma-separated: New, Active, Closed")
	fs.StringVar(&f.severity, "severity", "", "only `SEVERITIES`: High, Medium, Low, Informational")
	fs.StringVar(&f.owner, "owner", "", "only of this `UPN`, or none")
	fs.StringVar(&f.label, "label", "", "only with this `LABEL`")
	fs.StringVar(&f.sync, "sync", "", "only in these sync `STATES`: synced, pending, sent, conflict, rejected, notSent, local")
	fs.StringVar(&f.search, "search", "", "only with this `TEXT` in title or number")
}

func (f *incidentFilter) values() url.Values {
	q := url.Values{}
	for k, v := range map[string]string{
		"status": f.status, "severity": f.severity, "owner": f.owner, "label": f.label, "sync": f.sync, "q": f.search, "sort": f.sort,
	} {
		if v != "" {
			q.Set(k, v)
		}
	}
	return q
}

func incidentList(t *target) *cobra.Command {
	var f incidentFilter
	var limit int
	var redirected bool
	cmd := &cobra.Command{
		Use: "list", Short: "List incidents, newest first", Args: cobra.NoArgs,
		Example: "  vedette incident list --status New,Active --severity High\n  vedette incident list --json --limit 10",
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := f.values()
			q.Set("limit", strconv.Itoa(limit))
			if redirected {
				q.Set("redirected", "true")
			}
			if t.json {
				var out struct{ Items []any }
				if err := t.get(cmd.Context(), "/incidents?"+q.Encode(), &out); err != nil {
					return err
				}
				return t.printJSON(out.Items)
			}
			var out struct {
				Items []incidentView
				Total int
			}
			if err := t.get(cmd.Context(), "/incidents?"+q.Encode(), &out); err != nil {
				return err
			}
			var rows [][]any
			for _, i := range out.Items {
				rows = append(rows, []any{
					i.IncidentNumber, paint(t.env, i.Severity), paint(t.env, i.Status), i.Title, i.owner(), i.AdditionalData.AlertsCount,
					paint(t.env, i.Sync.State), i.LastModified,
				})
			}
			grid(t.env.Stdout, []string{"number", "severity", "status", "title", "owner", "alerts", "sync", "changed"}, rows)
			fmt.Fprintf(t.env.Stderr, "%d of %d incidents\n", len(out.Items), out.Total)
			return nil
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&f.sort, "sort", "", "by `COLUMN`: created, modified, number, severity, status or title; -COLUMN the other way round")
	cmd.Flags().BoolVar(&redirected, "redirected", false, "with those that were merged into others")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most `N`")
	return cmd
}
