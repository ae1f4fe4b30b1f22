package blob

import (
	"maps"
	"slices"
	"sync"

	"github.com/vedette-siem/vedette/internal/connector"
)

// condition joins what the containers' readers know into the one report that people see: the first failure, else the first
// warning, else that all is well. It is safe for concurrent use.
type condition struct {
	report   connector.Reporter
	mu       sync.Mutex
	well     string
	troubles map[string]trouble
	told     trouble
	toldWell string
}

// trouble is one thing that is wrong: a failure, or a warning.
type trouble struct {
	err           error
	reason, warns string
}

// is says what the stream does when nothing is wrong.
func (c *condition) is(well string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.well = well
	c.tell()
}

// fail notes what is wrong with a part; nil means nothing.
func (c *condition) fail(part string, err error) { c.set("1 "+part, trouble{err: err}) }

// warn notes what people should look at; no text means nothing.
func (c *condition) warn(part, reason, text string) {
	c.set("2 "+part, trouble{reason: reason, warns: text})
}

func (c *condition) set(key string, t trouble) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.err == nil && t.warns == "" {
		delete(c.troubles, key)
	} else {
		c.troubles[key] = t
	}
	c.tell()
}

// tell reports what changed for people.
func (c *condition) tell() {
	var first trouble
	if keys := slices.Sorted(maps.Keys(c.troubles)); len(keys) > 0 {
		first = c.troubles[keys[0]]
	}
	if c.well == "" && first.err == nil && first.warns == "" || text(first) == text(c.told) && c.well == c.toldWell {
		return
	}
	c.told, c.toldWell = first, c.well
	switch {
	case first.err != nil:
		c.report.Fail(first.err)
	case first.warns != "":
		c.report.Warn(first.reason, first.warns)
	default:
		c.report.OK(c.well)
	}
}

func text(t trouble) string {
	if t.err != nil {
		return t.err.Error()
	}
	return t.warns
}
