package huntql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// shop is a source with one table of seven rows.
type shop struct{ read int }

func (*shop) Table(name string) (*Table, bool) {
	return &Table{"Sales", []Column{{"Timestamp", "datetime"}, {"Item", "string"}, {"N", "long"}, {"Tags", "dynamic"}, {"Paid", "bool"}}}, name == "Sales"
}

func (s *shop) Rows(_ context.Context, _ string, f func(Row) error) error {
	for i, item := range []string{"red apple", "Pear", "red-apple", "fig", "Fig", "", "plum"} {
		row := []any{noon.Add(-time.Duration(i) * 25 * time.Minute), item, int64(i), map[string]any{"Kind": fmt.Sprint("k", i%2)}, i%3 == 0}
		if item == "" {
			row[1] = nil
		}
		s.read++
		if err := f(func(c int) any { return row[c] }); err != nil {
			return err
		}
	}
	return nil
}

func show(r *Result) string {
	var b strings.Builder
	for i, c := range r.Columns {
		fmt.Fprintf(&b, "%s%s:%s", map[bool]string{true: ", "}[i > 0], c.Name, c.Type)
	}
	for _, row := range r.Rows {
		b.WriteString("\n")
		for i, v := range row {
			b.WriteString(map[bool]string{true: ", "}[i > 0] + asText(v))
		}
	}
	return b.String()
}

func TestQueries(t *testing.T) {
	for _, c := range []struct{ q, want string }{
		{"Sales | count", "Count:long\n7"},
		{"Sales | where Timestamp > ago(1h) | count", "Count:long\n3"},
		{"Sales | where Timestamp >= datetime(2026-03-04T11:10:00.0000000Z) and Timestamp < datetime(2026-03-04 12:00) | project N", "N:long\n1\n2"},
		{"Sales | where Timestamp between (ago(26m) .. now()) | project Item", "Item:string\nred apple\nPear"},
		{`Sales | where Item has "APPLE" | project N // a comment`, "N:long\n0\n2"},
		{`Sales | where Item =~ 'fig' and not(Item == 'fig') | project N, M = N * 2 + 1`, "N:long, M:long\n4, 9"},
		{`Sales | where Item in ("fig", "plum") or Item in~ ("PEAR") | project Item`, "Item:string\nPear\nfig\nplum"},
		{`Sales | where isempty(Item) | project N`, "N:long\n5"},
		{`Sales | where Tags.Kind == "k1" and Paid == true | project N`, "N:long\n3"},
		{`Sales | where Item matches regex "^[a-z]+$" | take 1 | project Item`, "Item:string\nfig"},
		{"Sales | summarize count() by bin(Timestamp, 1h)", "Timestamp:datetime, count_:long\n2026-03-04T12:00:00.0000000Z, 1\n2026-03-04T11:00:00.0000000Z, 2\n2026-03-04T10:00:00.0000000Z, 2\n2026-03-04T09:00:00.0000000Z, 2"},
		{"Sales | summarize c = countif(Paid), lo = min(N), hi = max(N), s = sum(N), avg(N), dcount(Item)", "c:long, lo:long, hi:long, s:long, avg_N:real, dcount_Item:long\n3, 0, 6, 21, 3, 6"},
		{"Sales | summarize arg_max(Timestamp, *) by Paid | project Paid, N, Timestamp | order by N asc", "Paid:bool, N:long, Timestamp:datetime\ntrue, 0, 2026-03-04T12:00:00.0000000Z\nfalse, 1, 2026-03-04T11:35:00.0000000Z"},
		{"Sales | where N > 100 | summarize count()", "count_:long\n0"},
		{"Sales | where N > 100 | summarize count() by Item", "Item:string, count_:long"},
		{"Sales | top 2 by N | project N", "N:long\n6\n5"},
		{"Sales | order by Paid, N asc | limit 2 | project N", "N:long\n0\n3"},
		{"Sales | distinct Paid", "Paid:bool\ntrue\nfalse"},
		{"Sales | extend H = hash(Item, 1), L = tolower(Item) | where N == 1 | project-away Timestamp, Tags, Paid", "Item:string, N:long, H:long, L:string\nPear, 1, 0, pear"},
		{"Sales | summarize n = count() by Paid | where n > 3", "Paid:bool, n:long\nfalse, 4"},
		{"Sales | take 0 | project N", "N:long"},
		{`print Test="ok", 3 + 4`, "Test:string, print_1:long\nok, 7"},
	} {
		r, err := Run(t.Context(), &shop{}, c.q, noon, time.Time{})
		if err != nil {
			t.Errorf("%s: %v", c.q, err)
			continue
		}
		if diff := cmp.Diff(c.want, show(r)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.q, diff)
		}
	}
}

func TestWhatIsNotOnTheListIsRefused(t *testing.T) {
	for _, q := range []string{"", "Nope", "Sales |", "Sales | where", "Sales | where Nope == 1", "Sales | where N", "Sales | join Sales on N", "Sales | where strange(N)", "Sales | summarize median(N)", "Sales | project N N",
		"Sales | where Item == 'x", "Sales | take x", "Sales | where N == #", "Sales | project-away Nope", "Sales | where Timestamp > datetime(yesterday)", "Sales | where (N == 1", "print x", "print 1 | count", "Sales | where Item matches regex '('",
		"Sales | count | where Item == 'x'", "Sales | extend *", "Sales | where " + strings.Repeat("(", 100_000), "Sales | where ago()"} {
		s := &shop{}
		r, err := Run(t.Context(), s, q, noon, time.Time{})
		bad := (*Error)(nil)
		if !errors.As(err, &bad) || s.read > 0 {
			t.Errorf("%q: %v, %v after %d rows, want a refusal before the first", q, r, err, s.read)
		}
	}
}

func TestReadingEndsWithTheRowsAsked(t *testing.T) {
	s := &shop{}
	if _, err := Run(t.Context(), s, "Sales | where N >= 1 | take 2", noon, time.Time{}); err != nil || s.read != 3 {
		t.Errorf("%d rows read, want 3: %v", s.read, err)
	}
	r, err := Run(t.Context(), s, "Sales | count", noon, noon.Add(-time.Hour))
	if err != nil || show(r) != "Count:long\n3" {
		t.Errorf("with a horizon of an hour: %v, %v", r, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, q := range []string{"Sales | where Item has 'x' and N in (1, 2) | summarize count() by bin(Timestamp, 1h)", `T | project A.b.c, D = datetime(2026-01-01)`, "print 'a\\n', @'b''c'"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		if p, err := parse(q, noon); err == nil && p.table == "" && p.printed == nil {
			t.Errorf("%q is neither a table nor a print", q)
		}
	})
}
