package cli

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/fault"
)

// incidentView is what the commands print of an incident; --json passes the server's whole object on.
type incidentView struct {
	IncidentNumber     int64
	ProviderIncidentID string `json:"providerIncidentId"`
	Title              string
	Severity, Status   string
	Owner              *struct{ UserPrincipalName string }
	AdditionalData     struct{ AlertsCount int }
	LastModified       string `json:"lastModifiedTimeUtc"`
	Sync               struct{ State, LastError string }
}

func newIncident(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{Use: "incident", Short: "Incidents: list, show, update, comment, history, conflicts"}
	t.flags(cmd)
	cmd.AddCommand(incidentList(t), incidentShow(t), incidentUpdate(t), incidentComment(t), incidentHistory(t), incidentConflicts(t))
	return cmd
}

func number(arg string) (string, error) {
	if n, err := strconv.ParseInt(arg, 10, 64); err != nil || n < 1 {
		return "", fmt.Errorf("%w: %q is not an incident number", errUsage, arg)
	}
	return arg, nil
}

func incidentList(t *target) *cobra.Command {
	var status, severity, owner, search string
	var limit int
	cmd := &cobra.Command{
		Use: "list", Short: "List incidents, newest first", Args: cobra.NoArgs,
		Example: "  vedette incident list --status New,Active --severity High\n  vedette incident list --json --limit 10",
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{"limit": {strconv.Itoa(limit)}}
			for k, v := range map[string]string{"status": status, "severity": severity, "owner": owner, "q": search} {
				if v != "" {
					q.Set(k, v)
				}
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
				owner := ""
				if i.Owner != nil {
					owner = i.Owner.UserPrincipalName
				}
				rows = append(rows, []any{i.IncidentNumber, i.Severity, i.Status, i.Title, owner, i.AdditionalData.AlertsCount, i.Sync.State, i.LastModified})
			}
			grid(t.env.Stdout, []string{"number", "severity", "status", "title", "owner", "alerts", "sync", "changed"}, rows)
			fmt.Fprintf(t.env.Stderr, "%d of %d incidents\n", len(out.Items), out.Total)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&status, "status", "", "only `STATES`, comma-separated: New, Active, Closed")
	f.StringVar(&severity, "severity", "", "only `SEVERITIES`: High, Medium, Low, Informational")
	f.StringVar(&owner, "owner", "", "only of this `UPN`, or none")
	f.StringVar(&search, "search", "", "only with this `TEXT` in title or number")
	f.IntVar(&limit, "limit", 50, "at most `N`")
	return cmd
}

func incidentShow(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "show NUMBER", Short: "One incident with alerts, entities and comments", Example: "  vedette incident show 17", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			if t.json {
				var out any
				if err := t.get(cmd.Context(), "/incidents/"+n, &out); err != nil {
					return err
				}
				return t.printJSON(out)
			}
			var out struct {
				incidentView
				Classification, ClassificationReason, Description, EmptyReason string
				Labels                                                         []struct{ LabelName string }
				Comments                                                       []struct{ Author, Message, CreatedTimeUtc, Origin string }
				Alerts                                                         []struct{ Title, Severity, Status, ProductName string }
				Entities                                                       []struct{ Kind, Label string }
			}
			if err := t.get(cmd.Context(), "/incidents/"+n, &out); err != nil {
				return err
			}
			w := t.env.Stdout
			fmt.Fprintf(w, "Incident %d (Defender %s): %s\n%s, %s", out.IncidentNumber, out.ProviderIncidentID, out.Title, out.Severity, out.Status)
			if out.Classification != "" {
				fmt.Fprintf(w, ", %s %s", out.Classification, out.ClassificationReason)
			}
			if out.Owner != nil {
				fmt.Fprintf(w, ", owned by %s", out.Owner.UserPrincipalName)
			}
			fmt.Fprintf(w, "\nsync: %s %s\n", out.Sync.State, out.Sync.LastError)
			for _, l := range out.Labels {
				fmt.Fprintf(w, "#%s ", l.LabelName)
			}
			if out.EmptyReason != "" {
				fmt.Fprintln(w, out.EmptyReason)
			}
			fmt.Fprintf(w, "\nAlerts\n")
			for _, a := range out.Alerts {
				fmt.Fprintf(w, "  %-13s %-10s %s (%s)\n", a.Severity, a.Status, a.Title, a.ProductName)
			}
			fmt.Fprintln(w, "Entities")
			for _, e := range out.Entities {
				fmt.Fprintf(w, "  %-18s %s\n", e.Kind, e.Label)
			}
			fmt.Fprintln(w, "Comments")
			for _, c := range out.Comments {
				fmt.Fprintf(w, "  %s %s (%s): %s\n", c.CreatedTimeUtc, c.Author, c.Origin, c.Message)
			}
			return nil
		},
	}
}

