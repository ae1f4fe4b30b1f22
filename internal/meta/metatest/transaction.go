package metatest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/vedette-siem/vedette/internal/meta"
)

func put(t *testing.T, db *meta.DB, rows ...meta.IncidentRow) {
	t.Helper()
	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
		for i := range rows {
			if err := tx.PutIncident(ctx, &rows[i]); err != nil {
				return err
			}
		}
		return nil
	}))
}

func incident(n int64) meta.IncidentRow {
	return meta.IncidentRow{Workspace: ws, Number: n, Name: fmt.Sprintf("name-%d", n), ProviderID: fmt.Sprint(n), Title: fmt.Sprint("Incident ", n), Status: "New", Severity: "High", SeverityRank: 3, Created: n, Modified: n, Doc: "{}", Sync: "{}", Raw: "{}", Labels: "\n"}
}

// testRollback fails a transaction after it changed many tables: nothing of it is there, for the next handle either, and its sequence numbers are given again.
func testRollback(t *testing.T, open Opener) {
	db := open(t)
	put(t, db, incident(1))
	oops := errors.New("oops")
	err := db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
		r := incident(1)
		r.Title = "changed"
		if err := errors.Join(tx.PutIncident(ctx, &r), tx.AddActivity(ctx, ws, 1, "line"), tx.PushEvents(ctx, ws, []string{"a", "b"}), tx.PutCheckpoint(ctx, ws, "s", "1"),
			tx.PutOutbox(ctx, &meta.OutboxRow{Workspace: ws, Number: 1, Due: 1, Since: 1}), tx.PutConflict(ctx, &meta.ConflictRow{Workspace: ws, Number: 1}), tx.SetCounter(ctx, ws, "c", 7)); err != nil {
			return err
		}
		// A transaction sees its own changes.
		if now, err := tx.Incident(ctx, ws, 1); err != nil || now.Title != "changed" {
			return errors.Join(fmt.Errorf("it sees %q", now.Title), err)
		}
		return oops
	})
	if !errors.Is(err, oops) {
		t.Fatalf("got %v", err)
	}
	for _, db := range []*meta.DB{db, open(t)} {
		tx := db.Incidents()
		same(t, "Incident 1", got[meta.IncidentRow](t)(tx.Incident(t.Context(), ws, 1)).Title)
		same(t, 0, len(got[[]meta.PlacedActivity](t)(tx.Activities(t.Context(), ws, 1, meta.ActivityPlace{}, 100, false))))
		same(t, 0, len(got[[]meta.EventRow](t)(tx.Events(t.Context(), ws, 10))))
		same(t, 0, len(got[[]meta.ConflictRow](t)(tx.Conflicts(t.Context(), ws, 0))))
		same(t, "", got[string](t)(tx.Checkpoint(t.Context(), ws, "s")))
		same(t, int64(0), got[int64](t)(tx.Counter(t.Context(), ws, "c")))
		n, _, err := tx.OldestOutbox(t.Context(), ws)
		must(t, err)
		same(t, 0, n)
	}
	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error { return tx.PushEvents(ctx, ws, []string{"a"}) }))
	same(t, int64(1), got[[]meta.EventRow](t)(db.Incidents().Events(t.Context(), ws, 10))[0].Seq)
}

// testConcurrentWriters counts up from many goroutines over two handles, each time by a read and a write: no step is lost.
func testConcurrentWriters(t *testing.T, open Opener) {
	dbs := []*meta.DB{open(t), open(t)}
	const writers, steps = 8, 12
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for range steps {
				err := dbs[w%2].ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
					n, err := tx.Counter(ctx, ws, "shared")
					if err != nil {
						return err
					}
					if err := tx.PushEvents(ctx, ws, []string{fmt.Sprint(w)}); err != nil {
						return err
					}
					return tx.SetCounter(ctx, ws, "shared", n+1)
				})
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	wg.Wait()
	same(t, int64(writers*steps), got[int64](t)(dbs[0].Incidents().Counter(t.Context(), ws, "shared")))
	rows := got[[]meta.EventRow](t)(dbs[1].Incidents().Events(t.Context(), ws, 1000))
	for i, r := range rows {
		if r.Seq != int64(i+1) {
			t.Fatalf("sequence %d at place %d: they must have no gaps", r.Seq, i)
		}
	}
	same(t, writers*steps, len(rows))
}

// testReaders reads while a transaction is open: its changes are not seen before it ends, readers do not wait for it, and the read handle refuses writes.
func testReaders(t *testing.T, open Opener) {
	db := open(t)
	put(t, db, incident(1))
	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
		r := incident(1)
		r.Title = "half"
		if err := tx.PutIncident(ctx, &r); err != nil {
			return err
		}
		seen, err := db.Incidents().Incident(ctx, ws, 1)
		if err != nil || seen.Title != "Incident 1" {
			t.Errorf("a reader sees %q, %v", seen.Title, err)
		}
		return nil
	}))
	same(t, "half", got[meta.IncidentRow](t)(db.Incidents().Incident(t.Context(), ws, 1)).Title)
	if err := db.Incidents().PutCheckpoint(t.Context(), ws, "s", "1"); err == nil {
		t.Error("the read handle took a write")
	}
	if _, err := db.Incidents().Incident(t.Context(), ws, 99); !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("an incident that is not there: %v", err)
	}
	if _, err := db.Incidents().Incident(t.Context(), "other", 1); !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("an incident of another workspace: %v", err)
	}
}

// testCancelled cancels a transaction in its middle: nothing of it stays, and the next one works.
func testCancelled(t *testing.T, open Opener) {
	db := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		if err := tx.PutCheckpoint(ctx, ws, "s", "1"); err != nil {
			return err
		}
		cancel()
		return tx.PutCheckpoint(ctx, ws, "s", "2")
	})
	if err == nil {
		t.Error("a cancelled transaction succeeded")
	}
	same(t, "", got[string](t)(db.Incidents().Checkpoint(t.Context(), ws, "s")))
	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error { return tx.PutCheckpoint(ctx, ws, "s", "3") }))
	same(t, "3", got[string](t)(open(t).Incidents().Checkpoint(t.Context(), ws, "s")))
}
