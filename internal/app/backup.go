package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/backup"
	"github.com/vedette-siem/vedette/internal/backup/bucket"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/tables"
)

// backup makes a backup of the running server and keeps the newest keep of them, all if it is 0.
func (s *server) backup(ctx context.Context, to string, keep int) (backup.Result, int, error) {
	return makeBackup(ctx, backup.Options{Data: s.cfg.Data, To: to, Store: s.store, State: s.db, Now: time.Now(), Version: s.opts.Version}, keep)
}

// makeBackup makes a backup in a folder or a bucket and removes older ones.
func makeBackup(ctx context.Context, o backup.Options, keep int) (res backup.Result, removed int, err error) {
	if !bucket.Remote(o.To) {
		res, err = backup.Make(ctx, o)
		if err == nil && keep > 0 {
			removed, err = backup.Prune(o.To, keep)
		}
		return res, removed, err
	}
	b, err := bucket.Open(ctx, o.To, os.Getenv)
	if err != nil {
		return res, 0, err
	}
	res, err = backup.MakeIn(ctx, o, b)
	if err == nil && keep > 0 {
		removed, err = backup.PruneIn(ctx, b, keep)
	}
	return res, removed, err
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
	return makeBackup(ctx, backup.Options{Data: dir, To: to, Store: st, State: db, Now: time.Now(), Version: version, Progress: progress}, keep)
}

// Restore brings a backup back into a new data folder and verifies it. It returns the backup that was taken.
func Restore(ctx context.Context, from, dir string, progress func(done, total int64)) (string, backup.Index, store.Report, error) {
	var taken string
	var ix backup.Index
	var err error
	if bucket.Remote(from) {
		taken, ix, err = restoreFrom(ctx, from, dir, progress)
	} else {
		taken, ix, err = backup.Restore(ctx, from, dir, progress)
	}
	if err != nil {
		return taken, ix, store.Report{}, err
	}
	rep, err := Verify(ctx, dir, nil)
	if err == nil && len(rep.Problems) == 0 {
		err = recordRestore(ctx, dir, taken, ix)
	}
	return taken, ix, rep, err
}

// restoreFrom takes a backup out of a bucket: from names the bucket, whose newest is meant, or, after it, one of its backups.
func restoreFrom(ctx context.Context, from, dir string, progress func(done, total int64)) (string, backup.Index, error) {
	name := ""
	if at := strings.LastIndexByte(from, '/'); backup.IsName(from[at+1:]) {
		from, name = from[:at], from[at+1:]
	}
	b, err := bucket.Open(ctx, from, os.Getenv)
	if err != nil {
		return "", backup.Index{}, err
	}
	return backup.RestoreFrom(ctx, b, name, dir, progress)
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
