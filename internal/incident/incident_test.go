package incident

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/syncback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ws = "ws-1"

var (
	start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ana   = Actor{Name: "ana@contoso.com"}
)

// people is a directory of two.
type people struct{ down bool }

func (p people) FindUser(_ context.Context, login string) (model.Owner, error) {
	switch {
	case p.down:
		return model.Owner{}, fault.New(fault.Unavailable, "down", "down")
	case strings.EqualFold(login, "ana@contoso.com"):
		return model.Owner{ObjectID: "1", Email: "ana@contoso.com", AssignedTo: "Ana", UserPrincipalName: "Ana@contoso.com"}, nil
	}
	return model.Owner{}, fault.New(fault.NotFound, "graph_not_found", "none")
}

func (p people) SearchUsers(context.Context, string) ([]model.Owner, error) { return nil, nil }

func service(t *testing.T) *Service {
	t.Helper()
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := New(db, nil)
	s.AddWorkspace(Workspace{ID: ws, Name: "soc", Directory: people{}})
	return s
}

func tenantIncident(id string, v int64, change func(*model.TenantIncident)) model.TenantIncident {
	r := model.TenantIncident{
		ID: id, Version: ticks(start.Add(time.Duration(v) * time.Minute)), Updated: start.Add(time.Duration(v) * time.Minute), Created: start, RawStatus: "active",
		Severity: "Medium", Title: "Phish " + id, ModifiedBy: "bob@contoso.com", URL: "https://security.microsoft.com/incidents/" + id, Raw: json.RawMessage(`{"id":"` + id + `"}`),
		Disposition: model.Disposition{Status: "New", Classification: "unknown", Determination: "unknown"},
	}
	if change != nil {
		change(&r)
	}
	b, _ := json.Marshal(r)
	r.Hash = string(b)
	return r
}

func tenantAlert(id, incident string, v int64) model.Alert {
	at := start.Add(time.Duration(v) * time.Minute)
	return model.Alert{
		ID: id, SystemAlertID: "sys-" + id, IncidentID: incident, Title: "Alert " + id, Severity: "High", Status: "New", ProductName: "P", Tactics: []string{"Execution"},
		Techniques: []string{"T1059.001", "T1078"}, Created: at, First: at, Last: at.Add(time.Hour), Updated: at, Hash: at.String() + incident,
		Entities: []json.RawMessage{json.RawMessage(`{"$id":"2","Type":"host","HostName":"wks","DnsDomain":"contoso.com","MdatpDeviceId":"d1"}`), json.RawMessage(`{"$id":"3","Type":"process","ProcessId":"7","ImageFile":{"$id":"4","Type":"file","Name":"cmd.exe"},"Host":{"$ref":"2"}}`)},
	}
}

func (s *Service) mustMerge(t *testing.T, rows ...model.TenantIncident) {
	t.Helper()
	if _, err := s.Sink(ws).MergeIncidents(t.Context(), rows, false); err != nil {
		t.Fatal(err)
	}
}

func ptr[T any](v T) *T { return &v }

