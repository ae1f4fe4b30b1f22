package exec

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/schema"
)

// sequencePlugins look for steps that follow each other in time.
func sequencePlugins() map[string]plugin {
	return map[string]plugin{
		"sequence_detect": {run: sequenceDetect}, "funnel_sequence_completion": {run: funnelCompletion}, "funnel_sequence": {run: funnelSequence},
	}
}

// sequenceDetect lists, for each combination of dimensions, the times at which all steps follow each other: each later
// than the one before by at most the window (constant 0), all within the span (constant 1). Argument 0 is the time line,
// the others up to the dimensions are the steps' conditions.
func sequenceDetect(c *pluginCall) (*column.Batch, error) {
	window, span, err := c.bounds()
	if err != nil {
		return nil, err
	}
	lines, dims, err := c.timelinesOf(c.arg(0), c.arg(0))
	if err != nil {
		return nil, err
	}
	var steps []*column.Vector
	for i := 1; i < len(c.args)-c.n.Dims; i++ {
		steps = append(steps, kernel.Convert(c.arg(i), schema.Bool))
	}
	t := c.table(dims)
	for _, l := range lines {
		times := make([][]int64, len(steps))
		for k, s := range steps {
			for _, e := range l.events {
				if s.Bools[e.row] && !s.Null(e.row) && (len(times[k]) == 0 || times[k][len(times[k])-1] != e.t) {
					times[k] = append(times[k], e.t)
				}
			}
		}
		chain := make([]int64, 0, len(steps))
		var follow func() error
		follow = func() error {
			k := len(chain)
			if k == len(steps) {
				line := []any{dimsHere}
				for _, at := range chain {
					line = append(line, at)
				}
				t.add(l.dims, append(line, chain[k-1]-chain[0])...)
				return c.x.mem.grow(c.n.Name, int64(16*len(t.out.Cols)))
			}
			from := 0
			if k > 0 {
				from, _ = slices.BinarySearch(times[k], chain[k-1]+1)
			}
			for _, at := range times[k][from:] {
				if k > 0 && (at-chain[k-1] > window || at-chain[0] > span) {
					break
				}
				chain = append(chain, at)
				if err := follow(); err != nil {
					return err
				}
				chain = chain[:k]
			}
			return c.ctx.Err()
		}
		if err := follow(); err != nil {
			return nil, err
		}
	}
	return t.out, nil
}

// sequence reads the constant that lists the states of a funnel, as texts.
func (c *pluginCall) sequence(i int) ([]string, error) {
	list, ok := c.consts[i].([]any)
	if !ok || len(list) == 0 {
		return nil, c.bad("The sequence of %s must be an array of states, such as dynamic(['a','b']).", c.n.Name)
	}
	out := make([]string, len(list))
	for k, v := range list {
		out[k] = kernel.Text(column.Resolve(v))
	}
	return out, nil
}

// byID splits events by who they belong to, in time order.
func byID(events []event) (ids []int, of map[int][]event) {
	of = map[int][]event{}
	for _, e := range events {
		if of[e.id] == nil {
			ids = append(ids, e.id)
		}
		of[e.id] = append(of[e.id], e)
	}
	return ids, of
}

// funnelCompletion counts, for each step of time, longest allowed gap, and state of the sequence, the ids that came so far:
// through all states before it, each at most the gap after the one before.
func funnelCompletion(c *pluginCall) (*column.Batch, error) {
	start, end, err := c.bounds()
	if err != nil {
		return nil, err
	}
	b, err := c.bins(2, start)
	if err != nil {
		return nil, err
	}
	states, err := c.sequence(3)
	if err != nil {
		return nil, err
	}
	gaps, ok := c.consts[4].([]any)
	if !ok {
		return nil, c.bad("The periods of %s must be an array of timespans or numbers.", c.n.Name)
	}
	state := kernel.Convert(c.arg(2), schema.String)
	value := c.arg(2)
	lines, dims, err := c.timelines()
	if err != nil {
		return nil, err
	}
	t := c.table(dims)
	for _, l := range lines {
		ids, of := byID(l.between(start, end))
		for _, g := range gaps {
			gap, err := c.gap(g)
			if err != nil {
				return nil, err
			}
			counts := map[int64][]int64{}
			for _, id := range ids {
				if err := c.ctx.Err(); err != nil {
					return nil, err
				}
				for bin, reached := range funnelReach(of[id], state.Strings, states, gap, b) {
					if counts[bin] == nil {
						counts[bin] = make([]int64, len(states))
					}
					for k := range reached {
						counts[bin][k]++
					}
				}
			}
			for _, bin := range sortedKeys(counts) {
				for k, s := range states {
					t.add(l.dims, bin, kernel.Unbox(s, value.Type), gap, counts[bin][k])
				}
			}
		}
	}
	return t.out, nil
}

