package rules

import (
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// shaper writes plans and expressions so that two with the same text have the same rows, column by column. Columns are
// numbered in the order in which they occur.
type shaper struct {
	b   strings.Builder
	ids map[int]int // nil: as they are
	bad bool
}

// shape is the text of an expression; a nil map keeps the ids.
func shape(e plan.Expr, ids map[int]int) string {
	s := &shaper{ids: ids}
	s.expr(e)
	return s.b.String()
}

// nodeShape is the text of a node; false for one that may give other rows the next time, or whose kind is not known here.
func nodeShape(n plan.Node) (string, bool) {
	s := &shaper{ids: map[int]int{}}
	s.node(n)
	return s.b.String(), !s.bad
}

func (s *shaper) id(id int) int {
	if s.ids == nil {
		return id
	}
	if _, ok := s.ids[id]; !ok {
		s.ids[id] = len(s.ids) + 1
	}
	return s.ids[id]
}

func (s *shaper) write(format string, args ...any) { fmt.Fprintf(&s.b, format, args...) }

func (s *shaper) cols(cols []plan.Col) {
	for _, c := range cols {
		s.write(" %d:%s", s.id(c.ID), c.Type)
	}
}

func (s *shaper) expr(e plan.Expr) {
	switch e := e.(type) {
	case *plan.Lit:
		s.write("(%s %T %#v)", e.T, e.Value, e.Value)
	case *plan.Ref:
		s.write("#%d", s.id(e.ID))
	case *plan.Call:
		s.write("%s:%s(", e.Func, e.T)
		for _, a := range e.Args {
			s.expr(a)
			s.write(",")
		}
		s.write(")")
		s.bad = s.bad || !plan.Movable(e)
	default: // tables inside expressions are not looked at
		s.write("%p", e)
		s.bad = true
	}
}

func (s *shaper) items(items []plan.Item) {
	for _, it := range items {
		s.expr(it.Expr)
		s.cols([]plan.Col{it.Out})
	}
}

func (s *shaper) node(n plan.Node) {
	for _, in := range n.Inputs() {
		s.write("[")
		s.node(in)
		s.write("]")
	}
	switch n := n.(type) {
	case *plan.Scan:
		s.write("scan %q %q", n.Table, n.Sources)
		s.cols(n.Out)
	case *plan.Filter:
		s.write("filter ")
		s.expr(n.Pred)
	case *plan.Project:
		s.write("project ")
		s.items(n.Items)
	case *plan.Aggregate:
		s.write("aggregate ")
		s.items(n.Keys)
		for _, a := range n.Aggs {
			s.write(" %s(", a.Func)
			for _, x := range a.Args {
				s.expr(x)
				s.write(",")
			}
			s.write(")")
			s.cols(a.Out)
		}
	case *plan.Join:
		s.write("join %s", n.Kind)
		for _, k := range n.On {
			s.expr(k.Left)
			s.write("=")
			s.expr(k.Right)
		}
		s.cols(n.Out)
	case *plan.Union:
		s.write("union")
		s.cols(n.Out)
	default:
		s.bad = true
	}
}
