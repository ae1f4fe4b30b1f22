package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// SyncStore keeps the synchronisation states of one workspace for the way back.
type SyncStore struct {
	s  *Service
	ws string
}

var _ syncback.Store = (*SyncStore)(nil)

// SyncStore returns the workspace's store of states.
func (s *Service) SyncStore(ws string) *SyncStore { return &SyncStore{s, ws} }

// Due implements syncback.Store.
func (k *SyncStore) Due(ctx context.Context, now time.Time, limit int) ([]syncback.Job, time.Time, error) {
	rows, next, err := k.s.db.Incidents().DueOutbox(ctx, k.ws, ticks(now), limit)
	if err != nil {
		return nil, time.Time{}, err
	}
	jobs := make([]syncback.Job, 0, len(rows))
	for _, r := range rows {
		jobs = append(jobs, syncback.Job{Number: r.Number, Person: r.Person})
	}
	return jobs, fromTicks(next), nil
}

// Load implements syncback.Store.
func (k *SyncStore) Load(ctx context.Context, number int64) (syncback.State, error) {
	row, err := k.s.db.Incidents().Incident(ctx, k.ws, number)
	if err != nil {
		return syncback.State{}, missing(err, fmt.Sprint(number))
	}
	var st syncback.State
	if err := json.Unmarshal([]byte(row.Sync), &st); err != nil {
		return st, fmt.Errorf("reading the state of incident %d: %w", number, err)
	}
	return st, nil
}

// Change implements syncback.Store.
func (k *SyncStore) Change(ctx context.Context, number int64, f func(*syncback.State) (syncback.Outcome, error)) (syncback.State, error) {
	var st syncback.State
	touched, others := false, []int64(nil)
	err := k.s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		row, err := tx.Incident(ctx, k.ws, number)
		if err != nil {
			return missing(err, fmt.Sprint(number))
		}
		rec, err := open(row)
		if err != nil {
			return err
		}
		o, err := f(&rec.st)
		if err != nil {
			return err
		}
		st, touched = rec.st, o.Touched
		if !o.Touched {
			return nil
		}
		rec.take(o.Remote)
		if err := k.s.save(ctx, tx, rec, k.s.causeOf(o, rec)); err != nil {
			return err
		}
		others, err = k.s.follow(ctx, tx, k.ws, rec.st.RemoteID, o)
		return err
	})
	if err == nil && touched {
		k.s.committed(k.ws, append(others, number)...)
	}
	return st, err
}

// Clock is the wall clock.
type Clock struct{}

// Now implements syncback.Clock.
func (Clock) Now() time.Time { return time.Now().UTC() }
