package eventhub

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/vedette-siem/vedette/internal/connector"
)

const (
	retentionEvery = 10 * time.Minute // how often the hub is asked how long it keeps messages
	// Unread messages that are dropped within this share of the retention are told of.
	lossShare = 0.25
)

// learnRetention asks the hub how long it keeps messages. A hub that does not say keeps what was known.
func (n *session) learnRetention(ctx context.Context) {
	if n.cfg.Retention > 0 {
		n.retention.Store(int64(n.cfg.Retention))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, planTimeout)
	defer cancel()
	configs, err := kadm.NewClient(n.admin.Client).DescribeTopicConfigs(ctx, n.cfg.Hub)
	if err != nil {
		n.deps.Logger.DebugContext(ctx, "retention not known", "stream", n.Name(), "err", err)
		return
	}
	for _, c := range configs {
		for _, v := range c.Configs {
			if v.Key != "retention.ms" {
				continue
			}
			if ms, err := strconv.ParseInt(v.MaybeValue(), 10, 64); err == nil {
				// -1 is for ever; what is too long for a Duration is for ever too.
				n.retention.Store(max(0, min(ms, int64(maxRetention/time.Millisecond))) * int64(time.Millisecond))
			}
		}
	}
}

// maxRetention is more than any hub keeps.
const maxRetention = 10 * 365 * 24 * time.Hour

// losses is which partitions will lose messages soon.
type losses struct {
	mu sync.Mutex
	by map[int32]time.Duration
}

// warnOfLoss tells people when unread messages will be dropped soon.
func (n *session) warnOfLoss(l connector.Lag) {
	n.losses.mu.Lock()
	defer n.losses.mu.Unlock()
	in, at := l.LossIn()
	if at && float64(in) < lossShare*float64(l.Retention) {
		if n.losses.by == nil {
			n.losses.by = map[int32]time.Duration{}
		}
		n.losses.by[l.Partition] = in
	} else {
		delete(n.losses.by, l.Partition)
	}
	first, worst := true, time.Duration(0)
	for _, d := range n.losses.by {
		if first || d < worst {
			first, worst = false, d
		}
	}
	if first {
		n.health.clear(slotLoss)
		return
	}
	// Whole hours, so that the text does not change with every look.
	n.health.warn(slotLoss, "loss_ahead", fmt.Sprintf("Event hub %s keeps messages for %.0f hours, and the oldest unread ones are dropped in less than %.0f hours: the reading is behind. "+
		"Give the hub a longer retention now, then look what holds the reading back (throughput units, disk, processors).", n.cfg.Hub, l.Retention.Hours(), worst.Truncate(time.Hour).Hours()+1))
}
