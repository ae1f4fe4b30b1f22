package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
)

// List returns the names of the backups in a destination, oldest first.
func List(dir string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(escape(dir), "*", indexFile))
	if err != nil {
		return nil, err
	}
	out := make([]string, len(found))
	for i, f := range found {
		out[i] = filepath.Base(filepath.Dir(f))
	}
	slices.Sort(out)
	return out, nil
}

// escape makes a path match itself as a pattern.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// find returns the folder of a backup and its pool: from is a backup, or a destination, whose newest is meant.
func find(from string) (dir, pool string, err error) {
	if _, err := os.Stat(filepath.Join(from, indexFile)); err == nil {
		return from, filepath.Join(filepath.Dir(filepath.Clean(from)), poolDir), nil
	}
	names, err := List(from)
	if err != nil {
		return "", "", err
	}
	if len(names) == 0 {
		return "", "", fault.New(fault.NotFound, "backup_missing", "There is no finished backup in %s.", from)
	}
	return filepath.Join(from, names[len(names)-1]), filepath.Join(from, poolDir), nil
}

// ReadIndex returns what a backup holds.
func ReadIndex(dir string) (Index, error) {
	raw, err := os.ReadFile(filepath.Join(dir, indexFile))
	if err != nil {
		return Index{}, fault.New(fault.Invalid, "backup_index", "The index of the backup %s cannot be read: %w.", dir, err)
	}
	return parseIndex(dir, raw)
}

// parseIndex reads the index of a backup, which is called dir.
func parseIndex(dir string, raw []byte) (ix Index, err error) {
	if err := json.Unmarshal(raw, &ix); err != nil {
		return ix, fault.New(fault.Invalid, "backup_index", "The index of the backup %s cannot be read: %w.", dir, err)
	}
	if ix.Version < 1 || ix.Version > version {
		return ix, fault.New(fault.Invalid, "backup_version", "The backup %s is of format %d; this program reads up to %d. Use the version that made it, %s.", dir, ix.Version, version, ix.Program)
	}
	return ix, nil
}

// Restore copies a backup (or the newest of a destination) into a data folder that must not be there or be empty, and checks every file on
// the way. The folder appears when all is in it: a restore that was cut short is begun again.
func Restore(ctx context.Context, from, data string, progress func(done, total int64)) (dir string, ix Index, err error) {
	dir, pool, err := find(from)
	if err != nil {
		return "", ix, err
	}
	if ix, err = ReadIndex(dir); err != nil {
		return dir, ix, err
	}
	err = restoreInto(data, func(partial string) error { return restoreFiles(ctx, ix, dir, pool, partial, progress) })
	return dir, ix, err
}

// restoreInto lets fill write a folder beside data, which becomes data when all is in it and durable.
func restoreInto(data string, fill func(partial string) error) error {
	data = filepath.Clean(data)
	if list, err := os.ReadDir(data); err == nil && len(list) > 0 {
		return fault.New(fault.Conflict, "restore_target", "%s is not empty: a backup is restored into a new folder. Move what is there away first.", data)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Unavailable, "restore_target", "%s cannot be used: %w.", data, err)
	}
	partial := data + ".restoring"
	if err := os.RemoveAll(partial); err != nil {
		return fault.New(fault.Unavailable, "restore_target", "%s cannot be used: %w.", partial, err)
	}
	if err := os.MkdirAll(partial, 0o700); err != nil {
		return fault.New(fault.Unavailable, "restore_target", "%s cannot be made: %w.", partial, err)
	}
	if err := fill(partial); err != nil {
		return errors.Join(err, os.RemoveAll(partial))
	}
	err := syncTree(partial)
	if err == nil {
		err = removeIfThere(data) // an empty folder
	}
	if err == nil {
		err = os.Rename(partial, data)
	}
	if err == nil {
		err = syncDir(filepath.Dir(data))
	}
	if err != nil {
		return fault.New(fault.Unavailable, "restore_target", "%s cannot be made: %w.", data, err)
	}
	return nil
}

// located is an entry and the folder of the backup that its path is in.
type located struct {
	root string
	Entry
}

// located returns all files of the backup called name, whose own are in files and the shared ones in parts, with their size. Every path is
// inside of its folder: an index comes from outside.
func (ix Index) located(name, files, parts string) (all []located, total int64, err error) {
	for _, e := range ix.Files {
		all = append(all, located{files, e})
	}
	for _, e := range ix.Parts {
		all = append(all, located{parts, e})
	}
	for _, e := range all {
		if !filepath.IsLocal(filepath.FromSlash(e.Path)) || !filepath.IsLocal(filepath.FromSlash(e.Target)) {
			return nil, 0, fault.New(fault.Invalid, "backup_index", "The index of the backup %s names %q, which is not inside of it.", name, e.Path)
		}
		total += e.Bytes
	}
	return all, total, nil
}

func restoreFiles(ctx context.Context, ix Index, dir, pool, to string, progress func(done, total int64)) error {
	all, total, err := ix.located(dir, dir, pool)
	if err != nil {
		return err
	}
	var done int64
	for _, e := range all {
		src := filepath.Join(e.root, filepath.FromSlash(e.Path))
		st, err := os.Lstat(src)
		if err == nil && !st.Mode().IsRegular() {
			err = errors.New("it is not a file")
		}
		var sum uint32
		var n int64
		if err == nil {
			sum, n, err = copyFile(ctx, src, filepath.Join(to, filepath.FromSlash(e.Target)))
		}
		if err == nil && (n != e.Bytes || sum != e.CRC32C) {
			err = errDamaged
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fault.New(fault.Invalid, "backup_file", "File %s of the backup cannot be restored: %w. Restore an older backup: %s.", src, err, filepath.Dir(dir))
		}
		if done += n; progress != nil {
			progress(done, total)
		}
	}
	return nil
}

// syncTree makes the directory entries of a tree durable.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return syncDir(path)
	})
}

// Prune removes all but the newest keep backups of a destination, and the parts that no backup names then. It returns how many backups went.
func Prune(dir string, keep int) (int, error) {
	names, err := List(dir)
	if err != nil || len(names) <= keep {
		return 0, err
	}
	gone := names[:len(names)-keep]
	used := map[string]bool{}
	for _, n := range names[len(gone):] {
		ix, err := ReadIndex(filepath.Join(dir, n))
		if err != nil {
			return 0, fmt.Errorf("removing old backups: %w", err)
		}
		for _, e := range ix.Parts {
			used[e.Path] = true
		}
	}
	for i, n := range gone {
		// Without its index it is no backup any more, wherever this is cut short.
		if err := errors.Join(os.Remove(filepath.Join(dir, n, indexFile)), os.RemoveAll(filepath.Join(dir, n))); err != nil {
			return i, fmt.Errorf("removing backup %s: %w", n, err)
		}
	}
	pool := filepath.Join(dir, poolDir)
	err = filepath.WalkDir(pool, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(pool, path)
		if err != nil || used[filepath.ToSlash(rel)] {
			return err
		}
		return os.Remove(path)
	})
	return len(gone), err
}
