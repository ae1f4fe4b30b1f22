package kql_test

import (
	"context"
	"errors"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kqltest"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// nasty fills every scan with the same few rows of values that make trouble: nulls, empty and strange texts, bags of all
// kinds, the ends of numbers.
type nasty struct{ now int64 }

func (s nasty) Open(_ context.Context, n plan.Node) (exec.Reader, bool, error) {
	scan, ok := n.(*plan.Scan)
	if !ok {
		return nil, false, nil
	}
	const rows = 7
	out := &column.Batch{N: rows}
	for i, c := range scan.Out {
		h := fnv.New64a()
		_, _ = h.Write([]byte(scan.Table + "." + scan.Sources[i]))
		rnd := rand.New(rand.NewPCG(1, h.Sum64()))
		v := column.New(c.Type, rows)
		for range rows {
			v.Append(s.value(c.Type, rnd))
		}
		out.Cols = append(out.Cols, v)
	}
	return &oneBatch{out}, true, nil
}

var nastyTexts = []string{"", "a", "A", "10.0.0.1", "10.0.0.0/8", "powershell.exe -enc AAAA", "c:\\windows\\a.exe", "{\"k\":[1,{\"x\":\"y\"}]}", "[1,\"2\",null]", "user@example.com",
	"https://a.example/p?q=1#f", "2024-01-01T00:00:00Z", "\xff\xfe", "äöü ß", "1", "-1.5", "null", "CN=a,OU=b", "GET\tx\n", "da39a3ee5e6b4b0d3255bfef95601890afd80709"}

func (s nasty) value(t schema.Type, rnd *rand.Rand) any {
	if rnd.IntN(5) == 0 && t != schema.String {
		return nil
	}
	switch t {
	case schema.String:
		return nastyTexts[rnd.IntN(len(nastyTexts))]
	case schema.Bool:
		return rnd.IntN(2) == 0
	case schema.Int:
		return []int64{0, 1, -1, 443, math.MaxInt32, math.MinInt32}[rnd.IntN(6)]
	case schema.Long:
		return []int64{0, 1, -1, 443, math.MaxInt64, math.MinInt64}[rnd.IntN(6)]
	case schema.Real:
		return []float64{0, 1.5, -1, math.NaN(), math.Inf(1), math.MaxFloat64}[rnd.IntN(6)]
	case schema.Datetime:
		return s.now - rnd.Int64N(40*column.Day)
	case schema.Timespan:
		return rnd.Int64N(column.Day)
	case schema.Dynamic:
		v, _ := column.ParseJSON([]string{`{"Name":"x","Id":1}`, `[{"IPAddress":"10.0.0.1"},{"a":null}]`, `"text"`, `7`, `{}`, `[]`, `[["a"],{"b":{"c":[1.5]}}]`}[rnd.IntN(7)])
		return v
	}
	return nil
}

// Every real query runs over rows that make trouble: without an error, and soon.
func TestGateRun(t *testing.T) {
	if testing.Short() {
		t.Skip("runs all real queries")
	}
	floors := kqltest.ReadFloors(t, "testdata/floors.json")
	catalog, err := kql.ReadTables(kqltest.TablesFile(t))
	if err != nil {
		t.Fatal(err)
	}
	now := column.FromTime(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	run := exec.Env{Source: nasty{now}, Now: now, Limits: exec.Limits{Memory: 256 << 20}, Fetch: func(_ context.Context, address string) ([]byte, error) {
		if strings.HasSuffix(address, ".json") || strings.Contains(address, "://api.") {
			return []byte(`[{"ip":"10.0.0.1","n":7},{}]`), nil
		}
		return []byte("a,b,c\n10.0.0.1,x,7\n"), nil
	}}
	var ran, valid, shown int
	var slowest time.Duration
	for _, q := range kqltest.Queries(t) {
		if !q.BindOK {
			continue
		}
		valid++
		start := time.Now()
		err := runQuery(t.Context(), q.Text, catalog, run)
		if d := time.Since(start); d > slowest {
			slowest = d
			t.Logf("%s took %v", q.ID, d.Round(time.Millisecond))
		}
		var f *fault.Error
		if errors.As(err, &f) && f.Kind == fault.Internal {
			t.Errorf("%s: %v", q.ID, err)
		}
		if err == nil {
			ran++
		} else if shown++; shown < 20 {
			t.Logf("%s: %v", q.ID, err)
		}
	}
	floors.Check(t, "real queries run", ran, valid)
}

func runQuery(ctx context.Context, text string, catalog schema.Catalog, run exec.Env) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	q, ds := kql.Compile(text, bind.Env{Catalog: catalog, Runnable: exec.Runnable, Discover: func(n *plan.Plugin) (*plan.Held, error) { return exec.Discover(ctx, n, run) }})
	if ds.HasErrors() {
		return ds
	}
	for _, r := range q.Results {
		if _, err := exec.Collect(ctx, r.Root, run); err != nil {
			return err
		}
	}
	return nil
}
