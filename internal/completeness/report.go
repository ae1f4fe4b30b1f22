package completeness

import (
	"context"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

// Report is what is known of a span, by table.
type Report struct {
	From   time.Time     `json:"from"`
	To     time.Time     `json:"to"`
	Tables []TableReport `json:"tables"`
}

// The states of a table.
const (
	Complete  = "complete"
	Missing   = "missing"   // rows that the tenant counts are not stored
	Extra     = "extra"     // rows are stored beyond what the tenant counts
	Unchecked = "unchecked" // not compared yet, or it could not be
	Filtered  = "filtered"  // a transformation drops rows, so that the counts differ on purpose
)

// TableReport compares one table.
type TableReport struct {
	Table   string     `json:"table"`
	State   string     `json:"state"`
	Problem string     `json:"problem"` // why the last check could not compare it
	Hours   int        `json:"hours"`   // compared
	Tenant  int64      `json:"tenantRows"`
	Stored  int64      `json:"storedRows"`
	Missing int64      `json:"missing"` // summed by the hour, so that a surplus elsewhere hides nothing
	Extra   int64      `json:"extra"`
	Checked *time.Time `json:"checked"` // the oldest check of its hours
	Ranges  []Range    `json:"ranges"`  // hours that differ, joined
}

// Range is a run of hours that differ in the same way.
type Range struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Missing int64     `json:"missing"`
	Extra   int64     `json:"extra"`
}

// Report returns what the checks found in the span, without checking.
func (s *Service) Report(ctx context.Context, workspace string, sp Span) (Report, error) {
	w, err := s.workspace(workspace)
	if err != nil {
		return Report{}, err
	}
	if err := sp.within(s.cfg.Now()); err != nil {
		return Report{}, err
	}
	counts, err := s.cfg.Keeper.Completeness(ctx, workspace, sp.From, sp.To)
	if err != nil {
		return Report{}, err
	}
	by := map[string][]model.HourCount{}
	for _, c := range counts {
		by[c.Table] = append(by[c.Table], c)
	}
	names := sp.Tables
	if len(names) == 0 {
		names = slices.Clone(w.Tables())
	}
	slices.Sort(names)
	r := Report{From: sp.From, To: sp.To, Tables: []TableReport{}}
	for _, name := range names {
		t := tableReport(name, by[name])
		if t.State == Missing && w.filtered(name) {
			t.State = Filtered
		}
		s.mu.Lock()
		t.Problem = w.problems[name]
		s.mu.Unlock()
		r.Tables = append(r.Tables, t)
	}
	return r, nil
}

// tableReport sums up the hours of a table, which are in order.
func tableReport(name string, hours []model.HourCount) TableReport {
	t := TableReport{Table: name, State: Unchecked, Hours: len(hours), Ranges: []Range{}}
	for _, h := range hours {
		t.Tenant, t.Stored, t.Missing, t.Extra = t.Tenant+h.Tenant, t.Stored+h.Stored, t.Missing+h.Missing(), t.Extra+h.Extra()
		if t.Checked == nil || h.Checked.Before(*t.Checked) {
			t.Checked = &h.Checked
		}
		if h.Missing() == 0 && h.Extra() == 0 {
			continue
		}
		if n := len(t.Ranges); n > 0 && t.Ranges[n-1].To.Equal(h.Hour) && (t.Ranges[n-1].Missing > 0) == (h.Missing() > 0) {
			t.Ranges[n-1].To = h.Hour.Add(time.Hour)
			t.Ranges[n-1].Missing += h.Missing()
			t.Ranges[n-1].Extra += h.Extra()
			continue
		}
		t.Ranges = append(t.Ranges, Range{From: h.Hour, To: h.Hour.Add(time.Hour), Missing: h.Missing(), Extra: h.Extra()})
	}
	switch {
	case len(hours) == 0:
	case t.Missing > 0:
		t.State = Missing
	case t.Extra > 0:
		t.State = Extra
	default:
		t.State = Complete
	}
	return t
}

// MissingHours returns the hours of the span in which rows are missing, as the checks found them.
func (s *Service) MissingHours(ctx context.Context, workspace string, sp Span) ([]model.HourCount, error) {
	if err := sp.within(s.cfg.Now()); err != nil {
		return nil, err
	}
	all, err := s.cfg.Keeper.Completeness(ctx, workspace, sp.From, sp.To)
	return slices.DeleteFunc(all, func(h model.HourCount) bool {
		return h.Missing() == 0 || len(sp.Tables) > 0 && !slices.Contains(sp.Tables, h.Table)
	}), err
}
