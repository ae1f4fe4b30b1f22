package kql_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// conformanceCase is one query with the answer that the reference engine gave.
type conformanceCase struct {
	ID               string   `json:"id"`
	Query            string   `json:"query"`
	Columns          []string `json:"columns"`
	Types            []string `json:"types"`
	Rows             [][]any  `json:"rows"`
	Ordered          bool     `json:"ordered"`
	Nondeterministic bool     `json:"nondeterministic"`
}

// freeChoices lists the cases whose answer the language leaves open, and why.
var freeChoices = map[string]string{
	"join-innerunique-03": "innerunique keeps an arbitrary left row of each key; the case filters on the one it happened to keep",
}

// exceptions lists the cases that are answered differently on purpose, and why. They must run.
var exceptions = map[string]string{
	"hash-combine-function-00":            "how hashes are combined is not published, and the language promises no particular number",
	"series-periods-detect-function-01":   "the period is right; how its score is computed is not published",
	"series-periods-validate-function-01": "the period is right; how its score is computed is not published",
}

// floors are the figures that a change may raise but not lower.
type floors struct {
	Correct  int `json:"correct"`  // of the deterministic cases
	MostBad  int `json:"mostBad"`  // of those that ran, how many may differ
	Compiled int `json:"compiled"` // accepted by the binder
}

