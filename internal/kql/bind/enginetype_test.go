package bind

import (
	"testing"

	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

// TestEngineTypes holds the types of a query that runs against those of a query that is only checked.
func TestEngineTypes(t *testing.T) {
	const query = "print y = getyear(now()), w = datetime_diff('week', now(), now()), d = datetime_diff('day', now(), now()), c = ceiling(1), j = jaccard_index(dynamic([1]), dynamic([2]))"
	for _, c := range []struct {
		runnable func(string) bool
		want     []string
	}{
		{nil, []string{"int", "long", "long", "long", "dynamic"}},
		{func(string) bool { return true }, []string{"long", "real", "long", "real", "real"}},
	} {
		tree, _ := syntax.Parse(query)
		q, ds := Bind(tree, Env{Runnable: c.runnable})
		if q == nil {
			t.Fatal(ds)
		}
		for i, col := range q.Results[0].Root.Cols() {
			if col.Type.String() != c.want[i] {
				t.Errorf("%s is %s, want %s", col.Name, col.Type, c.want[i])
			}
		}
	}
}

// TestCountOfValue: the service counts rows for count(value), a check reports it.
func TestCountOfValue(t *testing.T) {
	tree, _ := syntax.Parse("datatable(x:long)[] | summarize count(x)")
	if q, _ := Bind(tree, Env{}); q != nil {
		t.Error("a check accepts count(long)")
	}
	q, ds := Bind(tree, Env{Runnable: func(string) bool { return true }})
	if q == nil {
		t.Fatal(ds)
	}
	if got := q.Results[0].Root.Cols()[0].Name; got != "count_x" {
		t.Errorf("the column is %s, want count_x", got)
	}
}
