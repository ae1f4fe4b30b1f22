package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// The tables that this package writes.
const (
	incidentTable = "SecurityIncident"
	alertTable    = "SecurityAlert"
)

// event is one row that waits in the row outbox: an incident as a change left it, or one version of an alert.
type event struct {
	Time     int64           `json:"time"` // of writing, in ticks
	Revision int64           `json:"revision"`
	Incident *model.Incident `json:"incident,omitempty"`
	Comments []model.Comment `json:"comments,omitempty"`
	Alerts   []string        `json:"alerts,omitempty"`
	Alert    *model.Alert    `json:"alert,omitempty"`
	Row      *model.Row      `json:"row,omitempty"`
}

// EncodeRow returns the row as it waits in the row outbox.
func EncodeRow(r model.Row) (string, error) {
	b, err := json.Marshal(event{Row: &r})
	if err != nil {
		return "", fmt.Errorf("encoding a row of %s: %w", r.Table, err)
	}
	return string(b), nil
}

// decodeEvent reads a waiting row; numbers stay exact.
func decodeEvent(body string) (event, error) {
	var e event
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&e); err != nil {
		return e, err
	}
	if e.Alert == nil && e.Incident == nil && e.Row == nil {
		return e, errors.New("it tells of nothing")
	}
	return e, nil
}

func alertEvent(a model.Alert, written, revision int64) (string, error) {
	b, err := json.Marshal(event{Time: written, Revision: revision, Alert: &a})
	if err != nil {
		return "", fmt.Errorf("encoding the row of alert %s: %w", a.ID, err)
	}
	return string(b), nil
}

// Values returns the row that tells of an incident, by column.
func Values(w Workspace, in model.Incident, comments []model.Comment, alerts []string, written int64) map[string]any {
	if alerts == nil {
		alerts = []string{}
	}
	return map[string]any{
		"TenantId": w.ID, "TimeGenerated": written, "IncidentName": in.Name, "Title": in.Title, "Description": in.Description,
		"Severity": in.Severity, "Status": in.Status, "Classification": in.Classification, "ClassificationComment": in.ClassificationNote,
		"ClassificationReason": in.ClassificationReason, "Owner": raw(ownerBag(in.Owner)), "ProviderName": in.ProviderName,
		"ProviderIncidentId": in.ProviderIncidentID, "FirstActivityTime": when(in.FirstActivity), "LastActivityTime": when(in.LastActivity),
		"FirstModifiedTime": when(in.FirstModified), "LastModifiedTime": when(in.Modified), "CreatedTime": when(in.Created),
		"ClosedTime": when(in.Closed), "IncidentNumber": in.Number, "RelatedAnalyticRuleIds": raw(append([]string{}, in.RuleIDs...)), "AlertIds": raw(alerts),
		"BookmarkIds": raw([]string{}), "Comments": raw(commentBags(comments)), "Tasks": raw(taskBags(in.Tasks)), "Labels": raw(labelBags(in)),
		"IncidentUrl": incidentURL(w, in), "AdditionalData": raw(additionalData(in)), "ModifiedBy": in.ModifiedBy,
		"SourceSystem": "Azure", "Type": incidentTable, "_IsBillable": "False", "_BilledSize": 0.0,
	}
}

func incidentURL(w Workspace, in model.Incident) string {
	if w.URL == "" {
		return in.ProviderURL
	}
	return w.URL + strconv.FormatInt(in.Number, 10)
}

func ownerBag(o model.Owner) any {
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	return struct {
		ObjectID          any `json:"objectId"`
		Email             any `json:"email"`
		AssignedTo        any `json:"assignedTo"`
		UserPrincipalName any `json:"userPrincipalName"`
	}{null(o.ObjectID), null(o.Email), null(o.AssignedTo), null(o.UserPrincipalName)}
}

func commentBags(comments []model.Comment) any {
	type author struct {
		Name string `json:"name"`
	}
	type bag struct {
		Name        string    `json:"name"`
		Message     string    `json:"message"`
		Author      author    `json:"author"`
		CreatedTime time.Time `json:"createdTimeUtc"`
	}
	out := make([]bag, 0, len(comments))
	for _, c := range comments {
		out = append(out, bag{c.ID, c.Message, author{c.Author}, c.Created})
	}
	return out
}

func taskBags(tasks []model.Task) any {
	if tasks == nil {
		return []model.Task{}
	}
	return tasks
}

func labelBags(in model.Incident) any {
	type bag struct {
		Name string `json:"labelName"`
		Type string `json:"labelType"`
	}
	out := make([]bag, 0, len(in.Labels)+len(in.SystemLabels))
	for _, l := range in.Labels {
		kind := "User"
		if l == redirected && in.RedirectTo != "" {
			kind = "AutoAssigned"
		}
		out = append(out, bag{l, kind})
	}
	for _, l := range in.SystemLabels {
		out = append(out, bag{l, "AutoAssigned"})
	}
	return out
}

