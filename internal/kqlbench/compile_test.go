package kqlbench

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/kqltest"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

// TestBenchCompile prints how long real queries take to be parsed and bound over a schema of 943 tables.
func TestBenchCompile(t *testing.T) {
	if os.Getenv("VEDETTE_BENCH") == "" {
		t.Skip("measures; run: BENCH=kql scripts/bench.sh")
	}
	catalog, err := kql.ReadTables(kqltest.TablesFile(t))
	if err != nil {
		t.Fatal(err)
	}
	var each []time.Duration
	for _, q := range kqltest.Queries(t) {
		if !q.SyntaxOK {
			continue
		}
		least := time.Hour // other work on the machine only ever adds
		for range 3 {
			start := time.Now()
			if tree, ds := syntax.Parse(q.Text); !ds.HasErrors() {
				bind.Bind(tree, bind.Env{Catalog: catalog})
			}
			least = min(least, time.Since(start))
		}
		each = append(each, least)
	}
	slices.Sort(each)
	at := func(p float64) float64 { return ms(each[int(p*float64(len(each)-1))]) }
	t.Logf("parse and bind %d real queries: median %.2f ms, p95 %.2f ms, p99 %.2f ms, most %.2f ms", len(each), at(0.5), at(0.95), at(0.99), at(1))
}
