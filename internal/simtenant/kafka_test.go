package simtenant

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestAGroupReadsOverDroppedConnections(t *testing.T) {
	t.Parallel()
	s := start(t, small(t.TempDir()))
	s.truth(2000)
	s.settle()
	_, want := s.consume()
	c := s.kafka(kgo.ConsumeTopics(s.Hubs[0]), kgo.ConsumerGroup(s.ConsumerGroup), kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer c.Close()
	for _, f := range []string{`{"target":"kafka","kind":"drop","count":3}`, `{"target":"kafka","kind":"429","count":1}`, `{"target":"kafka","kind":"500","count":1}`} {
		s.json(204, "POST", s.Control+"/fault", f)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
	defer cancel()
	seen := map[int32]map[int64]bool{}
	for n := 0; n < want; {
		f := c.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%d of %d messages: %v", n, want, f.Err())
		}
		f.EachRecord(func(r *kgo.Record) {
			if seen[r.Partition] == nil {
				seen[r.Partition] = map[int64]bool{}
			}
			if !seen[r.Partition][r.Offset] {
				seen[r.Partition][r.Offset] = true
				n++
			}
		})
	}
	if err := c.CommitUncommittedOffsets(ctx); err != nil {
		t.Error(err)
	}
	if len(seen) != 4 {
		t.Errorf("%d partitions, want 4", len(seen))
	}
}
