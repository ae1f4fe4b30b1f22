package kql

import (
	"testing"

	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/kqltest"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

// mismatches shows the first few disagreements of a gate.
type mismatches struct {
	t     *testing.T
	shown int
}

func (m *mismatches) add(format string, args ...any) {
	if m.shown++; m.shown <= 10 {
		m.t.Logf(format, args...)
	}
}

func first(ds syntax.Diagnostics) string {
	if len(ds) == 0 {
		return "accepted"
	}
	return ds[0].String()
}

// Real queries parse exactly where the official parser takes them.
func TestGateParse(t *testing.T) {
	floors := kqltest.ReadFloors(t, "testdata/floors.json")
	m := &mismatches{t: t}
	var accepted, valid, rejected, invalid int
	for _, q := range kqltest.Queries(t) {
		_, ds := syntax.Parse(q.Text)
		ok := !ds.HasErrors()
		if ok != q.SyntaxOK {
			m.add("%s: %s", q.ID, first(ds))
		}
		if q.SyntaxOK {
			valid++
			accepted += btoi(ok)
		} else {
			invalid++
			rejected += btoi(!ok)
		}
	}
	floors.Check(t, "parse accept", accepted, valid)
	floors.Check(t, "parse reject", rejected, invalid)
}

func TestGateMutants(t *testing.T) {
	floors := kqltest.ReadFloors(t, "testdata/floors.json")
	m := &mismatches{t: t}
	var accepted, valid, rejected, invalid int
	for _, q := range kqltest.Mutants(t) {
		_, ds := syntax.Parse(q.Text)
		ok := !ds.HasErrors()
		if ok != q.OK {
			m.add("%s: %s", q.ID, first(ds))
		}
		if q.OK {
			valid++
			accepted += btoi(ok)
		} else {
			invalid++
			rejected += btoi(!ok)
		}
	}
	floors.Check(t, "mutants accept", accepted, valid)
	floors.Check(t, "mutants reject", rejected, invalid)
}

// Real queries bind exactly where the official binder takes them, and to the same columns: names, types and order.
func TestGateBind(t *testing.T) {
	if testing.Short() {
		t.Skip("binds all real queries")
	}
	floors := kqltest.ReadFloors(t, "testdata/floors.json")
	catalog, err := ReadTables(kqltest.TablesFile(t))
	if err != nil {
		t.Fatal(err)
	}
	env := bind.Env{Catalog: catalog}
	m := &mismatches{t: t}
	var bound, valid, rejected, invalid, same, runnable int
	refused := map[string]int{} // constructs that keep queries from running
	for _, q := range kqltest.Queries(t) {
		if !q.SyntaxOK {
			continue
		}
		r := Check(q.Text, env)
		if !q.BindOK {
			invalid++
			rejected += btoi(!r.OK)
			if r.OK {
				m.add("%s: accepted", q.ID)
			}
			continue
		}
		valid++
		bound += btoi(r.OK)
		if !r.OK {
			m.add("%s: %s", q.ID, r.Errors[0].Message)
			continue
		}
		runnable += btoi(len(r.NotRunnable) == 0)
		for _, d := range r.NotRunnable {
			refused[d.Construct]++
		}
		if equalColumns(r.Columns, q.Columns) {
			same++
		} else {
			m.add("%s: columns differ", q.ID)
		}
	}
	floors.Check(t, "bind accept", bound, valid)
	floors.Check(t, "bind reject", rejected, invalid)
	floors.Check(t, "bind columns", same, valid)
	floors.Check(t, "runnable plans", runnable, valid)
	t.Logf("refused: %v", refused)
}

func equalColumns(a, b [][2]string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
