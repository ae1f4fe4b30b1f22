package kqlbench

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/kqltest"
)

// TestBenchCompile prints how long real queries take to become plans over a schema of 943 tables.
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
		var runs []time.Duration
		for range 3 {
			start := time.Now()
			kql.Compile(q.Text, bind.Env{Catalog: catalog})
			runs = append(runs, time.Since(start))
		}
		each = append(each, median(runs))
	}
	slices.Sort(each)
	at := func(p float64) float64 { return ms(each[int(p*float64(len(each)-1))]) }
	t.Logf("parse, bind and rewrite %d real queries: median %.2f ms, p95 %.2f ms, p99 %.2f ms, most %.2f ms", len(each), at(0.5), at(0.95), at(0.99), at(1))
}
