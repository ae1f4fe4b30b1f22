package meta

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/model"
)

func openTest(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestConnection(t *testing.T) {
	db := openTest(t)
	got, err := db.Connection(t.Context(), "w", "defender-xdr")
	if err != nil || got.Incidents || len(got.Tables) > 0 || !got.ConnectedAt.IsZero() {
		t.Fatalf("a connection never made is %+v, %v", got, err)
	}
	want := model.Connection{Workspace: "w", Connector: "defender-xdr", Incidents: true, Tables: []string{"AlertInfo", "DeviceInfo"}, ConnectedBy: "ann", ConnectedAt: time.UnixMilli(1753000000123).UTC(), Paused: []model.Pause{}}
	for range 2 {
		if err := db.SaveConnection(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		got, err := db.Connection(t.Context(), "w", "defender-xdr")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("connection (-want +got):\n%s", diff)
		}
		want.Tables, want.KeepIncidentRules = []string{"AlertInfo"}, true
		want.Paused = append(want.Paused, model.Pause{Stream: "events/h", Reason: "paused", Text: "Paused by ann.", By: "ann", At: time.UnixMilli(1753000000456).UTC()})
	}
}

func TestTicks(t *testing.T) {
	db := openTest(t)
	a := model.Tick{Source: "hub/h", Partition: 1, Table: "A", N: 1, From: -1, Until: 10, Off: -1}
	b := model.Tick{Source: "hub/h", Partition: 1, Table: "B", N: 1, From: -1, Until: 0, Off: -1}
	if err := db.SaveTicks(t.Context(), "w", []model.Tick{b, a}); err != nil {
		t.Fatal(err)
	}
	a.Off = 30
	again := model.Tick{Source: "hub/h", Partition: 1, Table: "A", N: 2, From: 30, Until: 50, Off: -1}
	if err := db.SaveTicks(t.Context(), "w", []model.Tick{a, again}); err != nil {
		t.Fatal(err)
	}
	got, err := db.Ticks(t.Context(), "w", "hub/h", 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]model.Tick{a, again, b}, got); diff != "" {
		t.Errorf("ticks (-want +got):\n%s", diff)
	}
	if got, _ := db.Ticks(t.Context(), "w", "hub/h", 2); len(got) > 0 {
		t.Errorf("another partition has %v", got)
	}
}

func TestUsage(t *testing.T) {
	db := openTest(t)
	hour := time.Date(2026, 7, 18, 14, 0, 0, 0, time.UTC)
	one := model.TableUsage{Table: "A", Hour: hour, Rows: 2, Skipped: 1, Bytes: 10, Seen: hour.Add(time.Minute), Event: hour.Add(time.Second), Quiet: time.Minute}
	two := model.TableUsage{Table: "A", Hour: hour.Add(time.Hour), Dead: 4}
	for range 2 {
		if err := db.AddUsage(t.Context(), "w", []model.TableUsage{one, two}); err != nil {
			t.Fatal(err)
		}
		one.Seen, one.Event, one.Quiet = hour, hour, time.Second // the newer and the longer stay
	}
	got, err := db.Usage(t.Context(), "w", hour.Add(30*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	want := []model.TableUsage{
		{Table: "A", Hour: hour, Rows: 4, Skipped: 2, Bytes: 20, Seen: hour.Add(time.Minute), Event: hour.Add(time.Second), Quiet: time.Minute},
		{Table: "A", Hour: hour.Add(time.Hour), Dead: 8},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	if got, _ := db.Usage(t.Context(), "w", hour.Add(time.Hour)); len(got) != 1 {
		t.Errorf("since the second hour: %v", got)
	}
}

func TestSources(t *testing.T) {
	db := openTest(t)
	at := time.Date(2026, 7, 18, 14, 0, 0, 0, time.UTC)
	u := model.SourceUsage{Source: "hub/h", Messages: 1, Bytes: 2, Rows: 3, Dead: 4, Duplicates: 5, Gaps: 6, Sent: at, Event: at, Tables: []string{"A", "B"}}
	for range 2 {
		if err := db.AddSources(t.Context(), "w", []model.SourceUsage{u, {Source: "blob/b"}}); err != nil {
			t.Fatal(err)
		}
		u.Sent, u.Event, u.Tables = at.Add(time.Hour), at.Add(-time.Hour), []string{"B", "C"}
	}
	if err := db.AddSources(t.Context(), "other", []model.SourceUsage{u}); err != nil {
		t.Fatal(err)
	}
	got, err := db.Sources(t.Context(), "w")
	if err != nil {
		t.Fatal(err)
	}
	want := []model.SourceUsage{{Source: "blob/b"}, {Source: "hub/h", Messages: 2, Bytes: 4, Rows: 6, Dead: 8, Duplicates: 10, Gaps: 12, Sent: at.Add(time.Hour), Event: at, Tables: []string{"A", "B", "C"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}
