package incident

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// into makes a version that says the incident was merged into another one.
func into(target string) func(*model.TenantIncident) {
	return func(r *model.TenantIncident) {
		r.RawStatus, r.Disposition.Status, r.RedirectTo = "redirected", "Closed", target
	}
}

// TestMergedIncidentsGoAlong merges 27 into 30 and 30 into 31, with the target known before, after, or at the same time.
func TestMergedIncidentsGoAlong(t *testing.T) {
	for _, tt := range []struct {
		name  string
		order []string
	}{{"targets first", []string{"30", "31", "27"}}, {"targets last", []string{"27", "30", "31"}}} {
		t.Run(tt.name, func(t *testing.T) {
			s := service(t)
			first := tenantIncident(tt.order[0], 1, nil)
			s.mustMerge(t, first)
			source := int64(1)
			if tt.order[0] != "27" {
				s.mustMerge(t, tenantIncident("30", 1, nil), tenantIncident("31", 1, nil), tenantIncident("27", 1, nil))
				source = 3
			}
			if _, err := s.AddTask(t.Context(), ws, source, "call the user", "", ana); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Comment(t.Context(), ws, source, "seen here", ana); err != nil {
				t.Fatal(err)
			}
			s.mustMerge(t, tenantIncident("27", 2, into("30")))
			s.mustMerge(t, tenantIncident("30", 3, nil))
			s.mustMerge(t, tenantIncident("30", 4, into("31")))
			s.mustMerge(t, tenantIncident("31", 5, nil))

			target, err := s.GetByProviderID(t.Context(), ws, "31")
			if err != nil || len(target.Tasks) != 1 || target.Tasks[0].Title != "call the user" {
				t.Fatalf("the task did not come along: %+v %v", target.Tasks, err)
			}
			in, err := s.Get(t.Context(), ws, source)
			if err != nil {
				t.Fatal(err)
			}
			if in.Status != "Closed" || !slices.Contains(in.Labels, "Redirected") || in.RedirectTo != "30" || in.RedirectNumber == 0 || len(in.Tasks) != 0 {
				t.Errorf("the source: %s, labels %v, to %s (%d here), %d tasks", in.Status, in.Labels, in.RedirectTo, in.RedirectNumber, len(in.Tasks))
			}
			comments, err := s.Comments(t.Context(), ws, target.Number)
			if err != nil || len(comments) != 1 || comments[0].Message != "seen here" || comments[0].From != source {
				t.Errorf("comments of the target: %+v %v", comments, err)
			}
			history, err := s.History(t.Context(), ws, target.Number)
			if err != nil || !slices.ContainsFunc(history, func(a model.Activity) bool { return a.Kind == "merged" && a.Actor == correlation }) {
				t.Errorf("the target's history does not tell of the merge: %+v %v", history, err)
			}
			s.mustMerge(t, tenantIncident("31", 6, func(r *model.TenantIncident) {
				r.Comments = []model.TenantComment{{Message: "seen here (from incident 27) [vdt:" + comments[0].ID + "]", Author: "app", Created: start}}
			}))
			if comments, err := s.Comments(t.Context(), ws, target.Number); err != nil || len(comments) != 1 {
				t.Errorf("the comment that arrived at the target is shown %d times, %v", len(comments), err)
			}
		})
	}
}

func TestMergesInACircleEnd(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("1", 1, into("2")), tenantIncident("2", 1, into("1")), tenantIncident("3", 1, into("3")))
	for n := int64(1); n <= 3; n++ {
		if _, err := s.Comments(t.Context(), ws, n); err != nil {
			t.Errorf("comments of %d: %v", n, err)
		}
		if _, err := s.mergedInto(t.Context(), ws, n); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the target of %d: %v", n, err)
		}
	}
}

func TestUnsentEditsOfAMergedIncidentAreKeptAndApplied(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil), tenantIncident("30", 1, nil))
	if _, err := s.Update(t.Context(), ws, 1, Change{Severity: ptr("High"), AddLabels: []string{"vip"}}, ana); err != nil {
		t.Fatal(err)
	}
	s.mustMerge(t, tenantIncident("27", 2, into("30")))
	in, err := s.Get(t.Context(), ws, 1)
	if err != nil || in.Sync.State != model.NotSent {
		t.Fatalf("state %s, %v", in.Sync.State, err)
	}
	conflicts, err := s.Conflicts(t.Context(), ws, 1)
	if err != nil || len(conflicts) != 2 {
		t.Fatalf("%+v %v", conflicts, err)
	}
	for _, c := range conflicts {
		if c.Note != "merged" {
			t.Errorf("%+v", c)
		}
		out, err := s.ApplyOther(t.Context(), ws, c.ID, ana)
		if err != nil || out.Number != 2 {
			t.Fatalf("applied to %d, %v", out.Number, err)
		}
	}
	target, err := s.Get(t.Context(), ws, 2)
	if err != nil || target.Severity != "High" || !slices.Contains(target.Labels, "vip") || target.Sync.State != model.Pending {
		t.Errorf("%s %v %s %v", target.Severity, target.Labels, target.Sync.State, err)
	}
}

