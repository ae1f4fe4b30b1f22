package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Print writes a plan as an indented tree, the root first: for explain and for tests. Columns go by their names; where
// several columns of the plan have one name, by name#n in the order of their ids.
func Print(root Node) string { return PrintNoted(root, nil) }

// PrintNoted does the same and adds a note at the end of each node's line.
func PrintNoted(root Node, note func(Node) string) string {
	p := &printer{names: map[int]string{}, seen: map[int]bool{}, note: note}
	p.collect(root)
	p.node(root, 0)
	return p.b.String()
}

type printer struct {
	b     strings.Builder
	names map[int]string
	seen  map[int]bool // materialized tables already written
	note  func(Node) string
	next  string // note of the node whose line comes next
}

func (p *printer) collect(root Node) {
	byName := map[string][]int{}
	add := func(c Col) {
		if _, ok := p.names[c.ID]; !ok {
			p.names[c.ID] = c.Name
			byName[c.Name] = append(byName[c.Name], c.ID)
		}
	}
	Walk(root, func(n Node) {
		for _, c := range n.Cols() {
			add(c)
		}
	})
	for name, ids := range byName {
		if len(ids) > 1 {
			for i, id := range ids {
				if i > 0 {
					p.names[id] = name + "#" + strconv.Itoa(i)
				}
			}
		}
	}
}

func (p *printer) name(id int) string {
	if n, ok := p.names[id]; ok {
		return n
	}
	return "#" + strconv.Itoa(id)
}

func (p *printer) line(depth int, format string, args ...any) {
	p.b.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&p.b, format, args...)
	p.b.WriteString(p.next)
	p.next = ""
	p.b.WriteByte('\n')
}

func (p *printer) cols(cols []Col) string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = p.name(c.ID)
	}
	return strings.Join(out, ", ")
}

func (p *printer) typed(cols []Col) string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = p.name(c.ID) + ":" + c.Type.String()
	}
	return strings.Join(out, ", ")
}

func (p *printer) items(items []Item) string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = p.name(it.Out.ID)
		if r, ok := it.Expr.(*Ref); !ok || r.ID != it.Out.ID {
			out[i] += " = " + p.expr(it.Expr)
		}
	}
	return strings.Join(out, ", ")
}

func (p *printer) node(n Node, depth int) {
	if p.note != nil {
		p.next = p.note(n)
	}
	switch n := n.(type) {
	case *Scan:
		out := make([]string, len(n.Out))
		for i, c := range n.Out {
			out[i] = p.name(c.ID)
			if n.Sources[i] != c.Name {
				out[i] += "=" + n.Sources[i]
			}
		}
		p.line(depth, "scan %s [%s]", n.Table, strings.Join(out, ", "))
	case *Values:
		p.line(depth, "values [%s] %d rows", p.typed(n.Out), len(n.Rows))
	case *Range:
		p.line(depth, "range %s from %s to %s step %s", p.name(n.Out.ID), p.expr(n.From), p.expr(n.To), p.expr(n.Step))
	case *Filter:
		p.line(depth, "filter %s", p.expr(n.Pred))
	case *Project:
		p.line(depth, "project %s", p.items(n.Items))
	case *Aggregate:
		aggs := make([]string, len(n.Aggs))
		for i, a := range n.Aggs {
			aggs[i] = fmt.Sprintf("(%s) = %s(%s)", p.cols(a.Out), a.Func, p.list(a.Args))
		}
		p.line(depth, "aggregate [%s] by [%s]", strings.Join(aggs, ", "), p.items(n.Keys))
	case *Sort:
		keys := make([]string, len(n.Keys))
		for i, k := range n.Keys {
			keys[i] = p.expr(k.Expr) + map[bool]string{true: " desc", false: " asc"}[k.Desc] + map[bool]string{true: " nulls first", false: " nulls last"}[k.NullsFirst]
		}
		p.line(depth, "sort %s", strings.Join(keys, ", "))
	case *Limit:
		p.line(depth, "limit %s", p.expr(n.N))
	case *Join:
		on := make([]string, len(n.On))
		for i, k := range n.On {
			on[i] = p.expr(k.Left) + " == " + p.expr(k.Right)
		}
		p.line(depth, "join %s on %s [%s]", n.Kind, strings.Join(on, ", "), p.cols(n.Out))
	case *Union:
		p.line(depth, "union [%s]", p.typed(n.Out))
	default:
		p.nodeMore(n, depth)
		return
	}
	for _, in := range n.Inputs() {
		p.node(in, depth+1)
	}
}

