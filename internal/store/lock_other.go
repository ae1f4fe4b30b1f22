//go:build !unix

package store

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/vedette-siem/vedette/internal/fault"
)

// lockDir opens the lock file. Without file locks only the journal's epochs guard against a second process.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "data_dir", "The data directory %s cannot be used: %w.", dir, err)
	}
	return f, nil
}

// unlockDir closes the lock file.
func unlockDir(f *os.File) error { return f.Close() }

// freeBytes is not known here.
func freeBytes(string) (int64, error) { return 0, errors.ErrUnsupported }