func TestUpdateIsChecked(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil), tenantIncident("28", 1, func(r *model.TenantIncident) {
		r.RawStatus, r.Disposition.Status, r.RedirectTo = "redirected", "Closed", "27"
	}))
	long := strings.Repeat("x", 6000)
	for _, tt := range []struct {
		name   string
		number int64
		change Change
		kind   fault.Kind
		code   string
	}{
		{"unknown status", 1, Change{Status: ptr("Open")}, fault.Invalid, "invalid_status"},
		{"unknown severity", 1, Change{Severity: ptr("Critical")}, fault.Invalid, "invalid_severity"},
		{"closing without a classification", 1, Change{Status: ptr("Closed")}, fault.Invalid, "classification_required"},
		{"a reason that does not fit", 1, Change{Status: ptr("Closed"), Classification: ptr("TruePositive"), ClassificationReason: ptr("InaccurateData")}, fault.Invalid, "invalid_reason"},
		{"unknown reason", 1, Change{ClassificationReason: ptr("Because")}, fault.Invalid, "invalid_reason"},
		{"empty title", 1, Change{Title: ptr("  ")}, fault.Invalid, "invalid_title"},
		{"long description", 1, Change{Description: &long}, fault.Invalid, "invalid_description"},
		{"unknown owner", 1, Change{Owner: ptr("zoe@contoso.com")}, fault.Invalid, "unknown_owner"},
		{"label with a line break", 1, Change{AddLabels: []string{"a\nb"}}, fault.Invalid, "invalid_label"},
		{"our own label", 1, Change{AddLabels: []string{"redirected"}}, fault.Invalid, "invalid_label"},
		{"stale etag", 1, Change{IfMatch: "1-99", Severity: ptr("Low")}, fault.Conflict, "etag_mismatch"},
		{"merged", 2, Change{Severity: ptr("Low")}, fault.Invalid, "incident_merged"},
		{"not there", 9, Change{Severity: ptr("Low")}, fault.NotFound, "incident_not_found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.Update(t.Context(), ws, tt.number, tt.change, ana)
			if fault.KindOf(err) != tt.kind || fault.CodeOf(err) != tt.code {
				t.Errorf("got %v (%s), want %v (%s)", err, fault.CodeOf(err), tt.kind, tt.code)
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil))
	var heard []int64
	defer s.Subscribe(func(_ string, n int64) { heard = append(heard, n) })()
	before, err := s.Get(t.Context(), ws, 1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Update(t.Context(), ws, 1, Change{
		IfMatch: before.Etag, Status: ptr("closed"), Classification: ptr("FalsePositive"), ClassificationReason: ptr("IncorrectAlertLogic"),
		ClassificationComment: ptr("no"), Owner: ptr("ANA@contoso.com"), AddLabels: []string{"vip", "VIP"},
	}, ana)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != "Closed" || got.Classification != "FalsePositive" || got.ClassificationReason != "IncorrectAlertLogic" || got.Owner.AssignedTo != "Ana" ||
		!slices.Equal(got.Labels, []string{"vip"}) || got.Etag == before.Etag || !got.Modified.After(before.Modified) || got.ModifiedBy != ana.Name || got.Closed.IsZero() {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"disposition", "owner", "tags"}, got.Sync.Pending); diff != "" || got.Sync.State != model.Pending {
		t.Errorf("sync %+v (-want +got):\n%s", got.Sync, diff)
	}
	if !slices.Equal(heard, []int64{1}) {
		t.Errorf("listeners heard of %v", heard)
	}
	// The tenant knows no reason for a false positive: what was chosen here stays when the change comes back.
	s.mustMerge(t, tenantIncident("27", 5, func(r *model.TenantIncident) {
		r.RawStatus, r.Disposition = "resolved", model.Disposition{Status: "Closed", Classification: "falsePositive", Determination: "other", Comment: "no"}
		r.Owner, r.Tags = "Ana@contoso.com", []string{"vip"}
	}))
	got, err = s.Get(t.Context(), ws, 1)
	if err != nil || got.Sync.State != model.Synced || got.ClassificationReason != "IncorrectAlertLogic" {
		t.Errorf("after the echo: %+v, %v", got, err)
	}
	history, err := s.History(t.Context(), ws, 1)
	if err != nil || len(history) != 4 {
		t.Errorf("history %+v, %v; want created and three changes", history, err)
	}
}

func TestAnOwnerIsTakenWhenTheDirectoryIsDown(t *testing.T) {
	s := service(t)
	s.AddWorkspace(Workspace{ID: ws, Directory: people{down: true}})
	s.mustMerge(t, tenantIncident("27", 1, nil))
	got, err := s.Update(t.Context(), ws, 1, Change{Owner: ptr("zoe@contoso.com")}, ana)
	if err != nil || got.Owner.UserPrincipalName != "zoe@contoso.com" {
		t.Errorf("got %+v, %v", got.Owner, err)
	}
}

func TestClassificationsMatchTheTenants(t *testing.T) {
	for _, c := range classifications {
		d := model.Disposition{Status: "Closed", Classification: c.tenant}
		name, reason := classified(d, "")
		if name != c.name || len(c.reasons) > 0 && reason != c.reasons[0] {
			t.Errorf("%s became %s, %s", c.tenant, name, reason)
		}
		k, ok := byWord(name)
		if !ok || k.tenant != c.tenant {
			t.Errorf("%s does not go back to %s", name, c.tenant)
		}
		for _, was := range []string{"malware", "unknown", "notMalicious", "securityTesting", ""} {
			if got := c.determination(was); !slices.Contains(c.determinations, got) {
				t.Errorf("%s with %q got the determination %s", c.name, was, got)
			}
		}
	}
}

