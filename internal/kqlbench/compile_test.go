package kqlbench

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/kqltest"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

// officialEvery is of how many queries one is given to the official language service, which takes long.
const officialEvery = 10

// TestBenchCompile prints how long real queries take to be parsed and bound over a schema of 943 tables, here and, for some
// of them, by the official language service.
func TestBenchCompile(t *testing.T) {
	if os.Getenv("VEDETTE_BENCH") == "" {
		t.Skip("measures; run: BENCH=kql scripts/bench.sh")
	}
	catalog, err := kql.ReadTables(kqltest.TablesFile(t))
	if err != nil {
		t.Fatal(err)
	}
	var each, some []float64
	var texts []string
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
		if len(each)%officialEvery == 0 {
			some, texts = append(some, ms(least)), append(texts, q.Text)
		}
		each = append(each, ms(least))
	}
	at := quantiles(each)
	t.Logf("parse and bind %d real queries: median %.2f ms, p95 %.2f ms, p99 %.2f ms, most %.2f ms", len(each), at(0.5), at(0.95), at(0.99), at(1))
	theirs, err := official(t, texts)
	if err != nil {
		t.Logf("the official language service was not measured: %v", err)
		return
	}
	var ratios []float64
	for i, ours := range some {
		ratios = append(ratios, theirs[i]/ours)
	}
	a, b, r := quantiles(some), quantiles(theirs), quantiles(ratios)
	t.Logf("%d of them: median %.2f ms, p95 %.2f ms; the official language service: median %.2f ms, p95 %.2f ms", len(some), a(0.5), a(0.95), b(0.5), b(0.95))
	t.Logf("it takes %.0f times as long at the median, %.0f times at p95; of single queries the middle ratio is %.0f, the least %.1f", b(0.5)/a(0.5), b(0.95)/a(0.95), r(0.5), r(0))
}

// quantiles returns a function of the share of values that are at or below.
func quantiles(list []float64) func(p float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return func(p float64) float64 { return sorted[int(p*float64(len(sorted)-1))] }
}

// official returns how many milliseconds the official language service takes for each text, over the same tables.
func official(t *testing.T, texts []string) ([]float64, error) {
	t.Helper()
	tables, err := io.ReadAll(kqltest.TablesFile(t))
	if err != nil {
		return nil, err
	}
	var in, out bytes.Buffer
	if err := json.Compact(&in, tables); err != nil {
		return nil, err
	}
	for _, text := range texts {
		line, err := json.Marshal(text)
		if err != nil {
			return nil, err
		}
		in.WriteByte('\n')
		in.Write(line)
	}
	cmd := exec.CommandContext(t.Context(), "node", "measure.cjs")
	cmd.Dir = filepath.Join("..", "..", "scripts", "langservice")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	var list []float64
	if err := json.Unmarshal(out.Bytes(), &list); err != nil {
		return nil, err
	}
	if len(list) != len(texts) {
		t.Fatalf("%d times of %d queries", len(list), len(texts))
	}
	return list, nil
}
