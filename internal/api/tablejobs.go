package api

import (
	"context"
	"net/http"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/schema"
)

// jobJSON tells what a restore, a search job or a drop did.
type jobJSON struct {
	Table   string `json:"table"`
	Rows    int64  `json:"rows"`
	Bytes   int64  `json:"bytes,omitempty"`
	Partial string `json:"partial,omitempty"`
}

// restoreTable copies rows of a table between two times into a table of their own.
func (s *Server) restoreTable(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		From string `json:"from"`
		To   string `json:"to"`
		As   string `json:"as"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	from, to, err := jobRange(in.From, in.To)
	if err != nil {
		return err
	}
	name, a, err := s.Tables.Restore(r.Context(), ws.ID, r.PathValue("table"), in.As, from, to, actorOf(r).Name)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, jobJSON{Table: name, Rows: a.Rows, Bytes: a.Bytes})
	return nil
}

// jobRange reads two times, both of which must be given.
func jobRange(from, to string) (f, t time.Time, err error) {
	for _, text := range []string{from, to} {
		if text == "" {
			return f, t, fault.New(fault.Invalid, "time_invalid", "%q is no time; write 2026-03-14 or 2026-03-14T09:00:00Z.", text)
		}
	}
	span, err := query.ParseTimes(from, to)
	return span.From, span.To, err
}

// searchJob runs a query over everything that is kept and stores its result as a table.
func (s *Server) searchJob(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		Query string `json:"query"`
		From  string `json:"from"`
		To    string `json:"to"`
		Limit int64  `json:"limit"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	out, err := s.search(r.Context(), ws, r.PathValue("table"), in.Query, in.From, in.To, in.Limit, actorOf(r).Name)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func (s *Server) search(ctx context.Context, ws *Workspace, name, text, from, to string, limit int64, actor string) (jobJSON, error) {
	out := jobJSON{Table: name}
	if err := s.Tables.SearchTable(ws.ID, name); err != nil {
		return out, err
	}
	f, t, err := jobRange(from, to)
	if err != nil {
		return out, err
	}
	res, err := s.Query.Run(ctx, query.Request{Workspace: ws.ID, Text: text, Cold: true, Timespan: query.Timespan{From: f, To: t}, MaxRows: limit, Actor: actor})
	if err != nil {
		return out, err
	}
	if len(res.Tables) == 0 {
		return out, fault.New(fault.Invalid, "search_empty", "The query has no result to keep; end it with a tabular expression.")
	}
	if res.Partial != nil {
		out.Partial = res.Partial.Error()
	}
	tb := res.Tables[0]
	cols := make([]schema.Column, len(tb.Cols))
	for i, c := range tb.Cols {
		cols[i] = schema.Column{Name: c.Name, Type: c.Type}
	}
	out.Rows, err = s.Tables.Keep(ctx, ws.ID, name, text, actor, cols, tb.Batches)
	return out, err
}

// dropTable removes a table that a job made.
func (s *Server) dropTable(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	a, err := s.Tables.Drop(r.Context(), ws.ID, r.PathValue("table"), actorOf(r).Name)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, jobJSON{Table: r.PathValue("table"), Rows: a.Rows, Bytes: a.Bytes})
	return nil
}
