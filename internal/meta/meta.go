package meta

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // registers the "sqlite" driver

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta/pagesum"
)

//go:embed migrations/*.sql
var migrations embed.FS

// readers is the size of the read pool; two of them stay open when idle.
const readers = 4

// DB is the open state database. It is safe for concurrent use.
type DB struct {
	write, read *bun.DB
	failure     *failure
}

// Open opens the state database file, makes it if it is not there (mode 0600, parent directory 0700), and brings its
// schema up to date. A commit is on disk when it returns.
func Open(ctx context.Context, path string) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding the state database %s: %w", path, err)
	}
	if err := prepareFile(path); err != nil {
		return nil, fault.New(fault.Unavailable, "state_open", "The state database %s cannot be opened: %w. Check that the data directory exists and belongs to this user.", path, err)
	}
	if err := checkPages(ctx, path); err != nil {
		return nil, err
	}
	w, err := open(path, 1, "_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, openError(path, err)
	}
	db := &DB{failure: &failure{}}
	db.write = w.WithQueryHook(writeHook{db.failure})
	if err := db.migrate(ctx); damaged(err) {
		return nil, errors.Join(openError(path, err), w.Close())
	} else if err != nil {
		return nil, errors.Join(fault.New(fault.Internal, "state_migrate", "The state database %s could not be brought up to date: %w. Restore the last backup, or start the version that wrote it.", path, refused(err)), w.Close())
	}
	if err := syncDir(path); err != nil {
		return nil, errors.Join(fault.New(fault.Unavailable, "state_open", "The state database %s cannot be opened: %w.", path, err), w.Close())
	}
	r, err := open(path, readers, "_pragma=query_only(1)&_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, errors.Join(fault.New(fault.Unavailable, "state_open", "The state database %s cannot be read: %w.", path, err), w.Close())
	}
	r.SetMaxIdleConns(2)
	db.read = r.WithQueryHook(readHook{db.failure})
	return db, nil
}

// checkPages looks at every page of a database that no one has open, and gives checksums to one that an earlier version wrote.
func checkPages(ctx context.Context, path string) error {
	kept, err := pagesum.Check(path)
	switch {
	case err != nil:
		return openError(path, err)
	case kept:
		return nil
	}
	if err := addChecksums(ctx, path); err != nil {
		return openError(path, err)
	}
	return nil
}

// openError says why the database does not open. A damaged one does not get better by trying again.
func openError(path string, err error) error {
	if damaged(err) || errors.Is(err, pagesum.ErrDamaged) {
		return fault.New(fault.Internal, "state_damaged", "The state database %s is damaged: %w. Restore the last backup with `vedette restore`, and keep this folder until that is done: its tables and journal may be whole.", path, err)
	}
	return fault.New(fault.Unavailable, "state_open", "The state database %s cannot be opened: %w.", path, refused(err))
}

// Write returns the handle for changes: one connection, so a transaction that waits for another handle's write on the
// same goroutine would wait for itself. Begin transactions with RunInTx and keep them short.
func (db *DB) Write() *bun.DB { return db.write }

// Read returns the handle for reads. It refuses writes.
func (db *DB) Read() *bun.DB { return db.read }

// Close closes both handles.
func (db *DB) Close() error { return errors.Join(db.read.Close(), db.write.Close()) }

// prepareFile makes the file with the right mode before the driver would make it with another; the driver gives its
// companion files (-wal, -shm) the mode of the main one.
func prepareFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := private(f); err != nil {
		return err
	}
	return syncDir(path)
}

// private makes a file readable by its owner only and durable, and closes it.
func private(f *os.File) error {
	if err := f.Chmod(0o600); err != nil {
		return errors.Join(err, f.Close())
	}
	return syncFile(f)
}

// syncDir makes the names of the state's files durable. SQLite makes its log's name durable too, but takes no notice when that fails.
func syncDir(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return syncFile(dir)
}

// syncFile syncs a file and closes it.
func syncFile(f *os.File) error {
	if err := f.Sync(); err != nil {
		return errors.Join(fmt.Errorf("%w: %w", ErrStorage, err), f.Close())
	}
	return f.Close()
}

func open(path string, conns int, params string) (*bun.DB, error) {
	if err := pagesum.Register(); err != nil {
		return nil, err
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: "vfs=" + pagesum.VFS + "&_pragma=" + pagesum.Pragma + "&" + params}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	if err := db.Ping(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return bun.NewDB(db, sqlitedialect.New()), nil
}

// migrate applies the migrations that are missing. Their numbers are grouped by area, so a new one may be lower than the
// last one applied.
func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db.write.DB, files, goose.WithAllowOutofOrder(true))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}
