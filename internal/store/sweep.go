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
// replaced while a reader still held them. When the state is behind the files, those may hold rows of a later time: they are set aside, and
// the owner is told. A listed file that is missing is an error in the log; queries over it fail.
func (s *Store) sweep(parts []manifest.Part, behind bool) error {
	listed := make(map[string]bool, len(parts))
	for _, p := range parts {
		listed[p.Path] = true
	}
	err := partFiles(s.opts.Dir, s.opts.ColdDir, func(rel, file string) error {
		if listed[rel] {
			delete(listed, rel)
			return nil
		}
		if behind {
			s.log.Error("The state database is older than the files of the tables: a file that it does not list was set aside. Restore the newer state if there is one; "+GapTable+" says what is lost otherwise.", "path", rel, "kept as", rel+badSuffix)
			s.opts.Damaged(Problem{Path: rel, Reason: "the state database is older than this file and does not list it; it was set aside"})
			return os.Rename(file, file+badSuffix)
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

// ownerFile is in the data directory and in its cold folder, when that is elsewhere. Its first line is the same id in both:
// files that no list names are removed, so a folder must not serve two servers. In the data directory its second line is the
// cold folder, for those who open the directory without a configuration.
const ownerFile = "cold.id"

// findCold returns the cold folder: the configured one, the one used last, or the one in the data directory.
func findCold(dir, configured string) string {
	if configured != "" {
		return configured
	}
	if raw, err := os.ReadFile(filepath.Join(dir, ownerFile)); err == nil {
		if _, cold, ok := strings.Cut(strings.TrimSpace(string(raw)), "\n"); ok {
			return cold
		}
	}
	return filepath.Join(dir, coldDir)
}

// ownCold makes the cold folder this store's, or finds that it is another's.
func (s *Store) ownCold() error {
	if s.opts.ColdDir == filepath.Join(s.opts.Dir, coldDir) {
		return nil
	}
	fail := func(err error) error {
		return fault.New(fault.Unavailable, "cold_dir", "The cold folder %s cannot be used: %w.", s.opts.ColdDir, err)
	}
	if err := os.MkdirAll(s.opts.ColdDir, 0o700); err != nil {
		return fail(err)
	}
	mine, err := ownerOf(s.opts.Dir)
	if err != nil {
		return fail(err)
	}
	theirs, err := ownerOf(s.opts.ColdDir)
	if err != nil {
		return fail(err)
	}
	switch {
	case theirs == "" && mine == "":
		mine = rand.Text()
	case theirs != "" && theirs != mine:
		return fault.New(fault.Conflict, "cold_dir_taken", "The cold folder %s belongs to another data folder than %s; give each its own.", s.opts.ColdDir, s.opts.Dir)
	}
	if err := os.WriteFile(filepath.Join(s.opts.Dir, ownerFile), []byte(mine+"\n"+s.opts.ColdDir+"\n"), 0o600); err != nil {
		return fail(err)
	}
	if theirs == "" {
		if err := os.WriteFile(filepath.Join(s.opts.ColdDir, ownerFile), []byte(mine+"\n"), 0o600); err != nil {
			return fail(err)
		}
	}
	return nil
}

// ownerOf returns the id in a folder, "" when it has none.
func ownerOf(dir string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, ownerFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	id, _, _ := strings.Cut(string(raw), "\n")
	return strings.TrimSpace(id), nil
}
