package exec

import (
	"cmp"
	"math"
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// activityPlugins count who was active when. Their arguments are an id, a time line, then the dimensions.
func activityPlugins() map[string]plugin {
	return map[string]plugin{
		"activity_counts_metrics": {run: activityCounts}, "activity_metrics": {run: activityMetrics}, "activity_engagement": {run: activityEngagement},
		"active_users_count": {run: activeUsers}, "new_activity_metrics": {run: newActivity}, "sliding_window_counts": {run: slidingWindow},
	}
}

// event is a row on a time line.
type event struct {
	t       int64
	id, row int
}

// timeline is the rows of one combination of dimensions, by time.
type timeline struct {
	dims   int // number of the combination
	events []event
}

// timelines reads id and time line (arguments 0 and 1) and splits the rows by the dimensions. Rows without a time are
// left out.
func (c *pluginCall) timelines() ([]timeline, *column.Batch, error) {
	return c.timelinesOf(c.arg(0), c.arg(1))
}

func (c *pluginCall) timelinesOf(id, times *column.Vector) ([]timeline, *column.Batch, error) {
	switch times.Type {
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
	default:
		return nil, nil, c.bad("The time line of %s must be a datetime, a timespan or a whole number, not %s.", c.n.Name, times.Type)
	}
	ids := newGroups([]schema.Type{id.Type}).assign(&column.Batch{N: c.in.N, Cols: []*column.Vector{id}})
	db := &column.Batch{N: c.in.N}
	var types []schema.Type
	for i := len(c.args) - c.n.Dims; i < len(c.args); i++ {
		v := c.arg(i)
		db.Cols, types = append(db.Cols, v), append(types, v.Type)
	}
	dims := newGroups(types)
	rows := dims.assign(db)
	out := make([]timeline, max(dims.keys.N, 1))
	for r, d := range rows {
		if !times.Null(r) {
			out[d].events = append(out[d].events, event{times.Ints[r], ids[r], r})
		}
	}
	for d := range out {
		out[d].dims = d
		slices.SortStableFunc(out[d].events, func(a, b event) int { return cmp.Compare(a.t, b.t) })
	}
	return out, dims.keys, c.ctx.Err()
}

// between cuts the events to those from start to end, both inclusive.
func (l timeline) between(start, end int64) []event {
	i, _ := slices.BinarySearchFunc(l.events, start, func(e event, t int64) int { return cmp.Compare(e.t, t) })
	j := i
	for j < len(l.events) && l.events[j].t <= end {
		j++
	}
	return l.events[i:j]
}

// bins cuts time into steps: of one length from an origin on, or of the calendar.
type bins struct {
	origin, step int64
	calendar     func(t int64) int64
}

// bins reads a step: a length, or one of week, month, year.
func (c *pluginCall) bins(i int, origin int64) (*bins, error) {
	if s, ok := column.Resolve(c.consts[i]).(string); ok {
		for _, word := range []string{"day", "week", "month", "year"} {
			if s != word {
				continue
			}
			f, err := kernel.Bind("startof"+word, []kernel.Arg{{Type: schema.Datetime}}, schema.Datetime, c.x.kenv)
			if err != nil {
				return nil, err
			}
			return &bins{origin: origin, calendar: func(t int64) int64 {
				return f.Eval([]*column.Vector{{Type: schema.Datetime, Ints: []int64{t}}}, 1).Ints[0]
			}}, nil
		}
		return nil, c.bad("'%s' is not a step of %s: a length, or 'week', 'month' or 'year'.", s, c.n.Name)
	}
	step, err := c.whole(i)
	if err != nil {
		return nil, err
	}
	if step <= 0 {
		return nil, c.bad("The step of %s must be greater than zero.", c.n.Name)
	}
	return &bins{origin: origin, step: step}, nil
}

// of returns the start of the step that t falls into.
func (b *bins) of(t int64) int64 {
	if b.calendar != nil {
		return b.calendar(t)
	}
	d := t - b.origin
	k := d / b.step
	if d%b.step < 0 {
		k--
	}
	return b.origin + k*b.step
}

// after returns the start of the step behind the one that starts at t.
func (b *bins) after(t int64) int64 {
	if b.calendar != nil {
		return b.calendar(t + 40*column.Day)
	}
	return t + b.step
}

// all lists the steps from start to end.
func (b *bins) all(c *pluginCall, start, end int64) ([]int64, error) {
	var out []int64
	for t := b.of(start); t <= end; {
		if out = append(out, t); len(out) > maxSeries {
			return nil, c.bad("%s would count over more than %d steps. Use a larger step.", c.n.Name, maxSeries)
		}
		n := b.after(t)
		if n <= t {
			break
		}
		t = n
	}
	return out, c.ctx.Err()
}

// table collects the output of a plugin, in the order of the plan's columns.
type table struct {
	out  *column.Batch
	dims *column.Batch
}

func (c *pluginCall) table(dims *column.Batch) *table {
	return &table{out: column.NewBatch(0, typesOf(c.n.Out)...), dims: dims}
}

// add appends a row; dimension d stands in place of the value dimsHere.
func (t *table) add(d int, values ...any) {
	k := 0
	for _, v := range values {
		if v == dimsHere {
			for _, col := range t.dims.Cols {
				t.out.Cols[k].Append(col.Value(d))
				k++
			}
			continue
		}
		t.out.Cols[k].Append(v)
		k++
	}
	t.out.N++
}

type marker struct{}

var dimsHere = marker{}

// bounds reads start and end, the first two constants.
func (c *pluginCall) bounds() (start, end int64, err error) {
	if start, err = c.whole(0); err != nil {
		return 0, 0, err
	}
	end, err = c.whole(1)
	return start, end, err
}

// activityCounts: for every step the rows, the ids, those not seen in any step before, and all seen so far.
func activityCounts(c *pluginCall) (*column.Batch, error) {
	start, end, err := c.bounds()
	if err != nil {
		return nil, err
	}
	b, err := c.bins(2, start)
	if err != nil {
		return nil, err
	}
	lines, dims, err := c.timelines()
	if err != nil {
		return nil, err
	}
	t := c.table(dims)
	for _, l := range lines {
		seen := map[int]bool{}
		list := l.between(start, end)
		for i := 0; i < len(list); {
			bin, rows, now, fresh := b.of(list[i].t), 0, map[int]bool{}, 0
			for ; i < len(list) && b.of(list[i].t) == bin; i++ {
				rows++
				now[list[i].id] = true
				if !seen[list[i].id] {
					seen[list[i].id] = true
					fresh++
				}
			}
			t.add(l.dims, bin, dimsHere, int64(rows), int64(len(now)), int64(fresh), int64(len(seen)))
		}
	}
	return t.out, nil
}

// spanned returns the bounds of a plugin whose span may be left out, and the place of what comes after them; short is how
// many constants there are without a span.
func (c *pluginCall) spanned(short int) (next int, start, end int64, err error) {
	if len(c.consts) == short {
		return 0, math.MinInt64, math.MaxInt64, nil
	}
	start, end, err = c.bounds()
	return 2, start, end, err
}

// activityMetrics: for every step the ids, and how many of the step before came back.
func activityMetrics(c *pluginCall) (*column.Batch, error) {
	lines, dims, err := c.timelines()
	if err != nil {
		return nil, err
	}
	step, start, end, err := c.spanned(1)
	if err != nil {
		return nil, err
	}
	b, err := c.bins(step, max(start, 0))
	if err != nil {
		return nil, err
	}
	t := c.table(dims)
	for _, l := range lines {
		var before map[int]bool
		beforeBin := int64(math.MinInt64)
		list := l.between(start, end)
		for i := 0; i < len(list); {
			bin, now := b.of(list[i].t), map[int]bool{}
			for ; i < len(list) && b.of(list[i].t) == bin; i++ {
				now[list[i].id] = true
			}
			retention, fresh := 1.0, len(now)
			if before != nil {
				back := 0
				if b.after(beforeBin) == bin {
					for id := range now {
						if before[id] {
							back++
						}
					}
				}
				fresh -= back
				retention = float64(back) / float64(len(before))
			}
			t.add(l.dims, bin, int64(len(now)), int64(fresh), retention, 1-retention, dimsHere)
			before, beforeBin = now, bin
		}
	}
	return t.out, nil
}

// activityEngagement: for every inner step the ids in it, and in the outer window that ends with it.
func activityEngagement(c *pluginCall) (*column.Batch, error) {
	lines, dims, err := c.timelines()
	if err != nil {
		return nil, err
	}
	k, start, end, err := c.spanned(2)
	if err != nil {
		return nil, err
	}
	inner, err := c.bins(k, max(start, 0))
	if err != nil {
		return nil, err
	}
	outer, err := c.whole(k + 1)
	if err != nil {
		return nil, err
	}
	t := c.table(dims)
	for _, l := range lines {
		list := l.between(start, end)
		count, from := map[int]int{}, 0 // of the outer window
		for i := 0; i < len(list); {
			bin, now := inner.of(list[i].t), map[int]bool{}
			for ; i < len(list) && inner.of(list[i].t) == bin; i++ {
				now[list[i].id] = true
				count[list[i].id]++
			}
			for ; list[from].t < inner.after(bin)-outer; from++ {
				if id := list[from].id; count[id] == 1 {
					delete(count, id)
				} else {
					count[id]--
				}
			}
			t.add(l.dims, bin, int64(len(now)), int64(len(count)), float64(len(now))/float64(len(count)), dimsHere)
		}
	}
	return t.out, nil
}

// activeUsers counts the ids that appear in enough periods of the window behind one of their appearances.
func activeUsers(c *pluginCall) (*column.Batch, error) {
	start, end, err := c.bounds()
	if err != nil {
		return nil, err
	}
	var nums [3]int64 // window, period, least number of periods
	for i := range nums {
		if nums[i], err = c.whole(2 + i); err != nil {
			return nil, err
		}
	}
	period, err := c.bins(3, start)
	if err != nil {
		return nil, err
	}
	b, err := c.bins(5, start)
	if err != nil {
		return nil, err
	}
	lines, dims, err := c.timelines()
	if err != nil {
		return nil, err
	}
	t := c.table(dims)
	for _, l := range lines {
		past := map[int][]int64{} // appearances of each id
		active := map[int64]map[int]bool{}
		for _, e := range l.events {
			past[e.id] = append(past[e.id], e.t)
			for len(past[e.id]) > 0 && past[e.id][0] <= e.t-nums[0] {
				past[e.id] = past[e.id][1:]
			}
			if e.t < start || e.t > end {
				continue
			}
			periods := map[int64]bool{}
			for _, p := range past[e.id] {
				periods[period.of(p)] = true
			}
			if bin := b.of(e.t); int64(len(periods)) >= nums[2] {
				if active[bin] == nil {
					active[bin] = map[int]bool{}
				}
				active[bin][e.id] = true
			}
		}
		for _, bin := range sortedKeys(active) {
			t.add(l.dims, bin, dimsHere, int64(len(active[bin])))
		}
	}
	return t.out, nil
}

func sortedKeys[V any](m map[int64]V) []int64 {
	out := make([]int64, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// newActivity: for the ids first seen in one step, how many are seen in each later one.
func newActivity(c *pluginCall) (*column.Batch, error) {
	start, end, err := c.bounds()
	if err != nil {
		return nil, err
	}
	b, err := c.bins(2, start)
	if err != nil {
		return nil, err
	}
	all, err := b.all(c, start, end)
	if err != nil {
		return nil, err
	}
	old := map[string]bool{}
	if len(c.tables) > 0 {
		v := c.tables[0].Cols[c.lookbackColumn()]
		for r := range c.tables[0].N {
			old[string(kernel.AppendCell(nil, v, r))] = true
		}
	}
	ids := c.arg(0)
	lines, dims, err := c.timelines()
	if err != nil {
		return nil, err
	}
	t := c.table(dims)
	for _, l := range lines {
		in := map[int64]map[int]bool{} // ids of each step
		first := map[int]int64{}
		for _, e := range l.between(start, end) {
			if old[string(kernel.AppendCell(nil, ids, e.row))] {
				continue
			}
			bin := b.of(e.t)
			if in[bin] == nil {
				in[bin] = map[int]bool{}
			}
			in[bin][e.id] = true
			if _, ok := first[e.id]; !ok {
				first[e.id] = bin
			}
		}
		cohort := map[int64]int{} // how many were first seen in a step
		for _, bin := range first {
			cohort[bin]++
		}
		for i, from := range all {
			if len(c.consts) > 3 && c.consts[3] != nil {
				if only, err := c.whole(3); err != nil {
					return nil, err
				} else if b.of(only) != from {
					continue
				}
			}
			if err := c.ctx.Err(); err != nil {
				return nil, err
			}
			for _, to := range all[i:] {
				fresh, kept := 0, 0
				for id := range in[to] {
					switch at := first[id]; {
					case at == from:
						kept++
						if to == from {
							fresh++
						}
					case at > from:
						fresh++
					}
				}
				n := cohort[from]
				rate := float64(kept) / float64(n)
				t.add(l.dims, from, to, int64(fresh), int64(kept), int64(n-kept), rate, 1-rate, dimsHere)
			}
		}
	}
	return t.out, nil
}

// lookbackColumn is the column of the look-back table that holds ids: the one of the id's name, else the first.
func (c *pluginCall) lookbackColumn() int {
	if ref, ok := c.n.Args[0].(*plan.Ref); ok {
		for _, col := range c.n.Input.Cols() {
			if col.ID != ref.ID {
				continue
			}
			for i, other := range c.n.Tables[0].Cols() {
				if other.Name == col.Name {
					return i
				}
			}
		}
	}
	return 0
}

// slidingWindow: for every step the rows and ids of the window that ends with it.
func slidingWindow(c *pluginCall) (*column.Batch, error) {
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
	all, err := b.all(c, start, end)
	if err != nil {
		return nil, err
	}
	lines, dims, err := c.timelines()
	if err != nil {
		return nil, err
	}
	t := c.table(dims)
	for _, l := range lines {
		count, from, to := map[int]int{}, 0, 0
		for _, bin := range all {
			for ; to < len(l.events) && l.events[to].t < b.after(bin); to++ {
				count[l.events[to].id]++
			}
			for ; from < to && l.events[from].t < b.after(bin)-window; from++ {
				if id := l.events[from].id; count[id] == 1 {
					delete(count, id)
				} else {
					count[id]--
				}
			}
			if to > from {
				t.add(l.dims, bin, dimsHere, int64(to-from), int64(len(count)))
			}
		}
	}
	return t.out, nil
}
