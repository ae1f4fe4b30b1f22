package engine

import (
	"context"
	"maps"
	"math"
	"sync"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/sqlgen"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// Snapshot is what a query reads, frozen: *store.Snapshot. It stays open until every reader over it is closed.
type Snapshot interface {
	// Fields lists the stored columns of a table.
	Fields(table string) []manifest.Field
	// Parts lists the files of a table.
	Parts(table string) []manifest.Part
	// Sound reports whether the files of a table may be read without Scan's own checks.
	Sound(table string) bool
	// Tail lists the unsealed rows of a table.
	Tail(table string) []*store.Block
	// Narrow says which row groups of a table's parts may hold rows that meet a need.
	Narrow(table string, need store.Need, minTime, maxTime int64) map[int64]store.Groups
	// Scan reads a table in Go.
	Scan(ctx context.Context, spec store.ScanSpec) (store.Reader, error)
}

// Stats says what a source has done so far.
type Stats struct {
	Engine       Mode // DuckDB when any part of the query ran there, else Go
	ScannedRows  int64
	ScannedBytes int64
}

// Source is the exec.Source of one query. It is safe for concurrent use.
type Source struct {
	engine *Engine
	snap   Snapshot
	mode   Mode
	env    kernel.Env

	first sync.Once
	uses  map[int]int // of each materialized table, the places in the whole plan that read it

	mu     sync.Mutex
	hints  map[*plan.Scan]sqlgen.Hint
	narrow map[*plan.Scan]map[int64]store.Groups
	tables map[string]*stored // nil for one that SQL cannot read
	known  map[plan.Expr]plan.Expr
	fetch  func(ctx context.Context, address string) ([]byte, error)
	sql    map[plan.Node]string // statements of the subtrees that DuckDB runs
	stats  Stats
}

// Source returns the source of one query over a snapshot. env is the query's instant and context, as exec has it.
func (e *Engine) Source(snap Snapshot, mode Mode, env kernel.Env) *Source {
	return &Source{engine: e, snap: snap, mode: mode, env: env, hints: map[*plan.Scan]sqlgen.Hint{}, narrow: map[*plan.Scan]map[int64]store.Groups{}, tables: map[string]*stored{}, known: map[plan.Expr]plan.Expr{}, sql: map[plan.Node]string{}, stats: Stats{Engine: Go}}
}

// Fetch gives the source what reads the files of externaldata, for tables inside expressions. Call it before the first Open.
func (s *Source) Fetch(f func(ctx context.Context, address string) ([]byte, error)) { s.fetch = f }

// SQL returns the statement that DuckDB runs for a subtree, "" when it runs none.
func (s *Source) SQL(n plan.Node) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sql[n]
}

// Stats returns what was read until now.
func (s *Source) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

func (s *Source) count(rows, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.ScannedRows += rows
	s.stats.ScannedBytes += bytes
}

// Open implements exec.Source. It is asked from the root of a plan down, so that the first subtree it takes is the
// largest it can.
func (s *Source) Open(ctx context.Context, n plan.Node) (exec.Reader, bool, error) {
	s.first.Do(func() { s.uses = readers(n) })
	s.look(n)
	if s.worthwhile(n) && !s.splits(n) {
		if p, ok := s.take(ctx, s.reduced(ctx, n)); ok {
			s.count(p.st.Rows, p.st.Bytes)
			s.mu.Lock()
			s.stats.Engine, s.sql[n] = DuckDB, p.st.SQL
			s.mu.Unlock()
			r := &lateRows{ctx: ctx, pool: s.engine.pool, query: p.Query, given: p.given, collects: p.st.Collects, source: s}
			if s.mode == Auto {
				r.fallback = func() (exec.Reader, error) { return s.inGo(ctx, n) }
			}
			done, err := s.finish(r, p.st)
			return done, true, err
		}
	}
	scan, ok := n.(*plan.Scan)
	if !ok {
		return nil, false, nil
	}
	r, err := s.scan(ctx, scan)
	return r, true, err
}

// worthwhile reports whether a subtree may go to DuckDB at all: it reads stored rows, and enough of them in Auto.
func (s *Source) worthwhile(n plan.Node) bool {
	if s.mode == Go {
		return false
	}
	rows, _, scans := s.size(n)
	if !scans || s.mode == DuckDB {
		return scans
	}
	return rows > s.engine.opts.GoRows && (rows > s.engine.opts.NeedleRows || !s.needles(n))
}

