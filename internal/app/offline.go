package app

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/content"
	"github.com/vedette-siem/vedette/internal/deadletter"
	"github.com/vedette-siem/vedette/internal/engine"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/transform"
)

// Offline answers queries without a server: over the data folder of one that is not running, or over nothing.
type Offline struct {
	Query       *query.Service
	DeadLetters *deadletter.Service
	Workspace   string // id

	close []func() error
}

// Close releases everything.
func (o *Offline) Close() error {
	var err error
	for i := len(o.close) - 1; i >= 0; i-- {
		err = errors.Join(err, o.close[i]())
	}
	return err
}

// OpenOffline opens a data folder for reading. The workspace may be left empty when there is one only.
func OpenOffline(ctx context.Context, dir, workspace string) (_ *Offline, err error) {
	o := &Offline{}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.Close())
		}
	}()
	db, err := openState(ctx, dir)
	if err != nil {
		return nil, err
	}
	o.close = append(o.close, db.Close)
	var names map[string]string
	if o.Workspace, names, err = chooseWorkspace(ctx, db, dir, workspace); err != nil {
		return nil, err
	}
	return o, o.open(ctx, dir, db, names)
}

// openState opens the state of a server that is not running.
func openState(ctx context.Context, dir string) (*meta.DB, error) {
	file := filepath.Join(dir, stateFile)
	if _, err := os.Stat(file); err != nil {
		return nil, fault.New(fault.NotFound, "data_missing", "%s is not the data folder of a server: %w", dir, err)
	}
	if err := store.Free(dir); err != nil {
		return nil, err
	}
	return meta.Open(ctx, file)
}

// chooseWorkspace returns the id of the workspace that was named, or of the only one, and the names of all by id.
func chooseWorkspace(ctx context.Context, db *meta.DB, dir, workspace string) (id string, names map[string]string, err error) {
	known, err := db.Workspaces(ctx)
	if err != nil {
		return "", nil, err
	}
	names = map[string]string{}
	for _, w := range known {
		names[w.ID] = w.Name
		if workspace == "" || strings.EqualFold(w.Name, workspace) || strings.EqualFold(w.ID, workspace) {
			id = w.ID
		}
	}
	if id == "" || (workspace == "" && len(known) > 1) {
		return "", nil, fault.New(fault.NotFound, "workspace_needed", "name one of the %d workspaces in %s with --workspace", len(known), dir)
	}
	return id, names, nil
}

// OpenScratch opens an empty workspace in a temporary folder: for queries that bring their own data.
func OpenScratch(ctx context.Context) (_ *Offline, err error) {
	dir, err := os.MkdirTemp("", "vedette-kql-")
	if err != nil {
		return nil, err
	}
	o := &Offline{Workspace: "scratch", close: []func() error{func() error { return os.RemoveAll(dir) }}}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.Close())
		}
	}()
	db, err := meta.Open(ctx, filepath.Join(dir, stateFile))
	if err != nil {
		return nil, err
	}
	o.close = append(o.close, db.Close)
	return o, o.open(ctx, dir, db, map[string]string{"scratch": "scratch"})
}

func (o *Offline) open(ctx context.Context, dir string, db *meta.DB, names map[string]string) error {
	st, err := store.Open(ctx, store.Options{Dir: dir, Manifest: db})
	if err != nil {
		return err
	}
	o.close = append(o.close, st.Close)
	o.DeadLetters = deadletter.New(st)
	intake := ingest.NewIntake(o.Workspace, st.Catalog(o.Workspace))
	if _, err := transform.New(ctx, transform.Config{Keeper: db}, transform.Workspace{ID: o.Workspace, Catalog: st.Catalog(o.Workspace), Intake: intake}); err != nil {
		return err
	}
	o.DeadLetters.Transform = func(_ string, rows store.Rows) store.Rows {
		rows, _ = intake.Transform(rows)
		return rows
	}
	eng, err := engine.New(engine.Options{Dir: dir})
	if err != nil {
		return err
	}
	o.close = append(o.close, eng.Close)
	solutions, err := content.New(ctx, db, slices.Collect(maps.Keys(names))...)
	if err != nil {
		return err
	}
	o.Query = query.New(query.Config{Store: st, Engine: eng, Names: names, Watchlists: watchlistsFor(watchlists(db, nil)), Functions: solutions.Functions, Limits: query.Limits{
		Timeout: 10 * time.Minute, Rows: 500_000, Bytes: 64 << 20, Memory: 1 << 30, Parallel: 2,
	}})
	return nil
}
