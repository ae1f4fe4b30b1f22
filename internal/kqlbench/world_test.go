package kqlbench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/engine"
	"github.com/vedette-siem/vedette/internal/engine/duck"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/store"
)

const (
	days      = 30
	batchRows = 5000
	workspace = "bench"
	// queryMemory is what one query may hold, in DuckDB and in Go: the default of a server.
	queryMemory = 1 << 30
	// form counts the changes of what is made; a folder of another form is made again.
	form = 1
)

// now is the end of the last day.
var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// tables and their rows a day at full size: twelve million in a month.
var tables = []struct {
	name string
	rows int
	make func(*tenant, *rows, dice, int64, int, int)
}{
	{"DeviceProcessEvents", 200_000, (*tenant).process},
	{"DeviceNetworkEvents", 100_000, (*tenant).network},
	{"DeviceFileEvents", 50_000, (*tenant).file},
	{"IdentityLogonEvents", 20_000, (*tenant).logon},
	{"EmailEvents", 12_000, (*tenant).email},
	{"CloudAppEvents", 10_000, (*tenant).cloud},
	{"DeviceInfo", 2_000, (*tenant).info},
	{"AlertEvidence", 1_000, (*tenant).evidence},
}

// world is the month, opened for queries and for SQL.
type world struct {
	dir     string
	divisor int
	store   *store.Store
	engine  *engine.Engine
	queries *query.Service
	sql     *duck.Pool
	rows    int64
}

// kept returns the month with every table's rows divided by so much, made once and kept in the checkout's cache.
func kept(t testing.TB, divisor int) *world {
	return open(t, filepath.Join("..", "..", ".cache", "bench", fmt.Sprintf("kql-%d-%d", form, divisor)), divisor)
}

// open returns the month in a folder. It is made when it is not there.
func open(t testing.TB, dir string, divisor int) *world { return openDays(t, dir, divisor, days) }

// openDays returns the last n days of the month.
func openDays(t testing.TB, dir string, divisor, n int) *world {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "whole")); err != nil {
		if err := build(t, dir, divisor, n); err != nil {
			t.Fatal(err)
		}
	}
	w := &world{dir: dir, divisor: divisor}
	var err error
	if w.store, err = openStore(t, dir); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Compact(t.Context()); err != nil { // now, not while something is measured
		t.Fatal(err)
	}
	if w.engine, err = engine.New(engine.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	w.queries = query.New(query.Config{Store: w.store, Engine: w.engine, Now: func() time.Time { return now }, Names: map[string]string{workspace: workspace}, Limits: query.Limits{
		Timeout: 10 * time.Minute, Rows: 500_000, Bytes: 64 << 20, Memory: queryMemory, Parallel: 1,
	}})
	abs, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	if w.sql, err = duck.Open(duck.Options{Parts: filepath.Join(abs, "tables"), Temp: filepath.Join(abs, "tmp", "sql")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(w.sql.Close(), w.engine.Close(), w.store.Close()); err != nil {
			t.Error(err)
		}
	})
	snap := w.store.Snapshot(workspace)
	defer snap.Close()
	for _, table := range tables {
		if len(snap.Tail(table.name)) > 0 {
			t.Fatalf("%s has unsealed rows, which the SQL does not read", table.name)
		}
		w.rows += snap.Rows(table.name)
	}
	return w
}

func openStore(t testing.TB, dir string) (*store.Store, error) {
	db, err := meta.Open(t.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return store.Open(t.Context(), store.Options{
		Dir: dir, Manifest: db, Logger: slog.New(slog.DiscardHandler),
		SealRows: 1 << 40, SealBytes: 1 << 40, TailBytes: 2 << 30, MaxTailBytes: 3 << 30, JournalBytes: 4 << 30, SealAge: 24 * time.Hour,
	})
}

// build writes the month day by day, each day sealed into one file per table, as closed days end up. A small month has fewer files.
func build(t testing.TB, dir string, divisor, n int) error {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	start := time.Now()
	s, err := openStore(t, dir)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // everything is sealed, and said to be whole below
	ten := newTenant()
	for day := days - n; day < days; day++ {
		if err := fill(t.Context(), s, ten, day, divisor); err != nil {
			return err
		}
		if divisor < 50 || (day+1)%6 == 0 {
			if err := s.SealAll(t.Context()); err != nil {
				return err
			}
		}
	}
	if err := s.Compact(t.Context()); err != nil {
		return err
	}
	t.Logf("made %d days in %s", n, time.Since(start).Round(time.Second))
	return os.WriteFile(filepath.Join(dir, "whole"), nil, 0o600)
}

// fill appends the rows of one day.
func fill(ctx context.Context, s *store.Store, ten *tenant, day, divisor int) error {
	var frame store.Frame
	size := 0
	flush := func() error {
		if size == 0 {
			return nil
		}
		frame.Workspace = workspace
		_, err := s.Append(ctx, frame)
		frame, size = store.Frame{}, 0
		return err
	}
	for n, table := range tables {
		total := max(table.rows/divisor, 20)
		d := newDice(uint64(n), uint64(day))
		from, step := column.FromTime(now.AddDate(0, 0, day-days)), column.Day/int64(total)
		for first := 0; first < total; first += batchRows {
			r := &rows{}
			for i := first; i < min(first+batchRows, total); i++ {
				r.text(store.SrcColumn, fmt.Sprintf("hub/%s/%d/%d", table.name, day, i))
				table.make(ten, r, d, from+int64(i)*step+d.Int64N(step), day, i)
				r.end()
			}
			if size+r.n > batchRows {
				if err := flush(); err != nil {
					return err
				}
			}
			frame.Tables = append(frame.Tables, store.Rows{Table: table.name, Cols: r.cols, Batch: &column.Batch{N: r.n, Cols: r.vecs}})
			size += r.n
		}
	}
	return flush()
}

// files are the paths of a table's parts, ordered by time.
func (w *world) files(table string) []string {
	snap := w.store.Snapshot(workspace)
	defer snap.Close()
	var out []string
	for _, p := range snap.Parts(table) {
		path, err := filepath.Abs(filepath.Join(w.dir, p.Path))
		if err != nil {
			panic(err)
		}
		out = append(out, path)
	}
	return out
}