// flaky is a store that fails or dies around an append.
type flaky struct {
	next   int64
	known  bool
	frames []store.Frame
	before error // fails instead of storing
	after  error // stores, then fails: a kill
}

func (f *flaky) Next(string, string, int32) (int64, bool) { return f.next, f.known }

func (f *flaky) Append(_ context.Context, fr store.Frame) (uint64, error) {
	if f.before != nil {
		return 0, f.before
	}
	c := fr.Covers[0]
	if f.known && len(fr.Gaps) == 0 && c.First != f.next {
		if c.Next <= f.next {
			return 0, store.ErrDuplicate
		}
		return 0, store.ErrGap
	}
	f.frames = append(f.frames, fr)
	f.next, f.known = c.Next, true
	return 1, f.after
}

func (f *flaky) sources() []string {
	var out []string
	for _, fr := range f.frames {
		for _, r := range fr.Tables {
			i := slices.IndexFunc(r.Cols, func(c schema.Column) bool { return c.Name == store.SrcColumn })
			out = append(out, r.Batch.Cols[i].Strings...)
		}
	}
	slices.Sort(out)
	return out
}

func TestRowsAreAppendedOnceWhateverHappens(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil))
	if _, err := s.Sink(ws).MergeAlerts(t.Context(), []model.Alert{tenantAlert("da1", "27", 2)}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	dead := errors.New("killed")
	f := &flaky{before: dead}
	p := s.Pump(f)
	if err := p.Drain(t.Context()); !errors.Is(err, dead) {
		t.Fatal(err)
	}
	f.before, f.after = nil, dead
	if err := p.Drain(t.Context()); !errors.Is(err, dead) {
		t.Fatal(err)
	}
	f.after = nil
	s.mustMerge(t, tenantIncident("27", 9, func(r *model.TenantIncident) { r.Severity = "High" }))
	if err := p.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"alert/da1/1", "incident/1/1", "incident/1/2", "incident/1/3"}
	if diff := cmp.Diff(want, f.sources()); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if rows, err := s.db.Incidents().Events(t.Context(), ws, 10); err != nil || len(rows) != 0 {
		t.Errorf("%d rows still wait, %v", len(rows), err)
	}
}

func TestAnOlderStateDatabaseUsesNoNumberTwice(t *testing.T) {
	s := service(t)
	f := &flaky{next: 50, known: true} // the store is ahead of the state that was restored
	p := s.Pump(f)
	s.mustMerge(t, tenantIncident("27", 1, nil))
	if err := p.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"incident/1/1"}, f.sources()); diff != "" || f.frames[0].Covers[0].First != 50 {
		t.Errorf("rows (-want +got):\n%s at %+v", diff, f.frames)
	}
}

