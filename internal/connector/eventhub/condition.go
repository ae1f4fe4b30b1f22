package eventhub

import (
	"errors"
	"sync"

	"github.com/vedette-siem/vedette/internal/connector"
)

// condition joins what several goroutines know of the stream's health into the one report that people see: the first
// failure, else the first warning, else that all is well. It is safe for concurrent use.
type condition struct {
	report connector.Reporter
	mu     sync.Mutex
	well   string
	slots  [slots]trouble
}

// trouble is one thing that is wrong: a failure, or a warning.
type trouble struct {
	err           error
	reason, warns string
}

// The things that can be wrong.
const (
	slotStore = iota // rows are not accepted
	slotState        // the choice of tables cannot be kept
	slotHub          // the hub does not answer
	slotReplay
	slotLoss // unread messages will be dropped soon
	slotGap
	slotBad
	slots
)

// start clears everything and says what the stream does.
func (c *condition) start(well string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	gap := c.slots[slotGap] // outlives a reconnect
	c.slots = [slots]trouble{slotGap: gap}
	c.well = well
	c.tell()
}

// is says what the stream does.
func (c *condition) is(well string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.well != well {
		c.well = well
		c.tell()
	}
}

func (c *condition) fail(slot int, err error) { c.set(slot, trouble{err: err}) }

func (c *condition) warn(slot int, reason, text string) {
	c.set(slot, trouble{reason: reason, warns: text})
}

func (c *condition) clear(slot int) { c.set(slot, trouble{}) }

func (c *condition) set(slot int, t trouble) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.slots[slot]; old == t || errors.Is(old.err, t.err) && t.err != nil {
		return
	}
	c.slots[slot] = t
	c.tell()
}

func (c *condition) tell() {
	for _, t := range c.slots {
		if t.err != nil {
			c.report.Fail(t.err)
			return
		}
	}
	for _, t := range c.slots {
		if t.warns != "" {
			c.report.Warn(t.reason, t.warns)
			return
		}
	}
	c.report.OK(c.well)
}
