package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"github.com/vedette-siem/vedette/internal/simtenant/hub"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
	"github.com/vedette-siem/vedette/internal/simtenant/huntql"
	"github.com/vedette-siem/vedette/internal/simtenant/snapshot"
)

// lookBack is how far back hunting sees events.
const lookBack = 30 * 24 * time.Hour

type schemaColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
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
	field := func(name string) string {
		for k, v := range body {
			if t, ok := v.(string); ok && strings.EqualFold(k, name) {
				return t
			}
		}
		return ""
	}
	now := s.cfg.Now()
	from, to, err := timespan(field("Timespan"), now)
	if err != nil {
		return err
	}
	began := time.Now()
	if wait, text := s.quota.begin(now, s.cfg.Modes()); text != "" {
		c.throttle(wait, text)
		return nil
	}
	r, err := huntql.Run(c.r.Context(), &huntSource{s: s, now: now, to: to}, field("Query"), now, from)
	s.quota.spend(s.cfg.Now(), time.Since(began))
	if bad := (*huntql.Error)(nil); errors.As(err, &bad) {
		return refuse(bad.Message)
	} else if err != nil {
		return err
	}
	table, _, _ := strings.Cut(strings.TrimSpace(field("Query")), " ")
	schema, results := wireResult(r, strings.HasPrefix(table, "DeviceTvm") || strings.HasPrefix(table, "DeviceBaseline"))
	return c.ok(map[string]any{"@odata.context": s.context("microsoft.graph.security.huntingQueryResults"), "schema": schema, "results": results})
}

// timespan reads P30D, start/end, start/P7D, P7D/end or a start, and keeps within what hunting sees.
func timespan(text string, now time.Time) (from, to time.Time, err error) {
	oldest := now.Add(-lookBack)
	if text == "" {
		return oldest, time.Time{}, nil
	}
	a, b, both := strings.Cut(text, "/")
	read := func(s string) (t time.Time, d time.Duration, err error) {
		if t, err = time.Parse(time.RFC3339Nano, s); err == nil {
			return t, 0, nil
		}
		if t, err = time.Parse("2006-01-02", s); err == nil {
			return t, 0, nil
		}
		d, ok := isoDuration(s)
		if !ok {
			return t, 0, refuse("Invalid value '" + text + "' for 'Timespan'.")
		}
		return t, d, nil
	}
	t1, d1, err := read(a)
	if err != nil {
		return from, to, err
	}
	from = t1
	switch {
	case !both && d1 > 0:
		from = now.Add(-d1)
	case both:
		t2, d2, err := read(b)
		if err != nil {
			return from, to, err
		}
		to = t2
		if d1 > 0 {
			from = t2.Add(-d1)
		}
		if d2 > 0 {
			to = t1.Add(d2)
		}
	}
	if from.Before(oldest) {
		from = oldest
	}
	return from, to, nil
}

// isoDuration reads the durations people write: PnDTnHnMnS.
func isoDuration(s string) (time.Duration, bool) {
	rest, ok := strings.CutPrefix(s, "P")
	if !ok || rest == "" {
		return 0, false
	}
	var total time.Duration
	n, digits, inTime := int64(0), false, false
	for _, c := range rest {
		unit := map[rune]time.Duration{'D': 24 * time.Hour, 'W': 7 * 24 * time.Hour}[c]
		if inTime {
			unit = map[rune]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}[c]
		}
		switch {
		case c >= '0' && c <= '9' && n < 1_000_000:
			n, digits = n*10+int64(c-'0'), true
		case c == 'T' && !inTime:
			inTime = true
		case unit > 0 && digits:
			total += time.Duration(n * int64(unit))
			n, digits = 0, false
		default:
			return 0, false
		}
	}
	return total, total > 0 && !digits
}

// huntSource is what hunting reads: the hub's log, and what the tenant knows without it.
type huntSource struct {
	s   *Server
	now time.Time
	to  time.Time // events after it are out of sight, unless it is zero
}