func TestTasks(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil))
	for _, tt := range []struct{ title, description, code string }{
		{"", "", "invalid_task"}, {strings.Repeat("x", 151), "", "invalid_task"}, {"ok", strings.Repeat("x", 3001), "invalid_task"},
	} {
		if _, err := s.AddTask(t.Context(), ws, 1, tt.title, tt.description, ana); fault.CodeOf(err) != tt.code {
			t.Errorf("title of %d: %v", len(tt.title), err)
		}
	}
	task, err := s.AddTask(t.Context(), ws, 1, " isolate the host ", "with the user's consent", ana)
	if err != nil || task.Title != "isolate the host" || task.Status != "New" {
		t.Fatalf("%+v %v", task, err)
	}
	if _, err := s.UpdateTask(t.Context(), ws, 1, task.Name, TaskChange{Status: ptr("done")}, ana); fault.CodeOf(err) != "invalid_task" {
		t.Errorf("a status that is none: %v", err)
	}
	if got, err := s.UpdateTask(t.Context(), ws, 1, task.Name, TaskChange{Status: ptr("completed")}, ana); err != nil || got.Status != "Completed" {
		t.Errorf("%+v %v", got, err)
	}
	if err := s.RemoveTask(t.Context(), ws, 1, "nope", ana); fault.KindOf(err) != fault.NotFound {
		t.Errorf("removing what is not there: %v", err)
	}
	for range maxTasks - 1 {
		if _, err := s.AddTask(t.Context(), ws, 1, "more", "", ana); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.AddTask(t.Context(), ws, 1, "one too many", "", ana); fault.CodeOf(err) != "too_many_tasks" {
		t.Errorf("task %d: %v", maxTasks+1, err)
	}
	if err := s.RemoveTask(t.Context(), ws, 1, task.Name, ana); err != nil {
		t.Error(err)
	}
	in, err := s.Get(t.Context(), ws, 1)
	if err != nil || len(in.Tasks) != maxTasks-1 || in.Sync.State != model.Synced {
		t.Errorf("%d tasks, %s, %v", len(in.Tasks), in.Sync.State, err)
	}
}

func TestDeterminationsGoWithTheClassification(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil))
	if _, err := s.Update(t.Context(), ws, 1, Change{Classification: ptr("TruePositive"), Determination: ptr("notMalicious")}, ana); fault.CodeOf(err) != "invalid_determination" {
		t.Errorf("a determination of another classification: %v", err)
	}
	in, err := s.Update(t.Context(), ws, 1, Change{Classification: ptr("TruePositive"), Determination: ptr("Phishing")}, ana)
	if diff := cmp.Diff([]string{"TruePositive", "SuspiciousActivity", "phishing"}, []string{in.Classification, in.ClassificationReason, in.Determination}); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s %v", diff, err)
	}
}

func TestAVanishedIncidentStaysAndSaysSo(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil))
	if _, err := s.Update(t.Context(), ws, 1, Change{Severity: ptr("High")}, ana); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Duration{0, time.Hour, 25 * time.Hour, 26 * time.Hour} {
		if _, err := s.SyncStore(ws).Change(t.Context(), 1, func(st *syncback.State) (syncback.Outcome, error) { return st.Gone(start.Add(at)), nil }); err != nil {
			t.Fatal(err)
		}
	}
	in, err := s.Get(t.Context(), ws, 1)
	if err != nil || in.Sync.State != model.NotSent || in.Sync.LastError == "" || in.Severity != "High" {
		t.Errorf("%+v %s %v", in.Sync, in.Severity, err)
	}
	history, err := s.History(t.Context(), ws, 1)
	n := 0
	for _, a := range history {
		if a.Kind == "vanished" {
			n++
		}
	}
	if err != nil || n != 1 {
		t.Errorf("the history tells %d times that it vanished, %v", n, err)
	}
	s.mustMerge(t, tenantIncident("27", 9, nil))
	if in, err := s.Get(t.Context(), ws, 1); err != nil || in.Sync.State != model.Pending {
		t.Errorf("when it is back, its edit is %s, %v", in.Sync.State, err)
	}
}

func TestWhoChangedAnIncidentIsNeverUnknown(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, func(r *model.TenantIncident) { r.ModifiedBy = "" }))
	by := func() string {
		in, err := s.Get(t.Context(), ws, 1)
		if err != nil {
			t.Fatal(err)
		}
		return in.ModifiedBy
	}
	if by() != "Microsoft Defender XDR" {
		t.Errorf("a change of nobody is by %q", by())
	}
	s.mustMergeAlerts(t, tenantAlert("da1", "27", 2))
	if !strings.Contains(by(), "Alert updated") {
		t.Errorf("an alert's change is by %q", by())
	}
}
