package hub

import (
	"context"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Entry is a message as it stands in the hub's log.
type Entry struct {
	Partition int32
	Offset    int64
	Source    string // "" when somebody else produced it
	Seq       int64
	Body      []byte // valid during the call only
}

// Ends returns the first free offset of each partition.
func (h *Hub) Ends() map[int32]int64 {
	out := map[int32]int64{}
	for _, p := range h.cluster.PartitionInfos(Topic) {
		out[p.Partition] = p.HighWatermark
	}
	return out
}

// Read calls f for everything in the log from the given offsets (a missing partition: from its start) up to the end as it was at the call.
// Within a partition entries come in order. An error of f ends the reading and is returned.
func (h *Hub) Read(ctx context.Context, from map[int32]int64, f func(Entry) error) error {
	start := map[int32]kgo.Offset{}
	left := map[int32]int64{} // partition -> end
	for _, p := range h.cluster.PartitionInfos(Topic) {
		first := max(from[p.Partition], p.LogStartOffset)
		if first < p.HighWatermark {
			start[p.Partition] = kgo.NewOffset().At(first)
			left[p.Partition] = p.HighWatermark
		}
	}
	if len(left) == 0 {
		return nil
	}
	c, err := h.newClient(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{Topic: start}), kgo.FetchMaxBytes(1<<20), kgo.FetchMaxPartitionBytes(256<<10), // packed ten to one
		kgo.MaxConcurrentFetches(1))
	if err != nil {
		return err
	}
	defer c.Close()
	for len(left) > 0 {
		fetches := c.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("reading the event hub: %w", err)
		}
		var failed error
		fetches.EachRecord(func(r *kgo.Record) {
			end, ok := left[r.Partition]
			if !ok || failed != nil {
				return
			}
			if r.Offset < end {
				failed = f(entryOf(r))
			}
			if r.Offset >= end-1 {
				delete(left, r.Partition)
			}
		})
		if failed != nil {
			return failed
		}
	}
	return nil
}

func entryOf(r *kgo.Record) Entry {
	e := Entry{Partition: r.Partition, Offset: r.Offset, Body: r.Value}
	for _, h := range r.Headers {
		switch h.Key {
		case headerSource:
			e.Source = string(h.Value)
		case headerSeq:
			if n, err := strconv.ParseInt(string(h.Value), 10, 64); err == nil {
				e.Seq = n
			}
		}
	}
	return e
}
