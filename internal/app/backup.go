package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/backup"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/tables"
)

// backup makes a backup of the running server.
func (s *server) backup(ctx context.Context, to string) (backup.Result, error) {
	return backup.Make(ctx, backup.Options{Data: s.cfg.Data, To: to, Store: s.store, State: s.db, Now: time.Now(), Version: s.opts.Version})
}

// Backup makes a backup of a data folder whose server is not running.
func Backup(ctx context.Context, dir, to, version string, keep int, log *slog.Logger, progress func(done, total int64)) (res backup.Result, removed int, err error) {
	db, err := openState(ctx, dir)
	if err != nil {
		return res, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	st, err := store.Open(ctx, store.Options{Dir: dir, Manifest: db, Logger: log})
	if err != nil {
		return res, 0, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	res, err = backup.Make(ctx, backup.Options{Data: dir, To: to, Store: st, State: db, Now: time.Now(), Version: version, Progress: progress})
	if err == nil && keep > 0 {
		removed, err = backup.Prune(to, keep)
	}
	return res, removed, err
}

// Restore brings a backup back into a new data folder and verifies it. It returns the backup that was taken.
func Restore(ctx context.Context, from, dir string, progress func(done, total int64)) (string, backup.Index, store.Report, error) {
	taken, ix, err := backup.Restore(ctx, from, dir, progress)
	if err != nil {
		return taken, ix, store.Report{}, err
	}
	rep, err := Verify(ctx, dir, nil)
	if err == nil && len(rep.Problems) == 0 {
		err = recordRestore(ctx, dir, taken, ix)
	}
	return taken, ix, rep, err
}

// recordRestore tells in each workspace that what it has is from a backup.
func recordRestore(ctx context.Context, dir, taken string, ix backup.Index) (err error) {
	db, err := openState(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	st, err := store.Open(ctx, store.Options{Dir: dir, Manifest: db})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all, err := db.Workspaces(ctx)
	if err != nil {
		return err
	}
	audit := tables.New(db, st, time.Now)
	for _, w := range all {
		if err := audit.Record(ctx, w.ID, tables.Audit{
			Actor: auth.Operator.Name, Operation: "Restore backup", Kind: "Server", Name: "data", Status: tables.Succeeded, Text: "Everything is as it was when the backup was made.",
			Properties: map[string]any{"From": taken, "Made": ix.Made},
		}); err != nil {
			return err
		}
	}
	return nil
}