func additionalData(in model.Incident) any {
	list := func(s []string) []string {
		if s == nil {
			return []string{}
		}
		return s
	}
	return struct {
		Alerts    int      `json:"alertsCount"`
		Bookmarks int      `json:"bookmarksCount"`
		Comments  int      `json:"commentsCount"`
		Products  []string `json:"alertProductNames"`
		Tactics   []string `json:"tactics"`
		URL       string   `json:"providerIncidentUrl,omitempty"`
	}{in.AlertCount, 0, in.CommentCount, list(in.Products), list(in.Tactics), in.ProviderURL}
}

// AlertValues returns the row of one version of an alert, by column.
func AlertValues(w Workspace, a model.Alert, written int64) map[string]any {
	techniques, subs := []string{}, []string{}
	for _, t := range a.Techniques {
		parent, _, sub := strings.Cut(t, ".")
		if !contains(techniques, parent) {
			techniques = append(techniques, parent)
		}
		if sub {
			subs = append(subs, t)
		}
	}
	links := []any{}
	if a.URL != "" {
		links = append(links, map[string]any{"Href": a.URL, "Category": nil, "Label": "alert", "Type": "webLink"})
	}
	entities := a.Entities
	if entities == nil {
		entities = []json.RawMessage{}
	}
	steps := a.RemediationSteps
	if steps == nil {
		steps = []string{}
	}
	extended := string(a.Extended)
	if extended == "" {
		extended = "{}"
	}
	return map[string]any{
		"TenantId": w.ID, "TimeGenerated": written, "DisplayName": a.Title, "AlertName": a.Title, "AlertSeverity": a.Severity,
		"Description": a.Description, "ProviderName": a.ProviderName, "VendorName": "Microsoft", "VendorOriginalId": a.VendorOriginalID,
		"SystemAlertId": a.SystemAlertID, "AlertType": a.AlertType, "IsIncident": false, "StartTime": when(a.First), "EndTime": when(a.Last),
		"ProcessingEndTime": when(a.Created), "RemediationSteps": text(steps), "ExtendedProperties": extended, "Entities": text(entities),
		"WorkspaceSubscriptionId": w.SubscriptionID, "WorkspaceResourceGroup": w.ResourceGroup, "ExtendedLinks": text(links),
		"ProductName": a.ProductName, "AlertLink": a.URL, "Status": a.Status, "CompromisedEntity": a.CompromisedEntity,
		"Tactics": strings.Join(a.Tactics, ", "), "Techniques": text(techniques), "SubTechniques": text(subs),
		"SourceSystem": "Detection", "Type": alertTable, "_IsBillable": "False", "_BilledSize": 0.0,
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// when is a time in a row: ticks, nil when there is none.
func when(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return ticks(t)
}

// text is a value as JSON in a string; raw is the same as a dynamic.
func text(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func raw(v any) any {
	return column.Raw(text(v))
}

// source is the provenance of an event's row.
func (e event) source() (table, src string) {
	if e.Row != nil {
		return e.Row.Table, e.Row.Source
	}
	if e.Alert != nil {
		return alertTable, fmt.Sprintf("alert/%s/%d", e.Alert.ID, e.Revision)
	}
	return incidentTable, fmt.Sprintf("incident/%d/%d", e.Incident.Number, e.Revision)
}

// builder collects rows of one built-in table.
type builder struct {
	rows store.Rows
}

func newBuilder(table string) (*builder, error) {
	t, ok := schema.Builtin().Table(table)
	if !ok {
		return nil, fmt.Errorf("there is no table %s", table)
	}
	b := &builder{rows: store.Rows{Table: table, Batch: &column.Batch{}}}
	add := func(c schema.Column) {
		b.rows.Cols = append(b.rows.Cols, c)
		b.rows.Batch.Cols = append(b.rows.Batch.Cols, column.New(c.Type, 0))
	}
	for _, c := range t.Columns {
		if !c.Hidden {
			add(c)
		}
	}
	add(schema.Column{Name: store.SrcColumn, Type: schema.String, Hidden: true})
	return b, nil
}

// addRow adds a row whose values come as JSON; one that does not fit its column's type is an error, and nothing is added.
func (b *builder) addRow(values map[string]any, src string) error {
	typed := make(map[string]any, len(values))
	for _, c := range b.rows.Cols {
		v := values[c.Name]
		if v == nil {
			continue
		}
		ok := true
		switch n, isNumber := v.(json.Number); c.Type {
		case schema.Dynamic:
			typed[c.Name] = raw(v)
		case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
			i, err := n.Int64()
			ok = isNumber && err == nil
			typed[c.Name] = i
		case schema.Real:
			f, err := n.Float64()
			ok = isNumber && err == nil
			typed[c.Name] = f
		case schema.Bool:
			typed[c.Name], ok = v.(bool)
		default:
			typed[c.Name], ok = v.(string)
		}
		if !ok {
			return fmt.Errorf("%v is no value for column %s of type %s", v, c.Name, c.Type)
		}
	}
	b.add(typed, src)
	return nil
}

func (b *builder) add(values map[string]any, src string) {
	for i, c := range b.rows.Cols {
		v := b.rows.Batch.Cols[i]
		switch x := values[c.Name]; {
		case c.Name == store.SrcColumn:
			v.AppendString(src)
		case x == nil:
			v.AppendNull()
		default:
			v.Append(x)
		}
	}
	b.rows.Batch.N++
}
