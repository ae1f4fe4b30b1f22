package syncback

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/model"
)

func states(s *State) map[string]model.SyncState {
	out := map[string]model.SyncState{}
	for _, e := range s.View().Edits {
		out[e.Field] = e.State
	}
	return out
}

// TestAnEditTellsHowFarItIs follows an edit from pending to the tenant's answer.
func TestAnEditTellsHowFarItIs(t *testing.T) {
	s := known()
	s.EditLocal(func(m *Image) { m.Severity, m.Owner = "High", "ana@example.com" }, Edit{Actor: "ana", Time: at, Person: true})
	s.AddComment("01J00000000000000000000001", "look", "ana", at)
	want := func(step string, w map[string]model.SyncState) {
		t.Helper()
		if diff := cmp.Diff(w, states(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step, diff)
		}
	}
	want("edited", map[string]model.SyncState{"severity": model.Pending, "owner": model.Pending, "comments": model.Pending})
	sentAt := at.Add(time.Minute)
	_, sent := s.Attempt([]Field{Severity, Owner}, sentAt)
	want("attempted", map[string]model.SyncState{"severity": model.Sent, "owner": model.Sent, "comments": model.Pending})
	s.Reject(map[Field]string{Owner: sent[Owner]}, "no such user", sentAt)
	s.Ack(version(9, func(r *model.TenantIncident) { r.Severity = "High" }), map[Field]string{Severity: sent[Severity]}, RemoteWins, at.Add(2*time.Minute))
	want("answered", map[string]model.SyncState{"severity": model.Synced, "owner": model.Rejected, "comments": model.Pending})
	i := slices.IndexFunc(s.View().Edits, func(e model.SyncEdit) bool { return e.Field == "severity" })
	if e := s.View().Edits[i]; e.Actor != "ana" || !e.Since.Equal(at) || !e.Sent.Equal(sentAt) || !e.Settled.Equal(at.Add(2*time.Minute)) {
		t.Errorf("the times of a confirmed edit are %+v", e)
	}
}

func TestARefusedEditIsTriedAgainOrGivenUp(t *testing.T) {
	refused := func() *State {
		s := known()
		s.EditLocal(func(m *Image) { m.Owner, m.Severity = "nobody@example.com", "High" }, Edit{Actor: "ana", Time: at, Person: true})
		s.AddComment("01J00000000000000000000001", "look", "ana", at)
		_, sent := s.Attempt(s.Dirty(), at)
		s.Reject(sent, "refused", at)
		s.RejectComment("01J00000000000000000000001", "too long", at)
		if s.Waiting() || s.View().State != model.Rejected {
			t.Fatalf("refused edits: waiting %v, state %s", s.Waiting(), s.View().State)
		}
		return s
	}
	s := refused()
	if got := s.Retry(nil, at); !slices.Equal(got, []Field{Severity, Owner, Comments}) {
		t.Errorf("tried again: %v", got)
	}
	if !slices.Equal(s.Dirty(), []Field{Severity, Owner}) || len(s.PendingComments()) != 1 || s.Outbox.Due.IsZero() {
		t.Errorf("after retry %v wait, %d comments, due %s", s.Dirty(), len(s.PendingComments()), s.Outbox.Due)
	}
	s = refused()
	if got := s.Retry([]Field{Owner}, at); !slices.Equal(got, []Field{Owner}) || s.View().State != model.Rejected {
		t.Errorf("one field tried again: %v, state %s", got, s.View().State)
	}
	s = refused()
	if got := s.Revert(nil, at); len(got) != 3 {
		t.Errorf("given up: %+v", got)
	}
	if s.Local.Owner != "" || s.Local.Severity != "Medium" || len(s.Comments) != 0 || s.View().State != model.Synced {
		t.Errorf("after giving up: %+v, %d comments, %s", s.Local, len(s.Comments), s.View().State)
	}
	if got := s.Revert(nil, at); got != nil {
		t.Errorf("giving up what is not refused did %+v", got)
	}
}

func TestPolicyPerField(t *testing.T) {
	p := Rules{Default: RemoteWins, Fields: map[Field]Rule{Owner: LocalWins}}
	s := known()
	s.EditLocal(func(m *Image) { m.Owner, m.Severity = "ana@example.com", "High" }, Edit{Actor: "ana", Time: at, Person: true})
	o := s.Merge(version(9, func(r *model.TenantIncident) { r.Owner, r.Severity = "bob@example.com", "Low" }), Listed, p, at)
	got := map[Field]string{}
	for _, c := range o.Clashes {
		got[c.Field] = c.Applied
	}
	if diff := cmp.Diff(map[Field]string{Owner: "local", Severity: "remote"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Local.Owner != "ana@example.com" || s.Local.Severity != "Low" {
		t.Errorf("owner %s, severity %s", s.Local.Owner, s.Local.Severity)
	}
}

// TestAnEditAfterAWriteThatLandedIsNotLostInAMerge: the value before it landed with its answer lost, then the incident was
// merged; the newer value is told as not sent.
func TestAnEditAfterAWriteThatLandedIsNotLostInAMerge(t *testing.T) {
	s := known()
	s.EditLocal(func(m *Image) { m.Owner, m.Tags = "ana@example.com", []string{"sent"} }, Edit{Actor: "ana", Time: at, Person: true})
	s.Attempt(s.Dirty(), at)
	s.EditLocal(func(m *Image) { m.Owner, m.Tags = "bob@example.com", []string{"sent", "unsent"} }, Edit{Actor: "ana", Time: at, Person: true})
	o := s.Merge(version(9, func(r *model.TenantIncident) {
		r.RawStatus, r.RedirectTo, r.Owner, r.Tags = "redirected", "30", "ana@example.com", []string{"other", "sent"}
	}), Listed, RemoteWins, at)
	got := map[Field]string{}
	for _, c := range o.Clashes {
		got[c.Field] = c.Local.Value + " " + c.Note
	}
	if diff := cmp.Diff(map[Field]string{Owner: "bob@example.com merged", Tags: `["sent","unsent"] merged`}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
