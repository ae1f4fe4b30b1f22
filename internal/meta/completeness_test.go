package meta

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/model"
)

func TestCompleteness(t *testing.T) {
	db := openTest(t)
	hour := time.Date(2026, 7, 18, 14, 0, 0, 0, time.UTC)
	old := model.HourCount{Table: "A", Hour: hour.Add(-completenessKept), Tenant: 1, Stored: 1, Checked: hour.Add(-completenessKept)}
	one := model.HourCount{Table: "A", Hour: hour, Tenant: 5, Stored: 3, Checked: hour.Add(4 * time.Hour)}
	two := model.HourCount{Table: "B", Hour: hour.Add(time.Hour), Tenant: 2, Stored: 4, Checked: one.Checked}
	for _, counts := range [][]model.HourCount{{old}, {one, two}} {
		if err := db.SaveCompleteness(t.Context(), "w", counts); err != nil {
			t.Fatal(err)
		}
	}
	one.Stored = 5
	if err := db.SaveCompleteness(t.Context(), "w", []model.HourCount{one}); err != nil {
		t.Fatal(err)
	}
	if err := db.SaveCompleteness(t.Context(), "other", []model.HourCount{two}); err != nil {
		t.Fatal(err)
	}
	got, err := db.Completeness(t.Context(), "w", time.Unix(0, 0), hour.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]model.HourCount{one, two}, got); diff != "" {
		t.Errorf("counts; the new one replaces, the old one goes (-want +got):\n%s", diff)
	}
	if got, _ := db.Completeness(t.Context(), "w", hour, hour.Add(time.Hour)); len(got) != 1 {
		t.Errorf("of one hour: %v", got)
	}
}

func TestBackfills(t *testing.T) {
	db := openTest(t)
	at := time.Date(2026, 7, 18, 14, 0, 0, 0, time.UTC)
	b := model.Backfill{Table: "A", From: at, To: at.Add(time.Hour), State: model.BackfillRunning, Hours: 3, Done: 1, Rows: 7, Actor: "ann", Started: at, Updated: at}
	for _, state := range []string{model.BackfillRunning, model.BackfillFailed} {
		b.State, b.Problem = state, state
		if err := db.SaveBackfill(t.Context(), "w", b); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.Backfills(t.Context(), "w")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]model.Backfill{b}, got); diff != "" {
		t.Errorf("backfills (-want +got):\n%s", diff)
	}
	if got, _ := db.Backfills(t.Context(), "other"); len(got) != 0 {
		t.Errorf("another workspace has %v", got)
	}
}

func TestSnapshots(t *testing.T) {
	db := openTest(t)
	at := time.Date(2026, 7, 18, 12, 0, 0, int(5*time.Millisecond), time.UTC)
	want := model.Snapshot{Table: "A", Kind: model.SnapshotState, On: true, Every: time.Hour, State: model.SnapshotRunning, Time: at, Parts: 3, Done: 1, Rows: 7, Next: at.Add(time.Hour), Updated: at}
	for _, state := range []string{model.SnapshotRunning, model.SnapshotDone} {
		want.State = state
		if err := db.SaveSnapshot(t.Context(), "w", want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.Snapshots(t.Context(), "w")
	if diff := cmp.Diff([]model.Snapshot{want}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if other, err := db.Snapshots(t.Context(), "v"); err != nil || len(other) != 0 {
		t.Errorf("another workspace has %v, %v", other, err)
	}
}
