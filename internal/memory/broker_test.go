package memory

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/fault"
)

func stat(b *Broker, u Use) Stat { return b.Stats()[u] }

// TestShares divides small and large budgets without giving out more than there is.
func TestShares(t *testing.T) {
	for _, limit := range []int64{0, MinLimit, 512 * mb, 1 << 30, 4 << 30, 64 << 30} {
		b := New(limit)
		sum := b.Share(Tail) // as much again as its share
		for _, s := range b.Stats() {
			if s.Share <= 0 {
				t.Errorf("of %d MB, %s has %d", limit/mb, s.Use, s.Share)
			}
			sum += s.Share
		}
		if sum > b.Limit() || b.Limit() < limit {
			t.Errorf("of %d MB, %d MB are given out", b.Limit()/mb, sum/mb)
		}
	}
}

// TestIntakeWaits gives room in the order of asking, and takes one who gave up out of the line.
func TestIntakeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(MinLimit) // 16 MB for intake
		first, err := b.Acquire(t.Context(), 10*mb)
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		var mu sync.Mutex
		ask := func(ctx context.Context, name string, n int64) {
			go func() {
				_, err := b.Acquire(ctx, n)
				mu.Lock()
				defer mu.Unlock()
				order = append(order, fmt.Sprint(name, err == nil))
			}()
			synctest.Wait()
		}
		gone, cancel := context.WithCancel(t.Context())
		ask(gone, "large", 12*mb)
		ask(t.Context(), "small", 1*mb) // there is room, but it is not its turn
		if len(order) > 0 {
			t.Errorf("out of turn: %v", order)
		}
		cancel()
		synctest.Wait()
		slices.Sort(order)                // the one that gave up and the next in line go on at the same moment
		ask(t.Context(), "whole", 900*mb) // all there is
		b.Release(first)
		synctest.Wait()
		b.Release(1 * mb)
		synctest.Wait()
		if got := fmt.Sprint(order); got != "[largefalse smalltrue wholetrue]" {
			t.Error(got)
		}
		if s := stat(b, Intake); s.Held != s.Share || s.Waited != 3 {
			t.Errorf("%+v", s)
		}
	})
}

// TestQueriesAreRefused by what they ask for in all, and when unsealed rows are over their share.
func TestQueriesAreRefused(t *testing.T) {
	b := New(1 << 30)
	share := b.Share(Queries)
	one, two := b.Query(), b.Query()
	defer two.Close()
	if err := one.Cover(share - 2*mb); err != nil {
		t.Fatal(err)
	}
	if err := two.Cover(mb / 2); err != nil {
		t.Error(err)
	}
	if err := two.Cover(4 * mb); fault.CodeOf(err) != "query_memory_busy" {
		t.Errorf("%v", err)
	}
	one.Close()
	one.Close()
	if err := two.Cover(4 * mb); err != nil {
		t.Error(err)
	}
	tail := b.Share(Tail) + share - 4*mb
	b.Watch(Tail, func() int64 { return tail })
	if err := two.Cover(4 * mb); err != nil {
		t.Errorf("what it has already: %v", err)
	}
	if err := two.Cover(5 * mb); fault.CodeOf(err) != "query_memory_busy" {
		t.Errorf("%v", err)
	}
	tail = 0
	if err := two.Cover(5 * mb); err != nil {
		t.Error(err)
	}
}

// TestNeverMoreThanThereIs takes and gives at random from many goroutines: no use holds more than its share, everybody gets his turn, and
// in the end nothing is held.
func TestNeverMoreThanThereIs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := New(rapid.Int64Range(MinLimit, 2<<30).Draw(rt, "limit"))
		sizes := rapid.SliceOfN(rapid.Int64Range(1, 2*b.Share(Intake)), 1, 40).Draw(rt, "sizes")
		var wg sync.WaitGroup
		for i, n := range sizes {
			wg.Go(func() {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if i%5 == 4 {
					cancel()
				}
				held, err := b.Acquire(ctx, n)
				if err != nil {
					if !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					return
				}
				l := b.Query()
				defer l.Close()
				if err := l.Cover(n); err != nil && fault.KindOf(err) != fault.Throttled {
					t.Error(err)
				}
				for _, s := range b.Stats() {
					if s.Held > s.Share {
						t.Errorf("%s holds %d of %d", s.Use, s.Held, s.Share)
					}
				}
				b.Release(held)
			})
		}
		wg.Wait()
		for _, s := range b.Stats() {
			if s.Held != 0 {
				rt.Errorf("%s still holds %d", s.Use, s.Held)
			}
		}
	})
}

// TestMachine takes the least of what the machine and its control groups allow.
func TestMachine(t *testing.T) {
	for _, tt := range []struct {
		files map[string]string
		want  int64
	}{
		{map[string]string{"/proc/meminfo": "MemTotal:        2048 kB\nMemFree: 1 kB\n"}, 2 << 20},
		{map[string]string{"/proc/meminfo": "MemTotal:        2048 kB\n", "/sys/fs/cgroup/memory.max": "1048576\n"}, 1 << 20},
		{map[string]string{"/proc/meminfo": "MemTotal:        2048 kB\n", "/sys/fs/cgroup/memory.max": "max\n"}, 2 << 20},
		{map[string]string{"/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712", "/proc/meminfo": "MemTotal: 2048 kB"}, 2 << 20},
		{nil, unknownMachine},
	} {
		got := machine(func(path string) ([]byte, error) {
			if raw, ok := tt.files[path]; ok {
				return []byte(raw), nil
			}
			return nil, os.ErrNotExist
		})
		if got != tt.want {
			t.Errorf("%v: %d, want %d", tt.files, got, tt.want)
		}
	}
}
