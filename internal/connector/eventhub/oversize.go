package eventhub

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// unpackedBytes is the largest that a compressed batch of messages may become: a batch of a megabyte, which the service takes, could
// become a thousand. What is larger is left out, with a gap record.
const unpackedBytes = 64 << 20

// tooLarge returns the batch of a partition that is not unpacked, or nil.
func tooLarge(err error) *kgo.ErrDecompressTooLarge {
	large, ok := errors.AsType[*kgo.ErrDecompressTooLarge](err)
	if !ok {
		return nil
	}
	return large
}

// leaveOut passes over a batch that is too large, once all before it is stored. The session is set up anew behind it.
func (w *worker) leaveOut(ctx context.Context, until int64) error {
	from := w.position()
	if w.shared {
		if err := w.claim(ctx, until); err != nil {
			return err
		}
	}
	if err := w.pass(ctx, until, "tooLarge"); err != nil {
		return err
	}
	w.n.health.warn(slotGap, "batch_too_large", fmt.Sprintf("Event hub %s, partition %d: positions %d to %d were left out, for their batch is larger than %d MB when it is unpacked. Find out who sends that: the tenant's export does not.",
		w.n.cfg.Hub, w.id, from, until-1, unpackedBytes>>20))
	return fmt.Errorf("%w: partition %d: positions %d to %d are too large", errAgain, w.id, from, until-1)
}

// jump passes over the batches of fetches that are too large, and reports whether there were any. It is for clients that read for a while and
// leave the record of gaps to others. passed, if not nil, hears where each partition goes on.
func (c *client) jump(fetches kgo.Fetches, passed func(partition int32, next int64)) bool {
	any := false
	fetches.EachError(func(topic string, partition int32, err error) {
		large := tooLarge(err)
		if large == nil {
			return
		}
		any = true
		c.SetOffsets(map[string]map[int32]kgo.EpochOffset{topic: {partition: {Epoch: large.Epoch, Offset: large.NextOffset}}})
		if passed != nil {
			passed(partition, large.NextOffset)
		}
	})
	return any
}
