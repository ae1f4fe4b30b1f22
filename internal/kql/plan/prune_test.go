package plan

import (
	"slices"
	"testing"

	"github.com/vedette-siem/vedette/internal/schema"
)

func TestPruneNarrowsScans(t *testing.T) {
	scan := func(from int) *Scan {
		s := &Scan{Table: "T"}
		for i, name := range []string{"a", "b", "c", "d"} {
			s.Out = append(s.Out, Col{ID: from + i, Name: name, Type: schema.Long})
			s.Sources = append(s.Sources, name)
		}
		return s
	}
	ref := func(id int) *Ref { return &Ref{ID: id, T: schema.Long} }
	out := func(id int) Col { return Col{ID: id, Type: schema.Long} }
	pass := func(ids ...int) (items []Item) {
		for _, id := range ids {
			items = append(items, Item{Out: out(id), Expr: ref(id)})
		}
		return items
	}
	positive := &Call{Func: ">", T: schema.Bool, Args: []Expr{ref(2), &Lit{T: schema.Long, Value: int64(0)}}}
	count := []Agg{{Func: "count", Out: []Col{out(20)}}, {Func: "max", Args: []Expr{ref(3)}, Out: []Col{out(21)}}}
	for name, c := range map[string]struct {
		in   Node
		want [][]string // of each scan
	}{
		"root":              {scan(1), [][]string{{"a", "b", "c", "d"}}},
		"project":           {&Project{Input: scan(1), Items: pass(3)}, [][]string{{"c"}}},
		"filter":            {&Project{Input: &Filter{Input: scan(1), Pred: positive}, Items: pass(3)}, [][]string{{"b", "c"}}},
		"sort":              {&Project{Input: &Sort{Input: scan(1), Keys: []SortKey{{Expr: ref(4)}}}, Items: pass(3)}, [][]string{{"c", "d"}}},
		"aggregate":         {&Project{Input: &Aggregate{Input: scan(1), Keys: pass(1), Aggs: count}, Items: pass(20)}, [][]string{{"a"}}},
		"count":             {&Aggregate{Input: scan(1), Aggs: count[:1]}, [][]string{nil}},
		"nothing of a fold": {&Project{Input: &Aggregate{Input: scan(1), Aggs: count[1:]}}, [][]string{{"c"}}},
		"join": {&Project{Items: pass(4), Input: &Join{Kind: Inner, Left: scan(1), Right: scan(11), On: []JoinKey{{ref(1), ref(12)}}, Out: []Col{out(2), out(4), out(13)}}},
			[][]string{{"a", "d"}, {"b"}}},
		"union": {&Project{Items: pass(32), Input: &Union{Legs: []Node{scan(1), &Filter{Input: scan(11), Pred: &Call{Func: "isnull", Args: []Expr{ref(13)}, T: schema.Bool}}},
			Out: []Col{out(31), out(32), out(33), out(34)}}}, [][]string{{"b"}, {"b", "c"}}},
		"subquery":    {&Filter{Input: scan(1), Pred: &InTable{Func: "in", X: ref(1), Input: scan(11)}}, [][]string{{"a", "b", "c", "d"}, {"a"}}},
		"materialize": {&Project{Items: pass(41), Input: &Materialize{ID: 1, Input: scan(1), Out: []Col{out(41), out(42), out(43), out(44)}}}, [][]string{{"a", "b", "c", "d"}}},
		"mv-expand": {&Project{Items: pass(2), Input: &MvExpand{Input: scan(1), Items: []ExpandItem{{Expr: ref(3), Out: out(51)}}, Out: []Col{out(1), out(2), out(51), out(4)}}},
			[][]string{{"b", "c"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Prune(c.in)
			if !slices.Equal(got.Cols(), c.in.Cols()) {
				t.Errorf("the columns changed: %v became %v", c.in.Cols(), got.Cols())
			}
			var scans [][]string
			collect(got, &scans)
			if !slices.EqualFunc(scans, c.want, slices.Equal) {
				t.Errorf("the scans read %v, want %v", scans, c.want)
			}
		})
	}
}

func collect(n Node, into *[][]string) {
	if s, ok := n.(*Scan); ok {
		*into = append(*into, s.Sources)
	}
	for _, in := range n.Inputs() {
		collect(in, into)
	}
	if f, ok := n.(*Filter); ok {
		if e, ok := f.Pred.(*InTable); ok {
			collect(e.Input, into)
		}
	}
}
