package defenderxdr

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// longGraph is a tenant within its quota whose incidents have long descriptions.
type longGraph struct {
	*quotaGraph
	tail []byte
}

func (g *longGraph) List(ctx context.Context, col msgraph.Collection, from, to time.Time, top int, p msgraph.Priority) (*msgraph.Page, error) {
	return g.lengthen(g.quotaGraph.List(ctx, col, from, to, top, p))
}

func (g *longGraph) Next(ctx context.Context, col msgraph.Collection, page *msgraph.Page, p msgraph.Priority) (*msgraph.Page, error) {
	return g.lengthen(g.quotaGraph.Next(ctx, col, page, p))
}

func (g *longGraph) lengthen(page *msgraph.Page, err error) (*msgraph.Page, error) {
	if err != nil {
		return nil, err
	}
	for i, row := range page.Rows {
		page.Rows[i] = json.RawMessage(append(bytes.TrimSuffix(row, []byte("}")), g.tail...))
	}
	return page, nil
}

// heapSink keeps nothing of what it gets, and measures what lives in memory while it has a page.
type heapSink struct {
	memSink
	seen         []bool // by id
	n, pages     int
	largest      int // incidents in one call
	before, most int64
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func (k *heapSink) MergeIncidents(_ context.Context, rows []model.TenantIncident, _ bool) (map[string]string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range rows {
		i, err := strconv.Atoi(r.ID)
		if err != nil {
			return nil, err
		}
		if !k.seen[i] {
			k.seen[i] = true
			k.n++
		}
	}
	k.largest = max(k.largest, len(rows))
	if k.pages++; k.pages%100 == 1 {
		k.most = max(k.most, heap())
	}
	return nil, nil
}

func (k *heapSink) Count(context.Context, string) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.n, nil
}

// TestAFirstReadTakesThePagesMemory: what the first read holds in memory is a page or two, however many incidents there are.
func TestAFirstReadTakesThePagesMemory(t *testing.T) {
	if raceDetector {
		t.Skip("hours of virtual time")
	}
	n := 20_000
	if os.Getenv("VEDETTE_BENCH") != "" {
		n = 100_000
	}
	const description, bound = 2000, 8 << 20
	synctest.Test(t, func(t *testing.T) {
		g := &longGraph{newQuotaGraph(n), fmt.Appendf(nil, `,"description":"%s"}`, bytes.Repeat([]byte("d"), description))}
		k := &heapSink{memSink: *newSink(), seen: make([]bool, n)}
		c := New(Config{Graph: g, Sink: k})
		k.before = heap()
		runFor(t, c.streams[0], time.Duration(n/50+500)*time.Hour/1500)
		if k.n != n {
			t.Errorf("%d of %d incidents were read", k.n, n)
		}
		grew := k.most - k.before
		t.Logf("memory          %.1f MB at most beside the sink, while %d incidents (%d MB of JSON) are read in pages of %d", float64(grew)/(1<<20), n, n*description>>20, k.largest)
		if grew > bound {
			t.Errorf("the first read holds %d bytes, more than %d", grew, bound)
		}
		if k.largest > 50 {
			t.Errorf("%d incidents came in one piece", k.largest)
		}
	})
}
