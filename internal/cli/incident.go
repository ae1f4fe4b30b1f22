package cli

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

// incidentView is what the commands print of an incident; --json passes the server's whole object on.
type incidentView struct {
	IncidentNumber     int64
	ProviderIncidentID string `json:"providerIncidentId"`
	Title              string
	Severity, Status   string
	Owner              *struct{ UserPrincipalName, AssignedTo string }
	AdditionalData     struct{ AlertsCount int }
	LastModified       string `json:"lastModifiedTimeUtc"`
	Sync               struct {
		State, LastError string
		Edits            []struct{ Field, State, Actor, Since, Sent, Settled, Reason string }
	}
}

func (i *incidentView) owner() string {
	if i.Owner == nil {
		return ""
	}
	return cmp.Or(i.Owner.UserPrincipalName, i.Owner.AssignedTo)
}

func newIncident(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{Use: "incident", Short: "Incidents: list, show, update, comment, history, conflicts, tasks, reports"}
	t.flags(cmd)
	cmd.AddCommand(
		incidentList(t), incidentShow(t), incidentUpdate(t), incidentComment(t), incidentHistory(t), incidentConflicts(t),
		incidentRelated(t), incidentRefused(t, "retry"), incidentRefused(t, "revert"), incidentTask(t), incidentReport(t),
	)
	return cmd
}

func number(arg string) (string, error) {
	if n, err := strconv.ParseInt(arg, 10, 64); err != nil || n < 1 {
		return "", fmt.Errorf("%w: %q is not an incident number", errUsage, arg)
	}
	return arg, nil
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
		rows[i] = cells(it, cols)
	}
	grid(t.env.Stdout, cols, rows)
	return nil
}

// cells are the named members of an object, for a table.
func cells(it map[string]any, cols []string) []any {
	var out []any
	for _, k := range cols {
		v := it[k]
		if m, ok := v.(map[string]any); ok {
			v = fmt.Sprintf("%v (%v)", m["value"], m["actor"])
		}
		if v == nil {
			v = ""
		}
		out = append(out, v)
	}
	return out
}