func incidentUpdate(t *target) *cobra.Command {
	var status, severity, owner, class, reason, note, comment string
	var tags []string
	cmd := &cobra.Command{
		Use: "update NUMBER", Short: "Change an incident; the change goes to the tenant too", Args: cobra.ExactArgs(1),
		Example: "  vedette incident update 17 --status Closed --classification TruePositive --reason SuspiciousActivity\n" +
			"  vedette incident update 17 --owner ada@contoso.example --tag +phishing --comment 'taking this'",
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			body := map[string]any{}
			for k, v := range map[string]string{"status": status, "severity": severity, "classification": class, "classificationReason": reason, "classificationComment": note} {
				if v != "" {
					body[k] = v
				}
			}
			if cmd.Flags().Changed("owner") {
				body["owner"] = owner
				if owner == "none" {
					body["owner"] = nil
				}
			}
			labels := map[string][]string{}
			for _, tag := range tags {
				switch {
				case strings.HasPrefix(tag, "+") && len(tag) > 1:
					labels["add"] = append(labels["add"], tag[1:])
				case strings.HasPrefix(tag, "-") && len(tag) > 1:
					labels["remove"] = append(labels["remove"], tag[1:])
				default:
					return fmt.Errorf("%w: --tag takes +name or -name, not %q", errUsage, tag)
				}
			}
			if len(labels) > 0 {
				body["labels"] = labels
			}
			if len(body) == 0 && comment == "" {
				return fmt.Errorf("%w: say what to change, for example --status Active", errUsage)
			}
			var out map[string]any
			if len(body) > 0 {
				if err := t.call(cmd.Context(), "PATCH", "/incidents/"+n, body, &out); err != nil {
					return err
				}
			}
			if comment != "" {
				if err := t.call(cmd.Context(), "POST", "/incidents/"+n+"/comments", map[string]string{"message": comment}, nil); err != nil {
					return err
				}
			}
			if err := t.get(cmd.Context(), "/incidents/"+n, &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out)
			}
			sync, _ := out["sync"].(map[string]any)
			fmt.Fprintf(t.env.Stdout, "Incident %s is %v; sync: %v\n", n, out["status"], sync["state"])
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&status, "status", "", "New, Active or Closed")
	f.StringVar(&severity, "severity", "", "High, Medium, Low or Informational")
	f.StringVar(&owner, "owner", "", "`UPN`, or none")
	f.StringVar(&class, "classification", "", "TruePositive, BenignPositive, FalsePositive or Undetermined")
	f.StringVar(&reason, "reason", "", "SuspiciousActivity, SuspiciousButExpected, IncorrectAlertLogic or InaccurateData")
	f.StringVar(&note, "note", "", "closing comment")
	f.StringArrayVar(&tags, "tag", nil, "`+name` adds, -name removes; may be repeated")
	f.StringVar(&comment, "comment", "", "add a comment")
	return cmd
}

func incidentComment(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "comment NUMBER TEXT", Short: "Add a comment; it goes to the tenant too", Example: "  vedette incident comment 17 'called the user'", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			var out any
			if err := t.call(cmd.Context(), "POST", "/incidents/"+n+"/comments", map[string]string{"message": args[1]}, &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out)
			}
			fmt.Fprintln(t.env.Stdout, "Comment added.")
			return nil
		},
	}
}

func incidentHistory(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "history NUMBER", Short: "Who changed what, on both sides", Example: "  vedette incident history 17", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			return t.list(cmd, "/incidents/"+n+"/history", []string{"time", "origin", "actor", "kind", "field", "before", "after", "note"})
		},
	}
}

func incidentConflicts(t *target) *cobra.Command {
	var apply int64
	cmd := &cobra.Command{
		Use: "conflicts [NUMBER]", Short: "Fields changed on both sides, with both values", Args: cobra.MaximumNArgs(1),
		Example: "  vedette incident conflicts\n  vedette incident conflicts 17 --apply 3",
		RunE: func(cmd *cobra.Command, args []string) error {
			path := "/conflicts"
			if len(args) == 1 {
				n, err := number(args[0])
				if err != nil {
					return err
				}
				path = "/incidents/" + n + "/conflicts"
			}
			if apply > 0 {
				if len(args) == 0 {
					return fault.New(fault.Invalid, "number_needed", "name the incident whose conflict to apply: vedette incident conflicts NUMBER --apply ID")
				}
				return t.call(cmd.Context(), "POST", fmt.Sprintf("%s/%d/apply", path, apply), nil, nil)
			}
			return t.list(cmd, path, []string{"id", "incidentNumber", "field", "base", "local", "remote", "applied", "time"})
		},
	}
	cmd.Flags().Int64Var(&apply, "apply", 0, "apply the other value of conflict `ID`")
	return cmd
}

// list prints {items:[...]} of a path, as JSON or with the named columns.
func (t *target) list(cmd *cobra.Command, path string, cols []string) error {
	var out struct {
		Items []map[string]any `json:"items"`
	}
	if err := t.get(cmd.Context(), path, &out); err != nil {
		return err
	}
	if t.json {
		if out.Items == nil {
			out.Items = []map[string]any{}
		}
		return t.printJSON(out.Items)
	}
	rows := make([][]any, len(out.Items))
	for i, it := range out.Items {
		for _, k := range cols {
			v := it[k]
			if m, ok := v.(map[string]any); ok {
				v = fmt.Sprintf("%v (%v)", m["value"], m["actor"])
			}
			if v == nil {
				v = ""
			}
			rows[i] = append(rows[i], v)
		}
	}
	grid(t.env.Stdout, cols, rows)
	return nil
}
