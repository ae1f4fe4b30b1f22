package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/hub"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

// maxRows is the most rows a hunting query returns.
const maxRows = 100_000

type schemaColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type huntingAnswer struct {
	Schema  []schemaColumn   `json:"schema"`
	Results []map[string]any `json:"results"`
}

func (s *Server) runHunting(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	var body map[string]any
	if json.Unmarshal(b, &body) != nil {
		return refuse("Unable to read JSON request payload.")
	}
	text, _ := body["Query"].(string)
	if text == "" {
		text, _ = body["query"].(string)
	}
	q, err := parseHunt(text, s.cfg.Now())
	if err != nil {
		return err
	}
	a, err := s.hunt(c, q)
	if err != nil {
		return err
	}
	return c.ok(map[string]any{"@odata.context": s.context("microsoft.graph.security.huntingQueryResults"), "schema": a.Schema, "results": a.Results})
}

// huntQuery is a query of the written list of patterns: a table, conditions joined by and, and at most one of
// count, take, top by Timestamp and summarize count() by columns; or print.
type huntQuery struct {
	print   string
	table   *hunt.Table
	where   []func(map[string]any) bool
	count   bool
	take    int
	top     bool // newest first
	by      []string
	name    string // name of the count column
	project []string
}

var (
	reAgo     = regexp.MustCompile(`^Timestamp\s*(>=?)\s*ago\(\s*(\d+)\s*([dhms])\s*\)$`)
	reEq      = regexp.MustCompile(`^(\w+)\s*(==|=~|!=|has|contains|startswith)\s*(?:"([^"]*)"|'([^']*)'|(\d+))$`)
	reTake    = regexp.MustCompile(`^(?:take|limit)\s+(\d+)$`)
	reTop     = regexp.MustCompile(`^top\s+(\d+)\s+by\s+Timestamp(?:\s+desc)?$`)
	reSum     = regexp.MustCompile(`^summarize\s+(?:(\w+)\s*=\s*)?count\(\)(?:\s+by\s+([\w,\s]+))?$`)
	reProject = regexp.MustCompile(`^project\s+([\w,\s]+)$`)
	rePrint   = regexp.MustCompile(`^print\s+(?:(\w+)\s*=\s*)?(?:"([^"]*)"|(\d+))$`)
)

