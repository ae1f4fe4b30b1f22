package intaketest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
)

// Space is the id of the workspace.
const Space = "ws-1"

// Place is a workspace. Its methods fail the test; they belong to the test's goroutine.
type Place struct {
	T       testing.TB
	DB      *meta.DB
	Store   *store.Store
	Board   *health.Board
	Service *connector.Service
	Meter   *connector.Meter
	Intake  *ingest.Intake
	Budget  *ingest.Budget
}

// Open opens the workspace of a folder, which is made when it is not there.
func Open(ctx context.Context, t testing.TB, dir string, opts store.Options) *Place {
	t.Helper()
	p := &Place{T: t, Board: &health.Board{}, Budget: ingest.NewBudget(0)}
	var err error
	p.DB, err = meta.Open(ctx, filepath.Join(dir, "state.db"))
	Must(t, err)
	opts.Dir, opts.Manifest = dir, p.DB
	p.Store, err = store.Open(ctx, opts)
	Must(t, err)
	p.Meter = connector.NewMeter(p.DB, nil)
	p.Service, err = connector.NewService(ctx, connector.Config{Connections: p.DB, Meter: p.Meter, Board: p.Board}, Space)
	Must(t, err)
	p.Intake = ingest.NewIntake(Space, p.Store.Catalog(Space))
	return p
}

// Close closes store and state.
func (p *Place) Close() {
	if err := errors.Join(p.Store.Close(), p.DB.Close()); err != nil {
		p.T.Error(err)
	}
}

// Report returns the reporter of a stream's health.
func (p *Place) Report(stream string) connector.Reporter {
	return connector.NewReporter(p.Board, Space, stream)
}

// Watch is the choice of tables, as streams follow it.
func (p *Place) Watch() (model.Connection, <-chan struct{}) { return p.Service.Watch(Space) }

// Pause returns what lets a stream pause itself.
func (p *Place) Pause(stream string) func(ctx context.Context, reason, text string) error {
	return func(ctx context.Context, reason, text string) error {
		return p.Service.Pause(ctx, Space, stream, reason, text, "")
	}
}

// Run runs the stream under the runner until the returned function is called, or the test ends.
func (p *Place) Run(s connector.Stream, wanted func(model.Connection) bool) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	r := connector.NewRunner(p.Service, p.Board, nil)
	r.Add(connector.Job{Workspace: Space, Stream: s, Title: "Events", Wanted: wanted, Always: true})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			p.T.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	p.T.Cleanup(stop)
	return stop
}

// Tick chooses the tables that are stored.
func (p *Place) Tick(tables ...string) {
	p.T.Helper()
	_, err := p.Service.SetTables(context.Background(), Space, connector.DefenderXDR, tables, "ann")
	Must(p.T, err)
}

// Column returns the values of a string column of a table, sorted.
func (p *Place) Column(table, column string) []string {
	p.T.Helper()
	out := []string{}
	p.Scan(table, []string{column}, func(v []string) { out = append(out, v[0]) })
	slices.Sort(out)
	return out
}

// Scan calls f with the string columns of every row.
func (p *Place) Scan(table string, columns []string, f func([]string)) {
	p.T.Helper()
	snap := p.Store.Snapshot(Space)
	defer snap.Close()
	r, err := snap.Scan(context.Background(), store.ScanSpec{Table: table, Columns: columns})
	if err != nil {
		return // the table is not there yet
	}
	defer func() { _ = r.Close() }() // all of it was read, or the test fails
	for {
		b, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return
		}
		Must(p.T, err)
		for i := range b.N {
			row := make([]string, len(columns))
			for k := range columns {
				row[k] = fmt.Sprint(b.Cols[k].Value(i))
			}
			f(row)
		}
	}
}

// Wait waits until the column has exactly these values.
func (p *Place) Wait(table, column string, want ...string) {
	p.T.Helper()
	slices.Sort(want)
	Eventually(p.T, func() (bool, string) {
		got := p.Column(table, column)
		return slices.Equal(got, want), fmt.Sprintf("%s.%s is %v, want %v; health %+v", table, column, got, want, p.Board.All())
	})
}

// Health waits until the stream's health has the status and a description that contains the text.
func (p *Place) Health(status health.Status, text string) {
	p.T.Helper()
	Eventually(p.T, func() (bool, string) {
		all := p.Board.All()
		ok := len(all) == 1 && all[0].Status == status && strings.Contains(all[0].Description, text)
		return ok, fmt.Sprintf("health is %+v, want %s: %s", all, status, text)
	})
}

// Eventually waits until f says yes; its text tells what is missing.
func Eventually(t testing.TB, f func() (bool, string)) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		ok, text := f()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(text)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Must ends the test if there is an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
