package incident

import (
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// contested returns a service whose incident 1 has conflicts about severity and title, won by the tenant.
func contested(t *testing.T) (*Service, map[string]int64) {
	t.Helper()
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil))
	if _, err := s.Update(t.Context(), ws, 1, Change{Severity: ptr("High"), Title: ptr("Ours")}, ana); err != nil {
		t.Fatal(err)
	}
	s.mustMerge(t, tenantIncident("27", 2, func(r *model.TenantIncident) { r.Severity, r.Title = "Low", "Theirs" }))
	list, err := s.Conflicts(t.Context(), ws, 1)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v %v", list, err)
	}
	ids := map[string]int64{}
	for _, c := range list {
		ids[c.Field] = c.ID
	}
	return s, ids
}

func (s *Service) syncState(t *testing.T) model.SyncState {
	t.Helper()
	in, err := s.Get(t.Context(), ws, 1)
	if err != nil {
		t.Fatal(err)
	}
	return in.Sync.State
}

func TestAConflictIsOpenUntilSomebodyHasSeenToIt(t *testing.T) {
	s, ids := contested(t)
	if _, err := s.Keep(t.Context(), ws, ids["severity"], ana); err != nil || s.syncState(t) != model.Conflict {
		t.Errorf("one of two kept: %s, %v", s.syncState(t), err)
	}
	if _, err := s.Keep(t.Context(), ws, ids["title"], ana); err != nil || s.syncState(t) != model.Synced {
		t.Errorf("both kept: %s, %v", s.syncState(t), err)
	}
	list, err := s.Conflicts(t.Context(), ws, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Settled.IsZero() || c.SettledBy != ana.Name || c.Applied != "remote" {
			t.Errorf("%+v", c)
		}
	}
	if _, err := s.Keep(t.Context(), ws, 99, ana); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a conflict that is not there: %v", err)
	}
}

func TestEditingAFieldSettlesItsConflicts(t *testing.T) {
	s, ids := contested(t)
	if _, err := s.Update(t.Context(), ws, 1, Change{Severity: ptr("Medium")}, Actor{Name: "script", Automation: true}); err != nil {
		t.Fatal(err)
	}
	open := func() (n int) {
		list, err := s.Conflicts(t.Context(), ws, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			if c.Settled.IsZero() {
				n++
			}
		}
		return n
	}
	if open() != 2 {
		t.Errorf("a program's edit has settled conflicts: %d are open", open())
	}
	if _, err := s.Update(t.Context(), ws, 1, Change{Severity: ptr("High")}, ana); err != nil || open() != 1 {
		t.Errorf("after a person's edit %d conflicts are open, %v", open(), err)
	}
	if _, err := s.ApplyOther(t.Context(), ws, ids["title"], ana); err != nil || open() != 0 {
		t.Errorf("after applying the other value %d conflicts are open, %v", open(), err)
	}
	in, err := s.Get(t.Context(), ws, 1)
	if err != nil || in.Title != "Ours" || in.Severity != "High" || in.Sync.State != model.Pending {
		t.Errorf("%s, %s, %s, %v", in.Title, in.Severity, in.Sync.State, err)
	}
}

func TestRetryAndRevertNeedSomethingRefused(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil))
	if _, err := s.Retry(t.Context(), ws, 1, nil, ana); fault.CodeOf(err) != "nothing_refused" {
		t.Errorf("nothing to retry: %v", err)
	}
	if _, err := s.Revert(t.Context(), ws, 1, []string{"colour"}, ana); fault.CodeOf(err) != "unknown_field" {
		t.Errorf("a field that is none: %v", err)
	}
}

// TestWhatIsDoneAboutARefusedValueSettlesItsRecord: a refusal is on record until somebody retries or reverts it.
func TestWhatIsDoneAboutARefusedValueSettlesItsRecord(t *testing.T) {
	for _, verb := range []string{"retry", "revert"} {
		s := service(t)
		s.mustMerge(t, tenantIncident("27", 1, nil))
		if _, err := s.Update(t.Context(), ws, 1, Change{Title: ptr("Ours")}, ana); err != nil {
			t.Fatal(err)
		}
		_, err := s.SyncStore(ws).Change(t.Context(), 1, func(st *syncback.State) (syncback.Outcome, error) {
			_, sent := st.Attempt(st.Dirty(), start)
			return syncback.Outcome{Touched: true, Clashes: st.Reject(sent, "too long", start)}, nil
		})
		if err != nil || s.syncState(t) != model.Rejected {
			t.Fatalf("%s, %v", s.syncState(t), err)
		}
		do, want := s.Retry, model.Pending
		if verb == "revert" {
			do, want = s.Revert, model.Synced
		}
		if _, err := do(t.Context(), ws, 1, nil, ana); err != nil || s.syncState(t) != want {
			t.Errorf("%s: %s, %v", verb, s.syncState(t), err)
		}
		list, err := s.Conflicts(t.Context(), ws, 1)
		if err != nil || len(list) != 1 || list[0].Note != "rejected" || list[0].SettledBy != ana.Name {
			t.Errorf("%s: %+v, %v", verb, list, err)
		}
	}
}
