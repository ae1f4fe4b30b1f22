//go:build unix

package store

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/vedette-siem/vedette/internal/fault"
)

// lockDir takes the directory for this process until unlockDir, or the process's end.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "data_dir", "The data directory %s cannot be used: %w.", dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = errors.Join(err, f.Close())
		return nil, fault.New(fault.Conflict, "data_dir_locked", "The data directory %s is in use by a running server or another command: %w. Stop that one first; or, for the running server, use --config instead of --data where a command has it.", dir, err)
	}
	return f, nil
}

// unlockDir gives the directory back. Closing the file alone would not do while a process that is just being started still
// has a copy of it.
func unlockDir(f *os.File) error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}

// freeBytes returns the space that this process may still use on the disk of dir.
func freeBytes(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
