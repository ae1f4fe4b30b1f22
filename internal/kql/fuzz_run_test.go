package kql_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kqltest"
	"github.com/vedette-siem/vedette/internal/schema"
)

// FuzzRun runs whatever compiles, over rows that make trouble: no defect, no end that does not come soon after it was asked
// for.
func FuzzRun(f *testing.F) {
	for _, s := range []string{
		"T | make-series n=count(), m=avg(a) default=1.5 on t step 1h by s", "T | top-nested 2 of s with others='x' by sum(a), top-nested 1 of a by count()",
		"T | sort by t asc | scan with_match_id=i declare (k:long=0) with (step x output=last: a > 0 => k = x.k + 1; step y: s == x.s;)",
		"T | partition by s (top 1 by t) | fork (count) (take 1)", "find in (T) where 'a' or a == 1", "T | parse-kv s as (a:long, b:string) with (pair_delimiter=',', kv_delimiter='=', greedy=true)",
		"T | evaluate bag_unpack(d, 'p_')", "T | evaluate pivot(s, count(), a)", "T | evaluate session_count(s, t, datetime(2026-01-01), now(), 1h, 1d)",
		"T | evaluate sequence_detect(t, 1d, 2d, e=(a > 0), g=(isempty(s)))", "T | mv-apply x=d on (top 2 by tostring(x)) | sample 3", "T | evaluate narrow() | summarize make_set(Value) by Column",
		"T | evaluate new_activity_metrics(s, t, ago(40d), now(), 7d)", "T | join kind=fullouter T on s | serialize r=row_cumsum(a) | where prev(r) > 0", "search 'a' | top-hitters 2 of s",
		"externaldata(a:long, b:string)['https://x/a.csv'] | union T | facet by a", "T | extend x=parse_json(s) | mv-expand x | extend y=x.k | summarize arg_max(t, *) by tostring(y)",
		"T | evaluate rolling_percentile(a, 50, t, 1d, 3) | evaluate rows_near(true, 2)", "range x from -5 to 5 step 1 | extend y=1/x, z=bin(x, 2), w=strrep('a', x)",
	} {
		f.Add(s)
	}
	catalog := schema.NewStatic(&schema.Table{Name: "T", Columns: []schema.Column{
		{Name: "a", Type: schema.Long}, {Name: "s", Type: schema.String}, {Name: "t", Type: schema.Datetime}, {Name: "d", Type: schema.Dynamic}, {Name: "r", Type: schema.Real},
	}})
	now := column.FromTime(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	run := exec.Env{Source: nasty{now}, Now: now, Limits: exec.Limits{Memory: 32 << 20, Rows: 10_000}, Fetch: func(context.Context, string) ([]byte, error) { return []byte("1,x\n"), nil }}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := kqltest.CPUTime()
		err := runQuery(ctx, text, catalog, run)
		var defect *fault.Error
		if errors.As(err, &defect) && defect.Kind == fault.Internal {
			t.Fatalf("%s\n%v", text, err)
		}
		if d := kqltest.CPUTime() - start; d > 8*time.Second {
			t.Fatalf("%s\ncomputed for %v, a second was given", text, d)
		}
	})
}
