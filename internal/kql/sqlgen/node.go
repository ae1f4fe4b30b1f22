package sqlgen

import (
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// node writes a node. b bounds columns of its output: rows outside are of no interest to anything above.
func (g *gen) node(n plan.Node, b bounds) (*rel, bool) {
	switch n := n.(type) {
	case *plan.Scan:
		return g.scan(n, b)
	case *plan.Filter:
		return g.filter(n, b)
	case *plan.Project:
		return g.project(n, b)
	case *plan.Aggregate:
		return g.aggregate(n)
	case *plan.Sort:
		return g.sort(n, b)
	case *plan.Limit:
		return g.limit(n)
	case *plan.Union:
		return g.union(n, b)
	case *plan.Join:
		return g.join(n)
	case *plan.Values:
		return g.values(n)
	case *plan.Materialize:
		return g.materialize(n, b)
	}
	return nil, false
}

// maxValues is how many constant rows are written into a statement.
const maxValues = 1000

// values writes rows of constants. Types that SQL cannot compare are left to exec.
func (g *gen) values(n *plan.Values) (*rel, bool) {
	if len(n.Rows) > maxValues || len(n.Out) == 0 {
		return nil, false
	}
	out := &rel{notNull: map[int]bool{}, virtual: map[int]plan.Expr{}, time: map[int]bool{}}
	for _, c := range n.Out {
		if !simple(c.Type) && c.Type != schema.Real {
			return nil, false
		}
		out.cols = append(out.cols, c.ID)
		out.notNull[c.ID] = true
	}
	var rows []string
	for _, row := range n.Rows {
		var list []string
		for i, e := range row {
			v, ok := g.constant(e)
			if !ok || e.Type() != n.Out[i].Type {
				return nil, false
			}
			s, ok := g.literal(v, n.Out[i].Type)
			if !ok {
				return nil, false
			}
			out.notNull[n.Out[i].ID] = out.notNull[n.Out[i].ID] && (v != nil || n.Out[i].Type == schema.String)
			list = append(list, "CAST("+s+" AS "+sqlType(n.Out[i].Type)+") AS "+name(n.Out[i].ID))
		}
		rows = append(rows, "SELECT "+selectList(list))
	}
	if len(rows) == 0 {
		var list []string
		for _, c := range n.Out {
			list = append(list, "CAST(NULL AS "+sqlType(c.Type)+") AS "+name(c.ID))
		}
		rows = []string{"SELECT " + selectList(list) + " WHERE false"}
	}
	out.sql = strings.Join(rows, " UNION ALL ")
	return out, true
}

// materialize writes a table that is read once; where it is read again, its rows must be the same, and exec keeps them.
func (g *gen) materialize(n *plan.Materialize, b bounds) (*rel, bool) {
	uses := 0
	plan.Walk(g.root, func(m plan.Node) {
		if other, ok := m.(*plan.Materialize); ok && other.ID == n.ID {
			uses++
		}
	})
	if uses != 1 && !repeatable(n.Input) {
		return nil, false
	}
	down := bounds{}
	in := n.Input.Cols()
	for i, c := range n.Out {
		if iv, ok := b[c.ID]; ok {
			down[in[i].ID] = iv
		}
	}
	if uses != 1 {
		down = nil
	}
	r, ok := g.node(n.Input, down)
	if !ok {
		return nil, false
	}
	out := &rel{notNull: map[int]bool{}, virtual: map[int]plan.Expr{}, time: map[int]bool{}, free: r.free}
	var list []string
	for i, c := range n.Out {
		if !r.has(in[i].ID) {
			return nil, false
		}
		list = append(list, name(in[i].ID)+" AS "+name(c.ID))
		out.cols = append(out.cols, c.ID)
		out.notNull[c.ID], out.time[c.ID] = r.notNull[in[i].ID], r.time[in[i].ID]
	}
	out.sql = "SELECT " + selectList(list) + " FROM (" + r.sql + ") AS t"
	return out, true
}

// repeatable reports whether a table has the same rows every time it is read.
func repeatable(n plan.Node) bool {
	same := true
	plan.Walk(n, func(m plan.Node) {
		switch m := m.(type) {
		case *plan.Scan, *plan.Values, *plan.Project, *plan.Union:
		case *plan.Filter:
		case *plan.Join:
			same = same && m.Kind != plan.InnerUnique
		default:
			same = false
		}
		for _, e := range plan.Exprs(m) {
			plan.WalkExpr(e, func(e plan.Expr) {
				if c, ok := e.(*plan.Call); ok && impure(c.Func) {
					same = false
				}
			})
		}
	})
	return same
}

func (g *gen) filter(n *plan.Filter, b bounds) (*rel, bool) {
	r, ok := g.node(n.Input, b.and(g.boundsOf(n.Pred)))
	if !ok {
		return nil, false
	}
	pred, ok := g.cond(r, n.Pred)
	if !ok {
		return nil, false
	}
	r.sql = "SELECT " + selectList(r.pass()) + " FROM (" + r.sql + ") AS t WHERE " + pred
	return r, true
}

func (g *gen) project(n *plan.Project, b bounds) (*rel, bool) {
	down := bounds{}
	for _, it := range n.Items {
		if ref, ok := it.Expr.(*plan.Ref); ok {
			if iv, ok := b[it.Out.ID]; ok {
				down = down.and(bounds{ref.ID: iv})
			}
		}
	}
	in, ok := g.node(n.Input, down)
	if !ok {
		return nil, false
	}
	out := &rel{notNull: map[int]bool{}, virtual: map[int]plan.Expr{}, time: map[int]bool{}, order: in.order, free: in.free}
	var list []string
	carried := map[int]bool{} // input columns that virtual columns need
	for _, it := range n.Items {
		e := in.inline(it.Expr)
		if ref, ok := e.(*plan.Ref); ok {
			if a, ok := in.array(ref.ID); ok {
				list = append(list, name(ref.ID)+" AS "+name(it.Out.ID))
				out.arrays = append(out.arrays, array{it.Out.ID, a.most})
				continue
			}
		}
		s, ok := "", false
		if holds(e) {
			s, ok = g.value(in, e)
		}
		if !ok {
			if !pure(e) || !g.env.Computable(e) {
				return nil, false
			}
			out.virtual[it.Out.ID] = e
			for _, ref := range refs(e) {
				carried[ref.ID] = true
			}
			continue
		}
		list = append(list, s+" AS "+name(it.Out.ID))
		out.cols = append(out.cols, it.Out.ID)
		out.notNull[it.Out.ID] = in.never(e)
		if ref, ok := e.(*plan.Ref); ok {
			out.time[it.Out.ID] = in.time[ref.ID]
		}
	}
	for _, id := range in.cols { // in a fixed order, so that equal plans give equal text
		if !carried[id] || out.has(id) {
			continue
		}
		list = append(list, name(id))
		out.cols = append(out.cols, id)
		out.notNull[id], out.time[id] = in.notNull[id], in.time[id]
	}
	for _, a := range in.arrays {
		if _, ok := out.array(a.id); carried[a.id] && !ok {
			list = append(list, name(a.id))
			out.arrays = append(out.arrays, a)
		}
	}
	for _, k := range in.order {
		list = append(list, k.col)
	}
	out.sql = "SELECT " + selectList(list) + " FROM (" + in.sql + ") AS t"
	return out, true
}

func (g *gen) sort(n *plan.Sort, b bounds) (*rel, bool) {
	r, ok := g.node(n.Input, b)
	if !ok {
		return nil, false
	}
	list := (&rel{cols: r.cols, arrays: r.arrays}).pass()
	var order []sortKey
	for _, k := range n.Keys {
		e := r.inline(k.Expr)
		if !simple(e.Type()) && e.Type() != schema.Real {
			return nil, false
		}
		s, ok := g.value(r, e)
		if !ok {
			return nil, false
		}
		nulls := " NULLS LAST"
		if k.NullsFirst {
			nulls = " NULLS FIRST"
		}
		if e.Type() == schema.Real {
			// NaN stands between the nulls and the numbers, whichever way these go.
			rank := g.sortColumn("CASE WHEN "+s+" IS NULL THEN 2 WHEN isnan("+s+") THEN 1 ELSE 0 END", &list)
			order = append(order, sortKey{rank, direction(k.NullsFirst) + " NULLS LAST"})
		}
		order = append(order, sortKey{g.sortColumn(s, &list), direction(k.Desc) + nulls})
	}
	r.sql = "SELECT " + selectList(list) + " FROM (" + r.sql + ") AS t"
	r.order = order
	return r, true
}

func direction(desc bool) string {
	if desc {
		return "DESC"
	}
	return "ASC"
}

// sortColumn adds an expression to a select list and returns the name of its column.
func (g *gen) sortColumn(s string, list *[]string) string {
	col := fmt.Sprintf("s%d", g.keys)
	g.keys++
	*list = append(*list, s+" AS "+col)
	return col
}

// limit takes rows of an ordered or unordered input. Bounds from above must not reach the input: they would change
// which rows are the first.
func (g *gen) limit(n *plan.Limit) (*rel, bool) {
	v, ok := g.constant(n.N)
	if !ok {
		return nil, false
	}
	rows, ok := v.(int64)
	if !ok || rows < 0 {
		return nil, false
	}
	r, ok := g.node(n.Input, nil)
	if !ok {
		return nil, false
	}
	where := ""
	if k := r.lateKey(n.Input); k != "" && len(r.cols) > lateColumns && rows <= lateRows {
		// The engine would sort whole rows. Finding the limiting time first needs one column only.
		least, cmp, dir := "min", ">=", "DESC"
		if strings.HasPrefix(r.order[0].rest, "ASC") {
			least, cmp, dir = "max", "<=", "ASC"
		}
		where = fmt.Sprintf(" WHERE %s %s (SELECT %s(%s) FROM (SELECT %s FROM (%s) AS t ORDER BY %s %s LIMIT %d) AS t)", k, cmp, least, k, k, r.sql, k, dir, rows)
	}
	r.free = true
	r.sql = fmt.Sprintf("SELECT %s FROM (%s) AS t%s%s LIMIT %d", selectList(r.pass()), r.sql, where, orderBy(r.order), rows)
	return r, true
}

// Rewriting `top N by TimeGenerated` reads the input twice; it pays for wide rows and few of them.
const (
	lateColumns = 4
	lateRows    = 100_000
)

// lateKey returns the sort column when the order is that of TimeGenerated alone, which has no nulls.
func (r *rel) lateKey(input plan.Node) string {
	s, ok := input.(*plan.Sort)
	if !ok || r.free || len(s.Keys) != 1 || len(r.order) != 1 {
		return ""
	}
	if ref, ok := s.Keys[0].Expr.(*plan.Ref); ok && r.time[ref.ID] {
		return r.order[0].col
	}
	return ""
}

func (g *gen) union(n *plan.Union, b bounds) (*rel, bool) {
	out := &rel{notNull: map[int]bool{}, virtual: map[int]plan.Expr{}, time: map[int]bool{}}
	for _, c := range n.Out {
		out.cols = append(out.cols, c.ID)
		out.notNull[c.ID], out.time[c.ID] = true, true
	}
	var legs []string
	for _, leg := range n.Legs {
		down := bounds{}
		for i, c := range leg.Cols() {
			if iv, ok := b[n.Out[i].ID]; ok {
				down[c.ID] = iv
			}
		}
		r, ok := g.node(leg, down)
		if !ok {
			return nil, false
		}
		out.free = out.free || r.free
		var list []string
		for i, c := range leg.Cols() {
			to := n.Out[i]
			if !r.has(c.ID) || sqlType(c.Type) != sqlType(to.Type) {
				return nil, false
			}
			list = append(list, name(c.ID)+" AS "+name(to.ID))
			out.notNull[to.ID] = out.notNull[to.ID] && r.notNull[c.ID]
			out.time[to.ID] = out.time[to.ID] && r.time[c.ID]
		}
		legs = append(legs, "SELECT "+selectList(list)+" FROM ("+r.sql+") AS t")
	}
	if len(legs) == 0 {
		return nil, false
	}
	out.sql = strings.Join(legs, " UNION ALL ")
	return out, true
}

// inline replaces references to virtual columns by their expressions.
func (r *rel) inline(e plan.Expr) plan.Expr {
	if len(r.virtual) == 0 {
		return e
	}
	switch e := e.(type) {
	case *plan.Ref:
		if v, ok := r.virtual[e.ID]; ok {
			return v
		}
	case *plan.Call:
		args := make([]plan.Expr, len(e.Args))
		for i, a := range e.Args {
			args[i] = r.inline(a)
		}
		return &plan.Call{Func: e.Func, Args: args, T: e.T}
	}
	return e
}

// holds reports whether a column of SQL can hold the value of e exactly. JSON text forgets that a value in a computed
// dynamic is a datetime or a guid, and decimals have several texts for one number.
func holds(e plan.Expr) bool {
	if _, ok := e.(*plan.Ref); ok {
		return true
	}
	return e.Type() != schema.Dynamic && e.Type() != schema.Decimal && e.Type() != schema.Unknown
}
