package metatest

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/vedette-siem/vedette/internal/meta"
)

// testLogs keeps the order of what is added, and what a second write leaves as it was.
func testLogs(t *testing.T, open Opener) {
	db := open(t)
	// In the order of their times, and of one time as they were written.
	lines := []string{`{"time":"2026-03-01T12:00:00.5Z","n":"z"}`, `{"time":"2026-03-01T12:00:00.5Z","n":"a"}`, `{"time":"2026-03-01T12:00:01Z","n":"m"}`}
	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
		for _, b := range lines {
			if err := tx.AddActivity(ctx, ws, 1, b); err != nil {
				return err
			}
		}
		return errors.Join(tx.AddActivity(ctx, ws, 2, "{}"),
			tx.PutQuarantine(ctx, &meta.QuarantineRow{Workspace: ws, Stream: "s", ID: "b", Reason: "r1", Since: 5}), tx.PutQuarantine(ctx, &meta.QuarantineRow{Workspace: ws, Stream: "s", ID: "a", Reason: "r", Since: 5}),
			tx.PutQuarantine(ctx, &meta.QuarantineRow{Workspace: ws, Stream: "s", ID: "b", Reason: "r2", Since: 9}))
	}))
	tx := open(t).Incidents()
	var bodies []string
	for i, r := range got[[]meta.PlacedActivity](t)(tx.Activities(t.Context(), ws, 1, meta.ActivityPlace{}, 100, false)) {
		bodies = append(bodies, r.Body)
		same(t, int64(i+1), r.ID)
	}
	same(t, lines, bodies)
	same(t, []meta.QuarantineRow{{Workspace: ws, Stream: "s", ID: "a", Reason: "r", Since: 5}, {Workspace: ws, Stream: "s", ID: "b", Reason: "r2", Since: 5}}, got[[]meta.QuarantineRow](t)(tx.Quarantine(t.Context(), ws, "s")))

	c := meta.ConflictRow{Workspace: ws, Number: 1, Note: "n", Body: "1"}
	d := meta.ConflictRow{Workspace: ws, Number: 2, Body: "2"}
	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
		if err := errors.Join(tx.PutConflict(ctx, &c), tx.PutConflict(ctx, &d)); err != nil {
			return err
		}
		c.Body = "changed"
		return tx.PutConflict(ctx, &c)
	}))
	if c.ID == d.ID || c.ID == 0 {
		t.Errorf("ids %d and %d", c.ID, d.ID)
	}
	same(t, c, got[meta.ConflictRow](t)(tx.Conflict(t.Context(), ws, c.ID)))
	same(t, []meta.ConflictRow{d, c}, got[[]meta.ConflictRow](t)(tx.Conflicts(t.Context(), ws, 0)))
	same(t, []meta.ConflictRow{d}, got[[]meta.ConflictRow](t)(tx.Conflicts(t.Context(), ws, 2)))
	if _, err := tx.Conflict(t.Context(), ws, 99); !errors.Is(err, sql.ErrNoRows) {
		t.Error(err)
	}
	must(t, db.SaveLimiter(t.Context(), "l", "1"))
	must(t, db.SaveLimiter(t.Context(), "l", "2"))
	same(t, "2", got[string](t)(db.LoadLimiter(t.Context(), "l")))
	same(t, "", got[string](t)(db.LoadLimiter(t.Context(), "other")))
}

// testOutbox gives people's changes first, then the oldest.
func testOutbox(t *testing.T, open Opener) {
	db := open(t)
	rows := []meta.OutboxRow{
		{Workspace: ws, Number: 1, Due: 10, Since: 3}, {Workspace: ws, Number: 2, Due: 10, Since: 1}, {Workspace: ws, Number: 3, Due: 10, Since: 9, Person: true},
		{Workspace: ws, Number: 4, Due: 30, Since: 2}, {Workspace: ws, Number: 5, Due: 20, Since: 2}, {Workspace: ws, Number: 6, Due: 10, Since: 1}, {Workspace: "other", Number: 7, Due: 1, Since: 1},
	}
	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
		for i := range rows {
			if err := tx.PutOutbox(ctx, &rows[i]); err != nil {
				return err
			}
		}
		return nil
	}))
	due := func(now int64, limit int) (out []int64, next int64) {
		t.Helper()
		rows, next, err := open(t).Incidents().DueOutbox(t.Context(), ws, now, limit)
		must(t, err)
		for _, r := range rows {
			out = append(out, r.Number)
		}
		return out, next
	}
	for _, x := range []struct {
		now   int64
		limit int
		want  []int64
		next  int64
	}{{10, 10, []int64{3, 2, 6, 1}, 20}, {10, 2, []int64{3, 2}, 20}, {9, 10, nil, 10}, {99, 10, []int64{3, 2, 6, 4, 5, 1}, 0}} {
		have, next := due(x.now, x.limit)
		same(t, x.want, have)
		same(t, x.next, next)
	}
	n, since, err := db.Incidents().OldestOutbox(t.Context(), ws)
	must(t, err)
	same(t, []int64{6, 1}, []int64{int64(n), since})
	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
		return errors.Join(tx.DropOutbox(ctx, ws, 3), tx.DropOutbox(ctx, ws, 99), tx.PutOutbox(ctx, &meta.OutboxRow{Workspace: ws, Number: 2, Due: 50, Since: 1}))
	}))
	have, next := due(10, 10)
	same(t, []int64{6, 1}, have)
	same(t, int64(20), next)
}

// testEventRows numbers rows without gaps, per workspace, also after the oldest are gone and the state was opened again.
func testEventRows(t *testing.T, open Opener) {
	db := open(t)
	push := func(w string, bodies ...string) {
		t.Helper()
		must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error { return tx.PushEvents(ctx, w, bodies) }))
	}
	push(ws, "a", "b", "c")
	push("other", "x")
	push(ws)
	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error { return tx.DropEvents(ctx, ws, 4) }))
	db = open(t)
	push(ws, "d", "e")
	want := []meta.EventRow{{Workspace: ws, Seq: 4, Body: "d"}, {Workspace: ws, Seq: 5, Body: "e"}}
	same(t, want, got[[]meta.EventRow](t)(db.Incidents().Events(t.Context(), ws, 10)))
	same(t, want[:1], got[[]meta.EventRow](t)(db.Incidents().Events(t.Context(), ws, 1)))
	same(t, []meta.EventRow{{Workspace: "other", Seq: 1, Body: "x"}}, got[[]meta.EventRow](t)(db.Incidents().Events(t.Context(), "other", 10)))
}

// testCounters takes ranges of numbers that are never given twice.
func testCounters(t *testing.T, open Opener) {
	db := open(t)
	var firsts []int64
	for _, n := range []int64{1, 5, 1} {
		must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
			first, err := tx.Take(ctx, ws, "c", n)
			firsts = append(firsts, first)
			return err
		}))
	}
	same(t, []int64{1, 2, 7}, firsts)
	same(t, int64(7), got[int64](t)(open(t).Incidents().Counter(t.Context(), ws, "c")))
	first := got[uint64](t)(db.Epoch(t.Context()))
	if next := got[uint64](t)(open(t).Epoch(t.Context())); next <= first {
		t.Errorf("epoch %d after %d", next, first)
	}
	id := got[string](t)(db.NodeID(t.Context()))
	same(t, id, got[string](t)(open(t).NodeID(t.Context())))
}
