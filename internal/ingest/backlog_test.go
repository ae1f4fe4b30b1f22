package ingest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// disk is a store with one writer, which takes a second for 80 MB.
type disk chan struct{}

func (d disk) write(n int64) {
	d <- struct{}{}
	defer func() { <-d }()
	time.Sleep(time.Duration(n) * time.Second / (80 << 20))
}

// However many backlogs of whatever size there are, a fresh message waits for the piece that is under way, and for no more; and the
// backlogs get on. Time is virtual: what is measured is waiting, not the machine.
func TestBacklogNeverDelaysFresh(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a test's dice
			budget, d := NewBudget(64<<20), make(disk, 1)
			ctx, cancel := context.WithCancel(t.Context())
			backlogs := 1 + rng.IntN(12)
			most := int64(1+rng.IntN(8)) << 20
			var pieces atomic.Int64
			var wg sync.WaitGroup
			for i := range backlogs {
				r := rand.New(rand.NewPCG(seed, uint64(100+i))) //nolint:gosec // as above
				wg.Go(func() {
					for {
						n := 1 + r.Int64N(most)
						release, err := budget.Backlog(ctx, n)
						if err != nil {
							return
						}
						d.write(n)
						release()
						pieces.Add(1)
					}
				})
			}
			var late []time.Duration
			for range 400 {
				time.Sleep(time.Duration(rng.Int64N(int64(100 * time.Millisecond))))
				began := time.Now()
				held, err := budget.Acquire(ctx, 4<<10)
				if err != nil {
					t.Fatal(err)
				}
				d.write(4 << 10)
				budget.Release(held)
				late = append(late, time.Since(began))
			}
			cancel()
			wg.Wait()
			piece := time.Duration(most) * time.Second / (80 << 20)
			if worst := slices.Max(late); worst > piece+time.Millisecond {
				t.Errorf("seed %d: %d backlogs with pieces of up to %s delayed a fresh message by %s", seed, backlogs, piece, worst)
			}
			if pieces.Load() < 20 {
				t.Errorf("seed %d: the backlogs got on by %d pieces", seed, pieces.Load())
			}
		})
	}
}

// Fresh messages that never end do not stop a backlog, only slow it down.
func TestBacklogIsNotStarved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := NewBudget(64 << 20)
		held, err := budget.Acquire(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for range 5 {
			release, err := budget.Backlog(t.Context(), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			release()
		}
		if took := time.Since(began); took < 5*yieldFor || took > 6*yieldFor {
			t.Errorf("five pieces took %s", took)
		}
		budget.Release(held)
	})
}

// A backlog that gives up, in line or while it yields, leaves the turn to the next.
func TestBacklogGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := NewBudget(1 << 20)
		held, err := budget.Acquire(t.Context(), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for _, wait := range []time.Duration{yieldFor / 2, 2 * yieldFor} { // while it yields, and while it waits for room
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			if _, err := budget.Backlog(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("after %s: %v", wait, err)
			}
			cancel()
		}
		budget.Release(held)
		release, err := budget.Backlog(t.Context(), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := budget.Backlog(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("in line: %v", err)
		}
		release()
		if release, err = budget.Backlog(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		release()
	})
}
