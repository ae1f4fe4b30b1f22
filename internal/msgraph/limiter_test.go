package msgraph

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// spend lets n requests pass and returns when each did, counted from the start.
func spend(t *testing.T, l *Limiter, n int, p Priority) []time.Duration {
	t.Helper()
	start := time.Now()
	var out []time.Duration
	for range n {
		if err := l.Wait(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		out = append(out, time.Since(start))
	}
	return out
}

func TestAMinuteNeverHoldsMoreThanItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Limits{PerMinute: 50, PerHour: 1500}, "")
		times := spend(t, l, 400, UserWrite)
		for i := range times {
			if j := i + 50; j < len(times) && times[j]-times[i] < time.Minute {
				t.Fatalf("51 requests within %s", times[j]-times[i])
			}
		}
		if times[49] != 0 {
			t.Errorf("the first 50 took %s; they must pass at once", times[49])
		}
	})
}

func TestAnHourKeepsItsBudgetWithoutAStandstill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Limits{PerMinute: 50, PerHour: 1500}, "")
		times := spend(t, l, 2000, UserWrite)
		n := 0
		for _, d := range times {
			if d < time.Hour {
				n++
			}
		}
		if n > 1500 {
			t.Errorf("%d requests in the first hour", n)
		}
		for i := 1; i < len(times); i++ {
			if gap := times[i] - times[i-1]; gap > time.Minute {
				t.Fatalf("a standstill of %s after %d requests", gap, i)
			}
		}
	})
}

func TestTheFirstReadIsQuick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Limits{}, "")
		if times := spend(t, l, 70, Inbound); times[34] != 0 || times[69] > 61*time.Second {
			t.Errorf("35 pages after %s, 70 after %s", times[34], times[69])
		}
	})
}

func TestAPersonIsServedBeforeAStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Limits{PerMinute: 10, PerHour: 300}, "")
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { _ = l.Wait(ctx, Inbound) })
		}
		synctest.Wait()
		for range 3 {
			start := time.Now()
			if err := l.Wait(t.Context(), UserWrite); err != nil || time.Since(start) > 0 {
				t.Errorf("a write waited %s (%v) behind a storm of polls", time.Since(start), err)
			}
		}
		cancel()
		wg.Wait()
	})
}

func TestAThrottleClosesTheGateForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Limits{}, "")
		l.Throttled(20 * time.Second)
		if s := l.Stats(); s.Pace != 0.5 || s.ClosedUntil.IsZero() {
			t.Errorf("stats %+v", s)
		}
		if d := spend(t, l, 1, UserWrite)[0]; d < 20*time.Second || d > 23*time.Second {
			t.Errorf("passed after %s, want 20 to 22 s", d)
		}
		time.Sleep(11 * time.Minute)
		if s := l.Stats(); s.Pace != 1 {
			t.Errorf("pace %v; it comes back by 5 %% a minute", s.Pace)
		}
	})
}

func TestTheBudgetSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Limits{}, "")
		spend(t, l, 50, UserWrite)
		time.Sleep(time.Second)
		again := NewLimiter(Limits{}, l.State())
		if d := spend(t, again, 1, UserWrite)[0]; d < 58*time.Second {
			t.Errorf("passed after %s; a restart must not give a new budget", d)
		}
		for _, bad := range []string{"{", `{"tokens":1e9,"filled":"2999-01-01T00:00:00Z"}`} {
			if d := spend(t, NewLimiter(Limits{}, bad), 1, UserWrite)[0]; d != 0 {
				t.Errorf("state %q: waited %s", bad, d)
			}
		}
	})
}

func TestAWaiterMayGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Limits{PerMinute: 1, PerHour: 100}, "")
		spend(t, l, 1, UserWrite)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Wait(ctx, UserWrite); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if s := l.Stats(); s.Waiting != 0 {
			t.Errorf("%d still wait", s.Waiting)
		}
	})
}

// TestThePaceGrowsOnlyAsFarAsAllowed lets requests wait all the time: the pace stays at the budget by default, grows to the
// raise where one is set, and falls by half when the service objects.
func TestThePaceGrowsOnlyAsFarAsAllowed(t *testing.T) {
	for _, tt := range []struct {
		raise    float64
		lastHour int // requests of the fourth hour, roughly
	}{{0, 1500}, {2, 2700}} {
		synctest.Test(t, func(t *testing.T) {
			l := NewLimiter(Limits{PerMinute: 50, PerHour: 1500, Raise: tt.raise}, "")
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			var mu sync.Mutex
			var times []time.Duration
			start := time.Now()
			for range 4 {
				wg.Go(func() {
					for l.Wait(ctx, UserWrite) == nil {
						mu.Lock()
						times = append(times, time.Since(start))
						mu.Unlock()
					}
				})
			}
			time.Sleep(4 * time.Hour)
			pace := l.Stats().Pace
			l.Throttled(time.Second)
			if got := l.Stats().Pace; got != pace/2 {
				t.Errorf("raise %g: the pace falls from %g to %g when the service objects", tt.raise, pace, got)
			}
			cancel()
			wg.Wait()
			n := 0
			for _, d := range times {
				if d >= 3*time.Hour {
					n++
				}
			}
			if n < tt.lastHour*9/10 || n > tt.lastHour*11/10 {
				t.Errorf("raise %g: %d requests in the fourth hour, want about %d", tt.raise, n, tt.lastHour)
			}
		})
	}
}
