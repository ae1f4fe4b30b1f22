package eventhub

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/normalize"
)

// lookBack is how many messages of each partition's end are looked at.
const lookBack = 2000

// look reads what the hub carries without storing it, so that people see which tables are there to be ticked. It returns
// when the choice changes.
func (s *Stream) look(ctx context.Context, secret string, parts []assignment, changed <-chan struct{}) error {
	offsets := map[int32]kgo.Offset{}
	for _, a := range parts {
		offsets[a.id] = kgo.NewOffset().At(max(a.start, a.end-lookBack))
	}
	c, err := s.dial(secret, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{s.cfg.Hub: offsets}))
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
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
	for {
		fetches := c.PollFetches(ctx)
		if ctx.Err() != nil {
			return errAgain
		}
		counts := ingest.Counts{}
		fetches.EachRecord(func(m *kgo.Record) { seen(m, counts) })
		s.deps.Meter.Add(s.cfg.Workspace, counts)
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("%w: %w", errAgain, err)
		}
	}
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
