package backfill

import (
	"slices"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

// A table is offered to be filled once, when it is connected first; automatic filling waits until the sources are read up to now.
func TestFirstConnection(t *testing.T) {
	for _, mode := range []string{FirstOffer, FirstAutomatic, FirstOff} {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.tenant.events = []event{{"a", w.now.Add(-50 * time.Hour)}}
			tables, ready := []string{"AlertInfo"}, false
			again := func() {
				w.restart()
				space := w.all[ws]
				space.First, space.Tables, space.Ready = mode, func() []string { return tables }, func() bool { return ready }
			}
			state := func() string {
				for _, b := range w.List(ws) {
					if b.Table == "AlertInfo" {
						return b.State
					}
				}
				return ""
			}
			again()
			w.lookForFirst(t.Context())
			if mode == FirstOff {
				if state() != "" {
					t.Errorf("state %s", state())
				}
				return
			}
			if state() != model.BackfillOffered {
				t.Fatalf("at first %q", state())
			}
			again() // a restart does not forget it
			w.now = w.now.Add(time.Hour)
			w.lookForFirst(t.Context())
			if state() != model.BackfillOffered {
				t.Errorf("while sources are behind: %s", state())
			}
			ready = true
			w.lookForFirst(t.Context())
			if want := map[string]string{FirstOffer: model.BackfillOffered, FirstAutomatic: model.BackfillWaiting}[mode]; state() != want {
				t.Errorf("then %s, want %s", state(), want)
			}
			if err := w.Start(t.Context(), ws, []string{"AlertInfo"}, time.Time{}, time.Time{}, "ann"); err != nil {
				t.Fatal(err)
			}
			space, job, ctx := w.next(t.Context())
			if job == nil {
				t.Fatal("nothing waits")
			}
			if err := w.fill(ctx, space, job); err != nil {
				t.Fatal(err)
			}
			w.mu.Lock()
			job.State = model.BackfillDone
			w.running()
			w.mu.Unlock()
			tables = nil
			w.lookForFirst(t.Context())
			tables = []string{"AlertInfo"}
			w.lookForFirst(t.Context())
			if state() != model.BackfillDone {
				t.Errorf("connected again: %s", state())
			}
			if got := w.ids(); !slices.Equal(got, []string{"a"}) {
				t.Errorf("stored %v", got)
			}
		})
	}
}