func parseHunt(text string, now time.Time) (*huntQuery, error) {
	parts := strings.Split(strings.TrimSuffix(strings.TrimSpace(text), ";"), "|")
	head := strings.TrimSpace(parts[0])
	if m := rePrint.FindStringSubmatch(head); m != nil && len(parts) == 1 {
		return &huntQuery{print: m[2] + m[3], name: orDefault(m[1], "print_0")}, nil
	}
	t, ok := hunt.ByName(head)
	if !ok {
		return nil, refuse(fmt.Sprintf("'where' operator: Failed to resolve table or column expression named '%s'. Fix semantic errors in your query.", head))
	}
	q := &huntQuery{table: t, take: -1}
	for _, part := range parts[1:] {
		if err := q.operator(strings.Join(strings.Fields(part), " "), now); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func orDefault(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

func (q *huntQuery) operator(op string, now time.Time) error {
	if cond, ok := strings.CutPrefix(op, "where "); ok {
		for c := range strings.SplitSeq(cond, " and ") {
			f, err := q.condition(strings.TrimSpace(c), now)
			if err != nil {
				return err
			}
			q.where = append(q.where, f)
		}
		return nil
	}
	if m := reTake.FindStringSubmatch(op); m != nil {
		q.take, _ = strconv.Atoi(m[1])
		return nil
	}
	if m := reTop.FindStringSubmatch(op); m != nil {
		q.take, _ = strconv.Atoi(m[1])
		q.top = true
		return nil
	}
	if m := reProject.FindStringSubmatch(op); m != nil {
		q.project = names(m[1])
		return q.known(q.project)
	}
	if m := reSum.FindStringSubmatch(op); m != nil {
		q.count, q.name, q.by = true, orDefault(m[1], "count_"), names(m[2])
		return q.known(q.by)
	}
	if op == "count" {
		q.count, q.name = true, "Count"
		return nil
	}
	return refuse("This tenant is simulated and does not run the operator: " + op)
}

func names(list string) []string {
	var out []string
	for n := range strings.SplitSeq(list, ",") {
		if n = strings.TrimSpace(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}

func (q *huntQuery) known(cols []string) error {
	for _, c := range cols {
		if q.table.Col(c) < 0 {
			return refuse(fmt.Sprintf("'summarize' operator: Failed to resolve scalar expression named '%s'. Fix semantic errors in your query.", c))
		}
	}
	return nil
}

func (q *huntQuery) condition(c string, now time.Time) (func(map[string]any) bool, error) {
	if m := reAgo.FindStringSubmatch(c); m != nil {
		n, _ := strconv.Atoi(m[2])
		unit := map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second}[m[3]]
		edge := hunt.Time(now.Add(-time.Duration(n) * unit))
		return func(row map[string]any) bool {
			t, _ := row["Timestamp"].(string)
			return t > edge || m[1] == ">=" && t == edge
		}, nil
	}
	m := reEq.FindStringSubmatch(c)
	if m == nil || q.table.Col(m[1]) < 0 {
		return nil, refuse("This tenant is simulated and does not run the condition: " + c)
	}
	want := m[3] + m[4] + m[5]
	return func(row map[string]any) bool {
		have := ""
		if v := row[m[1]]; v != nil {
			have = fmt.Sprint(v)
		}
		switch m[2] {
		case "==":
			return have == want
		case "=~":
			return strings.EqualFold(have, want)
		case "!=":
			return have != want
		case "startswith":
			return strings.HasPrefix(strings.ToLower(have), strings.ToLower(want))
		}
		return strings.Contains(strings.ToLower(have), strings.ToLower(want))
	}, nil
}

// errEnough ends the reading of the log early.
var errEnough = errors.New("enough rows")

// hunt runs the query over what stands in the hub's log.
func (s *Server) hunt(c *call, q *huntQuery) (*huntingAnswer, error) {
	if q.table == nil {
		return &huntingAnswer{Schema: []schemaColumn{{q.name, "String"}}, Results: []map[string]any{{q.name: q.print}}}, nil
	}
	groups := map[string]*group{}
	var rows []map[string]any
	n := 0
	category := []byte(`"AdvancedHunting-` + q.table.Name + `"`)
	err := s.cfg.Hub.Read(c.r.Context(), nil, func(e hub.Entry) error {
		if !bytes.Contains(e.Body, category) {
			return nil
		}
		return eachRow(e.Body, q.table.Name, func(row map[string]any) error {
			for _, w := range q.where {
				if !w(row) {
					return nil
				}
			}
			n++
			switch {
			case q.count && len(q.by) > 0:
				q.gather(groups, row)
			case !q.count:
				rows = append(rows, row)
				if !q.top && (len(rows) == q.take || len(rows) == maxRows) {
					return errEnough
				}
			}
			return nil
		})
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	switch {
	case q.count && len(q.by) > 0:
		return q.grouped(groups), nil
	case q.count:
		return &huntingAnswer{Schema: []schemaColumn{{q.name, "Int64"}}, Results: []map[string]any{{q.name: n}}}, nil
	}
	if q.top {
		slices.SortStableFunc(rows, func(a, b map[string]any) int {
			return strings.Compare(b["Timestamp"].(string), a["Timestamp"].(string))
		})
		rows = rows[:min(q.take, len(rows))]
	}
	return q.rows(rows), nil
}

func eachRow(body []byte, table string, f func(map[string]any) error) error {
	var m struct {
		Records []struct {
			Category   string          `json:"category"`
			Properties json.RawMessage `json:"properties"`
		} `json:"records"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return nil // somebody else's message
	}
	for _, r := range m.Records {
		if r.Category != "AdvancedHunting-"+table {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(r.Properties))
		d.UseNumber()
		row := map[string]any{}
		if d.Decode(&row) == nil {
			if err := f(row); err != nil {
				return err
			}
		}
	}
	return nil
}

type group struct {
	key []any
	n   int
}

func (q *huntQuery) gather(groups map[string]*group, row map[string]any) {
	key := make([]any, len(q.by))
	for i, c := range q.by {
		key[i] = row[c]
	}
	k := fmt.Sprintf("%q", key)
	if groups[k] == nil {
		groups[k] = &group{key: key}
	}
	groups[k].n++
}

func (q *huntQuery) grouped(groups map[string]*group) *huntingAnswer {
	a := &huntingAnswer{Results: []map[string]any{}}
	for _, c := range q.by {
		a.Schema = append(a.Schema, schemaColumn{c, q.typeOf(c)})
	}
	a.Schema = append(a.Schema, schemaColumn{q.name, "Int64"})
	for _, k := range slices.Sorted(maps.Keys(groups)) {
		row := map[string]any{q.name: groups[k].n}
		for i, c := range q.by {
			row[c] = groups[k].key[i]
		}
		a.Results = append(a.Results, row)
	}
	return a
}

func (q *huntQuery) typeOf(col string) string {
	return map[string]string{"string": "String", "datetime": "DateTime", "int": "Int32", "long": "Int64", "bool": "SByte", "dynamic": "Object"}[q.table.Columns[q.table.Col(col)].Type]
}

func (q *huntQuery) rows(rows []map[string]any) *huntingAnswer {
	a := &huntingAnswer{Results: []map[string]any{}}
	cols := q.project
	if cols == nil {
		for _, c := range q.table.Columns {
			cols = append(cols, c.Name)
		}
	}
	for _, c := range cols {
		a.Schema = append(a.Schema, schemaColumn{c, q.typeOf(c)})
	}
	for _, r := range rows {
		out := map[string]any{}
		for _, c := range cols {
			v := r[c]
			if b, ok := v.(bool); ok { // booleans arrive as small numbers
				v = map[bool]int{true: 1, false: 0}[b]
			}
			out[c] = v
		}
		a.Results = append(a.Results, out)
	}
	return a
}
