package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/schema"
)

func devices() *Scan {
	return &Scan{Table: "Devices", Sources: []string{"a", "b"}, Out: []Col{{ID: 11, Name: "a", Type: schema.Long}, {ID: 12, Name: "b", Type: schema.Long}}}
}

func users() *Scan {
	return &Scan{Table: "Users", Sources: []string{"c", "d"}, Out: []Col{{ID: 21, Name: "c", Type: schema.Long}, {ID: 22, Name: "d", Type: schema.Long}}}
}

func ref(id int) Expr { return &Ref{ID: id, T: schema.Long} }

func above(id int, n int64) Expr {
	return &Call{Func: ">", Args: []Expr{ref(id), &Lit{T: schema.Long, Value: n}}, T: schema.Bool}
}

func both(a, b Expr) Expr { return &Call{Func: "and", Args: []Expr{a, b}, T: schema.Bool} }

func TestPushFilter(t *testing.T) {
	item := func(id int, name string, e Expr) Item {
		return Item{Out: Col{ID: id, Name: name, Type: schema.Long}, Expr: e}
	}
	join := func(kind JoinKind) Node {
		l, r := devices(), users()
		return &Join{Kind: kind, Left: l, Right: r, On: []JoinKey{{ref(11), ref(21)}}, Out: append(append([]Col{}, l.Out...), r.Out...)}
	}
	cases := []struct {
		name string
		in   Node
		want string // "" stays as it is
	}{
		{"below a projection, under the old name", &Filter{Pred: above(31, 1), Input: &Project{Input: devices(), Items: []Item{item(31, "x", ref(11))}}},
			"project x = a\n  filter (a > 1)\n    scan Devices [a, b]\n"},
		{"only the part about stored columns", &Filter{Pred: both(above(11, 1), above(32, 2)), Input: &Project{Input: devices(), Items: []Item{item(11, "a", ref(11)), item(32, "y", &Call{Func: "+", Args: []Expr{ref(11), ref(12)}, T: schema.Long})}}},
			"filter (y > 2)\n  project a, y = (a + b)\n    filter (a > 1)\n      scan Devices [a, b]\n"},
		{"not past a window function", &Filter{Pred: above(11, 1), Input: &Project{Input: devices(), Items: []Item{item(11, "a", ref(11)), item(32, "n", &Call{Func: "row_number", T: schema.Long})}}}, ""},
		{"not past a limit", &Filter{Pred: above(11, 1), Input: &Limit{Input: devices(), N: &Lit{T: schema.Long, Value: int64(5)}}}, ""},
		{"below a sort", &Filter{Pred: above(11, 1), Input: &Sort{Input: devices(), Keys: []SortKey{{Expr: ref(12), Desc: true}}}},
			"sort b desc nulls last\n  filter (a > 1)\n    scan Devices [a, b]\n"},
		{"below the grouping by a key", &Filter{Pred: both(above(11, 1), above(33, 2)), Input: &Aggregate{Input: devices(), Keys: []Item{item(11, "a", ref(11))}, Aggs: []Agg{{Func: "count", Out: []Col{{ID: 33, Name: "n", Type: schema.Long}}}}}},
			"filter (n > 2)\n  aggregate [(n) = count()] by [a]\n    filter (a > 1)\n      scan Devices [a, b]\n"},
		{"not below an aggregate over everything", &Filter{Pred: above(33, 1), Input: &Aggregate{Input: devices(), Aggs: []Agg{{Func: "count", Out: []Col{{ID: 33, Name: "n", Type: schema.Long}}}}}}, ""},
		{"to both sides of an inner join", &Filter{Pred: both(above(12, 1), above(22, 2)), Input: join(Inner)},
			"join inner on a == c [a, b, c, d]\n  filter (b > 1)\n    scan Devices [a, b]\n  filter (d > 2)\n    scan Users [c, d]\n"},
		{"only to the kept side of an outer join", &Filter{Pred: both(above(12, 1), above(22, 2)), Input: join(LeftOuter)},
			"filter (d > 2)\n  join leftouter on a == c [a, b, c, d]\n    filter (b > 1)\n      scan Devices [a, b]\n    scan Users [c, d]\n"},
		{"not to the left of innerunique", &Filter{Pred: above(12, 1), Input: join(InnerUnique)}, ""},
		{"into the legs of a union", &Filter{Pred: above(41, 1), Input: &Union{Legs: []Node{devices(), users()}, Out: []Col{{ID: 41, Name: "x", Type: schema.Long}, {ID: 42, Name: "y", Type: schema.Long}}}},
			"union [x:long, y:long]\n  filter (a > 1)\n    scan Devices [a, b]\n  filter (c > 1)\n    scan Users [c, d]\n"},
		{"not what is random", &Filter{Pred: &Call{Func: ">", Args: []Expr{&Call{Func: "rand", T: schema.Real}, &Lit{T: schema.Real, Value: 0.5}}, T: schema.Bool}, Input: &Project{Input: devices(), Items: []Item{item(11, "a", ref(11))}}}, ""},
		{"filters keep their order", &Filter{Pred: above(11, 1), Input: &Filter{Pred: above(12, 2), Input: devices()}}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := Print(c.in)
			out := PushFilter(c.in)
			if c.want == "" {
				c.want = before
				if out != c.in {
					t.Error("a plan that stays is not the same plan")
				}
			}
			if d := cmp.Diff(c.want, Print(out)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			if Print(c.in) != before {
				t.Error("the old plan was changed")
			}
		})
	}
}
