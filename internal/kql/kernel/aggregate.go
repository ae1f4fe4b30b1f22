package kernel

import (
	"slices"
	"sync"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Aggregator folds rows into groups. Not safe for concurrent use.
type Aggregator interface {
	// Add folds n rows: groups[r] is the group of row r, total the number of groups so far. Each argument has n values.
	Add(groups []int, total int, args []*column.Vector, n int)
	// Result returns one vector per output with a value for each of total groups, those without rows included.
	Result(total int) []*column.Vector
	// Size estimates the bytes held.
	Size() int64
}

// aggSite is one aggregate call being bound.
type aggSite struct {
	name string
	args []Arg
	outs []schema.Type
}

type aggDef struct {
	make     func(s *aggSite) (Aggregator, error)
	min, max int
	pred     int // place of the predicate of an -if form; -1 without
}

// BindAggregate prepares an aggregate. outs are the types of its outputs as the plan wants them.
func BindAggregate(name string, args []Arg, outs []schema.Type) (Aggregator, error) {
	d, ok := aggregateTable()[name]
	if !ok {
		return nil, fault.New(fault.Invalid, "aggregate_not_supported", "The aggregate function %q cannot be run yet.", name)
	}
	if len(args) < d.min || d.max >= 0 && len(args) > d.max {
		return nil, fault.New(fault.Invalid, "function_arguments", "The aggregate function %q cannot be run with %d arguments.", name, len(args))
	}
	if d.pred < 0 {
		return d.make(&aggSite{name, args, outs})
	}
	rest := slices.Delete(slices.Clone(args), d.pred, d.pred+1)
	inner, err := d.make(&aggSite{name, rest, outs})
	if err != nil {
		return nil, err
	}
	return &filtered{inner: inner, pred: d.pred}, nil
}

// KnownAggregate reports whether an aggregate can be run.
func KnownAggregate(name string) bool { _, ok := aggregateTable()[name]; return ok }

// AggregateNames lists the aggregates that can be run, sorted.
func AggregateNames() []string {
	var out []string
	for name := range aggregateTable() {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

var aggregateTable = sync.OnceValue(func() map[string]aggDef {
	m := map[string]aggDef{
		"count": {make: newCount, max: 1, pred: -1}, "cnt": {make: newCount, max: 1, pred: -1}, "countif": {make: newCount, min: 1, max: 1, pred: 0},
		"make_list_with_nulls": {make: newList(true), min: 1, max: 1, pred: -1},
		"arg_max":              {make: newArg(1), min: 1, max: -1, pred: -1}, "argmax": {make: newArg(1), min: 1, max: -1, pred: -1},
		"arg_min": {make: newArg(-1), min: 1, max: -1, pred: -1}, "argmin": {make: newArg(-1), min: 1, max: -1, pred: -1},
		"percentile": {make: newPercentiles(false, false), min: 2, max: -1, pred: -1}, "percentiles": {make: newPercentiles(false, false), min: 2, max: -1, pred: -1},
		"percentiles_array": {make: newPercentiles(false, true), min: 2, max: -1, pred: -1},
		"percentilew":       {make: newPercentiles(true, false), min: 3, max: -1, pred: -1}, "percentilesw": {make: newPercentiles(true, false), min: 3, max: -1, pred: -1},
		"percentilesw_array": {make: newPercentiles(true, true), min: 3, max: -1, pred: -1},
		"any":                {make: newAny, min: 1, max: -1, pred: -1}, "take_any": {make: newAny, min: 1, max: -1, pred: -1},
		"anyif": {make: newAny, min: 2, max: 2, pred: 1}, "take_anyif": {make: newAny, min: 2, max: 2, pred: 1},
		"hll_merge": {make: newSketch("hll_merge"), min: 1, max: 1, pred: -1}, "tdigest_merge": {make: newSketch("tdigest_merge"), min: 1, max: 1, pred: -1},
		"merge_tdigest": {make: newSketch("tdigest_merge"), min: 1, max: 1, pred: -1}, "tdigest": {make: newSketch("tdigest"), min: 1, max: 2, pred: -1},
		"buildschema": {make: newSchema, min: 1, max: 1, pred: -1},
	}
	// Those with an -if form of a predicate after the value.
	for _, a := range []struct {
		name, ifName string
		make         func(*aggSite) (Aggregator, error)
		more         int // arguments after the value
	}{
		{"sum", "sumif", newSum, 0}, {"avg", "avgif", newAvg, 0}, {"min", "minif", newExtreme(-1), 0}, {"max", "maxif", newExtreme(1), 0},
		{"hll", "hll_if", newSketch("hll"), 1},
		{"dcount", "dcountif", newDistinct, 1}, {"count_distinct", "count_distinctif", newDistinct, 0},
		{"make_set", "make_set_if", newSet, 1}, {"makeset", "", newSet, 1}, {"make_list", "make_list_if", newList(false), 1}, {"makelist", "", newList(false), 1},
		{"make_bag", "make_bag_if", newBag, 1}, {"make_dictionary", "", newBag, 1},
		{"stdev", "stdevif", newMoments(true, true), 0}, {"stdevp", "stdevpif", newMoments(false, true), 0},
		{"variance", "varianceif", newMoments(true, false), 0}, {"variancep", "variancepif", newMoments(false, false), 0},
		{"binary_all_and", "", newBits(func(a, b int64) int64 { return a & b }), 0}, {"binary_all_or", "", newBits(func(a, b int64) int64 { return a | b }), 0},
		{"binary_all_xor", "", newBits(func(a, b int64) int64 { return a ^ b }), 0},
	} {
		m[a.name] = aggDef{make: a.make, min: 1, max: 1 + a.more, pred: -1}
		if a.ifName != "" {
			m[a.ifName] = aggDef{make: a.make, min: 2, max: 2 + a.more, pred: 1}
		}
	}
	for name, sample := range map[string]bool{"covariance": true, "covariancep": false} {
		m[name] = aggDef{make: newCovariance(sample), min: 2, max: 2, pred: -1}
		m[name+"if"] = aggDef{make: newCovariance(sample), min: 3, max: 3, pred: 2}
	}
	return m
})

// filtered passes on the rows whose predicate is true: the -if forms.
type filtered struct {
	inner Aggregator
	pred  int
}

func (a *filtered) Add(groups []int, total int, args []*column.Vector, n int) {
	p := Convert(args[a.pred], schema.Bool)
	var rows, sub []int
	for r := range n {
		if p.Bools[r] && !p.Null(r) {
			rows = append(rows, r)
			sub = append(sub, groups[r])
		}
	}
	rest := make([]*column.Vector, 0, len(args)-1)
	for i, v := range args {
		if i != a.pred {
			rest = append(rest, v.Gather(rows))
		}
	}
	a.inner.Add(sub, total, rest, len(rows))
}

func (a *filtered) Result(total int) []*column.Vector { return a.inner.Result(total) }
func (a *filtered) Size() int64                       { return a.inner.Size() }

// grown returns s with at least n elements, new ones zero.
func grown[T any](s []T, n int) []T {
	if len(s) >= n {
		return s
	}
	return append(s, make([]T, n-len(s))...)
}

type count struct{ n []int64 }

func newCount(*aggSite) (Aggregator, error) { return &count{}, nil }

func (a *count) Add(groups []int, total int, _ []*column.Vector, n int) {
	a.n = grown(a.n, total)
	for _, g := range groups[:n] {
		a.n[g]++
	}
}

func (a *count) Result(total int) []*column.Vector {
	a.n = grown(a.n, total)
	return []*column.Vector{{Type: schema.Long, Ints: a.n[:total]}}
}

func (a *count) Size() int64 { return int64(8 * cap(a.n)) }

// bitsAgg folds whole numbers with an operation on bits.
type bitsAgg struct {
	f   func(a, b int64) int64
	has []bool
	v   []int64
}

func newBits(f func(a, b int64) int64) func(*aggSite) (Aggregator, error) {
	return func(*aggSite) (Aggregator, error) { return &bitsAgg{f: f}, nil }
}

func (a *bitsAgg) Add(groups []int, total int, args []*column.Vector, n int) {
	a.has, a.v = grown(a.has, total), grown(a.v, total)
	x := asInts(args[0], n)
	for r, g := range groups[:n] {
		switch {
		case x.null(r):
		case a.has[g]:
			a.v[g] = a.f(a.v[g], x.at(r))
		default:
			a.has[g], a.v[g] = true, x.at(r)
		}
	}
}

func (a *bitsAgg) Result(total int) []*column.Vector {
	a.has, a.v = grown(a.has, total), grown(a.v, total)
	out := column.New(schema.Long, total)
	for g := range total {
		if a.has[g] {
			out.AppendInt(a.v[g])
		} else {
			out.AppendNull()
		}
	}
	return []*column.Vector{out}
}

func (a *bitsAgg) Size() int64 { return int64(9 * cap(a.v)) }
