package api

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/query"
)

// running remembers the queries that pages may cancel by the id they chose.
type running struct {
	mu sync.Mutex
	by map[string]runningQuery
}

type runningQuery struct {
	owner  auth.Actor
	cancel context.CancelFunc
}

func (q *running) add(id string, a auth.Actor, cancel context.CancelFunc) (remove func()) {
	if id == "" || len(id) > 100 {
		return func() {}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.by == nil {
		q.by = map[string]runningQuery{}
	}
	key := a.Kind + "/" + a.ID + "/" + id
	q.by[key] = runningQuery{a, cancel}
	return func() {
		q.mu.Lock()
		delete(q.by, key)
		q.mu.Unlock()
	}
}

// runQuery answers POST /api/w/{ws}/query; ?format chooses another shape than the page's own.
func (s *Server) runQuery(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.workspace(r.PathValue("ws"))
	if err != nil {
		return err
	}
	var in struct {
		Query, Timespan, Engine string
		MaxRows                 int64
		Parameters              map[string]string
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	format := r.URL.Query().Get("format")
	if format == "" {
		format = "api"
	}
	if !query.KnownFormat(format) {
		return fault.New(fault.Invalid, "format_unknown", "format %q is not one of api, json, ndjson, csv, parquet", format)
	}
	span, err := query.ParseTimespan(in.Timespan)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	a := actorOf(r)
	defer s.running.add(r.Header.Get("X-Query-Id"), a, cancel)()
	res, err := s.Query.Run(ctx, query.Request{Workspace: ws.ID, Text: in.Query, Engine: in.Engine, Timespan: span, MaxRows: in.MaxRows, Actor: a.Name, Parameters: in.Parameters})
	if err != nil {
		if ctx.Err() != nil && r.Context().Err() == nil {
			return fault.New(fault.Invalid, "query_cancelled", "the query was cancelled")
		}
		return err
	}
	s.queriedBy(r.Context(), ws.ID)
	w.Header().Set("Content-Type", query.ContentType(format))
	out, done := compressed(w, r)
	return errors.Join(query.Write(out, res, format), done())
}

// cancelQuery ends a query of the same actor.
func (s *Server) cancelQuery(w http.ResponseWriter, r *http.Request) error {
	a := actorOf(r)
	s.running.mu.Lock()
	q, ok := s.running.by[a.Kind+"/"+a.ID+"/"+r.PathValue("id")]
	s.running.mu.Unlock()
	if !ok {
		return fault.New(fault.NotFound, "query_not_found", "that query is not running")
	}
	q.cancel()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// checkQuery answers the editor's diagnostics.
func (s *Server) checkQuery(w http.ResponseWriter, r *http.Request) error {
	var in struct{ Workspace, Query string }
	if err := readJSON(r, &in); err != nil {
		return err
	}
	ws, err := s.workspace(in.Workspace)
	if err != nil {
		return err
	}
	ds := s.Query.Check(r.Context(), ws.ID, in.Query)
	writeJSON(w, http.StatusOK, map[string]any{"diagnostics": list(ds)})
	return nil
}

// maxAssist bounds the text that the editor may ask about.
const maxAssist = 64 << 10

// assistQuery answers what can stand at a place of a query, or what stands there.
func (s *Server) assistQuery(answer func(ctx context.Context, ws, text string, at int) any) func(w http.ResponseWriter, r *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		var in struct {
			Workspace, Query string
			Position         int // in UTF-16 units
		}
		if err := readJSON(r, &in); err != nil {
			return err
		}
		ws, err := s.workspace(in.Workspace)
		if err != nil {
			return err
		}
		if len(in.Query) > maxAssist {
			return fault.New(fault.TooLarge, "query_too_long", "the query text has %d bytes; at most %d are looked at", len(in.Query), maxAssist)
		}
		writeJSON(w, http.StatusOK, answer(r.Context(), ws.ID, in.Query, in.Position))
		return nil
	}
}

// schemaOf answers the tables and functions the editor completes.
func (s *Server) schemaOf(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.workspace(r.PathValue("ws"))
	if err != nil {
		return err
	}
	type col struct {
		Name        string `json:"name"`
		Type        string `json:"type"`
		Description string `json:"description,omitempty"`
	}
	type tab struct {
		Name        string `json:"name"`
		Description string `json:"description,omitempty"`
		Family      string `json:"family,omitempty"`
		Columns     []col  `json:"columns"`
	}
	tables := []tab{}
	for _, t := range s.Store.Catalog(ws.ID).Tables() {
		x := tab{Name: t.Name, Description: t.Description, Family: t.Family, Columns: []col{}}
		for _, c := range t.Columns {
			if !c.Hidden {
				x.Columns = append(x.Columns, col{c.Name, c.Type.String(), c.Description})
			}
		}
		tables = append(tables, x)
	}
	writeJSON(w, http.StatusOK, map[string]any{"tables": tables, "functions": s.functionList(ws.ID)})
	return nil
}
