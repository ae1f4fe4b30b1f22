package connector

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
)

// TestSilence lets a table have a record every ten minutes and a pause of two hours at night, then none.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := &health.Board{}
		meter := NewMeter(&memory{}, nil)
		s := newService(t, &memory{}, Config{Board: board, Meter: meter})
		did(t)(s.SetTables(t.Context(), "w", DefenderXDR, []string{"AlertInfo", "DeviceInfo"}, "ann"))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.WatchSilence(ctx) }()
		defer func() { cancel(); must(t, <-done) }()
		meter.SetLag("w", Lag{Source: "hub/h"})
		told := func() string {
			for _, r := range board.All() {
				return r.Component + " " + string(r.Status) + " " + r.Reason
			}
			return ""
		}
		record := func() { meter.Add("w", ingest.Counts{"AlertInfo": {Rows: 1, Seen: time.Now()}}) }
		check := func(step, want string) {
			t.Helper()
			if got := told(); got != want {
				t.Errorf("%s: %q, want %q", step, got, want)
			}
		}
		record()
		for range 12 {
			time.Sleep(10 * time.Minute)
			record()
		}
		time.Sleep(8 * time.Hour)
		check("not learned yet", "")
		record() // eight hours are usual now
		for range 14 * 6 {
			time.Sleep(10 * time.Minute)
			record()
		}
		time.Sleep(3*8*time.Hour - time.Minute)
		check("within three times the longest quiet", "")
		time.Sleep(2 * time.Minute)
		check("silent", "connector/defender-xdr/table/AlertInfo Warning table_silent")
		meter.SetLag("w", Lag{Source: "hub/h", Events: 5})
		time.Sleep(time.Minute)
		record()
		time.Sleep(time.Minute)
		check("records come again", "connector/defender-xdr/table/AlertInfo Success ")
		time.Sleep(100 * time.Hour)
		check("behind its source nothing is known", "connector/defender-xdr/table/AlertInfo Success ")
		did(t)(s.SetTables(t.Context(), "w", DefenderXDR, nil, "ann"))
		time.Sleep(time.Minute)
		check("not ticked any more", "")
	})
}

// TestQuietIsLearnedFromFreshRecords: a backlog that comes in at once says nothing about how often records come.
func TestQuietIsLearnedFromFreshRecords(t *testing.T) {
	now := time.Now()
	var f flow
	if q := f.add(now, ingest.Count{Rows: 1, Seen: now.Add(-time.Hour)}); q != 0 || !f.live.IsZero() {
		t.Errorf("an old record: %v", q)
	}
	if q := f.add(now, ingest.Count{Rows: 1, Seen: now}); q != 0 {
		t.Errorf("the first fresh record: %v", q)
	}
	if q := f.add(now.Add(time.Hour), ingest.Count{Rows: 1, Seen: now.Add(10 * time.Minute)}); q != 0 {
		t.Errorf("an old record later: %v", q)
	}
	if q := f.add(now.Add(2*time.Hour), ingest.Count{Rows: 1, Seen: now.Add(2 * time.Hour)}); q != 2*time.Hour {
		t.Errorf("the next fresh record: %v", q)
	}
}