// gap reads a timespan, which an array may hold as text.
func (c *pluginCall) gap(v any) (int64, error) {
	switch v := column.Resolve(v).(type) {
	case column.Timespan:
		return int64(v), nil
	case int64:
		return v, nil
	case string:
		if t, ok := column.ParseTimespan(v); ok {
			return t, nil
		}
	}
	return 0, c.bad("A period of %s is not a timespan.", c.n.Name)
}

// funnelReach says for each bin in which the first state occurs how many states an id comes through.
func funnelReach(events []event, state []string, states []string, gap int64, b *bins) map[int64]int {
	out := map[int64]int{}
	layers := map[int64][]int64{} // times of the first state by bin
	for _, e := range events {
		if state[e.row] == states[0] {
			layers[b.of(e.t)] = append(layers[b.of(e.t)], e.t)
		}
	}
	for bin, layer := range layers {
		out[bin] = 1
		for k := 1; k < len(states) && len(layer) > 0; k++ {
			var next []int64
			i := 0
			for _, e := range events {
				if state[e.row] != states[k] {
					continue
				}
				for i < len(layer) && layer[i] < e.t-gap {
					i++
				}
				if i < len(layer) && layer[i] <= e.t {
					next = append(next, e.t)
				}
			}
			if layer = next; len(layer) > 0 {
				out[bin] = k + 1
			}
		}
	}
	return out
}

// funnelSequence finds the places where an id goes through the states one directly after the other, each at most the
// window after the one before, and counts the ids by the states just before and just behind. Flags say by which.
func funnelSequence(c *pluginCall) (*column.Batch, error) {
	start, end, err := c.bounds()
	if err != nil {
		return nil, err
	}
	window, err := c.whole(2)
	if err != nil {
		return nil, err
	}
	b, err := c.bins(3, start)
	if err != nil {
		return nil, err
	}
	states, err := c.sequence(4)
	if err != nil {
		return nil, err
	}
	state := kernel.Convert(c.arg(2), schema.String)
	lines, dims, err := c.timelines()
	if err != nil {
		return nil, err
	}
	type key struct {
		bin        int64
		prev, next string
	}
	t := c.table(dims)
	id := c.arg(0)
	for _, l := range lines {
		found := map[key]map[int]int{} // id -> a row of it
		var order []key
		ids, of := byID(l.between(start, end))
		for _, who := range ids {
			events := of[who]
			for i := 0; i+len(states) <= len(events); i++ {
				if !follows(events[i:i+len(states)], state.Strings, states, window) {
					continue
				}
				k := key{bin: b.of(events[i].t)}
				if c.n.Flags["prev"] && i > 0 && events[i].t-events[i-1].t <= window {
					k.prev = state.Strings[events[i-1].row]
				}
				if j := i + len(states); c.n.Flags["next"] && j < len(events) && events[j].t-events[j-1].t <= window {
					k.next = state.Strings[events[j].row]
				}
				if found[k] == nil {
					found[k] = map[int]int{}
					order = append(order, k)
				}
				found[k][who] = events[i].row
			}
		}
		for _, k := range order {
			var samples []any
			for _, r := range found[k] {
				if len(samples) < 128 {
					samples = append(samples, kernel.Box(id, r))
				}
			}
			line := []any{k.bin}
			if c.n.Flags["prev"] {
				line = append(line, k.prev)
			}
			if c.n.Flags["next"] {
				line = append(line, k.next)
			}
			t.add(l.dims, append(line, int64(len(found[k])), samples)...)
		}
	}
	return t.out, nil
}

func follows(events []event, state []string, states []string, window int64) bool {
	for k, e := range events {
		if state[e.row] != states[k] || k > 0 && e.t-events[k-1].t > window {
			return false
		}
	}
	return true
}
