package blob

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/store"
)

// TestAzuriteManyBlobs reads ever more blobs, each of which has a line. Listing them holds a page in memory; what stays of a blob is
// its position.
func TestAzuriteManyBlobs(t *testing.T) {
	counts, readWithin := []int{300, 2000}, 15*time.Minute
	switch {
	case os.Getenv("VEDETTE_SOAK") != "":
		counts, readWithin = []int{1000, 10_000}, time.Hour // it takes ever longer to hold more: the rest is TestManyBlobs
	case raceDetector:
		counts = []int{100, 400}
	}
	e := azurite(t, inMemory)
	p := e.place(t.TempDir(), store.Options{SealRows: 5000, SegmentBytes: 1 << 20, JournalBytes: 4 << 20}, nil)
	t.Cleanup(p.Close)
	p.Tick("AlertInfo")
	var figures []manyFigure
	have, start := 0, time.Now()
	for _, n := range counts {
		began := time.Now()
		e.fill(start, have, n)
		have = n
		filled := time.Since(began)
		began = time.Now()
		stop := p.run()
		p.listed(readWithin)
		stop()
		took := time.Since(began)
		if got := len(p.Store.Positions(testSpace, source)); got != n {
			t.Fatalf("%d blobs are read, want %d", got, n)
		}
		must(t, p.Store.SealAll(t.Context()))
		f := p.manyFigure(int64(n))
		figures = append(figures, f)
		t.Logf("%s; written in %s, read in %s", f, filled.Round(time.Second), took.Round(time.Second))
	}
	notGrown(t, figures)
	rows := int64(0)
	p.Scan("AlertInfo", []string{"AlertId"}, func([]string) { rows++ })
	if rows != int64(have) {
		t.Errorf("%d rows of %d blobs", rows, have)
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

// watchHeap looks at the heap again and again until the returned function is called, which answers what was in use at most for three
// quarters of the time: the merging of parts, which goes on behind, takes more for a moment.
func watchHeap() (most func() int64) {
	stop, out := make(chan struct{}), make(chan int64)
	go func() {
		var looks []int64
		for {
			looks = append(looks, live())
			select {
			case <-stop:
				slices.Sort(looks)
				out <- looks[len(looks)*3/4]
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	return func() int64 { close(stop); return <-out }
}
