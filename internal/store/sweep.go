package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// sweep removes the part files that the part list does not name: parts whose commit never came, and parts that were
// replaced while a reader still held them. A listed file that is missing is an error in the log; queries over it fail.
func (s *Store) sweep(parts []manifest.Part) error {
	listed := make(map[string]bool, len(parts))
	for _, p := range parts {
		listed[p.Path] = true
	}
	err := partFiles(s.opts.Dir, s.opts.ColdDir, func(rel, file string) error {
		if listed[rel] {
			delete(listed, rel)
			return nil
		}
		s.log.Info("A file that belongs to no table was removed.", "path", rel)
		return os.Remove(file)
	})
	if err != nil {
		return fmt.Errorf("looking for files that belong to no table: %w", err)
	}
	for rel := range listed {
		s.log.Error("A file of a table is missing. Restore it from a backup; until then queries over its time fail.", "path", rel)
	}
	return nil
}

// partFiles calls f for each part file of both tiers, with its path as the part list has it and as it is on disk.
func partFiles(dir, cold string, f func(rel, file string) error) error {
	for prefix, root := range map[string]string{tablesDir: filepath.Join(dir, tablesDir), coldDir: cold} {
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(file) != ".parquet" {
				return err
			}
			rel, err := filepath.Rel(root, file)
			if err != nil {
				return err
			}
			return f(path.Join(prefix, filepath.ToSlash(rel)), file)
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// ownerFile holds the same id in the data directory and in its cold folder, when that is elsewhere: files that no list
// names are removed, so a folder must not serve two servers.
const ownerFile = "cold.id"

// ownCold makes the cold folder this store's, or finds that it is another's.
func (s *Store) ownCold() error {
	if s.opts.ColdDir == filepath.Join(s.opts.Dir, coldDir) {
		return nil
	}
	if err := os.MkdirAll(s.opts.ColdDir, 0o700); err != nil {
		return fault.New(fault.Unavailable, "cold_dir", "The cold folder %s cannot be used: %w.", s.opts.ColdDir, err)
	}
	mine, err := os.ReadFile(filepath.Join(s.opts.Dir, ownerFile))
	if errors.Is(err, fs.ErrNotExist) {
		mine = []byte(rand.Text() + "\n")
		err = os.WriteFile(filepath.Join(s.opts.Dir, ownerFile), mine, 0o600)
	}
	if err != nil {
		return fmt.Errorf("reading the id of the cold folder: %w", err)
	}
	theirs, err := os.ReadFile(filepath.Join(s.opts.ColdDir, ownerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return os.WriteFile(filepath.Join(s.opts.ColdDir, ownerFile), mine, 0o600)
	}
	if err != nil {
		return fmt.Errorf("reading whose the cold folder is: %w", err)
	}
	if strings.TrimSpace(string(theirs)) != strings.TrimSpace(string(mine)) {
		return fault.New(fault.Conflict, "cold_dir_taken", "The cold folder %s belongs to another data folder than %s; give each its own.", s.opts.ColdDir, s.opts.Dir)
	}
	return nil
}