// size adds up what the scans of a subtree have to read.
func (s *Source) size(n plan.Node) (rows, bytes int64, scans bool) {
	if scan, ok := n.(*plan.Scan); ok {
		lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
		if h, ok := s.hint(scan); ok {
			lo, hi = h.Lo, h.Hi
		}
		t, ok := s.stored(scan.Table)
		if !ok {
			return 0, 0, true
		}
		rows, bytes = t.table.Rows, t.table.Bytes
		narrow := s.narrowed(scan)
		for _, p := range t.table.Parts {
			if p.MaxTime >= lo && p.MinTime <= hi {
				r, b := p.Rows, p.Bytes
				if g, ok := narrow[p.ID]; ok {
					r, b = r*int64(len(g.RG))/int64(g.Count), b*int64(len(g.RG))/int64(g.Count)
				}
				rows, bytes = rows+r, bytes+b
			}
		}
		return rows, bytes, true
	}
	for _, in := range n.Inputs() {
		r, b, found := s.size(in)
		rows, bytes, scans = rows+r, bytes+b, scans || found
	}
	return rows, bytes, scans
}

// inGo runs a node without DuckDB.
func (s *Source) inGo(ctx context.Context, n plan.Node) (exec.Reader, error) {
	s.engine.log.WarnContext(ctx, "DuckDB refused a statement; the query runs in Go.")
	s.mu.Lock()
	hints := maps.Clone(s.hints)
	s.mu.Unlock()
	g := &Source{engine: s.engine, snap: s.snap, mode: Go, env: s.env, hints: hints, narrow: map[*plan.Scan]map[int64]store.Groups{}, tables: map[string]*stored{}, fetch: s.fetch}
	return exec.Run(ctx, n, g.inside())
}

// look remembers what the plan around each scan needs of it. The first call is for a root and sees everything below;
// later ones are for parts of what was seen, or for tables inside expressions.
func (s *Source) look(n plan.Node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for scan, h := range sqlgen.Hints(n, s.constant) {
		if _, known := s.hints[scan]; !known {
			s.hints[scan] = h
		}
	}
}

func (s *Source) hint(n *plan.Scan) (sqlgen.Hint, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.hints[n]
	return h, ok
}

func (s *Source) constant(e plan.Expr) (any, bool) { return constantValue(e, s.env) }

// scan reads a table in Go, within the times that matter.
func (s *Source) scan(ctx context.Context, n *plan.Scan) (exec.Reader, error) {
	spec := store.ScanSpec{Table: n.Table, MinTime: 0, MaxTime: column.MaxDatetime}
	if h, ok := s.hint(n); ok {
		spec.MinTime, spec.MaxTime = max(h.Lo, spec.MinTime), min(h.Hi, spec.MaxTime)
	}
	spec.Groups, spec.Tests = s.narrowed(n), s.tests(n)
	known := map[string]bool{store.ItemIDColumn: true}
	for _, f := range s.snap.Fields(n.Table) {
		known[f.Name] = true
	}
	at := map[string]int{}
	cols := make([]int, len(n.Out))
	for i, name := range n.Sources {
		cols[i] = -1
		if !known[name] {
			continue
		}
		k, ok := at[name]
		if !ok {
			k = len(spec.Columns)
			at[name] = k
			spec.Columns = append(spec.Columns, name)
		}
		cols[i] = k
	}
	in, err := s.snap.Scan(ctx, spec)
	if err != nil {
		return nil, err
	}
	_, bytes, _ := s.size(n)
	s.count(0, bytes)
	return &scanReader{source: s, in: in, out: n.Out, cols: cols}, nil
}

// scanReader puts the columns of a store reader in the order of a scan.
type scanReader struct {
	source *Source
	in     store.Reader
	out    []plan.Col
	cols   []int
}

func (r *scanReader) Next(ctx context.Context) (*column.Batch, error) {
	b, err := r.in.Next(ctx)
	if err != nil {
		return nil, err
	}
	r.source.count(int64(b.N), 0)
	out := &column.Batch{N: b.N, Cols: make([]*column.Vector, len(r.cols))}
	for i, c := range r.cols {
		if c >= 0 && b.Cols[c].Type == r.out[i].Type {
			out.Cols[i] = b.Cols[c]
			continue
		}
		v := column.New(r.out[i].Type, b.N)
		for range b.N {
			v.AppendNull()
		}
		out.Cols[i] = v
	}
	return out, nil
}

func (r *scanReader) Close() error { return r.in.Close() }
