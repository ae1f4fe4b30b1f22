package engine

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// maker draws random plans and expressions.
type maker struct {
	*rapid.T
	id int
}

func (m *maker) fresh() int { m.id++; return m.id }

func (m *maker) pick(n int, label string) int { return rapid.IntRange(0, n-1).Draw(m.T, label) }

func one[V any](m *maker, list []V, label string) V { return list[m.pick(len(list), label)] }

var scalarTypes = []schema.Type{schema.Bool, schema.Int, schema.Long, schema.Real, schema.String, schema.Datetime, schema.Timespan, schema.Guid, schema.Decimal, schema.Dynamic}

// columnOf returns a reference to a column of the type, or nil.
func (m *maker) columnOf(cols []plan.Col, t schema.Type) plan.Expr {
	var fit []plan.Col
	for _, c := range cols {
		if c.Type == t {
			fit = append(fit, c)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	c := one(m, fit, "column")
	return &plan.Ref{ID: c.ID, T: c.Type}
}

func (m *maker) literal(t schema.Type) plan.Expr {
	return &plan.Lit{T: t, Value: one(m, nasty[t], "value")}
}

// expr draws an expression of a type.
func (m *maker) expr(cols []plan.Col, t schema.Type, depth int) plan.Expr {
	if depth <= 0 || m.pick(4, "leaf") == 0 {
		if e := m.columnOf(cols, t); e != nil && m.pick(4, "constant") > 0 {
			return e
		}
		return m.literal(t)
	}
	sub := func(t schema.Type) plan.Expr { return m.expr(cols, t, depth-1) }
	call := func(f string, args ...plan.Expr) plan.Expr {
		if !kernel.Known(f) {
			return m.literal(t)
		}
		return &plan.Call{Func: f, Args: args, T: t}
	}
	switch t {
	case schema.Bool:
		return m.predicate(cols, depth)
	case schema.Long:
		switch m.pick(5, "long") {
		case 0:
			return call(one(m, []string{"+", "-", "*", "/", "%"}, "op"), sub(t), sub(t))
		case 1:
			return call("strlen", sub(schema.String))
		case 2:
			return call("tolong", sub(one(m, scalarTypes, "from")))
		case 3:
			return call("bin", sub(t), m.literal(t))
		}
	case schema.Int:
		return call("toint", sub(one(m, scalarTypes, "from")))
	case schema.Real:
		if m.pick(2, "real") == 0 {
			return call(one(m, []string{"+", "-", "*", "/"}, "op"), sub(t), sub(t))
		}
		return call("toreal", sub(one(m, scalarTypes, "from")))
	case schema.String:
		switch m.pick(4, "string") {
		case 0:
			return call(one(m, []string{"tolower", "toupper"}, "case"), sub(t))
		case 1:
			return call("tostring", sub(one(m, scalarTypes, "from")))
		case 2:
			return call("strcat", sub(t), sub(t))
		}
	case schema.Datetime:
		if m.pick(2, "datetime") == 0 {
			return call("bin", sub(t), &plan.Lit{T: schema.Timespan, Value: column.Hour})
		}
		return call("ago", &plan.Lit{T: schema.Timespan, Value: int64(m.pick(10, "days")) * column.Day})
	case schema.Dynamic:
		if m.pick(2, "dynamic") == 0 {
			return call("parse_json", sub(schema.String))
		}
		return call("member", sub(t), &plan.Lit{T: schema.String, Value: one(m, []string{"x", "n", "o", "X"}, "key")})
	}
	if t != schema.Dynamic && t != schema.Decimal && m.pick(2, "iff") == 0 {
		return call("iff", sub(schema.Bool), sub(t), sub(t))
	}
	return m.literal(t)
}

func (m *maker) predicate(cols []plan.Col, depth int) plan.Expr {
	call := func(f string, args ...plan.Expr) plan.Expr { return &plan.Call{Func: f, Args: args, T: schema.Bool} }
	sub := func(t schema.Type) plan.Expr { return m.expr(cols, t, depth-1) }
	kind := m.pick(10, "predicate")
	switch kind {
	case 0:
		return call(one(m, []string{"and", "or"}, "op"), sub(schema.Bool), sub(schema.Bool))
	case 1:
		return call("not", sub(schema.Bool))
	case 2, 3:
		t := one(m, []schema.Type{schema.Bool, schema.Int, schema.Long, schema.Real, schema.String, schema.Datetime, schema.Timespan, schema.Guid}, "compared")
		ops := []string{"==", "!=", "<", "<=", ">", ">="}
		if t == schema.Bool || t == schema.Guid {
			ops = ops[:2]
		}
		return call(one(m, ops, "op"), sub(t), sub(t))
	case 4:
		t := one(m, []schema.Type{schema.Int, schema.Long, schema.String, schema.Datetime}, "in type")
		args := []plan.Expr{sub(t)}
		for range 1 + m.pick(3, "values") {
			args = append(args, m.literal(t))
		}
		return call(one(m, []string{"in", "!in"}, "op"), args...)
	case 5:
		op := one(m, []string{"contains", "!contains", "contains_cs", "startswith", "startswith_cs", "!startswith_cs", "endswith", "endswith_cs", "has", "has_cs", "!has", "hasprefix", "=~", "!~", "!contains_cs"}, "op")
		return call(op, sub(schema.String), m.literal(schema.String))
	case 6:
		op := one(m, []string{"isempty", "isnotempty", "isnull", "isnotnull"}, "op")
		return call(op, sub(one(m, scalarTypes, "tested")))
	case 7:
		t := one(m, []schema.Type{schema.Int, schema.Long, schema.Datetime, schema.String}, "between type")
		if t == schema.String {
			t = schema.Long
		}
		return call(one(m, []string{"between", "!between"}, "op"), sub(t), sub(t), sub(t))
	}
	if kind == 8 && depth > 1 {
		t := one(m, []schema.Type{schema.Bool, schema.Int, schema.Long, schema.String, schema.Datetime, schema.Guid}, "looked up")
		in := m.node(0)
		table := &plan.Project{Input: in, Items: []plan.Item{{Out: plan.Col{ID: m.fresh(), Name: "v", Type: t}, Expr: m.expr(in.Cols(), t, 1)}}}
		return &plan.InTable{Func: one(m, []string{"in", "!in"}, "op"), X: sub(t), Input: table}
	}
	at := m.columnOf(cols, schema.Datetime)
	if at == nil {
		return sub(schema.Bool)
	}
	return call(one(m, []string{"<", ">", ">=", "<=", "=="}, "op"), at, &plan.Lit{T: schema.Datetime, Value: instant - int64(m.pick(11, "days"))*column.Day})
}

// node draws a plan.
func (m *maker) node(depth int) plan.Node {
	if depth <= 0 {
		s := scanOf(m.id + 1)
		m.id += 100
		return s
	}
	kind := m.pick(12, "node")
	in := m.node(depth - 1)
	switch cols := in.Cols(); kind {
	case 0, 1, 2:
		return &plan.Filter{Input: in, Pred: m.predicate(cols, 3)}
	case 3, 4:
		return m.project(in)
	case 5:
		return m.aggregate(in)
	case 6:
		return m.sorted(in)
	case 7:
		return m.union(in, depth)
	case 8:
		return m.expand(in)
	case 9:
		return m.parsed(in)
	case 10:
		return m.withRows(in)
	}
	return m.join(in, depth)
}

func (m *maker) project(in plan.Node) plan.Node {
	p := &plan.Project{Input: in}
	for _, c := range in.Cols() {
		if m.pick(3, "keep") > 0 {
			p.Items = append(p.Items, plan.Item{Out: c, Expr: &plan.Ref{ID: c.ID, T: c.Type}})
		}
	}
	for range m.pick(3, "computed") {
		t := one(m, scalarTypes, "type")
		e := m.expr(in.Cols(), t, 3)
		p.Items = append(p.Items, plan.Item{Out: plan.Col{ID: m.fresh(), Name: "x", Type: t}, Expr: e})
	}
	return p
}

func (m *maker) aggregate(in plan.Node) plan.Node {
	a := &plan.Aggregate{Input: in}
	keyTypes := []schema.Type{schema.Bool, schema.Int, schema.Long, schema.String, schema.Datetime, schema.Timespan, schema.Real, schema.Guid}
	for range m.pick(3, "keys") {
		t := one(m, keyTypes, "key")
		a.Keys = append(a.Keys, plan.Item{Out: plan.Col{ID: m.fresh(), Name: "k", Type: t}, Expr: m.expr(in.Cols(), t, 2)})
	}
	n := m.pick(4, "aggregates")
	if n == 0 && len(a.Keys) == 0 {
		n = 1
	}
	for range n {
		f := one(m, []string{"count", "countif", "sum", "min", "max", "dcount", "avg", "sumif", "minif", "maxif", "dcountif", "avgif"}, "aggregate")
		t, out := schema.Long, schema.Long
		switch strings.TrimSuffix(f, "if") {
		case "count":
			t = schema.Bool
		case "sum":
			t = one(m, []schema.Type{schema.Int, schema.Long, schema.Timespan}, "summed")
			if out = t; t == schema.Int {
				out = schema.Long
			}
		case "min", "max":
			t = one(m, []schema.Type{schema.Int, schema.Long, schema.Timespan, schema.Datetime, schema.Real, schema.Bool, schema.String}, "compared")
			out = t
		case "dcount":
			t = one(m, keyTypes, "counted")
		case "avg":
			t, out = schema.Int, schema.Real // whose sums are exact in any order
		}
		g := plan.Agg{Func: f, Out: []plan.Col{{ID: m.fresh(), Name: f, Type: out}}}
		if f != "count" {
			g.Args = []plan.Expr{m.expr(in.Cols(), t, 2)}
		}
		if strings.HasSuffix(f, "if") && f != "countif" {
			g.Args = append(g.Args, m.predicate(in.Cols(), 1))
		}
		a.Aggs = append(a.Aggs, g)
	}
	return a
}

// sorted orders by some keys and then by everything else that can be ordered, and may take the first rows.
func (m *maker) sorted(in plan.Node) plan.Node {
	s := &plan.Sort{Input: in}
	for range 1 + m.pick(2, "keys") {
		t := one(m, []schema.Type{schema.Bool, schema.Int, schema.Long, schema.Real, schema.String, schema.Datetime, schema.Timespan}, "key")
		s.Keys = append(s.Keys, plan.SortKey{Expr: m.expr(in.Cols(), t, 1), Desc: m.pick(2, "desc") == 0, NullsFirst: m.pick(2, "nulls") == 0})
	}
	total := true
	for _, c := range in.Cols() {
		if c.Type == schema.Dynamic || c.Type == schema.Decimal || c.Type == schema.Guid {
			total = false // rows that differ only here may stand in any order
			continue
		}
		s.Keys = append(s.Keys, plan.SortKey{Expr: &plan.Ref{ID: c.ID, T: c.Type}})
	}
	if !total || m.pick(2, "limit") == 0 {
		return s
	}
	return &plan.Limit{Input: s, N: &plan.Lit{T: schema.Long, Value: int64(m.pick(30, "rows"))}}
}

func (m *maker) union(in plan.Node, depth int) plan.Node {
	other := m.node(depth - 1)
	u := &plan.Union{}
	left, right := &plan.Project{Input: in}, &plan.Project{Input: other}
	taken := map[int]bool{}
	for _, c := range in.Cols() {
		for _, d := range other.Cols() {
			if c.Type == d.Type && !taken[d.ID] {
				taken[d.ID] = true
				left.Items = append(left.Items, plan.Item{Out: c, Expr: &plan.Ref{ID: c.ID, T: c.Type}})
				right.Items = append(right.Items, plan.Item{Out: d, Expr: &plan.Ref{ID: d.ID, T: d.Type}})
				u.Out = append(u.Out, plan.Col{ID: m.fresh(), Name: c.Name, Type: c.Type})
				break
			}
		}
	}
	u.Legs = []plan.Node{left, right}
	return u
}

func (m *maker) join(in plan.Node, depth int) plan.Node {
	// Both sides are cut down first: nasty values repeat, and pairs multiply.
	small := func(n plan.Node) plan.Node {
		keys := &plan.Aggregate{Input: n}
		for _, c := range n.Cols() {
			switch c.Type {
			case schema.String, schema.Long, schema.Bool:
				if len(keys.Keys) < 2 {
					keys.Keys = append(keys.Keys, plan.Item{Out: plan.Col{ID: m.fresh(), Name: c.Name, Type: c.Type}, Expr: &plan.Ref{ID: c.ID, T: c.Type}})
				}
			}
		}
		keys.Aggs = []plan.Agg{{Func: "count", Out: []plan.Col{{ID: m.fresh(), Name: "n", Type: schema.Long}}}}
		return keys
	}
	left, right := small(in), small(m.node(depth-1))
	// innerunique keeps any row of a key: with keys that are all of a row's grouping the choice is not free.
	kind := one(m, []plan.JoinKind{plan.Inner, plan.LeftOuter, plan.RightOuter, plan.FullOuter, plan.LeftSemi, plan.RightSemi, plan.LeftAnti, plan.RightAnti}, "join")
	j := &plan.Join{Kind: kind, Left: left, Right: right}
	lc, rc := left.Cols(), right.Cols()
	for i := 0; i < len(lc) && i < len(rc) && lc[i].Type == rc[i].Type; i++ {
		j.On = append(j.On, plan.JoinKey{Left: &plan.Ref{ID: lc[i].ID, T: lc[i].Type}, Right: &plan.Ref{ID: rc[i].ID, T: rc[i].Type}})
		break
	}
	if len(j.On) == 0 {
		return in
	}
	if kind != plan.RightSemi && kind != plan.RightAnti {
		j.Out = append(j.Out, lc...)
	}
	if kind != plan.LeftSemi && kind != plan.LeftAnti {
		j.Out = append(j.Out, rc...)
	}
	return j
}

// ordered reports whether the order of a plan's rows means something.
func ordered(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Sort:
		for _, c := range n.Cols() {
			if c.Type == schema.Dynamic || c.Type == schema.Decimal || c.Type == schema.Guid {
				return false
			}
		}
		return true
	case *plan.Limit:
		return ordered(n.Input)
	case *plan.Filter:
		return ordered(n.Input)
	case *plan.Parse:
		return !n.Where && ordered(n.Input)
	}
	return false
}

// TestEnginesAgree: whatever the plan, DuckDB and Go give the same rows, in the same order where order means something.
func TestEnginesAgree(t *testing.T) {
	w := newWorld(t, 7)
	w.mixed(t, 60)
	ran, taken := 0, 0
	repeat(t, 2, func(rt *rapid.T) {
		m := &maker{T: rt}
		n := m.node(1 + m.pick(4, "depth"))
		want, _, wantErr := w.run(t.Context(), n, Go)
		got, _, err := w.run(t.Context(), n, DuckDB)
		if (wantErr != nil) != (err != nil) {
			rt.Fatalf("Go: %v\nDuckDB: %v\n%s", wantErr, err, describe(n))
		}
		if err != nil {
			return
		}
		ran++
		if w.taken(n) {
			taken++
		}
		if d := cmp.Diff(texts(want, ordered(n)), texts(got, ordered(n))); d != "" {
			rt.Fatalf("-Go +DuckDB\n%s\n%s", d, describe(n))
		}
	})
	t.Logf("%d plans, %d of them run by DuckDB as a whole", ran, taken)
	if ran > 50 && taken*5 < ran {
		t.Errorf("DuckDB took only %d of %d plans", taken, ran)
	}
}

// TestPruningKeepsRows: a plan without the columns nobody reads gives the same rows.
func TestPruningKeepsRows(t *testing.T) {
	w := newWorld(t, 8)
	w.mixed(t, 40)
	rapid.Check(t, func(rt *rapid.T) {
		m := &maker{T: rt}
		n := m.node(1 + m.pick(4, "depth"))
		pruned := plan.Prune(n)
		want, _, wantErr := w.run(t.Context(), n, Go)
		for _, mode := range []Mode{Go, DuckDB} {
			got, _, err := w.run(t.Context(), pruned, mode)
			if (wantErr != nil) != (err != nil) {
				rt.Fatalf("whole: %v\npruned, %s: %v\n%s", wantErr, mode, err, describe(n))
			}
			if d := cmp.Diff(texts(want, ordered(n)), texts(got, ordered(n))); d != "" {
				rt.Fatalf("-whole +pruned, %s\n%s\n%s\n%s", mode, d, describe(n), describe(pruned))
			}
		}
	})
}

// TestSetsAgree: make_set gives the same elements, whatever is above and below that DuckDB also takes.
func TestSetsAgree(t *testing.T) {
	w := newWorld(t, 15)
	w.mixed(t, 60)
	taken := 0
	rapid.Check(t, func(rt *rapid.T) {
		m := &maker{T: rt}
		in := m.node(m.pick(3, "depth"))
		a := &plan.Aggregate{Input: in}
		for range m.pick(3, "keys") {
			t := one(m, []schema.Type{schema.Bool, schema.String, schema.Int}, "key")
			a.Keys = append(a.Keys, plan.Item{Out: plan.Col{ID: m.fresh(), Name: "k", Type: t}, Expr: m.expr(in.Cols(), t, 1)})
		}
		for range 1 + m.pick(2, "sets") {
			t := one(m, []schema.Type{schema.Bool, schema.String, schema.Int, schema.Long, schema.Datetime}, "element")
			g := plan.Agg{Func: "make_set", Args: []plan.Expr{m.expr(in.Cols(), t, 1)}, Out: []plan.Col{{ID: m.fresh(), Name: "set_", Type: schema.Dynamic}}}
			if m.pick(2, "if") == 0 {
				g.Func, g.Args = "make_set_if", append(g.Args, m.predicate(in.Cols(), 1))
			}
			a.Aggs = append(a.Aggs, g)
		}
		var n plan.Node = a
		if m.pick(2, "count") == 0 {
			a.Aggs = append(a.Aggs, plan.Agg{Func: "count", Out: []plan.Col{{ID: m.fresh(), Name: "n", Type: schema.Long}}})
			last := a.Cols()[len(a.Cols())-1]
			n = &plan.Filter{Input: a, Pred: &plan.Call{Func: ">", T: schema.Bool, Args: []plan.Expr{&plan.Ref{ID: last.ID, T: schema.Long}, &plan.Lit{T: schema.Long, Value: int64(1)}}}}
		}
		if m.pick(2, "project") == 0 {
			p := &plan.Project{Input: n}
			for _, c := range n.Cols() {
				p.Items = append(p.Items, plan.Item{Out: c, Expr: &plan.Ref{ID: c.ID, T: c.Type}})
			}
			n = p
		}
		want, _, wantErr := w.run(t.Context(), n, Go)
		got, _, err := w.run(t.Context(), n, DuckDB)
		if (wantErr != nil) != (err != nil) {
			rt.Fatalf("Go: %v\nDuckDB: %v\n%s", wantErr, err, describe(n))
		}
		if w.taken(n) {
			taken++
		}
		if d := cmp.Diff(texts(asSets(want), false), texts(asSets(got), false)); d != "" {
			rt.Fatalf("-Go +DuckDB\n%s\n%s", d, describe(n))
		}
	})
	if taken == 0 {
		t.Error("DuckDB took no set")
	}
}
