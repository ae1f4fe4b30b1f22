package syncback

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func version(v int64, change func(*model.TenantIncident)) model.TenantIncident {
	r := model.TenantIncident{
		ID: "27", Version: v, Updated: at.Add(time.Duration(v) * time.Second), RawStatus: "active", Severity: "Medium", Title: "Phish",
		Disposition: model.Disposition{Status: "New", Classification: "unknown", Determination: "unknown"}, ModifiedBy: "bob@example.com",
	}
	if change != nil {
		change(&r)
	}
	r.Hash = strings.Join([]string{r.RawStatus, ImageOf(r).Text(Disposition), r.Severity, r.Owner, ImageOf(r).Text(Tags), r.RedirectTo}, "|")
	return r
}

func known() *State {
	s := &State{}
	s.Merge(version(1, nil), Listed, RemoteWins, at)
	return s
}

func clone(s *State) State {
	c := *s
	c.Attempts, c.Edits, c.Rejected = map[Field][]string{}, map[Field]Edit{}, map[Field]Rejection{}
	for k, v := range s.Attempts {
		c.Attempts[k] = slices.Clone(v)
	}
	for k, v := range s.Edits {
		c.Edits[k] = v
	}
	for k, v := range s.Rejected {
		c.Rejected[k] = v
	}
	c.Comments, c.Local.Tags, c.Base.Tags = slices.Clone(s.Comments), slices.Clone(s.Local.Tags), slices.Clone(s.Base.Tags)
	return c
}

type clock struct{ t time.Time }

func (c *clock) Now() time.Time { return c.t }

func closeIt(m *Image) {
	m.Disposition = model.Disposition{Status: "Closed", Classification: "truePositive", Determination: "malware", Comment: "done"}
}

var person = Edit{Actor: "ana", Time: at, Person: true}

func TestAutomationYieldsToAPersonsUnsentChange(t *testing.T) {
	for _, tt := range []struct {
		name       string
		automation bool
		edit       Edit
		attempted  bool
		applied    string
	}{
		{"automation against a person", true, person, false, "local"},
		{"automation against automation", true, Edit{Actor: "rule", Time: at}, false, "remote"},
		{"a person against a person", false, person, false, "remote"},
		{"automation against a change that may have been seen", true, person, true, "remote"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := known()
			s.EditLocal(closeIt, tt.edit)
			if tt.attempted {
				s.Attempt(s.Dirty(), at)
			}
			o := s.Merge(version(2, func(r *model.TenantIncident) {
				r.Disposition.Status, r.Automation, r.ModifiedBy = "Active", tt.automation, "someone"
			}), Listed, RemoteWins, at)
			if len(o.Clashes) != 1 || o.Clashes[0].Applied != tt.applied {
				t.Fatalf("clashes %+v, want one that applies %s", o.Clashes, tt.applied)
			}
			c := o.Clashes[0]
			if c.Local.Actor != tt.edit.Actor || c.Remote.Actor != "someone" || !strings.Contains(c.Local.Value, "Closed") || !strings.Contains(c.Remote.Value, "Active") {
				t.Errorf("the conflict does not keep both sides: %+v", c)
			}
			if want := map[string]string{"local": "Closed", "remote": "Active"}[tt.applied]; s.Local.Disposition.Status != want {
				t.Errorf("status is %s, want %s", s.Local.Disposition.Status, want)
			}
		})
	}
}

func TestALostAnswerIsRecognisedInNormalForm(t *testing.T) {
	s := known()
	s.EditLocal(closeIt, person)
	s.Attempt(s.Dirty(), at)
	o := s.Merge(version(2, func(r *model.TenantIncident) {
		r.Disposition = model.Disposition{Status: "Closed", Classification: "truePositive", Determination: "unknown", Comment: "done"}
		r.ModifiedBy = "app"
	}), Listed, RemoteWins, at)
	if len(o.Clashes) != 0 || len(s.Dirty()) != 0 || len(s.Attempts) != 0 {
		t.Errorf("our own write became a conflict: %+v, dirty %v, attempts %v", o.Clashes, s.Dirty(), s.Attempts)
	}
	if s.Local.Disposition.Determination != "unknown" {
		t.Errorf("determination is %s; it must follow what the service made of it", s.Local.Disposition.Determination)
	}
}

func TestTheAnswerIsTheImageOfWhatWasSent(t *testing.T) {
	s := known()
	s.EditLocal(func(m *Image) { m.Title, m.Severity = "  Phish wave ", "High" }, person)
	_, sent := s.Attempt(s.Dirty(), at)
	s.EditLocal(func(m *Image) { m.Severity = "Low" }, person) // moved on while the request was away
	s.Ack(version(2, func(r *model.TenantIncident) { r.Title, r.Severity = "Phish wave", "High" }), sent, RemoteWins, at)
	if diff := cmp.Diff([]Field{Severity}, s.Dirty()); diff != "" {
		t.Errorf("dirty (-want +got):\n%s", diff)
	}
	if s.Base.Severity != "High" || s.Local.Severity != "Low" || s.Local.Title != "Phish wave" {
		t.Errorf("base %+v, local %+v", s.Base, s.Local)
	}
}

