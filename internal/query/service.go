// Package query runs queries for everybody who asks: it compiles the text against a workspace's tables, bounds what it
// may use, chooses the engine, and encodes the answer.
//
// A query reads one snapshot from beginning to end. Nothing about it is text to the engines: SQL is generated from the plan.
package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/engine"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/assist"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/memory"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// Limits bound each query.
type Limits struct {
	Timeout  time.Duration
	Rows     int64
	Bytes    int64
	Memory   int64
	Parallel int
}

// Config is what a Service needs.
type Config struct {
	Store  *store.Store
	Engine *engine.Engine
	Limits Limits
	// Memory is shared by all queries; nil bounds each by Limits.Memory only.
	Memory *memory.Broker
	// Names gives a workspace's name by its id: the Kusto database, and what workspace("...") may say.
	Names map[string]string
	// Cluster is the server's own address, which cluster("...") may name.
	Cluster string
	// Functions returns the functions that a workspace keeps, as bind.Env takes them; nil has none.
	Functions func(workspace string) map[string]string
	// Watchlists answers _GetWatchlist for a workspace; nil knows no lists.
	Watchlists func(ctx context.Context, workspace string) *bind.Watchlists
	Now        func() time.Time
	// Geo says where an address is, for geo_info_from_ip_address; nil knows nothing.
	Geo func(netip.Addr) *column.Object
	// Fetch reads the files of externaldata; nil reads none.
	Fetch func(ctx context.Context, address string) ([]byte, error)
}

// Service is safe for concurrent use.
type Service struct {
	cfg     Config
	slots   chan struct{}
	exports chan struct{}
}

// New returns a service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{cfg: c, slots: make(chan struct{}, max(1, c.Limits.Parallel)), exports: make(chan struct{}, maxExports)}
}

// Request is one query. Zero fields mean the service's limits.
type Request struct {
	Workspace string // id
	Text      string
	Engine    string // auto, go, duckdb
	Cold      bool   // read the cold tier too, in Go
	Timespan  Timespan
	MaxRows   int64
	Timeout   time.Duration
	Actor     string
	Analyze   bool // describe the run in Result.Plan
	// Parameters are the values of the query's declare query_parameters, by name, as KQL literals; text need not be quoted
	// for a parameter of type string.
	Parameters map[string]string
}

// Run answers a query. A text that does not compile is a *DiagnosticsError; a result cut by a cap is no error but
// Result.Partial.
func (s *Service) Run(ctx context.Context, r Request) (*Result, error) {
	mode, err := engine.ParseMode(r.Engine)
	if err != nil {
		return nil, err
	}
	limit := s.cfg.Limits.Timeout
	if r.Timeout > 0 {
		limit = min(limit, r.Timeout)
	}
	asked := kql.Options(r.Text)
	if asked.Timeout > 0 {
		limit = min(limit, time.Duration(min(asked.Timeout, math.MaxInt64/100))*100)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fault.New(fault.Unavailable, "query_timeout", "the query ran longer than %s and was stopped; narrow it by time or ask for less", limit))
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, fault.New(fault.Throttled, "query_queue", "%d queries run already; this one waited too long", cap(s.slots))
	}
	res, err := s.run(ctx, r, mode, asked)
	if err != nil && errors.Is(err, context.DeadlineExceeded) {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
	}
	return res, err
}

func (s *Service) run(ctx context.Context, r Request, mode engine.Mode, asked plan.Options) (*Result, error) {
	start := s.cfg.Now()
	now := column.FromTime(start)
	if asked.Now != nil {
		now = *asked.Now
	}
	take := s.cfg.Store.Snapshot
	if r.Cold {
		take, mode = s.cfg.Store.SnapshotWithCold, engine.Go
	}
	snap := take(r.Workspace)
	defer snap.Close()
	rows, bytes, memory := s.cfg.Limits.within(asked)
	if r.MaxRows > 0 {
		rows = min(rows, r.MaxRows)
	}
	src := s.cfg.Engine.Source(snap, mode, kernel.Env{Now: now, Database: s.cfg.Names[r.Workspace], Principal: r.Actor, Geo: s.cfg.Geo})
	src.Fetch(s.cfg.Fetch)
	env := exec.Env{
		Source: src, Now: now, Database: s.cfg.Names[r.Workspace], Principal: r.Actor,
		Geo:    s.cfg.Geo,
		Fetch:  s.cfg.Fetch,
		Limits: exec.Limits{Rows: rows + 1, Bytes: bytes * 2, Memory: memory},
	}
	var look *analysis
	if r.Analyze {
		look = &analysis{profile: exec.NewProfile(), source: src}
		env.Profile = look.profile
	}
	from, to, limited := r.Timespan.Bounds(start)
	from, to, limited = scoped(asked, from, to, limited)
	names := s.env(ctx, r.Workspace, snap)
	names.Parameters = r.Parameters
	names.Discover = func(n *plan.Plugin) (*plan.Held, error) {
		if limited {
			if m, ok := plan.LimitTime(n, from, to).(*plan.Plugin); ok {
				n = m
			}
		}
		return exec.Discover(ctx, n, env)
	}
	q, ds := kql.Compile(r.Text, names)
	if ds.HasErrors() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, &DiagnosticsError{Text: r.Text, Diagnostics: ds}
	}
	res := &Result{Notes: warnings(ds)}
	for i, out := range q.Results {
		root := out.Root
		if limited {
			root = plan.LimitTime(root, from, to)
		}
		if asked.TakeMax > 0 {
			root = &plan.Limit{Input: root, N: &plan.Lit{T: schema.Long, Value: asked.TakeMax}}
		}
		root = exec.Settle(ctx, root, env)
		t, err := collect(ctx, root, env, &rows, &bytes, &res.Partial)
		if err != nil {
			return nil, err
		}
		if look != nil {
			look.result(root)
		}
		t.Name, t.Render = fmt.Sprintf("Table_%d", i), out.Render
		if i == 0 {
			t.Name = "PrimaryResult"
		}
		if out.Name != "" {
			t.Name = out.Name
		}
		t.Cols = out.Root.Cols()
		res.Tables = append(res.Tables, *t)
	}
	st := src.Stats()
	res.Stats = Stats{Elapsed: s.cfg.Now().Sub(start), Engine: string(st.Engine), ScannedRows: st.ScannedRows}
	if look != nil {
		res.Plan = look.end(q.Notes, res.Stats)
	}
	return res, nil
}

