package life

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// world is a life under a clock of the test.
type world struct {
	*Life
	now   time.Time
	store *state.Store
}

func begin(t *testing.T, seed int64, speed float64, history int) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	store, err := state.Open(t.TempDir(), clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	err = store.Update(func(tx *state.Tx) error {
		m := tx.Meta()
		m.Seed, m.Started, m.NextStoryAt, m.Speed, m.NextIncident = seed, w.now, w.now, speed, 2900
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.store = store
	dir := directory.New(seed, directory.Size{People: 40, Devices: 50})
	w.Life = New(Config{Store: store, Dir: dir, Living: directory.NewLiving(dir, store.Changes), Logger: slog.New(slog.DiscardHandler), Now: clock, History: history, Span: 60 * 24 * time.Hour, Window: 48 * time.Hour,
		Modes: func() Modes { return Modes{} }})
	if err := w.WriteHistory(); err != nil {
		t.Fatal(err)
	}
	return w
}

// pass lets time pass by steps.
func (w *world) pass(t *testing.T, d, step time.Duration) {
	t.Helper()
	for end := w.now.Add(d); w.now.Before(end); w.now = w.now.Add(step) {
		if err := w.step(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheFirstNewIncidentComesWithinAMinute(t *testing.T) {
	for seed := range int64(20) {
		w := begin(t, seed, 1, 3)
		before := len(w.store.Incidents(0))
		began := w.now
		for len(w.store.Incidents(0)) == before {
			w.pass(t, time.Second, 500*time.Millisecond)
			if w.now.Sub(began) > 30*time.Second {
				t.Fatalf("seed %d: no new incident within 30 s", seed)
			}
		}
		all := w.store.Incidents(0)
		if i := all[len(all)-1]; i.Status != "active" || i.Created.Before(began) || !i.Live {
			t.Errorf("seed %d: the new incident is %s of %v", seed, i.Status, i.Created)
		}
	}
}

func TestTheHistoryIsWorked(t *testing.T) {
	w := begin(t, 4, 1, 300)
	count, merged := map[string]int{}, 0
	for _, i := range w.store.Incidents(0) {
		count[i.Status]++
		switch {
		case i.Status == "redirected":
			merged++
			target, ok := w.store.Incident(i.RedirectTo)
			if !ok || len(i.Alerts) > 0 || target.ID == i.ID {
				t.Errorf("incident %d merged into %d holds %d alerts", i.ID, i.RedirectTo, len(i.Alerts))
			}
		case len(i.Alerts) == 0:
			t.Errorf("incident %d has no alert", i.ID)
		}
		if i.Updated.Before(i.Created) || i.Updated.After(w.now.Add(time.Minute)) {
			t.Errorf("incident %d of %v changed %v", i.ID, i.Created, i.Updated)
		}
	}
	all := len(w.store.Incidents(0))
	if all < 300 || merged*100 < 6*all || merged*100 > 18*all || count["resolved"]*100 < 60*all || count["active"] == 0 || count["awaitingAction"] == 0 {
		t.Errorf("%d incidents: %v", all, count)
	}
}

func TestADayPasses(t *testing.T) {
	w := begin(t, 6, 30, 5)
	before := len(w.store.Incidents(0))
	w.pass(t, 40*time.Minute, 2*time.Second)
	by, alerts := map[string]int{}, map[string]bool{}
	list := w.store.Incidents(0)
	for _, i := range list[before:] {
		who := i.ModifiedBy
		if strings.HasSuffix(who, "@"+directory.Domain) {
			who = "an analyst"
		}
		by[who]++
		for _, a := range i.Alerts {
			if alerts[a] {
				t.Errorf("alert %s belongs to two incidents", a)
			}
			alerts[a] = true
		}
	}
	if len(list)-before < 20 {
		t.Errorf("%d new incidents", len(list)-before)
	}
	for _, who := range []string{"an analyst", desk.System, desk.Correlation} {
		if by[who] == 0 {
			t.Errorf("nothing was changed last by %s; by %v", who, by)
		}
	}
}

func TestPeopleMove(t *testing.T) {
	w := begin(t, 8, 1, 1)
	for range 400 {
		if err := w.move(w.now); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Minute)
	}
	changes := w.store.Changes()
	if _, err := w.cfg.Dir.Apply(changes); err != nil {
		t.Errorf("a move does not fit: %v", err)
	}
	kinds := map[string]int{}
	for _, c := range changes {
		for f := range c.Set {
			kinds[f]++
		}
		kinds["join"] += len(c.Join)
		kinds["leave"] += len(c.Leave)
		if c.Delete {
			kinds["delete"]++
		}
	}
	for _, k := range []string{"department", "manager", "phone", "accountEnabled", "risk", "join", "leave", "delete"} {
		if kinds[k] == 0 {
			t.Errorf("no %s among %d moves: %v", k, len(changes), kinds)
		}
	}
	dir := w.cfg.Living.Now()
	if left := len(dir.Present()); left < len(w.cfg.Dir.Users)*2/3 || len(dir.RolesOf(dir.Analysts[0])) == 0 {
		t.Errorf("%d of %d are left", left, len(w.cfg.Dir.Users))
	}
}