func TestAValueTheServiceIgnoresIsNotSentForEver(t *testing.T) {
	s := known()
	s.EditLocal(func(m *Image) { m.Severity = "High" }, person)
	_, sent := s.Attempt(s.Dirty(), at)
	o := s.Ack(version(1, nil), sent, RemoteWins, at)
	if len(s.Dirty()) != 0 || len(o.Clashes) != 1 || o.Clashes[0].Note != "notStored" {
		t.Errorf("dirty %v, clashes %+v; want none and one that is not stored", s.Dirty(), o.Clashes)
	}
}

func TestTags(t *testing.T) {
	for _, tt := range []struct {
		name                string
		base, local, remote []string
		want                []string
	}{
		{"added on both sides", []string{"a"}, []string{"a", "l"}, []string{"a", "r"}, []string{"a", "r", "l"}},
		{"removed here, another added there", []string{"a", "b"}, []string{"a"}, []string{"a", "b", "c"}, []string{"a", "c"}},
		{"removed there", []string{"a", "b"}, []string{"a", "b"}, []string{"a"}, []string{"a"}},
		{"case is not a change", []string{"Vip"}, []string{"Vip"}, []string{"VIP"}, []string{"VIP"}},
		{"removed on both sides", []string{"a"}, nil, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := known()
			s.Base.Tags, s.Local.Tags = tt.base, tt.local
			s.Merge(version(2, func(r *model.TenantIncident) { r.Tags = tt.remote }), Listed, RemoteWins, at)
			if diff := cmp.Diff(tt.want, s.Local.Tags); diff != "" {
				t.Errorf("tags (-want +got):\n%s", diff)
			}
		})
	}
}

func TestListedRowsProveLittle(t *testing.T) {
	s := known()
	if o := s.Merge(version(0, func(r *model.TenantIncident) { r.Severity = "Low" }), Listed, RemoteWins, at); !o.Stale {
		t.Errorf("an older row: %+v, want stale", o)
	}
	other := version(1, func(r *model.TenantIncident) { r.Severity = "Low" })
	if o := s.Merge(other, Listed, RemoteWins, at); !o.Fetch || s.Local.Severity != "Medium" {
		t.Errorf("the same stamp with other content: %+v, want a read by id", o)
	}
	s.Settle(version(1, nil), other.Hash, RemoteWins, at)
	if o := s.Merge(other, Listed, RemoteWins, at); !o.Stale || o.Fetch {
		t.Errorf("a settled row: %+v, want stale", o)
	}
	if o := s.Merge(other, Listed, RemoteWins, at.Add(believed)); !o.Fetch {
		t.Errorf("a settled row when the index has caught up: %+v, want a read by id", o)
	}
}

func TestStatusThatCannotBeWrittenIsLeftOut(t *testing.T) {
	s := known()
	s.Merge(version(2, func(r *model.TenantIncident) { r.RawStatus, r.Disposition.Status = "awaitingAction", "Active" }), Listed, RemoteWins, at)
	s.EditLocal(func(m *Image) { m.Disposition.Comment = "x" }, person)
	if p, _ := s.Attempt(s.Dirty(), at); !p.KeepStatus {
		t.Error("awaitingAction would be overwritten by inProgress")
	}
	s.EditLocal(closeIt, person)
	if p, _ := s.Attempt(s.Dirty(), at); p.KeepStatus {
		t.Error("closing must write the status")
	}
}

func TestMergedIncidents(t *testing.T) {
	s := known()
	s.EditLocal(func(m *Image) { m.Severity = "High" }, person)
	s.AddComment("01JAAAAAAAAAAAAAAAAAAAAAAA", "look", "ana", at)
	o := s.Merge(version(2, func(r *model.TenantIncident) {
		r.RawStatus, r.Disposition.Status, r.RedirectTo = "redirected", "Closed", "30"
	}), Listed, RemoteWins, at)
	if len(o.Clashes) != 1 || o.Clashes[0].Note != "merged" || o.Redirect != "30" {
		t.Fatalf("outcome %+v", o)
	}
	if v := s.View(); v.State != model.NotSent || len(s.Dirty()) != 0 || len(s.PendingComments()) != 1 {
		t.Errorf("state %s, dirty %v, %d comments wait", v.State, s.Dirty(), len(s.PendingComments()))
	}
}

func TestMarkers(t *testing.T) {
	const id = "01JABCDEFGHJKMNPQRSTVWXYZ0"
	if text, got := Unmark(Mark("hello\nworld", id)); text != "hello\nworld" || got != id {
		t.Errorf("got %q, %q", text, got)
	}
	for _, plain := range []string{"no marker", "[vdt:short]", "in [vdt:01JABCDEFGHJKMNPQRSTVWXYZ0] the middle", ""} {
		if text, got := Unmark(plain); text != plain || got != "" {
			t.Errorf("%q: got %q, %q", plain, text, got)
		}
	}
}

// scripted is a tenant of one incident whose answers are set by the test.
type scripted struct {
	r       model.TenantIncident
	others  map[string]model.TenantIncident
	refuse  func(model.TenantPatch) error
	patches []model.TenantPatch
	posts   []string // "id|text"
	merged  *model.TenantIncident
}