// share lets the operators of a query take from what all queries share, and returns what gives it back.
func (s *Service) share(env *exec.Env) func() {
	if s.cfg.Memory == nil {
		return func() {}
	}
	lease := s.cfg.Memory.Query()
	env.Limits.Cover = lease.Cover
	return lease.Close
}

// collect reads a result into memory up to what is left of the caps; beyond them the table is cut and partial says so.
func collect(ctx context.Context, root plan.Node, env exec.Env, rows, bytes *int64, partial **fault.Error) (t *Table, err error) {
	rd, err := exec.Run(ctx, root, env)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rd.Close()) }()
	t = &Table{}
	for {
		b, err := rd.Next(ctx)
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		if int64(b.N) > *rows {
			b = b.Slice(0, int(*rows))
			*partial = fault.New(fault.TooLarge, "E_QUERY_RESULT_SET_TOO_LARGE", "the result has more rows than the limit allows; add 'take', 'top' or 'summarize'")
		}
		*rows -= int64(b.N)
		*bytes -= b.Size()
		t.Rows += int64(b.N)
		t.Batches = append(t.Batches, b)
		if *bytes < 0 && *partial == nil {
			*partial = fault.New(fault.TooLarge, "E_QUERY_RESULT_SET_TOO_LARGE", "the result is larger than the limit allows; project fewer columns, or add 'take' or 'summarize'")
		}
		if *partial != nil {
			return t, nil
		}
	}
}

func (s *Service) env(ctx context.Context, ws string, snap *store.Snapshot) bind.Env {
	env := bind.Env{Catalog: snap.Catalog(), Workspace: ws, Database: s.cfg.Names[ws], Cluster: s.cfg.Cluster, Runnable: exec.Runnable}
	if s.cfg.Functions != nil {
		env.Functions = s.cfg.Functions(ws)
	}
	if s.cfg.Watchlists != nil {
		env.Watchlists = s.cfg.Watchlists(ctx, ws)
	}
	return env
}

// Check returns the diagnostics of a text against the workspace's tables.
func (s *Service) Check(ctx context.Context, ws, text string) syntax.Diagnostics {
	snap := s.cfg.Store.Snapshot(ws)
	defer snap.Close()
	_, ds := kql.Compile(text, s.env(ctx, ws, snap))
	return ds
}

// Complete lists what can stand at a place of a text; at counts UTF-16 units.
func (s *Service) Complete(ctx context.Context, ws, text string, at int) assist.Completion {
	snap := s.cfg.Store.Snapshot(ws)
	defer snap.Close()
	return assist.Complete(text, at, s.env(ctx, ws, snap))
}

// Hover tells what stands at a place of a text; at counts UTF-16 units.
func (s *Service) Hover(ctx context.Context, ws, text string, at int) assist.Hover {
	snap := s.cfg.Store.Snapshot(ws)
	defer snap.Close()
	return assist.Describe(text, at, s.env(ctx, ws, snap))
}

// Explain describes how a query would run: the plan after the named rules, and the rules that changed it.
func (s *Service) Explain(ctx context.Context, ws, text string) (string, error) {
	snap := s.cfg.Store.Snapshot(ws)
	defer snap.Close()
	q, ds := kql.Compile(text, s.env(ctx, ws, snap))
	if ds.HasErrors() {
		return "", &DiagnosticsError{Text: text, Diagnostics: ds}
	}
	return Describe(q), nil
}

// Describe prints the plan of each result and the notes.
func Describe(q *plan.Query) string {
	var b strings.Builder
	for i, r := range q.Results {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(plan.Print(r.Root))
		if r.Render != nil {
			fmt.Fprintf(&b, "render %s\n", r.Render.Kind)
		}
	}
	for _, n := range q.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

func warnings(ds syntax.Diagnostics) []string {
	var out []string
	for _, d := range ds {
		if d.Severity != syntax.Error {
			out = append(out, d.String())
		}
	}
	return out
}
