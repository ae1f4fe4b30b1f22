package meta

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// CopyTo writes the database, as it is at one moment of the call, into a new file, durably. Reads and writes go on meanwhile.
func (db *DB) CopyTo(ctx context.Context, path string) error {
	var main string
	if err := db.read.NewRaw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(ctx, &main); err != nil {
		return fmt.Errorf("copying the state database: %w", err)
	}
	// The read handle refuses what it takes for a write, and the write handle must not be held up.
	src, err := open(main, 1, "_pragma=busy_timeout(10000)")
	if err != nil {
		return fmt.Errorf("copying the state database: %w", err)
	}
	_, err = src.ExecContext(ctx, "VACUUM INTO ?", path)
	if err := errors.Join(err, src.Close()); err != nil {
		return fmt.Errorf("copying the state database to %s: %w", path, err)
	}
	for _, p := range []string{path, filepath.Dir(path)} {
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		if p == path {
			err = f.Chmod(0o600)
		}
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("copying the state database to %s: %w", path, err)
		}
	}
	return nil
}