func (x *scripted) Get(_ context.Context, id string, _ Urgency) (model.TenantIncident, error) {
	if o, ok := x.others[id]; ok {
		return o, nil
	}
	return x.r, nil
}

func (x *scripted) Patch(_ context.Context, _ string, p model.TenantPatch, _ Urgency) (model.TenantIncident, error) {
	x.patches = append(x.patches, p)
	if x.merged != nil {
		x.r = *x.merged
	}
	if x.refuse != nil {
		if err := x.refuse(p); err != nil {
			return model.TenantIncident{}, err
		}
	}
	x.r.Version++
	if p.Disposition != nil {
		x.r.Disposition = *p.Disposition
	}
	if p.Severity != nil {
		x.r.Severity = *p.Severity
	}
	x.r.Hash += "+"
	return x.r, nil
}

func (x *scripted) Comment(_ context.Context, id, text string, _ Urgency) ([]model.TenantComment, error) {
	x.posts = append(x.posts, id+"|"+text)
	x.r.Comments = append(x.r.Comments, model.TenantComment{Message: text, Author: "app"})
	return x.r.Comments, nil
}

// single is a store of one state.
type single struct {
	st      State
	clashes []Clash
}

func (s *single) Due(context.Context, time.Time, int) ([]Job, time.Time, error) {
	return nil, time.Time{}, nil
}
func (s *single) Load(context.Context, int64) (State, error) { return clone(&s.st), nil }
func (s *single) Change(_ context.Context, _ int64, f func(*State) (Outcome, error)) (State, error) {
	o, err := f(&s.st)
	s.clashes = append(s.clashes, o.Clashes...)
	return clone(&s.st), err
}

func worker(s *single, r *scripted) *Worker {
	return &Worker{Store: s, Remote: r, Clock: &clock{at}, Policy: RemoteWins, Logger: slog.New(slog.DiscardHandler)}
}

func TestARefusedValueDoesNotTakeOthersWithIt(t *testing.T) {
	s := &single{st: *known()}
	s.st.EditLocal(closeIt, person)
	s.st.EditLocal(func(m *Image) { m.Severity = "High" }, person)
	r := &scripted{r: version(1, nil), refuse: func(p model.TenantPatch) error {
		if p.Severity != nil {
			return fault.New(fault.Invalid, "graph_refused", "severity cannot be changed")
		}
		return nil
	}}
	if err := worker(s, r).Push(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	v := s.st.View()
	if r.r.Disposition.Status != "Closed" || v.State != model.Rejected || !strings.Contains(v.LastError, "severity") {
		t.Errorf("tenant %s, view %+v", r.r.Disposition.Status, v)
	}
	n := len(r.patches)
	if err := worker(s, r).Push(t.Context(), 1); err != nil || len(r.patches) != n {
		t.Errorf("a refused value was sent again (%v)", err)
	}
	if len(s.clashes) != 1 || s.clashes[0].Note != "rejected" {
		t.Errorf("clashes %+v", s.clashes)
	}
}

func TestAMergeBetweenReadAndWrite(t *testing.T) {
	s := &single{st: *known()}
	s.st.EditLocal(closeIt, person)
	s.st.AddComment("01JAAAAAAAAAAAAAAAAAAAAAAA", "look", "ana", at)
	merged := version(5, func(r *model.TenantIncident) {
		r.RawStatus, r.Disposition.Status, r.RedirectTo = "redirected", "Closed", "30"
	})
	r := &scripted{r: version(1, nil), merged: &merged, others: map[string]model.TenantIncident{
		"30": version(6, func(r *model.TenantIncident) { r.ID, r.RedirectTo = "30", "31" }), "31": version(7, func(r *model.TenantIncident) { r.ID = "31" }),
	}, refuse: func(model.TenantPatch) error { return fault.New(fault.Invalid, "graph_refused", "merged") }}
	if err := worker(s, r).Push(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"31|look (from incident 27) [vdt:01JAAAAAAAAAAAAAAAAAAAAAAA]"}, r.posts); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
	if v := s.st.View(); v.State != model.NotSent || len(v.Pending) != 0 {
		t.Errorf("view %+v", v)
	}
}

func TestBackoffIsPerIncidentAndVisible(t *testing.T) {
	s := &single{st: *known()}
	s.st.EditLocal(closeIt, person)
	r := &scripted{r: version(1, nil), refuse: func(model.TenantPatch) error { return fault.New(fault.Unavailable, "down", "no answer") }}
	for n := 1; n <= 3; n++ {
		if err := worker(s, r).Push(t.Context(), 1); err == nil {
			t.Fatal("no error")
		}
		if o := s.st.Outbox; o.Attempts != n || o.Error != "no answer" || o.Due.Sub(at) != 5*time.Second<<(n-1) || o.Since != at {
			t.Errorf("after %d failures: %+v", n, o)
		}
	}
	if v := s.st.View(); v.State != model.Pending || v.Attempts != 3 {
		t.Errorf("view %+v", v)
	}
}
