package eventhub

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/normalize"
)

// What is looked at while nothing is stored: the end of each partition, now and then, so that a tenant's full stream is not
// fetched for nothing.
const (
	lookBack  = 1000     // messages of a partition
	lookBytes = 64 << 20 // of all partitions at once
	lookEvery = 30 * time.Second
)

// look reads what the hub carries without storing it, so that people see which tables are there to be ticked. It returns
// errAgain after a while, or when the choice changes.
func (s *Stream) look(ctx context.Context, secret string, parts []assignment, changed <-chan struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-changed:
			cancel()
		case <-ctx.Done():
		}
	}()
	defer func() { cancel(); <-done }()
	offsets := map[int32]kgo.Offset{}
	for _, a := range parts {
		if from := max(a.start, a.end-lookBack, s.looked[a.id]); from < a.end {
			offsets[a.id] = kgo.NewOffset().At(from)
		} else {
			s.looked[a.id] = a.end // all seen, or the hub was made anew
		}
	}
	if len(offsets) > 0 {
		if err := s.lookAt(ctx, secret, offsets, parts); err != nil && ctx.Err() == nil {
			return err
		}
	}
	sleep(ctx, lookEvery)
	return errAgain
}

// lookAt reads from the offsets to the partitions' ends.
func (s *Stream) lookAt(ctx context.Context, secret string, offsets map[int32]kgo.Offset, parts []assignment) error {
	c, err := s.dial(secret, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{s.cfg.Hub: offsets}))
	if err != nil {
		return err
	}
	defer c.Close()
	open := map[int32]int64{}
	for _, a := range parts {
		if _, ok := offsets[a.id]; ok {
			open[a.id] = a.end
		}
	}
	for size := 0; len(open) > 0 && size < lookBytes; {
		wait, cancel := context.WithTimeout(ctx, planTimeout)
		fetches := c.PollFetches(wait)
		cancel()
		jumped := c.jump(fetches, func(partition int32, next int64) {
			s.looked[partition] = next
			if next >= open[partition] {
				delete(open, partition)
			}
		})
		if err := fetches.Err(); err != nil && !jumped {
			return fmt.Errorf("%w: %w", errAgain, err)
		}
		counts := ingest.Counts{}
		fetches.EachRecord(func(m *kgo.Record) {
			size += len(m.Value)
			seen(m, counts)
			s.looked[m.Partition] = m.Offset + 1
			if m.Offset+1 >= open[m.Partition] {
				delete(open, m.Partition)
			}
		})
		s.deps.Meter.Add(s.cfg.Workspace, counts)
	}
	return nil
}

// seen notes the tables that a message has records of.
func seen(m *kgo.Record, counts ingest.Counts) {
	if len(m.Value) > ingest.MaxMessage {
		return
	}
	normalize.Decode(m.Value, func(r normalize.Record) {
		if r.Reason == "" && normalize.ValidTable(r.Table) {
			counts.Add(ingest.Counts{r.Table: {Seen: m.Timestamp}})
		}
	})
}