func TestRowsHaveTheColumnsOfTheirTables(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, func(r *model.TenantIncident) {
		r.Tags, r.SystemTags, r.Owner = []string{"vip"}, []string{"Ransomware"}, "bob@contoso.com"
		r.Comments = []model.TenantComment{{Message: "hi", Author: "Bob", Created: start}}
	}))
	if _, err := s.Sink(ws).MergeAlerts(t.Context(), []model.Alert{tenantAlert("da1", "27", 2)}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	f := &flaky{}
	if err := s.Pump(f).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	value := func(table, name string) any {
		for _, r := range f.frames[0].Tables {
			if r.Table != table {
				continue
			}
			i := slices.IndexFunc(r.Cols, func(c schema.Column) bool { return c.Name == name })
			return r.Batch.Cols[i].Value(r.Batch.N - 1)
		}
		return nil
	}
	for _, r := range f.frames[0].Tables {
		table, _ := schema.Builtin().Table(r.Table)
		n := 0
		for _, c := range table.Columns {
			if !c.Hidden {
				n++
			}
		}
		if len(r.Cols) != n+1 {
			t.Errorf("%s has %d columns, want %d and the provenance", r.Table, len(r.Cols), n)
		}
	}
	for _, tt := range []struct {
		table, column string
		want          any
	}{
		{"SecurityIncident", "TenantId", ws},
		{"SecurityIncident", "AlertIds", column.Raw(`["sys-da1"]`)},
		{"SecurityIncident", "Labels", column.Raw(`[{"labelName":"vip","labelType":"User"},{"labelName":"Ransomware","labelType":"AutoAssigned"}]`)},
		{"SecurityIncident", "Owner", column.Raw(`{"objectId":null,"email":"bob@contoso.com","assignedTo":"bob@contoso.com","userPrincipalName":"bob@contoso.com"}`)},
		{"SecurityIncident", "AdditionalData", column.Raw(`{"alertsCount":1,"bookmarksCount":0,"commentsCount":1,"alertProductNames":["P"],"tactics":["Execution"],"providerIncidentUrl":"https://security.microsoft.com/incidents/27"}`)},
		{"SecurityIncident", "ProviderName", "Microsoft XDR"},
		{"SecurityIncident", "IncidentNumber", int64(1)},
		{"SecurityIncident", "FirstActivityTime", ticks(start.Add(2 * time.Minute))},
		{"SecurityIncident", "ClosedTime", nil},
		{"SecurityAlert", "Techniques", `["T1059","T1078"]`},
		{"SecurityAlert", "SubTechniques", `["T1059.001"]`},
		{"SecurityAlert", "IsIncident", false},
		{"SecurityAlert", "SystemAlertId", "sys-da1"},
		{"SecurityAlert", "ConfidenceScore", nil},
	} {
		if diff := cmp.Diff(tt.want, value(tt.table, tt.column)); diff != "" {
			t.Errorf("%s.%s (-want +got):\n%s", tt.table, tt.column, diff)
		}
	}
	if v, ok := value("SecurityAlert", "Entities").(string); !ok || !strings.Contains(v, `"HostName":"wks"`) {
		t.Errorf("Entities %v", v)
	}
}

func TestAlertsMoveWithTheirIncident(t *testing.T) {
	s := service(t)
	k := s.Sink(ws)
	if _, err := k.MergeAlerts(t.Context(), []model.Alert{tenantAlert("da1", "27", 2)}, time.Time{}); err != nil { // before its incident
		t.Fatal(err)
	}
	s.mustMerge(t, tenantIncident("27", 1, nil), tenantIncident("30", 1, nil))
	count := func(n int64) int {
		in, err := s.Get(t.Context(), ws, n)
		if err != nil {
			t.Fatal(err)
		}
		return in.AlertCount
	}
	if count(1) != 1 || count(2) != 0 {
		t.Errorf("alerts: %d and %d", count(1), count(2))
	}
	if _, err := k.MergeAlerts(t.Context(), []model.Alert{tenantAlert("da1", "30", 3), tenantAlert("da1", "27", 2)}, time.Time{}); err != nil { // moved, then an old row
		t.Fatal(err)
	}
	if count(1) != 0 || count(2) != 1 {
		t.Errorf("after the move: %d and %d", count(1), count(2))
	}
	entities, err := s.Entities(t.Context(), ws, 2)
	want := []model.Entity{
		{Kind: "Host", Label: "wks.contoso.com", Alerts: 1, Query: "DeviceProcessEvents\n| where DeviceId == \"d1\""},
		{Kind: "Process", Label: "cmd.exe (7)", Alerts: 1, Query: "DeviceProcessEvents\n| where DeviceId == \"d1\" and ProcessId == 7"},
	}
	ignored := cmpopts.IgnoreFields(model.Entity{}, "ID", "Data", "Incidents", "FirstSeen", "LastSeen")
	if diff := cmp.Diff(want, entities, ignored); diff != "" || err != nil {
		t.Errorf("entities (-want +got):\n%s %v", diff, err)
	}
	other := tenantAlert("da1", "30", 3)
	other.Hash = "other"
	if fetch, err := k.MergeAlerts(t.Context(), []model.Alert{other}, time.Time{}); err != nil || fetch["da1"] != "other" {
		t.Errorf("the same stamp with other content: fetch %v, %v", fetch, err)
	}
	revision := func() int64 {
		row, err := s.db.Incidents().Alert(t.Context(), ws, "da1")
		if err != nil {
			t.Fatal(err)
		}
		return row.Revision
	}
	was, at := revision(), time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	if err := k.SettleAlert(t.Context(), tenantAlert("da1", "30", 3), "other", at); err != nil || revision() != was {
		t.Errorf("reading by id found nothing new: revision %d after %d, %v", revision(), was, err)
	}
	if fetch, err := k.MergeAlerts(t.Context(), []model.Alert{other}, at.Add(time.Second)); err != nil || len(fetch) != 0 {
		t.Errorf("the row that was settled: fetch %v, %v", fetch, err)
	}
	if fetch, err := k.MergeAlerts(t.Context(), []model.Alert{other}, at.Add(time.Hour)); err != nil || fetch["da1"] != "other" { // whatever our clock says
		t.Errorf("the row that was settled an hour ago: fetch %v, %v", fetch, err)
	}
}

