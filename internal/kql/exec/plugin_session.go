package exec

import (
	"cmp"
	"math"
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/schema"
)

// sessionPlugins look at rows along a time line.
func sessionPlugins() map[string]plugin {
	return map[string]plugin{
		"session_count": {run: sessionCount}, "rolling_percentile": {run: rollingPercentile}, "rows_near": {run: rowsNear},
		"dcount_intersect": {run: dcountIntersect, stream: true},
	}
}

// sessionCount counts the sessions that begin in each step: an id begins one when it was away for the window.
func sessionCount(c *pluginCall) (*column.Batch, error) {
	start, end, err := c.bounds()
	if err != nil {
		return nil, err
	}
	b, err := c.bins(2, 0)
	if err != nil {
		return nil, err
	}
	window, err := c.whole(3)
	if err != nil {
		return nil, err
	}
	lines, dims, err := c.timelines()
	if err != nil {
		return nil, err
	}
	t := c.table(dims)
	for _, l := range lines {
		last, counts := map[int]int64{}, map[int64]int64{}
		for _, e := range l.events {
			before, known := last[e.id]
			last[e.id] = e.t
			if (!known || e.t-before >= window) && e.t >= start && e.t <= end {
				counts[b.of(e.t)]++
			}
		}
		for _, bin := range sortedKeys(counts) {
			t.add(l.dims, bin, dimsHere, counts[bin])
		}
	}
	return t.out, nil
}

// rollingPercentile gives, for each step with rows, the percentile of the values of the last steps, that one included.
func rollingPercentile(c *pluginCall) (*column.Batch, error) {
	b, err := c.bins(1, 0)
	if err != nil {
		return nil, err
	}
	count, err := c.whole(2)
	if err != nil {
		return nil, err
	}
	var share float64
	switch p := c.consts[0].(type) {
	case int64:
		share = float64(p)
	case float64:
		share = p
	default:
		return nil, c.bad("The percentile must be a number from 0 to 100.")
	}
	if share < 0 || share > 100 || count < 1 {
		return nil, c.bad("The percentile must be a number from 0 to 100, and a window of %s at least one step.", c.n.Name)
	}
	values := c.arg(0)
	lines, dims, err := c.timelines()
	if err != nil {
		return nil, err
	}
	t := c.table(dims)
	order := func(x, y int) int {
		if d := kernel.CompareCells(values, x, values, y); d >= -1 && d <= 1 {
			return d
		}
		return 0
	}
	for _, l := range lines {
		var window []int // rows by value
		from := 0
		for i := 0; i < len(l.events); {
			if err := c.ctx.Err(); err != nil {
				return nil, err
			}
			bin := b.of(l.events[i].t)
			for ; i < len(l.events) && b.of(l.events[i].t) == bin; i++ {
				if r := l.events[i].row; !values.Null(r) {
					window = append(window, r)
				}
			}
			first := bin - (count-1)*b.step
			gone := map[int]bool{}
			for ; l.events[from].t < first; from++ {
				gone[l.events[from].row] = true
			}
			window = slices.DeleteFunc(window, func(r int) bool { return gone[r] })
			slices.SortFunc(window, func(x, y int) int { return cmp.Or(order(x, y), cmp.Compare(x, y)) })
			var v any
			if n := len(window); n > 0 {
				v = values.Value(window[max(int(math.Ceil(share/100*float64(n))), 1)-1])
			}
			t.add(l.dims, bin, dimsHere, v)
		}
	}
	return t.out, nil
}

// rowsNear keeps the rows around those for which a condition holds.
func rowsNear(c *pluginCall) (*column.Batch, error) {
	before, err := c.whole(0)
	if err != nil {
		return nil, err
	}
	after := before
	if len(c.consts) > 1 {
		if after, err = c.whole(1); err != nil {
			return nil, err
		}
	}
	hit := kernel.Convert(c.arg(0), schema.Bool)
	var rows []int
	done := int64(0)
	for r := range c.in.N {
		if hit.Null(r) || !hit.Bools[r] {
			continue
		}
		for k := max(done, int64(r)-before); k <= min(int64(r)+after, int64(c.in.N)-1); k++ {
			rows = append(rows, int(k))
			done = k + 1
		}
	}
	return c.in.Gather(rows), nil
}

// dcountIntersect adds the sizes of the intersections of the first set, the first two, and so on.
func dcountIntersect(c *pluginCall) (*column.Batch, error) {
	out := &column.Batch{N: c.in.N, Cols: append([]*column.Vector(nil), c.in.Cols...)}
	sizes := make([]*column.Vector, len(c.args))
	for i := range sizes {
		sizes[i] = column.New(schema.Long, c.in.N)
	}
	for r := range c.in.N {
		var left map[string]bool
		for i := range c.args {
			list, ok := kernel.Box(c.arg(i), r).([]any)
			if !ok {
				sizes[i].AppendNull()
				left = map[string]bool{}
				continue
			}
			both := map[string]bool{}
			for _, v := range list {
				if k := string(kernel.AppendKey(nil, v)); i == 0 || left[k] {
					both[k] = true
				}
			}
			left = both
			sizes[i].AppendInt(int64(len(left)))
		}
	}
	out.Cols = append(out.Cols, sizes...)
	return out, nil
}
