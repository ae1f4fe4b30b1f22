package query

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// WriteLogAnalytics writes a result as the Log Analytics query API does: tables with columns and row arrays, dynamic
// cells as strings, optional render and statistics, and error.code PartialError beside the tables of a cut result.
func WriteLogAnalytics(w io.Writer, r *Result, withRender, withStats bool) error {
	e := &writer{w: w}
	e.str(`{"tables":[`)
	for i := range r.Tables {
		if i > 0 {
			e.str(",")
		}
		e.table(&r.Tables[i], DynamicString)
	}
	e.str("]")
	if withRender {
		e.str(`,"render":`)
		e.json(renderOf(r))
	}
	if withStats {
		e.str(`,"statistics":`)
		e.json(map[string]any{"query": map[string]any{
			"executionTime":          r.Stats.Elapsed.Seconds(),
			"datasetStatistics":      []any{map[string]any{"tableRowCount": primaryRows(r)}},
			"inputDatasetStatistics": map[string]any{"extents": map[string]any{}, "rows": map[string]any{"total": r.Stats.ScannedRows}},
		}})
	}
	if r.Partial != nil {
		e.str(`,"error":`)
		e.json(map[string]any{"code": "PartialError", "message": "There were some errors when processing your query.",
			"details": []any{map[string]any{"code": r.Partial.Code, "message": r.Partial.Msg,
				"innererror": map[string]any{"code": r.Partial.Code, "message": r.Partial.Msg, "severity": 2, "severityName": "Error"}}}})
	}
	e.str("}")
	return e.err
}

func primaryRows(r *Result) int64 {
	if len(r.Tables) == 0 {
		return 0
	}
	return r.Tables[0].Rows
}

func renderOf(r *Result) any {
	if len(r.Tables) == 0 || r.Tables[0].Render == nil {
		return map[string]any{"visualization": nil}
	}
	out := map[string]any{"visualization": r.Tables[0].Render.Kind}
	for k, v := range r.Tables[0].Render.Props {
		out[k] = v
	}
	return out
}

// WriteAPI writes a result for our own web pages: as above, but dynamic cells are JSON, and render, stats and notes are always there.
func WriteAPI(w io.Writer, r *Result) error {
	e := &writer{w: w}
	e.str(`{"tables":[`)
	var render *plan.Render
	for i := range r.Tables {
		if i > 0 {
			e.str(",")
		}
		e.table(&r.Tables[i], DynamicJSON)
		if render == nil {
			render = r.Tables[i].Render
		}
	}
	e.str("]")
	if render != nil {
		e.str(`,"render":`)
		e.json(render)
	}
	e.str(`,"stats":`)
	e.json(map[string]any{"ms": r.Stats.Elapsed.Milliseconds(), "rows": primaryRows(r), "engine": r.Stats.Engine, "scannedRows": r.Stats.ScannedRows})
	if len(r.Notes) > 0 {
		e.str(`,"notes":`)
		e.json(r.Notes)
	}
	if r.Partial != nil {
		e.str(`,"error":`)
		e.json(map[string]any{"code": r.Partial.Code, "message": r.Partial.Msg})
	}
	e.str("}")
	return e.err
}

// writer keeps the first error, so that callers check once.
type writer struct {
	w   io.Writer
	err error
}

func (e *writer) write(b []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(b)
	}
}

func (e *writer) str(s string) { e.write([]byte(s)) }

func (e *writer) json(v any) {
	b, err := json.Marshal(v)
	e.err = errors.Join(e.err, err)
	e.write(b)
}

func (e *writer) table(t *Table, dyn DynamicAs) {
	e.str(`{"name":`)
	e.json(t.Name)
	e.str(`,"columns":[`)
	for i, c := range t.Cols {
		if i > 0 {
			e.str(",")
		}
		e.json(map[string]string{"name": c.Name, "type": c.Type.String()})
	}
	e.str(`],"rows":[`)
	first := true
	var buf []byte
	for _, b := range t.Batches {
		for i := range b.N {
			buf = buf[:0]
			if !first {
				buf = append(buf, ',')
			}
			first = false
			buf = AppendRow(buf, b, i, dyn)
			e.write(buf)
		}
	}
	e.str("]}")
}