func TestNumbersOfTheHistoryAreBelowNewOnes(t *testing.T) {
	s := service(t)
	k := s.Sink(ws)
	if err := k.Reserve(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if _, err := k.MergeIncidents(t.Context(), []model.TenantIncident{tenantIncident("9", 9, nil), tenantIncident("8", 8, nil)}, true); err != nil {
		t.Fatal(err)
	}
	s.mustMerge(t, tenantIncident("10", 10, nil))
	if _, err := k.MergeIncidents(t.Context(), []model.TenantIncident{tenantIncident("7", 7, nil), tenantIncident("6", 6, nil)}, true); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	list, err := s.List(t.Context(), ws, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range list {
		got[in.ProviderIncidentID] = in.Number
	}
	if diff := cmp.Diff(map[string]int64{"9": 3, "8": 2, "10": 4, "7": 1, "6": 5}, got); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}

func TestApplyOther(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil), tenantIncident("30", 1, nil))
	if _, err := s.Update(t.Context(), ws, 1, Change{Severity: ptr("High")}, ana); err != nil {
		t.Fatal(err)
	}
	s.mustMerge(t, tenantIncident("27", 2, func(r *model.TenantIncident) { r.Severity = "Low" }))
	list, err := s.Conflicts(t.Context(), ws, 0)
	if err != nil || len(list) != 1 || list[0].Applied != "remote" || list[0].Base != "Medium" || list[0].Local.Value != "High" || list[0].Remote.Value != "Low" {
		t.Fatalf("conflicts %+v, %v", list, err)
	}
	in, err := s.Get(t.Context(), ws, 1)
	if err != nil || in.Sync.State != model.Conflict || in.Severity != "Low" {
		t.Errorf("incident %+v, %v", in.Sync, err)
	}
	if in, err = s.ApplyOther(t.Context(), ws, list[0].ID, ana); err != nil || in.Severity != "High" || in.Sync.State != model.Pending {
		t.Errorf("after applying the other value: %s %+v, %v", in.Severity, in.Sync, err)
	}
	// The incident is merged before the edit is sent: it can be made to the target.
	s.mustMerge(t, tenantIncident("27", 3, func(r *model.TenantIncident) {
		r.Severity, r.RawStatus, r.Disposition.Status, r.RedirectTo = "Low", "redirected", "Closed", "30"
	}))
	in, err = s.Get(t.Context(), ws, 1)
	if err != nil || in.Sync.State != model.NotSent || !slices.Contains(in.Labels, "Redirected") || in.Status != "Closed" || in.EmptyReason == "" {
		t.Errorf("merged incident %+v, %v", in, err)
	}
	list, err = s.Conflicts(t.Context(), ws, 1)
	if err != nil || list[0].Note != "merged" {
		t.Fatalf("conflicts %+v, %v", list, err)
	}
	target, err := s.ApplyOther(t.Context(), ws, list[0].ID, ana)
	if err != nil || target.ProviderIncidentID != "30" || target.Severity != "High" {
		t.Errorf("target %+v, %v", target, err)
	}
	if in, err = s.Get(t.Context(), ws, 1); err != nil || in.Sync.State != model.Synced {
		t.Errorf("source %+v, %v", in.Sync, err)
	}
}