func (h *huntSource) Table(name string) (*huntql.Table, bool) {
	if t, ok := snapshot.ByName(name); ok {
		return t, true
	}
	t, ok := hunt.ByName(name)
	if !ok {
		return nil, false
	}
	out := &huntql.Table{Name: t.Name}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, huntql.Column{Name: c.Name, Type: c.Type})
	}
	return out, true
}

func (h *huntSource) Rows(ctx context.Context, table string, f func(huntql.Row) error) error {
	if _, ok := snapshot.ByName(table); ok {
		m := h.s.cfg.Store.Meta()
		v := snapshot.View{Dir: h.s.cfg.Living.Now(), Changes: h.s.cfg.Store.Changes(), Seed: m.Seed, Now: h.now, Started: m.Started}
		return snapshot.Rows(table, v, func(row []any) error { return f(func(i int) any { return row[i] }) })
	}
	t, _ := hunt.ByName(table)
	at := t.Col("Timestamp")
	category := []byte(`"AdvancedHunting-` + table + `"`)
	var p fastjson.Parser
	return h.s.cfg.Hub.Read(ctx, nil, func(e hub.Entry) error {
		if !bytes.Contains(e.Body, category) {
			return nil
		}
		m, err := p.ParseBytes(e.Body)
		if err != nil {
			return nil // somebody else's message
		}
		for _, rec := range m.GetArray("records") {
			if string(rec.GetStringBytes("category")) != "AdvancedHunting-"+table {
				continue
			}
			props := rec.Get("properties")
			row := func(i int) any { return valueOf(props, &t.Columns[i]) }
			if !h.to.IsZero() {
				if when, ok := row(at).(time.Time); !ok || !when.Before(h.to) {
					continue
				}
			}
			if err := f(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// valueOf is the value of a column of a record.
func valueOf(props *fastjson.Value, c *hunt.Column) any {
	v := props.Get(c.Name)
	if v == nil && c.Name == "ISP" {
		v = props.Get("Isp")
	}
	if v == nil {
		return nil
	}
	switch v.Type() {
	case fastjson.TypeString:
		text := string(v.GetStringBytes())
		if c.Type == "datetime" {
			if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
				return t
			}
			return nil
		}
		return text
	case fastjson.TypeNumber:
		if n, err := v.Int64(); err == nil {
			return n
		}
		return v.GetFloat64()
	case fastjson.TypeTrue:
		return true
	case fastjson.TypeFalse:
		return false
	case fastjson.TypeNull:
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(v.MarshalTo(nil)))
	d.UseNumber()
	var out any
	if d.Decode(&out) != nil {
		return nil
	}
	return out
}

// wireResult is the answer's schema and rows. Booleans arrive as small numbers; on the inventory's tables an empty time or object is {}.
func wireResult(r *huntql.Result, emptyObjects bool) ([]schemaColumn, []map[string]any) {
	schema := make([]schemaColumn, len(r.Columns))
	for i, c := range r.Columns {
		schema[i] = schemaColumn{c.Name, map[string]string{"string": "String", "datetime": "DateTime", "timespan": "TimeSpan", "int": "Int32", "long": "Int64", "real": "Double", "bool": "SByte", "dynamic": "Object"}[c.Type]}
	}
	results := make([]map[string]any, len(r.Rows))
	for i, row := range r.Rows {
		out := make(map[string]any, len(row))
		for k, v := range row {
			switch x := v.(type) {
			case bool:
				v = map[bool]int{true: 1, false: 0}[x]
			case time.Time:
				v = hunt.Time(x)
			case time.Duration:
				v = x.String()
			case nil:
				if t := r.Columns[k].Type; emptyObjects && (t == "datetime" || t == "dynamic") {
					v = struct{}{}
				}
			}
			out[r.Columns[k].Name] = v
		}
		results[i] = out
	}
	return schema, results
}
