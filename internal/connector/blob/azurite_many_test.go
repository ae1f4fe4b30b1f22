package blob

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/store"
)

// TestAzuriteManyBlobs reads ever more blobs, each of which has a line. Listing them holds a page in memory; what stays of a blob is
// its position.
func TestAzuriteManyBlobs(t *testing.T) {
	counts, readWithin := []int{400, 2500}, 5*time.Minute
	switch {
	case os.Getenv("VEDETTE_SOAK") != "":
		counts, readWithin = []int{1000, 10_000, 100_000}, time.Hour
	case raceDetector:
		counts = []int{100, 400}
	}
	e := azurite(t, inMemory)
	p := e.place(t.TempDir(), store.Options{SealRows: 5000, SegmentBytes: 1 << 20, JournalBytes: 4 << 20}, nil)
	t.Cleanup(p.Close)
	p.Tick("AlertInfo")
	source := "blob/" + emulated + "/" + alerts + "/" + tenant[len("tenantId="):]
	// listed waits until every blob was looked at.
	listed := func() {
		t.Helper()
		deadline := time.Now().Add(readWithin)
		for {
			lags := p.Meter.Lags(testSpace)
			if len(lags) == 1 && lags[0].Behind == 0 {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("lags %+v, %d positions, health %+v", lags, len(p.Store.Positions(testSpace, source)), p.Board.All())
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	type figure struct{ blobs, idle, listing int64 }
	var figures []figure
	have, start := 0, time.Now()
	for _, n := range counts {
		began := time.Now()
		e.fill(start, have, n)
		have = n
		filled := time.Since(began)
		began = time.Now()
		stop := p.run()
		listed()
		stop()
		took := time.Since(began)
		if got := len(p.Store.Positions(testSpace, source)); got != n {
			t.Fatalf("%d blobs are read, want %d", got, n)
		}
		must(t, p.Store.SealAll(t.Context()))
		f := figure{blobs: int64(n), idle: settled()}
		began = time.Now()
		stop = p.run()
		most := watchHeap()
		listed()
		f.listing = most()
		stop()
		figures = append(figures, f)
		t.Logf("%7d blobs: %.1f MB of heap before, %.1f MB while all are listed again; written in %s, read in %s, listed in %s",
			n, float64(f.idle)/1e6, float64(f.listing)/1e6, filled.Round(time.Second), took.Round(time.Second), time.Since(began).Round(10*time.Millisecond))
	}
	first, last := figures[0], figures[len(figures)-1]
	more := last.blobs - first.blobs
	t.Logf("%d bytes of heap for each further blob", (last.idle-first.idle)/more)
	// A position is some 16 bytes in a map that may be half empty.
	allowed := 64*more + 8<<20
	if grown := last.idle - first.idle; grown > allowed {
		t.Errorf("the heap grew by %d bytes over %d blobs, want at most %d", grown, more, allowed)
	}
	if grown := last.listing - first.listing; grown > allowed {
		t.Errorf("the heap while listing grew by %d bytes over %d blobs, want at most %d", grown, more, allowed)
	}
	rows := int64(0)
	p.Scan("AlertInfo", []string{"AlertId"}, func([]string) { rows++ })
	if rows != last.blobs {
		t.Errorf("%d rows of %d blobs", rows, last.blobs)
	}
}

// fill makes the blobs of the hours from so many before start up to so many before it, each with one line.
func (e *emulator) fill(start time.Time, from, to int) {
	e.t.Helper()
	next := atomic.Int64{}
	next.Store(int64(from))
	errs := make(chan error, writers)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= to {
					return
				}
				b := e.blob(nameBefore(start, i))
				_, err := b.Create(e.t.Context(), nil)
				if err == nil {
					_, err = b.AppendBlock(e.t.Context(), body(alert(fmt.Sprintf("%06d", i))), nil)
				}
				if err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		e.t.Fatal(err)
	default:
	}
}

// live is how much of the heap is in use.
func live() int64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // below 2^63
}

// settled is what stays in use once what runs behind, such as the merging of parts, and pools have let go.
func settled() int64 {
	least := live()
	for range 10 {
		time.Sleep(200 * time.Millisecond)
		least = min(least, live())
	}
	return least
}

// watchHeap looks at the heap again and again until the returned function is called, which answers the most that was in use.
func watchHeap() (most func() int64) {
	stop, out := make(chan struct{}), make(chan int64)
	go func() {
		high := int64(0)
		for {
			high = max(high, live())
			select {
			case <-stop:
				out <- high
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	return func() int64 { close(stop); return <-out }
}
