package sqlgen

import (
	"fmt"
	"maps"
	"slices"
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
	case *plan.MvExpand:
		return g.mvExpand(n, b)
	case *plan.Parse:
		return g.parse(n, b)
	case *plan.ParseKV:
		return g.parseKV(n, b)
	case *plan.Serialize:
		return g.node(n.Input, b)
	case *plan.Range:
		return g.rangeOf(n)
	case *plan.External, *plan.Held:
		return g.rowsFrom(n)
	}
	return nil, false
}

// maxValues is how many constant rows are written into a statement.
const maxValues = 1000

// values writes rows of constants. Many of them, and those that SQL has no constant for, are handed over as rows.
func (g *gen) values(n *plan.Values) (*rel, bool) {
	bound := len(g.params)
	if r, ok := g.constants(n); ok {
		return r, true
	}
	g.params = g.params[:bound]
	return g.rowsFrom(n)
}

func (g *gen) constants(n *plan.Values) (*rel, bool) {
	if len(n.Rows) > maxValues {
		return nil, false
	}
	out := newRel()
	if len(n.Out) == 0 {
		out.sql = fmt.Sprintf("SELECT 0 AS z FROM range(%d) AS t", len(n.Rows))
		return out, true
	}
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

// sharedTable is a named table that several places read.
type sharedTable struct {
	rel  *rel // its sql is the name
	cols []plan.Col
}

// materialize writes a table that is read once in place; one that is read again becomes a named table.
func (g *gen) materialize(n *plan.Materialize, b bounds) (*rel, bool) {
	in := n.Input.Cols()
	if g.uses(n.ID) == 1 {
		down := bounds{}
		for i, c := range n.Out {
			if iv, ok := b[c.ID]; ok {
				down[in[i].ID] = iv
			}
		}
		r, ok := g.node(n.Input, down)
		if !ok || !g.force(r, in) {
			return nil, false
		}
		out, ok := r.renamed(in, n.Out, "("+r.sql+")", r.order)
		if ok {
			out.free = r.free
		}
		return out, ok
	}
	t, ok := g.shared[n.ID]
	if !ok {
		r, ok := g.node(n.Input, nil)
		if !ok || !g.force(r, nil) {
			return nil, false
		}
		r.sql = g.once("SELECT " + selectList((&rel{cols: r.cols}).pass()) + " FROM (" + r.sql + ") AS t")
		t = sharedTable{r, in}
		if g.shared == nil {
			g.shared = map[int]sharedTable{}
		}
		g.shared[n.ID] = t
	}
	return t.rel.renamed(t.cols, n.Out, t.rel.sql, nil)
}

// uses counts the places that read a materialized table.
func (g *gen) uses(id int) int {
	n := 0
	plan.Walk(g.root, func(m plan.Node) {
		if t, ok := m.(*plan.Materialize); ok && t.ID == id {
			n++
		}
	})
	return n
}

// renamed reads columns under other ids, position by position.
func (r *rel) renamed(in, cols []plan.Col, from string, order []sortKey) (*rel, bool) {
	out := newRel()
	out.order = order
	var list []string
	for i, c := range cols {
		id := in[i].ID
		if !r.has(id) {
			return nil, false
		}
		list = append(list, name(id)+" AS "+name(c.ID))
		out.cols = append(out.cols, c.ID)
		out.notNull[c.ID], out.time[c.ID] = r.notNull[id], r.time[id]
	}
	for _, k := range order {
		list = append(list, k.col)
	}
	out.sql = "SELECT " + selectList(list) + " FROM " + from + " AS t"
	return out, true
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
	out := newRel()
	out.order, out.free = in.order, in.free
	var list []string
	carried := map[int]bool{} // input columns that virtual columns need
	for _, it := range n.Items {
		e := in.inline(it.Expr)
		if later(e) && pure(e) && g.env.Computable(e) {
			out.virtual[it.Out.ID] = e
			for _, ref := range refs(e) {
				carried[ref.ID] = true
			}
			continue
		}
		s, ok := g.value(in, e)
		if !ok {
			return nil, false
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
	list := (&rel{cols: r.cols}).pass()
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
	out := newRel()
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
		if !ok || !g.force(r, leg.Cols()) {
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

// maxLater is how large an expression may grow while it is not computed: it is written wherever its column is read.
const maxLater = 64

// later reports whether a column is better computed where it is needed: a value that SQL can only hand on, as text, is not
// worth making before that.
func later(e plan.Expr) bool {
	if _, ok := e.(*plan.Ref); ok || e.Type() != schema.Dynamic && e.Type() != schema.Decimal {
		return false
	}
	n := 0
	plan.WalkExpr(e, func(plan.Expr) { n++ })
	return n <= maxLater
}

// force computes those virtual columns that are among cols, or all when cols is nil.
func (g *gen) force(r *rel, cols []plan.Col) bool {
	list := r.pass()
	var made []int
	for _, id := range slices.Sorted(maps.Keys(r.virtual)) {
		if cols != nil && !slices.ContainsFunc(cols, func(c plan.Col) bool { return c.ID == id }) {
			continue
		}
		s, ok := g.eval(r, r.virtual[id])
		if !ok {
			return false
		}
		list, made = append(list, s+" AS "+name(id)), append(made, id)
	}
	if len(made) == 0 {
		return true
	}
	for _, id := range made {
		delete(r.virtual, id)
	}
	r.cols = append(r.cols, made...)
	r.sql = "SELECT " + selectList(list) + " FROM (" + r.sql + ") AS t"
	return true
}
