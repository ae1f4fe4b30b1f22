package plan

import (
	"testing"

	"github.com/vedette-siem/vedette/internal/schema"
)

func TestLimitTime(t *testing.T) {
	narrow := &Scan{Table: "T", Out: []Col{{ID: 1, Name: "a", Type: schema.Long}}, Sources: []string{"a"}}
	timed := &Scan{Table: "U", Out: []Col{{ID: 2, Name: "Timestamp", Type: schema.Datetime}}, Sources: []string{"TimeGenerated"}}
	in := &Scalar{Input: timed, T: schema.Datetime}
	root := LimitTime(&Filter{Input: narrow, Pred: &Call{Func: "==", T: schema.Bool, Args: []Expr{in, in}}}, 10, 20)

	f, ok := root.(*Filter)
	if !ok || len(f.Cols()) != 1 || f.Cols()[0].ID != 1 {
		t.Fatalf("the columns changed: %T %v", root, root.Cols())
	}
	p := f.Input.(*Project)
	inner := p.Input.(*Filter)
	scan := inner.Input.(*Scan)
	if len(scan.Out) != 2 || scan.Sources[1] != "TimeGenerated" || scan.Out[1].ID <= 2 {
		t.Errorf("the scan does not read TimeGenerated under a fresh id: %+v", scan)
	}
	args := f.Pred.(*Call).Args
	if args[0] != args[1] {
		t.Error("a shared subquery is shared no more")
	}
	sub := args[0].(*Scalar).Input.(*Filter)
	lower := sub.Pred.(*Call).Args[0].(*Call)
	if sub.Input != Node(timed) || lower.Func != ">=" || lower.Args[0].(*Ref).ID != 2 || lower.Args[1].(*Lit).Value != int64(10) {
		t.Errorf("the subquery's table is not limited by its own column: %+v", sub)
	}
	if len(narrow.Out) != 1 {
		t.Error("the old scan was changed")
	}
}
