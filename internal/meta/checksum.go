package meta

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// addChecksums gives the pages of a database that an earlier version wrote their checksums: it is copied, and the copy takes its place. A crash leaves the
// one or the other, whole.
func addChecksums(ctx context.Context, path string) error {
	next := path + ".new"
	if err := errors.Join(removed(next), removed(next+"-journal"), removed(next+"-wal")); err != nil {
		return err
	}
	db, err := open(path, 1, "_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	// Its log is written back and removed first: it must not be taken for the copy's.
	var mode string
	err = db.NewRaw("PRAGMA journal_mode=DELETE").Scan(ctx, &mode)
	if err == nil && mode != "delete" {
		err = fmt.Errorf("its log cannot be closed (%s)", mode)
	}
	if err == nil {
		_, err = db.ExecContext(ctx, "VACUUM INTO ?", next)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("adding checksums: %w", err)
	}
	f, err := os.OpenFile(next, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := private(f); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("adding checksums: %w", err)
	}
	return syncDir(path)
}

func removed(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
