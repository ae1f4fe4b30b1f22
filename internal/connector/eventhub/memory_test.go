package eventhub

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/semaphore"

	"github.com/vedette-siem/vedette/internal/connector/kafkatest"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/store"
)

// watchedRoom is a room for messages that notes the most that was held at once.
type watchedRoom struct {
	sem *semaphore.Weighted
	max int64

	mu         sync.Mutex
	held, most int64
}

func (r *watchedRoom) Acquire(ctx context.Context, n int64) (int64, error) {
	n = min(n, r.max)
	if err := r.sem.Acquire(ctx, n); err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held += n
	r.most = max(r.most, r.held)
	return n, nil
}

func (r *watchedRoom) Release(n int64) {
	r.mu.Lock()
	r.held -= n
	r.mu.Unlock()
	r.sem.Release(n)
}

// live is the memory that the last collection found in use.
func live() int64 {
	runtime.GC()
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// TestMemoryIsBoundedWhateverTheBacklog reads a backlog many times larger than what may be held of it: neither the messages on their way nor the
// memory in use grow with the backlog, and all of it is stored. The broker is another process, so that its memory does not count.
func TestMemoryIsBoundedWhateverTheBacklog(t *testing.T) {
	const (
		room     = 6 << 20
		each     = 256 << 10
		messages = 256 // 64 MB in all
		fetching = 2 * fetchBytes
	)
	c, cfg := kafka(t, kafkatest.Options{Measured: true}, 2)
	client := c.Client(kgo.ProducerBatchCompression(kgo.NoCompression()))
	var want []string
	filler := strings.Repeat("x", each)
	for i := range messages {
		id := fmt.Sprintf("%03d", i)
		// The large record is of a table that is not ticked, so that no rows of it are in memory.
		value := message(record("AlertInfo", "AlertId", id), record("DeviceInfo", "DeviceName", filler))
		client.Produce(t.Context(), &kgo.Record{Topic: testHub, Partition: int32(i % 2), Value: []byte(value)}, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Error(err)
			}
		})
		want = append(want, id)
	}
	must(t, client.Flush(t.Context()))
	client.Close()

	p := openAt(t.Context(), t, t.TempDir(), cfg, store.Options{})
	t.Cleanup(p.Close)
	watched := &watchedRoom{sem: semaphore.NewWeighted(room), max: room}
	p.stream.deps.Budget = ingest.BudgetOf(watched)
	before, most, frames := live(), int64(0), 0
	p.stream.deps.Appender = &troubled{Appender: p.Store, answer: func(store.Frame) error {
		watched.mu.Lock()
		defer watched.mu.Unlock()
		frames, most = frames+1, max(most, live()-before)
		return nil
	}}
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", want...)
	watched.mu.Lock()
	defer watched.mu.Unlock()
	if watched.most > room || watched.most < each {
		t.Errorf("%d bytes of messages were held at once, %d may be", watched.most, room)
	}
	if most > room+fetching {
		t.Errorf("%d MB more were in use while a backlog of %d MB was read, with room for %d MB", most>>20, messages*each>>20, room>>20)
	}
	if frames < messages*each/frameBytes {
		t.Errorf("the backlog came in %d frames", frames)
	}
	t.Logf("at most %d kB were held of %d, %d MB more in use, in %d frames", watched.most>>10, room>>10, most>>20, frames)
}