// corpusFile finds a file of the corpus beside the checkout, or skips the test.
func corpusFile(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("VEDETTE_CORPUS")
	if dir == "" {
		wd, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for at := wd; at != filepath.Dir(at); at = filepath.Dir(at) {
			if c := filepath.Join(at, "..", "shared", "corpus"); exists(c) {
				dir = c
				break
			}
		}
	}
	path := filepath.Join(dir, name)
	if dir == "" || !exists(path) {
		t.Skipf("the corpus file %s is not here; set VEDETTE_CORPUS to its folder", name)
	}
	return path
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func readConformance(t *testing.T) []conformanceCase {
	t.Helper()
	f, err := os.Open(corpusFile(t, "conformance.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	var out []conformanceCase
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 64<<20)
	for sc.Scan() {
		var c conformanceCase
		dec := json.NewDecoder(strings.NewReader(sc.Text()))
		dec.UseNumber()
		if err := dec.Decode(&c); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestConformance runs the reference queries and holds the number of right answers to its floor.
func TestConformance(t *testing.T) {
	cases := readConformance(t)
	raw, err := os.ReadFile(filepath.Join("exec", "testdata", "floors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var floor floors
	if err := json.Unmarshal(raw, &floor); err != nil {
		t.Fatal(err)
	}
	var got floors
	total := 0
	refused := map[string]int{}
	for _, c := range cases {
		if c.Nondeterministic || freeChoices[c.ID] != "" {
			continue
		}
		total++
		verdict := runConformance(c)
		switch {
		case verdict == "ok":
			got.Correct++
			got.Compiled++
		case strings.HasPrefix(verdict, "compile: "):
			refused[verdict]++
			t.Logf("%s %s", c.ID, verdict)
		case strings.HasPrefix(verdict, "run: "):
			got.Compiled++
			refused[verdict]++
			t.Logf("%s %s", c.ID, verdict)
		case exceptions[c.ID] != "":
			got.Compiled++
			t.Logf("%s differs: %s", c.ID, exceptions[c.ID])
		default:
			got.Compiled++
			got.MostBad++
			t.Logf("%s WRONG %s", c.ID, verdict)
		}
	}
	t.Logf("%d cases, %d compiled, %d correct, %d wrong, %d refused at run", total, got.Compiled, got.Correct, got.MostBad, got.Compiled-got.Correct-got.MostBad-len(exceptions))
	if got.Correct < floor.Correct {
		t.Errorf("%d correct answers, the floor is %d", got.Correct, floor.Correct)
	}
	if got.MostBad > floor.MostBad {
		t.Errorf("%d wrong answers, the most allowed is %d", got.MostBad, floor.MostBad)
	}
}

// runConformance returns "ok", why the query was refused, or what differs.
func runConformance(c conformanceCase) string {
	now := column.FromTime(time.Date(2026, 8, 2, 23, 56, 47, 0, time.UTC))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	run := exec.Env{Now: now, Database: "NetDefaultDB", Principal: "<null identity>"}
	env := bind.Env{Catalog: schema.NewStatic(), Database: "NetDefaultDB", Runnable: exec.Runnable, Discover: func(n *plan.Plugin) (*plan.Held, error) { return exec.Discover(ctx, n, run) }}
	q, diags := kql.Compile(c.Query, env)
	if q == nil {
		for _, d := range diags {
			return fmt.Sprintf("compile: %s %s", d.Code, d.Message)
		}
		return "compile: no plan"
	}
	if len(q.Results) == 0 {
		return "compile: no results"
	}
	res, err := exec.Collect(ctx, q.Results[0].Root, run)
	if err != nil {
		return "run: " + err.Error()
	}
	return compareResult(c, res)
}

var approximate = regexp.MustCompile(`\b(dcount\w*|percentiles?\w*|hll\w*|tdigest\w*|estimate_data_size)\b`)

var anyOrder = regexp.MustCompile(`\b(make_set\w*|makeset|bag_keys|set_\w+)\b`)

// compareResult holds names, types and rows against the case.
func compareResult(c conformanceCase, res *exec.Result) string {
	var names []string
	for _, col := range res.Cols {
		names = append(names, col.Name)
	}
	if !slices.Equal(names, c.Columns) {
		return fmt.Sprintf("columns %v, want %v", names, c.Columns)
	}
	if len(c.Types) == len(c.Columns) {
		for i, col := range res.Cols {
			if want, ok := clrTypes[c.Types[i]]; ok && want != col.Type {
				return fmt.Sprintf("type of %s is %s, want %s", col.Name, col.Type, want)
			}
		}
	}
	var rows [][]any
	for _, b := range res.Batches {
		for r := range b.N {
			row := make([]any, len(b.Cols))
			for k, v := range b.Cols {
				row[k] = column.Deep(boxCell(v, r))
			}
			rows = append(rows, row)
		}
	}
	if len(rows) != len(c.Rows) {
		return fmt.Sprintf("%d rows, want %d", len(rows), len(c.Rows))
	}
	m := matcher{loose: approximate.MatchString(c.Query), anyOrder: anyOrder.MatchString(c.Query)}
	if c.Ordered {
		for i := range rows {
			if !m.row(c.Rows[i], rows[i]) {
				return fmt.Sprintf("row %d is %s, want %s", i, show(rows[i]), show(c.Rows[i]))
			}
		}
		return "ok"
	}
	left := slices.Clone(rows)
	for _, want := range c.Rows {
		i := slices.IndexFunc(left, func(r []any) bool { return m.row(want, r) })
		if i < 0 {
			return fmt.Sprintf("no row %s; left are %s", show(want), show(left))
		}
		left = slices.Delete(left, i, i+1)
	}
	return "ok"
}

var clrTypes = map[string]schema.Type{
	"Int64": schema.Long, "Int32": schema.Int, "SByte": schema.Bool, "Boolean": schema.Bool, "String": schema.String, "DateTime": schema.Datetime,
	"TimeSpan": schema.Timespan, "Double": schema.Real, "Object": schema.Dynamic, "Guid": schema.Guid, "SqlDecimal": schema.Decimal,
}

func boxCell(v *column.Vector, r int) any {
	if v.Null(r) {
		return nil
	}
	switch v.Type {
	case schema.Datetime:
		return column.Datetime(v.Ints[r])
	case schema.Timespan:
		return column.Timespan(v.Ints[r])
	}
	return v.Value(r)
}

func show(v any) string {
	var s string
	switch x := v.(type) {
	case []any:
		if b, err := json.Marshal(x); err == nil && !strings.Contains(string(b), "Keys") {
			s = string(b)
		} else {
			s = string(column.AppendJSON(nil, x))
		}
	case [][]any:
		for _, r := range x {
			s += show(r) + " "
		}
	default:
		s = fmt.Sprint(v)
	}
	if len(s) > 300 {
		s = s[:300] + "..."
	}
	return s
}

// matcher compares expected cells, as JSON holds them, with values.
type matcher struct{ loose, anyOrder bool }

func (m matcher) row(want, got []any) bool {
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if !m.cell(want[i], got[i]) {
			return false
		}
	}
	return true
}

func (m matcher) cell(want, got any) bool {
	switch w := want.(type) {
	case nil:
		return got == nil || got == ""
	case json.Number:
		return m.number(string(w), got)
	case bool:
		return got == w
	case string:
		return m.text(w, got)
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(w) {
			return false
		}
		if !m.anyOrder {
			return m.row(w, list)
		}
		left := slices.Clone(list)
		for _, x := range w {
			i := slices.IndexFunc(left, func(y any) bool { return m.cell(x, y) })
			if i < 0 {
				return false
			}
			left = slices.Delete(left, i, i+1)
		}
		return true
	case map[string]any:
		o, ok := got.(*column.Object)
		if !ok || len(o.Keys) != len(w) {
			return false
		}
		for k, x := range w {
			y, has := o.Get(k)
			if !has || !m.cell(x, y) {
				return false
			}
		}
		return true
	}
	return false
}

func (m matcher) number(want string, got any) bool {
	w, err := strconv.ParseFloat(want, 64)
	if err != nil {
		return false
	}
	switch g := got.(type) {
	case int64:
		if n, err := strconv.ParseInt(want, 10, 64); err == nil {
			return n == g
		}
		return m.near(w, float64(g))
	case float64:
		return m.near(w, g)
	case bool:
		return false
	}
	return false
}

func (m matcher) near(a, b float64) bool {
	if a == b {
		return true
	}
	d, size := math.Abs(a-b), max(math.Abs(a), math.Abs(b))
	return d <= 1e-9*size || d < 1e-12 || m.loose && d <= 1e-4*max(size, 1e-9)
}

func (m matcher) text(want string, got any) bool {
	switch g := got.(type) {
	case string:
		return want == g || m.loose && strings.Join(strings.Fields(want), " ") == strings.Join(strings.Fields(g), " ")
	case column.Datetime:
		ticks, ok := column.ParseDatetime(want)
		return ok && ticks == int64(g)
	case column.Timespan:
		ticks, ok := column.ParseTimespan(want)
		return ok && ticks == int64(g)
	case float64:
		return column.FormatReal(g) == want
	case nil:
		return want == ""
	}
	return strings.Trim(string(column.AppendJSON(nil, got)), `"`) == want
}
