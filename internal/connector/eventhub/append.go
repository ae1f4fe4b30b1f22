package eventhub

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store"
)

// append stores a frame. While the store cannot take it for a reason that passes, it waits and tries again: messages stay
// in the hub, nothing is dropped.
func (n *session) append(ctx context.Context, f store.Frame) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 200*time.Millisecond, 15*time.Second
	for {
		_, err := n.deps.Appender.Append(ctx, f)
		switch {
		case err == nil:
			n.health.clear(slotStore)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, store.ErrDuplicate), errors.Is(err, store.ErrOverlap), errors.Is(err, store.ErrGap),
			errors.Is(err, store.ErrFailed), errors.Is(err, store.ErrClosed),
			fault.KindOf(err) == fault.TooLarge, fault.KindOf(err) == fault.Invalid:
			return err
		}
		n.health.fail(slotStore, err)
		n.deps.Logger.WarnContext(ctx, "rows not stored yet", "stream", n.Name(), "err", err)
		if !sleep(ctx, wait.NextBackOff()) {
			return ctx.Err()
		}
	}
}
