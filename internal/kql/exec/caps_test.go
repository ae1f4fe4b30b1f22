package exec_test

import (
	"context"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// endless gives the table Events row after row, without end or up to most batches, and counts the batches it gave. stop is
// called before each.
type endless struct {
	most  int64
	given atomic.Int64
	stop  func(batch int64)
}

func (e *endless) Open(_ context.Context, n plan.Node) (exec.Reader, bool, error) {
	scan, ok := n.(*plan.Scan)
	if !ok {
		return nil, false, nil
	}
	return &endlessReader{e, scan}, true, nil
}

type endlessReader struct {
	e *endless
	n *plan.Scan
}

func (r *endlessReader) Next(context.Context) (*column.Batch, error) {
	k := r.e.given.Add(1)
	if r.e.most > 0 && k > r.e.most {
		return nil, io.EOF
	}
	if r.e.stop != nil {
		r.e.stop(k)
	}
	b := &column.Batch{N: 256}
	for _, c := range r.n.Out {
		v := column.New(c.Type, 256)
		for i := range int64(256) {
			switch c.Name {
			case "s":
				v.AppendString("row-" + strings.Repeat("x", int(i%7)) + string(rune('a'+(k*7+i)%26)) + string(rune('a'+(k+i*3)%26)) + string(rune('a'+k/26%26)))
			case "d":
				v.AppendAny([]any{k, "e", i})
			default:
				v.AppendInt(k*256 + i)
			}
		}
		b.Cols = append(b.Cols, v)
	}
	return b, nil
}

func (r *endlessReader) Close() error { return nil }

// overEvents are a query for each operator, over the table Big(n:long, s:string, t:datetime, d:dynamic).
var overEvents = map[string]string{
	"where":           "Big | where n % 3 == 1 and s has 'x'",
	"project":         "Big | project a = n * 2, b = strcat(s, '!')",
	"summarize":       "Big | summarize count(), max(s) by n",
	"distinct":        "Big | distinct n, s",
	"sort":            "Big | sort by s, n desc",
	"top":             "Big | top 90000 by n",
	"join":            "Big | join kind=inner (Big | project n, z = s) on n",
	"join outer":      "Big | join kind=fullouter (Big | project n, z = s) on n",
	"join semi":       "Big | where n in ((Big | project n))",
	"lookup":          "Big | lookup (Big | project n, z = s) on n",
	"union":           "union Big, (Big | extend z = 1)",
	"union sort":      "union Big, Big | sort by n",
	"mv-expand":       "Big | mv-expand d | sort by n",
	"mv-apply":        "Big | mv-apply e = d on (summarize make_list(e))",
	"make_list":       "Big | summarize make_list(s)",
	"make_set":        "Big | summarize make_set(n)",
	"make_bag":        "Big | summarize make_bag(bag_pack(s, n))",
	"arg_max":         "Big | summarize arg_max(t, *) by n",
	"dcount":          "Big | summarize dcount(s), count_distinct(n)",
	"percentile":      "Big | summarize percentile(n, 95)",
	"make-series":     "Big | make-series c = count() on n from 1 to 1000000 step 1 by s",
	"partition":       "Big | partition by s (top 1 by n)",
	"fork":            "Big | fork (sort by n) (summarize count() by s)",
	"facet":           "Big | facet by n",
	"materialize":     "let M = materialize(Big); union M, M",
	"as":              "Big | as M | union M",
	"scan":            "Big | scan declare (k:long = 0) with (step a: true => k = a.k + 1;)",
	"serialize":       "Big | serialize r = row_number(), p = prev(s)",
	"top-nested":      "Big | top-nested 100000 of s by count(), top-nested 10 of n by max(t)",
	"parse":           "Big | parse s with 'row-' x | sort by x",
	"parse-kv":        "Big | parse-kv s as (row:string) with (pair_delimiter='-', kv_delimiter='=') | sort by row",
	"search":          "search in (Big) 'zz' | sort by n",
	"sample":          "Big | sample 200000",
	"sample-distinct": "Big | sample-distinct 200000 of n",
	"top-hitters":     "Big | top-hitters 5 of n",
	"pivot":           "Big | evaluate pivot(s, count(), n) : (n:long)",
	"bag_unpack":      "Big | extend b = bag_pack('k', n) | evaluate bag_unpack(b) : (n:long, k:long)",
	"narrow":          "Big | evaluate narrow() | sort by Value",
	"rows_near":       "Big | sort by n | evaluate rows_near(n == 1, 5)",
	"sequence":        "Big | evaluate sequence_detect(t, 1d, 2d, e = (n > 1), f = (n > 2))",
	"toscalar":        "print x = toscalar(Big | summarize max(n))",
}

// compileAll compiles a query over the table Big.
func compileAll(t *testing.T, text string) []plan.Node {
	t.Helper()
	q, ds := kql.Compile(text, bind.Env{Runnable: exec.Runnable, Catalog: schema.NewStatic(&schema.Table{Name: "Big", Columns: []schema.Column{
		{Name: "n", Type: schema.Long}, {Name: "s", Type: schema.String}, {Name: "t", Type: schema.Datetime}, {Name: "d", Type: schema.Dynamic},
	}})})
	if q == nil {
		t.Fatalf("%s\ndoes not compile: %v", text, ds)
	}
	var out []plan.Node
	for _, r := range q.Results {
		out = append(out, r.Root)
	}
	return out
}

// Every operator that has been told to stop reads no more than a few batches.
func TestCancelledInTheMiddle(t *testing.T) {
	for name, text := range overEvents {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			const at = 20
			src := &endless{stop: func(k int64) {
				if k == at {
					cancel()
				}
			}}
			first := compileAll(t, text)[0] // the other results of fork read the same rows
			if err := drain(ctx, first, exec.Env{Source: src}); ctx.Err() == nil || err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
				t.Fatalf("ended with %v", err)
			}
			if n := src.given.Load(); n > at+4 {
				t.Errorf("%d batches were read after the query was cancelled", n-at)
			}
		})
	}
}

