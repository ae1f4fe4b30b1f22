package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// sweep removes the files below tables/ that the part list does not name: parts whose commit never came, and parts that were
// replaced while a reader still held them. A listed file that is missing is an error in the log; queries over it fail.
func (s *Store) sweep(parts []manifest.Part) error {
	listed := make(map[string]bool, len(parts))
	for _, p := range parts {
		listed[filepath.FromSlash(p.Path)] = true
	}
	root := filepath.Join(s.opts.Dir, tablesDir)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".parquet" {
			return err
		}
		rel, err := filepath.Rel(s.opts.Dir, path)
		if err != nil {
			return err
		}
		if listed[rel] {
			delete(listed, rel)
			return nil
		}
		s.log.Info("A file that belongs to no table was removed.", "path", rel)
		return os.Remove(path)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking for files that belong to no table: %w", err)
	}
	for rel := range listed {
		s.log.Error("A file of a table is missing. Restore it from a backup; until then queries over its time fail.", "path", rel)
	}
	return nil
}
