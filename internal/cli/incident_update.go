package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/fault"
)

// incidentEdit is a change by flags.
type incidentEdit struct {
	status, severity, owner, class, reason, determination, note, title, description, comment string
	tags                                                                                     []string
}

func (e *incidentEdit) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&e.status, "status", "", "New, Active or Closed")
	f.StringVar(&e.severity, "severity", "", "High, Medium, Low or Informational")
	f.StringVar(&e.owner, "owner", "", "`UPN`, or none")
	f.StringVar(&e.class, "classification", "", "TruePositive, BenignPositive, FalsePositive or Undetermined")
	f.StringVar(&e.reason, "reason", "", "SuspiciousActivity, SuspiciousButExpected, IncorrectAlertLogic or InaccurateData")
	f.StringVar(&e.determination, "determination", "", "the tenant's `WORD` for what it was, for example phishing")
	f.StringVar(&e.note, "note", "", "closing comment")
	f.StringVar(&e.title, "title", "", "another title")
	f.StringVar(&e.description, "description", "", "another description")
	f.StringArrayVar(&e.tags, "tag", nil, "`+name` adds, -name removes; may be repeated")
	f.StringVar(&e.comment, "comment", "", "add a comment")
}

// body is the change as the server takes it; the comment is not part of it.
func (e *incidentEdit) body(cmd *cobra.Command) (map[string]any, error) {
	body := map[string]any{}
	for k, v := range map[string]string{
		"status": e.status, "severity": e.severity, "classification": e.class, "classificationReason": e.reason, "determination": e.determination,
		"classificationComment": e.note, "title": e.title,
	} {
		if v != "" {
			body[k] = v
		}
	}
	if cmd.Flags().Changed("description") {
		body["description"] = e.description
	}
	if cmd.Flags().Changed("owner") {
		body["owner"] = e.owner
		if e.owner == "none" || e.owner == "" {
			body["owner"] = nil
		}
	}
	labels := map[string][]string{}
	for _, tag := range e.tags {
		switch {
		case strings.HasPrefix(tag, "+") && len(tag) > 1:
			labels["add"] = append(labels["add"], tag[1:])
		case strings.HasPrefix(tag, "-") && len(tag) > 1:
			labels["remove"] = append(labels["remove"], tag[1:])
		default:
			return nil, fmt.Errorf("%w: --tag takes +name or -name, not %q", errUsage, tag)
		}
	}
	if len(labels) > 0 {
		body["labels"] = labels
	}
	if len(body) == 0 && e.comment == "" {
		return nil, fmt.Errorf("%w: say what to change, for example --status Active", errUsage)
	}
	return body, nil
}

func incidentUpdate(t *target) *cobra.Command {
	var e incidentEdit
	var where []string
	var preview, yes bool
	cmd := &cobra.Command{
		Use: "update NUMBER...", Short: "Change incidents; the change goes to the tenant too",
		Long: "Change one incident, or several: by number, or all that --where selects. Several are shown first, and changed when you say so.",
		Example: "  vedette incident update 17 --status Closed --classification TruePositive --reason SuspiciousActivity\n" +
			"  vedette incident update 17 --owner ada@contoso.example --tag +phishing --comment 'taking this'\n" +
			"  vedette incident update 17 18 21 --severity High --preview\n" +
			"  vedette incident update --where status=New --where search=phish --owner ada@contoso.example --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			body, err := e.body(cmd)
			if err != nil {
				return err
			}
			for _, a := range args {
				if _, err := number(a); err != nil {
					return err
				}
			}
			if len(args) == 1 && len(where) == 0 && !preview {
				return updateOne(cmd.Context(), t, args[0], body, e.comment)
			}
			numbers, err := chosenIncidents(cmd.Context(), t, args, where)
			if err != nil {
				return err
			}
			if e.comment != "" {
				body["comment"] = e.comment
			}
			return updateMany(cmd.Context(), t, numbers, body, preview, yes)
		},
	}
	e.flags(cmd)
	cmd.Flags().StringArrayVar(&where, "where", nil, "all incidents with `KEY=VALUE`: status, severity, owner, label, sync or search; may be repeated")
	cmd.Flags().BoolVar(&preview, "preview", false, "only show what would change")
	cmd.Flags().BoolVar(&yes, "yes", false, "change several without asking")
	return cmd
}

