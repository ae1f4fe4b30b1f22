// Package engine gives queries their rows: it implements exec.Source over a snapshot of the store.
//
// In Go mode the store reads its own files and exec does the rest. In DuckDB mode every largest subtree of a plan that
// sqlgen can write exactly runs as one SQL statement over the same parts and the same unsealed rows; exec runs what is
// above. Both give the same answers; Auto picks the cheaper one by the rows a subtree has to read.
package engine

import (
	"log/slog"
	"os"
	"path/filepath"

	"github.com/vedette-siem/vedette/internal/engine/duck"
	"github.com/vedette-siem/vedette/internal/fault"
)

// Mode says what runs the subtrees of a plan.
type Mode string

// The modes, as the command line names them.
const (
	Auto   Mode = "auto"
	Go     Mode = "go"
	DuckDB Mode = "duckdb"
)

// ParseMode reads the name of a mode; "" is Auto.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case "":
		return Auto, nil
	case Auto, Go, DuckDB:
		return m, nil
	}
	return "", fault.New(fault.Invalid, "engine_unknown", "%q is not an engine; choose auto, go or duckdb", s)
}

// Options configure an Engine. The zero value of a field takes the default named there.
type Options struct {
	Dir     string // the data directory; part paths are relative to it
	Memory  int64  // bytes one query may hold in DuckDB; default 1 GiB
	Threads int    // threads of one query in DuckDB; default 2
	Queries int    // queries in DuckDB at a time; default 4
	GoRows  int64  // Auto leaves subtrees that read at most so many rows to Go; default 8,192
	// NeedleRows is how many rows the row groups that the index names may have for Auto to leave them to Go; default 368,640,
	// which is three whole ones.
	NeedleRows int64
	// ReduceRows is how many rows the large side of a join must have to be filtered by the keys of the small one; default 100,000.
	ReduceRows int64
	NoIndex    bool         // reads parts whole, for comparison
	Logger     *slog.Logger // default: discard
}

// Engine makes sources. It is safe for concurrent use.
type Engine struct {
	opts Options
	log  *slog.Logger
	pool *duck.Pool
}

// New returns an engine over a data directory. DuckDB itself starts with the first query that needs it.
func New(o Options) (*Engine, error) {
	if o.GoRows <= 0 {
		o.GoRows = 8192
	}
	if o.NeedleRows <= 0 {
		o.NeedleRows = 368_640
	}
	if o.ReduceRows <= 0 {
		o.ReduceRows = 100_000
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fault.New(fault.Internal, "data_dir", "finding the data directory %s: %w", o.Dir, err)
	}
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		dir = target // DuckDB compares paths with the folder it may read
	}
	o.Dir = dir
	temp := filepath.Join(dir, "tmp", "duckdb")
	if err := os.RemoveAll(temp); err != nil { // what a killed process left
		return nil, fault.New(fault.Unavailable, "data_dir", "clearing %s: %w", temp, err)
	}
	if err := os.MkdirAll(filepath.Dir(temp), 0o700); err != nil { // DuckDB makes only the last folder
		return nil, fault.New(fault.Unavailable, "data_dir", "making %s: %w", filepath.Dir(temp), err)
	}
	pool, err := duck.Open(duck.Options{
		Parts: filepath.Join(dir, "tables"), Temp: temp,
		Memory: o.Memory, Threads: o.Threads, Queries: o.Queries, Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	return &Engine{opts: o, log: o.Logger, pool: pool}, nil
}

// Close ends DuckDB. Readers that are still open keep working until they are closed.
func (e *Engine) Close() error { return e.pool.Close() }

// Held returns how much memory DuckDB may hold for the queries that run now. It never waits.
func (e *Engine) Held() int64 { return e.pool.Held() }
