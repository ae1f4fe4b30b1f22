package completeness

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 7, 18, 12, 30, 0, 0, time.UTC)

func hour(n int) time.Time { return time.Date(2026, 7, 18, n, 0, 0, 0, time.UTC) }

// counts is a Counter with the rows of tables by hour of the day.
type counts struct {
	by   map[string]map[int]int64
	fail string // a table that cannot be counted
	from time.Time
	to   time.Time
	asks int
}

func (c *counts) CountByHour(_ context.Context, table string, from, to time.Time) (map[time.Time]int64, error) {
	c.from, c.to = from, to
	c.asks++
	if table == c.fail {
		return nil, errors.New("throttled")
	}
	out := map[time.Time]int64{}
	for h, n := range c.by[table] {
		out[hour(h)] = n
	}
	return out, nil
}

// keeper keeps counts in memory.
type keeper struct{ all map[string]model.HourCount }

func (k *keeper) SaveCompleteness(_ context.Context, _ string, counts []model.HourCount) error {
	for _, c := range counts {
		k.all[c.Table+c.Hour.String()] = c
	}
	return nil
}

func (k *keeper) Completeness(_ context.Context, _ string, from, to time.Time) ([]model.HourCount, error) {
	var out []model.HourCount
	for _, table := range []string{"A", "B"} {
		for h := from; h.Before(to); h = h.Add(time.Hour) {
			if c, ok := k.all[table+h.String()]; ok {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

func TestCheckAndReport(t *testing.T) {
	tenant := &counts{by: map[string]map[int]int64{"A": {5: 10, 6: 10, 8: 3}, "B": {5: 1}}}
	stored := &counts{by: map[string]map[int]int64{"A": {5: 4, 6: 9, 7: 2, 8: 3}, "B": {5: 1}}}
	board := &health.Board{}
	var changed []model.HourCount
	k := &keeper{all: map[string]model.HourCount{}}
	s := New(Config{Keeper: k, Board: board, Now: func() time.Time { return now }, Changed: func(_ context.Context, _ string, c []model.HourCount) error {
		changed = append(changed, c...)
		return nil
	}}, Workspace{ID: "w", Tenant: tenant, Stored: stored, Tables: func() []string { return []string{"A", "B"} }})
	sp := Span{From: hour(4)}
	if err := s.Check(t.Context(), "w", sp); err != nil {
		t.Fatal(err)
	}
	if tenant.to != hour(9) {
		t.Errorf("counted until %v; hours younger than three hours have not settled", tenant.to)
	}
	got, err := s.Report(t.Context(), "w", sp)
	if err != nil {
		t.Fatal(err)
	}
	want := Report{From: hour(4), To: hour(9), Tables: []TableReport{
		{Table: "A", State: Missing, Hours: 5, Tenant: 23, Stored: 18, Missing: 7, Extra: 2, Checked: &now, Ranges: []Range{{hour(5), hour(7), 7, 0}, {hour(7), hour(8), 0, 2}}},
		{Table: "B", State: Complete, Hours: 5, Tenant: 1, Stored: 1, Checked: &now, Ranges: []Range{}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if len(changed) != 5 {
		t.Errorf("%d hours are new, want the five with rows", len(changed))
	}
	if all := board.All(); len(all) != 1 || all[0].Reason != "rows_missing" || !strings.Contains(all[0].Description, "7 rows") {
		t.Errorf("board %+v", all)
	}

	// Rows came later: only what changed is told.
	changed = nil
	stored.by["A"] = map[int]int64{5: 10, 6: 10, 8: 3}
	tenant.fail = "B"
	if err := s.Check(t.Context(), "w", sp); err != nil {
		t.Fatal(err)
	}
	if len(changed) != 3 {
		t.Errorf("changed %+v", changed)
	}
	got, err = s.Report(t.Context(), "w", sp)
	if err != nil || got.Tables[0].State != Complete || got.Tables[1].State != Complete || got.Tables[1].Problem != "throttled" {
		t.Errorf("%+v %v", got, err)
	}
	if all := board.All(); all[0].Status != health.OK {
		t.Errorf("board %+v", all)
	}
}

func TestWhatCannotBeCompared(t *testing.T) {
	tenant := &counts{fail: "A"}
	s := New(Config{Keeper: &keeper{all: map[string]model.HourCount{}}, Now: func() time.Time { return now }},
		Workspace{ID: "w", Tenant: tenant, Stored: tenant, Tables: func() []string { return []string{"A"} }},
		Workspace{ID: "none", Stored: tenant, Tables: func() []string { return nil }})
	for _, tc := range []struct {
		name, ws, code string
		sp             Span
	}{
		{"no workspace", "x", "workspace_not_found", Span{}},
		{"no tenant", "none", "no_tenant", Span{}},
		{"too young", "w", "span_empty", Span{From: hour(10)}},
		{"too old", "w", "span_empty", Span{To: now.Add(-40 * 24 * time.Hour)}},
	} {
		if err := s.Check(t.Context(), tc.ws, tc.sp); fault.CodeOf(err) != tc.code {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if err := s.Check(t.Context(), "w", Span{}); err == nil || !strings.Contains(err.Error(), "A: throttled") {
		t.Errorf("nothing could be compared: %v", err)
	}
	r, err := s.Report(t.Context(), "w", Span{})
	if err != nil || r.Tables[0].State != Unchecked || r.Tables[0].Problem != "throttled" || r.To.Sub(r.From) != 7*24*time.Hour {
		t.Errorf("%+v %v", r, err)
	}
}

func TestRunChecksEverySixHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counts{}
		s := New(Config{Keeper: &keeper{all: map[string]model.HourCount{}}}, Workspace{ID: "w", Tenant: c, Stored: &counts{}, Tables: func() []string { return []string{"A"} }})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(13 * time.Hour)
		cancel()
		if err := <-done; err != nil || c.asks != 3 {
			t.Errorf("%d checks in 13 hours, %v", c.asks, err)
		}
	})
}
