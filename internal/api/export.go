package api

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/tables"
)

// exportStall is how long a client may take nothing of an export before it is cut off: an export holds files and memory.
const exportStall = 2 * time.Minute

// rowsTrailer comes after the body of an export that is whole.
const rowsTrailer = "Vedette-Rows"

// exportTable streams the rows of a table.
func (s *Server) exportTable(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	return s.export(w, r, query.Export{Table: r.PathValue("table"), Format: q.Get("format")}, q.Get("from"), q.Get("to"))
}

// exportQuery streams the result of a query.
func (s *Server) exportQuery(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Query, Engine, Format, From, To string
		Cold                            bool
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	return s.export(w, r, query.Export{Text: in.Query, Engine: in.Engine, Cold: in.Cold, Format: in.Format}, in.From, in.To)
}

func (s *Server) export(w http.ResponseWriter, r *http.Request, e query.Export, from, to string) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	if e.Timespan, err = query.ParseTimes(from, to); err != nil {
		return err
	}
	if e.Format == "" {
		e.Format = "parquet"
	}
	a := actorOf(r)
	e.Workspace, e.Actor = ws.ID, a.Name
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer s.running.add(r.Header.Get("X-Query-Id"), a, cancel)()
	name := e.Table
	if name == "" {
		name = "query"
	}
	out := &exportBody{w: w, rc: http.NewResponseController(w), head: func(h http.Header) {
		h.Set("Content-Type", query.ContentType(e.Format))
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + "." + e.Format}))
		h.Set("Trailer", rowsTrailer)
	}}
	var rows int64
	s.metrics.exporting.Inc()
	defer s.metrics.exporting.Dec()
	err = s.Tables.Audited(ctx, ws.ID, tables.Audit{
		Actor: a.Name, Operation: "Export rows", Kind: "Table", Name: e.Table,
		Properties: map[string]any{"Format": e.Format, "Query": e.Text, "From": from, "To": to, "Cold": e.Cold || e.Table != ""},
	}, func(ctx context.Context) (map[string]any, error) {
		rows, err = s.Query.Export(ctx, e, out)
		return map[string]any{"Rows": rows, "Bytes": out.n}, err
	})
	s.metrics.exported(e.Format, rows, out.n, err)
	switch {
	case err != nil && out.n > 0:
		s.Logger.WarnContext(r.Context(), "an export ended early", "workspace", ws.Name, "rows", rows, "err", err)
		panic(http.ErrAbortHandler) // the client must see that the body is cut
	case err != nil && ctx.Err() != nil && r.Context().Err() == nil:
		return fault.New(fault.Invalid, "query_cancelled", "the export was cancelled")
	case err != nil:
		return err
	}
	out.begin()
	w.Header().Set(rowsTrailer, strconv.FormatInt(rows, 10))
	return nil
}

// exportBody is the body of an answer whose header is written with its first byte.
type exportBody struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	head  func(http.Header)
	begun bool
	n     int64
}

func (b *exportBody) begin() {
	if !b.begun {
		b.begun = true
		b.head(b.w.Header())
		b.w.WriteHeader(http.StatusOK)
	}
}

// Write implements io.Writer.
func (b *exportBody) Write(p []byte) (int, error) {
	b.begin()
	_ = b.rc.SetWriteDeadline(time.Now().Add(exportStall)) // what cannot have one has no slow clients
	n, err := b.w.Write(p)
	b.n += int64(n)
	if err != nil {
		err = fmt.Errorf("sending an export: %w", err)
	}
	return n, err
}
