package query

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/engine"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// maxExports is how many exports run at once. They have slots of their own: queries do not wait for them.
const maxExports = 2

// ExportFormats are the formats of Export.
var ExportFormats = []string{"parquet", "csv", "ndjson"}

// Export says what rows to write, and how. Either Table or Text is set.
type Export struct {
	Workspace string // id
	Table     string // the rows of a table, of both tiers, with all stored columns
	Text      string // or the first result of a query
	Engine    string // of a query: auto, go, duckdb
	Cold      bool   // of a query: read the cold tier too, in Go
	Timespan  Timespan
	Format    string
	Actor     string
	Progress  func(rows int64) // if set, called after each batch with the rows so far
}

// Export writes rows as they were at one moment, without a limit of rows, bytes or time: it ends when ctx does. What it holds in memory
// does not grow with the rows, except for what the operators of a query need. Nothing was written to w before an error that tells that
// the export cannot begin. It returns the number of rows.
func (s *Service) Export(ctx context.Context, e Export, w io.Writer) (int64, error) {
	if !slices.Contains(ExportFormats, e.Format) {
		return 0, fault.New(fault.Invalid, "format_unknown", "format %q is not one of parquet, csv, ndjson", e.Format)
	}
	if (e.Table == "") == (e.Text == "") {
		return 0, fault.New(fault.Invalid, "export_what", "Name either a table or a query to export.")
	}
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	case <-ctx.Done():
		return 0, fault.New(fault.Throttled, "export_queue", "%d exports run already; this one waited too long", cap(s.exports))
	}
	if e.Table != "" {
		return s.exportTable(ctx, e, w)
	}
	return s.exportQuery(ctx, e, w)
}

// exportTable writes the stored columns of a table, those that every row has included.
func (s *Service) exportTable(ctx context.Context, e Export, w io.Writer) (n int64, err error) {
	snap := s.cfg.Store.SnapshotWithCold(e.Workspace)
	defer snap.Close()
	t, ok := snap.Catalog().Table(e.Table)
	if !ok {
		return 0, fault.New(fault.NotFound, "table_not_found", "There is no table %q; names are case-sensitive. The list of all: vedette table list.", e.Table)
	}
	spec := store.ScanSpec{Table: t.Name}
	var cols []plan.Col
	for _, c := range t.Columns {
		if c.Source == "" && c.Type != schema.Unknown {
			cols, spec.Columns = append(cols, plan.Col{Name: c.Name, Type: c.Type}), append(spec.Columns, c.Name)
		}
	}
	from, to, limited := e.Timespan.Bounds(s.cfg.Now())
	when := slices.Index(spec.Columns, store.TimeColumn)
	if limited {
		spec.MinTime, spec.MaxTime = from, to
	}
	r, err := snap.Scan(ctx, spec)
	if err != nil {
		return 0, err
	}
	return write(ctx, r, e, cols, w, func(b *column.Batch) *column.Batch {
		if !limited || when < 0 {
			return b
		}
		return within(b, b.Cols[when].Ints, from, to)
	})
}

// within returns the rows whose time is from from up to before to.
func within(b *column.Batch, times []int64, from, to int64) *column.Batch {
	keep := make([]int, 0, b.N)
	for i, t := range times {
		if t >= from && t < to {
			keep = append(keep, i)
		}
	}
	if len(keep) == b.N {
		return b
	}
	return b.Gather(keep)
}

// exportQuery writes the first result of a query.
func (s *Service) exportQuery(ctx context.Context, e Export, w io.Writer) (int64, error) {
	mode, err := engine.ParseMode(e.Engine)
	if err != nil {
		return 0, err
	}
	start := s.cfg.Now()
	take := s.cfg.Store.Snapshot
	if e.Cold {
		take, mode = s.cfg.Store.SnapshotWithCold, engine.Go
	}
	snap := take(e.Workspace)
	defer snap.Close()
	asked, now := kql.Options(e.Text), column.FromTime(start)
	if asked.Now != nil {
		now = *asked.Now
	}
	src := s.cfg.Engine.Source(snap, mode, kernel.Env{Now: now, Database: s.cfg.Names[e.Workspace], Principal: e.Actor, Geo: s.cfg.Geo})
	src.Fetch(s.cfg.Fetch)
	env := exec.Env{
		Source: src, Now: now, Database: s.cfg.Names[e.Workspace], Principal: e.Actor, Geo: s.cfg.Geo, Fetch: s.cfg.Fetch,
		Limits: exec.Limits{Rows: math.MaxInt64 - 1, Bytes: math.MaxInt64 - 1, Memory: s.cfg.Limits.Memory},
	}
	defer s.share(&env)()
	names := s.env(ctx, e.Workspace, snap)
	from, to, limited := e.Timespan.Bounds(start)
	from, to, limited = scoped(asked, from, to, limited)
	names.Discover = func(n *plan.Plugin) (*plan.Held, error) {
		if limited {
			if m, ok := plan.LimitTime(n, from, to).(*plan.Plugin); ok {
				n = m
			}
		}
		return exec.Discover(ctx, n, env)
	}
	q, ds := kql.Compile(e.Text, names)
	if ds.HasErrors() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return 0, &DiagnosticsError{Text: e.Text, Diagnostics: ds}
	}
	if len(q.Results) == 0 {
		return 0, fault.New(fault.Invalid, "export_empty", "The query has no result to export; end it with a tabular expression.")
	}
	root := q.Results[0].Root
	cols := root.Cols()
	if limited {
		root = plan.LimitTime(root, from, to)
	}
	r, err := exec.Run(ctx, root, env)
	if err != nil {
		return 0, err
	}
	return write(ctx, r, e, cols, w, func(b *column.Batch) *column.Batch { return b })
}

// write writes all rows of a reader, which it closes.
func write(ctx context.Context, r store.Reader, e Export, cols []plan.Col, w io.Writer, pass func(*column.Batch) *column.Batch) (n int64, err error) {
	defer func() { err = errors.Join(err, r.Close()) }()
	// The first rows are read before anything is written: most of what can fail does so by then.
	b, err := r.Next(ctx)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	out, werr := NewRowWriter(w, e.Format, cols)
	if werr != nil {
		return 0, werr
	}
	for ; err == nil; b, err = r.Next(ctx) {
		if b = pass(b); b.N == 0 {
			continue
		}
		if err := out.Write(b); err != nil {
			return n, err
		}
		if n += int64(b.N); e.Progress != nil {
			e.Progress(n)
		}
	}
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	return n, out.Close()
}

// ParseTimes makes a timespan of two times, either of which may be empty; a day without a time is its midnight, UTC.
func ParseTimes(from, to string) (Timespan, error) {
	var at [2]time.Time
	for i, text := range []string{from, to} {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		var err error
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04", time.DateOnly} {
			if at[i], err = time.Parse(layout, text); err == nil {
				break
			}
		}
		if err != nil {
			return Timespan{}, fault.New(fault.Invalid, "time_invalid", "%q is no time; write 2026-03-14 or 2026-03-14T09:00:00Z.", text)
		}
	}
	if !at[0].IsZero() && !at[1].IsZero() && !at[0].Before(at[1]) {
		return Timespan{}, fault.New(fault.Invalid, "time_order", "%s is not before %s.", from, to)
	}
	return Timespan{From: at[0], To: at[1]}, nil
}
