package defenderxdr

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// looking measures how long single changes of a quiet tenant take to be seen here, while somebody opens an incident every
// minute or nobody does. The changes are further apart than a change makes the polls quicker by itself.
func looking(t *testing.T, somebody bool, hours int) (seen []time.Duration, perHour int) {
	g := newQuotaGraph(50)
	k := &quotaSink{memSink: *newSink(), seen: map[string]int64{}, when: map[string]time.Time{}, states: map[int64]*syncback.State{}}
	r, err := Incident(g.find("1"))
	if err != nil {
		t.Fatal(err)
	}
	st := &syncback.State{}
	st.Merge(r, syncback.Fetched, nil, time.Now())
	k.states[1] = st
	worker := &syncback.Worker{Store: k, Remote: NewRemote(g), Clock: wall{}, Logger: slog.New(slog.DiscardHandler)}
	c := New(Config{Graph: g, Sink: k, Worker: worker, Budget: func() float64 { return g.limiter.Stats().HourShare }})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.streams[0].Run(ctx) })
	wg.Go(func() { _ = c.back.Run(ctx) })
	time.Sleep(30 * time.Minute)
	start, changed := time.Now(), map[string]time.Time{}
	for i := 1; time.Since(start) < time.Duration(hours)*time.Hour; i++ {
		time.Sleep(time.Second)
		if somebody && i%60 == 1 {
			c.Opened(1)
		}
		if i%307 == 0 {
			g.mu.Lock()
			id := g.list[i%40+5].id
			changed[fmt.Sprintf("%s|%d", id, column.FromTime(g.touch(id, "T")))] = time.Now()
			g.mu.Unlock()
		}
	}
	time.Sleep(5 * time.Minute)
	cancel()
	wg.Wait()
	for key, at := range changed {
		if when, ok := k.when[key]; ok {
			seen = append(seen, when.Sub(at))
		} else {
			t.Errorf("the change %s was never seen", key)
		}
	}
	for i := range g.asked {
		j, _ := slices.BinarySearchFunc(g.asked, g.asked[i].Add(time.Hour), func(a, b time.Time) int { return a.Compare(b) })
		perHour = max(perHour, j-i)
	}
	return seen, perHour
}

// TestWhoLooksSeesSooner: a change of a quiet tenant is here three times as soon while somebody looks, within the quota.
func TestWhoLooksSeesSooner(t *testing.T) {
	if raceDetector {
		t.Skip("hours of virtual time")
	}
	at := map[bool]time.Duration{}
	for _, somebody := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			seen, perHour := looking(t, somebody, 8)
			at[somebody] = p95(seen)
			who := map[bool]string{false: "nobody looks    ", true: "somebody looks  "}[somebody]
			t.Logf("%s a single change there to here: p50 %s, p95 %s (%d changes), at most %d requests in an hour", who, seen[len(seen)/2].Round(100*time.Millisecond), at[somebody].Round(100*time.Millisecond), len(seen), perHour)
			if perHour > 1500 {
				t.Errorf("%d requests in an hour", perHour)
			}
		})
	}
	if at[true] > 12*time.Second || at[false] < 2*at[true] {
		t.Errorf("p95 is %s while somebody looks and %s otherwise", at[true], at[false])
	}
}