// Rows without end either pass through, or the operator that keeps them stops at the cap with an error that names it.
func TestMemoryIsCapped(t *testing.T) {
	if testing.Short() {
		t.Skip("fills memory again and again")
	}
	passes := map[string]bool{"where": true, "project": true, "union": true, "toscalar": true}
	for name, text := range overEvents {
		t.Run(name, func(t *testing.T) {
			const limit = 4 << 20
			base, peak := liveHeap(), int64(0)
			src := &endless{most: 1500, stop: func(k int64) {
				if k%100 == 0 {
					peak = max(peak, liveHeap()-base)
				}
			}}
			var err error
			for _, r := range compileAll(t, text) {
				if err = drain(t.Context(), r, exec.Env{Source: src, Limits: exec.Limits{Memory: limit}}); err != nil {
					break
				}
			}
			if most := int64(8*limit + 8<<20); peak > most {
				t.Errorf("%d MB were alive under a cap of %d MB", peak>>20, limit>>20)
			}
			if err != nil && (fault.CodeOf(err) != "query_memory" || !strings.Contains(err.Error(), "4 MB")) {
				t.Fatalf("ended with %v", err)
			}
			if err == nil && !passes[name] {
				t.Logf("fits into the cap over %d rows", 1500*256)
			}
			if passes[name] && err != nil {
				t.Errorf("keeps no rows, but ended with %v", err)
			}
		})
	}
}

// liveHeap is how many bytes are in use.
func liveHeap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Values that grow with every step stop the query, however short it is.
func TestGrowthIsCapped(t *testing.T) {
	double := strings.Repeat(" | extend s = strcat(s, s)", 60)
	for name, text := range map[string]string{
		"strrep":           "range i from 1 to 5000 step 1 | extend s = strrep('0123456789', 100000) | summarize make_list(s)",
		"strrep in where":  "range i from 1 to 5000 step 1 | where strlen(strcat(strrep('0123456789', 100000), tostring(i))) > 5 | extend s = strrep('0123456789', 100000) | sort by s",
		"strcat":           "print s = 'abcdefghij'" + double,
		"strcat at once":   "let f = (s:string) { strcat(s, s, s, s, s, s, s, s, s, s) }; print f(f(f(f(strrep('x', 1000000)))))",
		"replace_string":   "print s = strrep('a', 1000000) | extend s = replace_string(s, 'a', s)",
		"replace_regex":    "print s = strrep('a', 1000000) | extend s = replace_regex(s, 'a', '\\\\0\\\\0\\\\0') | extend s = replace_regex(s, 'a', strrep('b', 1000))",
		"pack_array":       "print x = pack_array(1, 2)" + strings.Repeat(" | extend x = pack_array(x, x)", 60),
		"bag_pack":         "print x = bag_pack('a', 1)" + strings.Repeat(" | extend x = bag_pack('a', x, 'b', x)", 60),
		"array_concat":     "print x = range(1, 1000, 1)" + strings.Repeat(" | extend x = array_concat(x, x)", 40),
		"repeat":           "range i from 1 to 1000 step 1 | extend x = repeat(i, 1000000) | summarize make_list(x)",
		"range":            "range i from 1 to 1000 step 1 | extend x = range(i, i + 1000000, 1) | summarize count() by tostring(x)",
		"make_list of all": "range i from 1 to 100000 step 1 | summarize x = make_list(i) | extend y = repeat(x, 1000)",
		"join of all":      "range i from 1 to 20000 step 1 | extend k = 1 | join kind=inner (range j from 1 to 20000 step 1 | extend k = 1) on k | sort by i",
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range compileAll(t, text) {
				err := drain(t.Context(), r, exec.Env{Limits: exec.Limits{Memory: 64 << 20}})
				if c := fault.CodeOf(err); c != "query_memory" && c != "query_value" {
					t.Errorf("ended with %v", err)
				}
			}
		})
	}
}

// drain reads a result to its end and throws it away.
func drain(ctx context.Context, n plan.Node, env exec.Env) error {
	r, err := exec.Run(ctx, n, env)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // nothing of it is used
	for {
		if _, err := r.Next(ctx); err != nil {
			if err == io.EOF { //nolint:errorlint // readers return it as it is
				return nil
			}
			return err
		}
	}
}
