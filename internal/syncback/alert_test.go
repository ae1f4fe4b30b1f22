package syncback

import (
	"testing"
	"time"
)

func TestAlertMark(t *testing.T) {
	now := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	step := func(m *AlertMark, name string, got, want Verdict) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %d, want %d; the mark is %+v", name, got, want, *m)
		}
	}
	var m AlertMark
	step(&m, "a first row", m.Listed(7, "a", now), News)
	step(&m, "the same row", m.Listed(7, "a", now), Known)
	step(&m, "an older row", m.Listed(6, "z", now), Known)
	step(&m, "another row of the stamp", m.Listed(7, "b", now), Ask)
	step(&m, "the tenant has the known version", m.Fetched(7, "a", "b", now), Settled)
	step(&m, "the settled row", m.Listed(7, "b", now.Add(time.Minute/2)), Known)
	step(&m, "the settled row, still shown", m.Listed(7, "b", now.Add(time.Hour)), Ask)
	step(&m, "the tenant has it by now", m.Fetched(7, "b", "b", now.Add(time.Hour)), News)
	step(&m, "the row before it", m.Listed(7, "a", now.Add(time.Hour)), Ask)
	step(&m, "the tenant has another one", m.Fetched(8, "c", "a", now.Add(time.Hour)), News)
	step(&m, "a row of the stamp before", m.Listed(7, "b", now.Add(time.Hour)), Known)
	step(&m, "the version that was read", m.Listed(8, "c", now.Add(time.Hour)), Known)
	step(&m, "an answer that came late", m.Fetched(7, "b", "b", now.Add(2*time.Hour)), Settled)
	if m.Version != 8 || m.Hash != "c" {
		t.Errorf("a late answer replaced the newest version: %+v", m)
	}
}