func (p *printer) nodeMore(n Node, depth int) {
	switch n := n.(type) {
	case *MvExpand:
		items := make([]string, len(n.Items))
		for i, it := range n.Items {
			items[i] = p.name(it.Out.ID) + " = " + p.expr(it.Expr)
			if it.T != schema.Unknown {
				items[i] += " to " + it.T.String()
			}
		}
		p.line(depth, "mv-expand %s", strings.Join(items, ", "))
	case *Parse:
		steps := make([]string, len(n.Steps))
		for i, s := range n.Steps {
			switch {
			case s.Star:
				steps[i] = "*"
			case s.Out != nil:
				steps[i] = p.name(s.Out.ID) + ":" + s.Out.Type.String()
			default:
				steps[i] = strconv.Quote(s.Literal)
			}
		}
		p.line(depth, "parse %s%s with %s", n.Kind, map[bool]string{true: " where"}[n.Where], p.expr(n.X)+" "+strings.Join(steps, " "))
	case *Materialize:
		p.line(depth, "materialize %d [%s]", n.ID, p.cols(n.Out))
		if p.seen[n.ID] {
			return
		}
		p.seen[n.ID] = true
	case *Serialize:
		p.line(depth, "serialize")
	case *Apply:
		p.line(depth, "apply by [%s] [%s]", p.list(n.By), p.cols(n.Out))
	case *GroupRows:
		p.line(depth, "rows of the group [%s]", p.cols(n.Out))
	case *WideUnion:
		p.line(depth, "union of %d tables, %d columns", len(n.Legs), len(n.Out))
	case *MakeSeries:
		p.line(depth, "make-series [%s] along %s by [%s]", p.cols(n.Cols()[len(n.Keys):]), p.name(n.Bin.ID), p.cols(n.Keys))
	case *TopNested:
		p.line(depth, "top-nested [%s]", p.cols(n.Cols()))
	case *Plugin:
		p.line(depth, "evaluate %s(%s) [%s]", n.Name, p.list(n.Parts()), p.typed(n.Out))
	case *External:
		p.line(depth, "externaldata %s [%s]", p.list(n.URIs), p.typed(n.Out))
	case *Held:
		p.line(depth, "rows that were computed already [%s]", p.typed(n.Out))
	case *ParseKV:
		p.line(depth, "parse-kv %s as [%s]", p.expr(n.X), p.typed(n.Keys))
	case *Match:
		p.line(depth, "scan by [%s] %d steps [%s]", p.list(n.By), len(n.Steps), p.cols(n.Cols()))
	case *Unsupported:
		p.line(depth, "cannot be run yet: %s [%s]", n.Name, p.typed(n.Out))
	default:
		p.line(depth, "%T [%s]", n, p.cols(n.Cols()))
	}
	for _, in := range n.Inputs() {
		p.node(in, depth+1)
	}
}

func (p *printer) list(args []Expr) string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = p.expr(a)
	}
	return strings.Join(out, ", ")
}

var infix = map[string]bool{
	"==": true, "!=": true, "<": true, "<=": true, ">": true, ">=": true, "=~": true, "!~": true, "+": true, "-": true, "*": true, "/": true, "%": true,
	"and": true, "or": true,
}

func (p *printer) expr(e Expr) string {
	switch e := e.(type) {
	case *Lit:
		return literal(e)
	case *Ref:
		return p.name(e.ID)
	case *Call:
		if infix[e.Func] && len(e.Args) == 2 {
			return "(" + p.expr(e.Args[0]) + " " + e.Func + " " + p.expr(e.Args[1]) + ")"
		}
		return e.Func + "(" + p.list(e.Args) + ")"
	case *Scalar:
		return "toscalar(" + p.inline(e.Input) + ")"
	case *InTable:
		return "(" + p.expr(e.X) + " " + e.Func + " (" + p.inline(e.Input) + "))"
	}
	return fmt.Sprintf("%T", e)
}

// inline writes a table inside an expression on one line.
func (p *printer) inline(n Node) string {
	q := &printer{names: p.names, seen: p.seen}
	q.node(n, 0)
	lines := strings.Split(strings.TrimSpace(q.b.String()), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, " <- ")
}

// literal writes a constant as KQL would.
func literal(l *Lit) string {
	if l.Value == nil {
		return l.T.String() + "(null)"
	}
	switch v := l.Value.(type) {
	case string:
		if l.T == schema.String {
			return strconv.Quote(v)
		}
	case int64:
		switch l.T {
		case schema.Datetime:
			return "datetime(" + column.FormatDatetime(v) + ")"
		case schema.Timespan:
			return "timespan(" + column.FormatTimespan(v) + ")"
		case schema.Int:
			return "int(" + strconv.FormatInt(v, 10) + ")"
		}
		return strconv.FormatInt(v, 10)
	}
	if l.T == schema.Dynamic {
		return "dynamic(" + string(column.AppendJSON(nil, l.Value)) + ")"
	}
	return fmt.Sprint(l.Value)
}