func TestFilters(t *testing.T) {
	s := service(t)
	s.mustMerge(t,
		tenantIncident("1", 1, func(r *model.TenantIncident) {
			r.Tags, r.Owner, r.Severity = []string{"50%_off"}, "ana@contoso.com", "High"
		}),
		tenantIncident("2", 2, func(r *model.TenantIncident) { r.Created = start.Add(time.Hour) }),
		tenantIncident("3", 3, func(r *model.TenantIncident) { r.Disposition.Status, r.RedirectTo = "Closed", "1" }))
	alerts := []model.Alert{
		{ID: "da1", SystemAlertID: "s1", IncidentID: "1", Title: "a", ProductName: "Microsoft Cloud App Security", Updated: start, First: start, Last: start, Hash: "1"},
		{ID: "da2", SystemAlertID: "s2", IncidentID: "2", Title: "b", ProductName: "Office 365 Advanced Threat Protection", Updated: start, First: start, Last: start, Hash: "2"},
		{ID: "da3", SystemAlertID: "s3", IncidentID: "2", Title: "c", ProductName: "Office 365 Advanced Threat Protection", Updated: start, First: start, Last: start, Hash: "3"},
	}
	if _, err := s.Sink(ws).MergeAlerts(t.Context(), alerts, time.Time{}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		filter Filter
		want   []string
	}{
		{"product", Filter{Product: []string{"Microsoft Cloud App Security"}}, []string{"1"}},
		{"products", Filter{Product: []string{"Microsoft Cloud App Security", "Office 365 Advanced Threat Protection"}}, []string{"2", "1"}},
		{"product nobody has", Filter{Product: []string{"Azure Sentinel"}}, nil},
		{"by alerts", Filter{Sort: "alerts"}, []string{"1", "2"}},
		{"by owner", Filter{Sort: "-owner"}, []string{"1", "2"}},
		{"all but merged, newest first", Filter{}, []string{"2", "1"}},
		{"merged too", Filter{Redirected: true, Sort: "number"}, []string{"1", "2", "3"}},
		{"severity", Filter{Severity: []string{"High"}}, []string{"1"}},
		{"label", Filter{Label: "50%_OFF"}, []string{"1"}},
		{"label is no pattern", Filter{Label: "50%"}, nil},
		{"text", Filter{Text: "PHISH 2"}, []string{"2"}},
		{"owner", Filter{Owner: "ANA@contoso.com"}, []string{"1"}},
		{"nobody", Filter{Owner: "none"}, []string{"2"}},
		{"page", Filter{Sort: "-number", Limit: 1, Offset: 1}, []string{"1"}},
		{"by severity", Filter{Sort: "-severity"}, []string{"1", "2"}},
	} {
		list, err := s.List(t.Context(), ws, tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, in := range list {
			got = append(got, in.ProviderIncidentID)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if c, err := s.Counts(t.Context(), ws); err != nil || c.Open != 2 || c.Closed != 0 {
		t.Errorf("counts %+v, %v", c, err)
	}
}

func TestLastModifiedTimeAlwaysGrows(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil))
	last := time.Time{}
	for i, sev := range []string{"Low", "a", "High", "b"} {
		var in model.Incident
		var err error
		if i%2 == 0 {
			in, err = s.Update(t.Context(), ws, 1, Change{Severity: &sev}, ana)
		} else { // the tenant's clock is years behind
			s.mustMerge(t, tenantIncident("27", int64(2+i), func(r *model.TenantIncident) { r.Title = sev }))
			in, err = s.Get(t.Context(), ws, 1)
		}
		if err != nil || !in.Modified.After(last) {
			t.Errorf("change %d: %s after %s, %v", i, in.Modified, last, err)
		}
		last = in.Modified
	}
}

func TestLocalIncidentsStayHere(t *testing.T) {
	s := service(t)
	in, err := s.Create(t.Context(), ws, Draft{Title: "Lost badge", Severity: "Low"}, ana)
	if err != nil || in.ProviderName != "Azure Sentinel" || in.Sync.State != model.Local {
		t.Fatalf("%+v, %v", in, err)
	}
	if _, err := s.Comment(t.Context(), ws, in.Number, "found [vdt:01JABCDEFGHJKMNPQRSTVWXYZ0]", ana); err != nil {
		t.Fatal(err)
	}
	got, err := s.Update(t.Context(), ws, in.Number, Change{Status: ptr("Closed"), Classification: ptr("Undetermined")}, ana)
	if err != nil || got.Sync.State != model.Local || got.Classification != "Undetermined" {
		t.Errorf("%+v, %v", got, err)
	}
	comments, err := s.Comments(t.Context(), ws, in.Number)
	if err != nil || len(comments) != 1 || comments[0].Message != "found" || comments[0].Pending {
		t.Errorf("comments %+v, %v", comments, err)
	}
	if n, _, err := s.Backlog(t.Context(), ws); err != nil || n != 0 {
		t.Errorf("%d wait to be sent, %v", n, err)
	}
}

var _ syncback.Clock = Clock{}