func updateOne(ctx context.Context, t *target, n string, body map[string]any, comment string) error {
	var out map[string]any
	if len(body) > 0 {
		if err := t.call(ctx, "PATCH", "/incidents/"+n, body, &out); err != nil {
			return err
		}
	}
	if comment != "" {
		if err := t.call(ctx, "POST", "/incidents/"+n+"/comments", map[string]string{"message": comment}, nil); err != nil {
			return err
		}
	}
	if err := t.get(ctx, "/incidents/"+n, &out); err != nil {
		return err
	}
	if t.json {
		return t.printJSON(out)
	}
	sync, _ := out["sync"].(map[string]any)
	fmt.Fprintf(t.env.Stdout, "Incident %s is %v; sync: %v\n", n, out["status"], sync["state"])
	return nil
}

// chosenIncidents returns the numbers named, or those that the conditions select.
func chosenIncidents(ctx context.Context, t *target, args, where []string) ([]int64, error) {
	var out []int64
	for _, a := range args {
		n, err := strconv.ParseInt(a, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	if len(where) == 0 {
		if len(out) == 0 {
			return nil, fmt.Errorf("%w: name incidents by number, or select them with --where", errUsage)
		}
		return out, nil
	}
	if len(out) > 0 {
		return nil, fmt.Errorf("%w: use numbers or --where, not both", errUsage)
	}
	q := url.Values{"limit": {"1000"}}
	for _, w := range where {
		k, v, ok := strings.Cut(w, "=")
		name, known := map[string]string{"status": "status", "severity": "severity", "owner": "owner", "label": "label", "sync": "sync", "search": "q"}[k]
		if !ok || !known || v == "" {
			return nil, fmt.Errorf("%w: --where takes KEY=VALUE with status, severity, owner, label, sync or search, not %q", errUsage, w)
		}
		q.Set(name, v)
	}
	var page struct {
		Items []incidentView
		Total int
	}
	if err := t.get(ctx, "/incidents?"+q.Encode(), &page); err != nil {
		return nil, err
	}
	if page.Total > len(page.Items) {
		return nil, fault.New(fault.Invalid, "too_many", "%d incidents are selected; one command changes at most %d. Select fewer.", page.Total, len(page.Items))
	}
	for _, i := range page.Items {
		out = append(out, i.IncidentNumber)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.NotFound, "none_selected", "no incident is selected by %s", strings.Join(where, " and "))
	}
	return out, nil
}

// bulkAnswer is what the server says a bulk change does.
type bulkAnswer struct {
	Items []struct {
		IncidentNumber int64
		Changes        []struct{ Field, Before, After string }
		Incident       *incidentView
		Error          *struct{ Code, Message string }
	}
}

// updateMany shows what would change, asks, and changes it.
func updateMany(ctx context.Context, t *target, numbers []int64, body map[string]any, preview, yes bool) error {
	body["numbers"] = numbers
	if !yes || preview {
		body["preview"] = true
		if err := t.bulk(ctx, body); err != nil || preview {
			return err
		}
		if in, ok := t.env.Stdin.(*os.File); !ok || !isatty.IsTerminal(in.Fd()) {
			return fmt.Errorf("%w: nothing was changed; add --yes to change %d incidents", errUsage, len(numbers))
		}
		fmt.Fprintf(t.env.Stderr, "Change %d incidents? [y/N] ", len(numbers))
		var answer string
		if _, err := fmt.Fscanln(t.env.Stdin, &answer); err != nil || !strings.EqualFold(answer, "y") && !strings.EqualFold(answer, "yes") {
			return fault.New(fault.Invalid, "not_confirmed", "nothing was changed")
		}
	}
	delete(body, "preview")
	return t.bulk(ctx, body)
}

// bulk sends a bulk change and prints what it did. Incidents that refused it make the command fail.
func (t *target) bulk(ctx context.Context, body map[string]any) error {
	var raw map[string]any
	var out bulkAnswer
	into := any(&out)
	if t.json {
		into = &raw
	}
	if err := t.call(ctx, "POST", "/incidents/bulk", body, into); err != nil {
		return err
	}
	if t.json {
		return t.printJSON(raw["items"])
	}
	var rows [][]any
	failed := 0
	for _, i := range out.Items {
		if i.Error != nil {
			failed++
			rows = append(rows, []any{i.IncidentNumber, "", paint(t.env, "rejected"), i.Error.Message})
			continue
		}
		var changes []string
		for _, c := range i.Changes {
			changes = append(changes, fmt.Sprintf("%s: %s -> %s", c.Field, c.Before, c.After))
		}
		if len(changes) == 0 {
			changes = []string{"is so already"}
		}
		rows = append(rows, []any{i.IncidentNumber, i.Incident.Title, paint(t.env, i.Incident.Sync.State), strings.Join(changes, "; ")})
	}
	grid(t.env.Stdout, []string{"number", "title", "sync", "change"}, rows)
	if failed > 0 {
		return fault.New(fault.Invalid, "bulk_failed", "%d of %d incidents refuse the change", failed, len(out.Items))
	}
	return nil
}
