package transform

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
)

// shownRows is how many rows a preview shows.
const shownRows = 20

// Preview tells what a transformation would do to the newest rows of a table, up to n of them (200 at most). Without a text it is the
// one at work.
func (s *Service) Preview(ctx context.Context, workspace, table, text string, n int) (model.TransformPreview, error) {
	out := model.TransformPreview{Table: table, From: "live", Added: []string{}, Removed: []string{}, Rows: []map[string]any{}}
	w, err := s.workspace(workspace)
	if err != nil {
		return out, err
	}
	if text == "" {
		s.mu.Lock()
		if a := s.now[workspace][table]; a != nil {
			text = a.transform.Query
		}
		s.mu.Unlock()
	}
	if text == "" {
		return out, fault.New(fault.NotFound, "transform_not_found", "Table %s has no transformation. Give one to be tried.", table)
	}
	p, err := compile(ctx, w, table, text)
	if err != nil {
		return out, err
	}
	batches := w.Intake.Recent(table)
	if len(batches) == 0 && w.Stored != nil {
		out.From = "stored"
		rows, err := w.Stored(ctx, table, n)
		if err != nil {
			return out, err
		}
		batches = []store.Rows{rows}
	}
	had, has := map[string]bool{}, map[string]bool{}
	for _, rows := range slices.Backward(batches) { // the newest first
		left := n - int(out.In)
		if left <= 0 {
			break
		}
		if rows.Batch.N > left {
			rows.Batch = rows.Batch.Slice(rows.Batch.N-left, rows.Batch.N)
		}
		res, dropped, err := p.Apply(rows)
		if err != nil {
			return out, err
		}
		note(had, rows)
		note(has, res)
		out.In, out.Out, out.Dropped = out.In+int64(rows.Batch.N), out.Out+int64(res.Batch.N), out.Dropped+dropped
		for i := 0; i < res.Batch.N && len(out.Rows) < shownRows; i++ {
			out.Rows = append(out.Rows, object(res, i))
		}
	}
	for name := range has {
		if !had[name] {
			out.Added = append(out.Added, name)
		}
	}
	if out.Out > 0 {
		for name := range had {
			if !has[name] {
				out.Removed = append(out.Removed, name)
			}
		}
	}
	slices.Sort(out.Added)
	slices.Sort(out.Removed)
	return out, nil
}

// note adds the columns in which a row says something.
func note(into map[string]bool, rows store.Rows) {
	for i, c := range rows.Cols {
		for k := range rows.Batch.N {
			if v := rows.Batch.Cols[i].Value(k); v != nil && v != "" {
				into[c.Name] = true
				break
			}
		}
	}
}

// object is a row by column, without what it does not say and without what Vedette adds.
func object(rows store.Rows, i int) map[string]any {
	out := map[string]any{}
	for k, c := range rows.Cols {
		if kept(c.Name) {
			continue
		}
		if v := rows.Batch.Cols[k].Value(i); v != nil && v != "" {
			if c.Name == store.TimeColumn {
				out[c.Name] = column.FormatDatetime(rows.Batch.Cols[k].Ints[i])
				continue
			}
			out[c.Name] = json.RawMessage(column.AppendJSON(nil, v))
		}
	}
	return out
}
