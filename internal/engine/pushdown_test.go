package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"testing"

	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// pushdownFloor is the least share, in percent, of the real queries over known tables that DuckDB must run as a whole.
const pushdownFloor = 96

// TestPushdownShare counts the real queries that DuckDB runs as a whole, and tells which node stands in the way of the others.
func TestPushdownShare(t *testing.T) {
	f, err := os.Open(corpusFile(t, "queries.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := newWorld(t, 12)
	w.builtin(t, nil)
	snap := w.store.Snapshot("ws")
	defer snap.Close()
	all, whole := 0, 0
	reasons := map[string]int{}
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var q struct {
			Query  string
			BindOK bool `json:"bind_ok"`
		}
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		if !q.BindOK {
			continue
		}
		p, diags := kql.Compile(q.Query, bind.Env{Catalog: schema.Builtin(), Runnable: exec.Runnable})
		if diags.HasErrors() {
			continue
		}
		all++
		ok := true
		for _, r := range p.Results {
			if !w.takenWhole(t.Context(), r.Root) {
				ok = false
				reasons[blocker(w, r.Root)]++
				break
			}
		}
		if ok {
			whole++
		}
	}
	share := 100 * float64(whole) / float64(max(all, 1))
	t.Logf("%d of %d real queries run in DuckDB as a whole (%.1f %%)", whole, all, share)
	type reason struct {
		name string
		n    int
	}
	var list []reason
	for name, n := range reasons {
		list = append(list, reason{name, n})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].n > list[j].n })
	for _, r := range list {
		t.Logf("%4d stopped by %s", r.n, r.name)
	}
	if share < pushdownFloor {
		t.Errorf("the share is below %d %%", pushdownFloor)
	}
}

// blocker names the lowest node that DuckDB does not take.
func blocker(w *world, n plan.Node) string {
	for _, in := range n.Inputs() {
		if !w.takenWhole(context.Background(), in) {
			return blocker(w, in)
		}
	}
	name := fmt.Sprintf("%T", n)
	switch n := n.(type) {
	case *plan.Filter:
		name += " " + why(n.Pred)
	case *plan.Project:
		for _, it := range n.Items {
			if w := why(it.Expr); w != "" {
				return name + " " + w
			}
		}
		for _, it := range n.Items {
			if _, ref := it.Expr.(*plan.Ref); !ref && (it.Out.Type == schema.Dynamic || it.Out.Type == schema.Decimal) {
				return name + " computed " + it.Out.Type.String()
			}
		}
	case *plan.Aggregate:
		for _, a := range n.Aggs {
			name += " " + a.Func
		}
	case *plan.Join:
		name += fmt.Sprint(" ", n.Kind)
	}
	return name
}

// why tells what in an expression keeps it out of SQL.
func why(e plan.Expr) string {
	switch e := e.(type) {
	case *plan.Scalar:
		return "toscalar"
	case *plan.InTable:
		return fmt.Sprintf("%s (table) of %s", e.Func, e.X.Type())
	case *plan.Call:
		if kernel.Window(e.Func) || e.Func == "rand" || e.Func == "new_guid" {
			return e.Func
		}
		for _, a := range e.Args {
			if w := why(a); w != "" {
				return w
			}
		}
	}
	return ""
}

// takenWhole reports whether DuckDB runs a plan as a whole, once the tables inside its expressions were read.
func (w *world) takenWhole(ctx context.Context, n plan.Node) bool {
	snap := w.store.Snapshot("ws")
	defer snap.Close()
	s := w.engine.Source(snap, DuckDB, kernel.Env{Now: instant})
	s.Fetch(func(context.Context, string) ([]byte, error) { return []byte("a,b,c,d,e,f\nx,y,z,u,v,w\n"), nil })
	_, ok := s.take(ctx, n)
	return ok
}
