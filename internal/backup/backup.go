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
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

const (
	indexFile = "backup.json"
	stateFile = "state.db"
	poolDir   = "parts"
	tmpDir    = "tmp" // of the data folder: not copied
	// version of the index.
	version = 1
	// nameLayout makes the names of backups: they sort by time.
	nameLayout = "20060102T150405.000Z"
)

// Store is what a backup needs of the store.
type Store interface {
	Freeze(ctx context.Context, during func(context.Context) error) (*store.Frozen, error)
}

// State is what a backup needs of the state database.
type State interface {
	CopyTo(ctx context.Context, path string) error
}

// Options say what to copy where.
type Options struct {
	Data     string // data folder
	To       string // destination; made if it is not there
	Store    Store
	State    State
	Now      time.Time
	Version  string                  // of the program
	Progress func(done, total int64) // bytes of parts; may be nil
}

// Index is what backup.json says.
type Index struct {
	Version int       `json:"version"`
	Program string    `json:"program"`
	Made    time.Time `json:"made"`
	Seq     uint64    `json:"sequence"`
	Parts   []Entry   `json:"parts"` // below the pool
	Files   []Entry   `json:"files"` // below the backup's own folder
	// Damaged are parts that could not be copied as the part list has them.
	Damaged []string `json:"damaged,omitempty"`
}

// Entry is one file: Path in the backup, Target below the data folder.
type Entry struct {
	Path   string `json:"path"`
	Target string `json:"target"`
	Bytes  int64  `json:"bytes"`
	CRC32C uint32 `json:"crc32c"`
}

// Result tells what a backup did.
type Result struct {
	Path    string // of the backup
	Rows    int64
	Parts   int
	Bytes   int64         // of the whole backup
	Copied  int64         // bytes of parts that were not there yet
	Held    time.Duration // how long Appends waited
	Damaged []string
}

// Make makes a backup. Damaged parts do not stop it, but make it return an error beside the result.
func Make(ctx context.Context, o Options) (res Result, err error) {
	to, err := destination(o)
	if err != nil {
		return res, err
	}
	res.Path = filepath.Join(to, o.Now.UTC().Format(nameLayout))
	if err := os.Mkdir(res.Path, 0o700); err != nil {
		return res, unusable(o.To, err)
	}
	defer func() {
		if err != nil && fault.CodeOf(err) != "backup_damaged" {
			err = errors.Join(err, os.RemoveAll(res.Path))
		}
	}()
	var held time.Duration
	frozen, err := o.Store.Freeze(ctx, func(ctx context.Context) error {
		start := time.Now()
		defer func() { held = time.Since(start) }()
		return o.State.CopyTo(ctx, filepath.Join(res.Path, stateFile))
	})
	if err != nil {
		return res, fmt.Errorf("making a backup: %w", err)
	}
	defer func() { err = errors.Join(err, frozen.Close()) }()
	res.Held = held
	ix := Index{Version: version, Program: o.Version, Made: o.Now.UTC(), Seq: frozen.Seq, Parts: []Entry{}, Files: []Entry{}}
	if err := ix.ownFiles(ctx, o, res.Path, frozen); err != nil {
		return res, fmt.Errorf("making a backup: %w", err)
	}
	if err := ix.pool(ctx, o, to, frozen, &res); err != nil {
		return res, fmt.Errorf("making a backup: %w", err)
	}
	for _, e := range slices.Concat(ix.Parts, ix.Files) {
		res.Bytes += e.Bytes
	}
	raw, err := json.MarshalIndent(ix, "", " ")
	if err != nil {
		return res, err
	}
	if err := writeDurably(filepath.Join(res.Path, indexFile), raw); err != nil {
		return res, unusable(o.To, err)
	}
	if err := syncDir(to); err != nil {
		return res, unusable(o.To, err)
	}
	if n := len(ix.Damaged); n > 0 {
		return res, fault.New(fault.Internal, "backup_damaged", "The backup %s is made, but %d files of tables are damaged or missing and not in it: %s.", res.Path, n, strings.Join(ix.Damaged, ", "))
	}
	return res, nil
}

// destination makes the folder and refuses one inside the data folder.
func destination(o Options) (string, error) {
	to, err := filepath.Abs(o.To)
	if err != nil {
		return "", err
	}
	data, err := filepath.Abs(o.Data)
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(data, to); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", fault.New(fault.Invalid, "backup_inside", "A backup into %s would be inside the data folder %s; choose a folder elsewhere, best on another disk.", to, data)
	}
	if err := os.MkdirAll(filepath.Join(to, poolDir), 0o700); err != nil {
		return "", unusable(o.To, err)
	}
	return to, nil
}

func unusable(to string, err error) error {
	return fault.New(fault.Unavailable, "backup_destination", "The backup folder %s cannot be used: %w.", to, err)
}

// ownFiles copies what is not a part: the journal as it was, keys, and other files of the data folder; the state is there.
func (ix *Index) ownFiles(ctx context.Context, o Options, dir string, f *store.Frozen) error {
	sum, n, err := sumFile(ctx, filepath.Join(dir, stateFile))
	if err != nil {
		return err
	}
	ix.Files = append(ix.Files, Entry{Path: stateFile, Target: stateFile, Bytes: n, CRC32C: sum})
	for _, seg := range f.Segments {
		e := Entry{Path: "journal/" + seg.Name, Target: "journal/" + seg.Name, Bytes: seg.Size}
		if e.CRC32C, err = copyFrom(ctx, seg.File, seg.Size, filepath.Join(dir, "journal", seg.Name)); err != nil {
			return fmt.Errorf("copying journal segment %s: %w", seg.Name, err)
		}
		ix.Files = append(ix.Files, e)
	}
	return eachFile(o.Data, func(rel, file string) error {
		e := Entry{Path: "files/" + filepath.ToSlash(rel), Target: filepath.ToSlash(rel)}
		var err error
		if e.CRC32C, e.Bytes, err = copyFile(ctx, file, filepath.Join(dir, "files", rel)); err != nil {
			return fmt.Errorf("copying %s: %w", rel, err)
		}
		ix.Files = append(ix.Files, e)
		return nil
	})
}

// eachFile calls f for the files of a data folder that are neither part nor journal nor state, with their place in it and on disk.
func eachFile(data string, f func(rel, file string) error) error {
	return filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(data, path)
		if err != nil {
			return err
		}
		if skipped(rel) {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		return f(rel, path)
	})
}

// skipped tells what of the data folder is copied in another way or must not be copied.
func skipped(rel string) bool {
	first, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
	switch first {
	case "tables", "cold", "journal", "LOCK", "cold.id", "reserve", "tmp":
		return true
	}
	return strings.HasPrefix(first, stateFile) || strings.HasSuffix(first, ".sock")
}

// pool copies the parts that the pool does not have.
func (ix *Index) pool(ctx context.Context, o Options, to string, f *store.Frozen, res *Result) error {
	var total, done int64
	for _, p := range f.Parts {
		total += p.Bytes
	}
	for _, p := range f.Parts {
		e := Entry{Path: fmt.Sprintf("%s.%08x", p.Path, p.Checksum), Target: p.Path, Bytes: p.Bytes, CRC32C: p.Checksum}
		err := pooled(ctx, f.Path(p), filepath.Join(to, poolDir, filepath.FromSlash(e.Path)), p, &res.Copied)
		switch {
		case errors.Is(err, errDamaged) || errors.Is(err, fs.ErrNotExist):
			f.Damaged(p)
			ix.Damaged = append(ix.Damaged, p.Path)
		case err != nil:
			return fmt.Errorf("copying %s: %w", p.Path, err)
		default:
			ix.Parts = append(ix.Parts, e)
			res.Rows += p.Rows
			res.Parts++
		}
		if done += p.Bytes; o.Progress != nil {
			o.Progress(done, total)
		}
	}
	res.Damaged = ix.Damaged
	return nil
}

// pooled makes sure that the pool has a part. A file of its name and size was synced before it got the name.
func pooled(ctx context.Context, from, dst string, p manifest.Part, copied *int64) error {
	if st, err := os.Stat(dst); err == nil && st.Size() == p.Bytes {
		return nil
	}
	sum, n, err := copyFile(ctx, from, dst+".part")
	if err == nil && (sum != p.Checksum || n != p.Bytes) {
		err = errDamaged
	}
	if err != nil {
		return errors.Join(err, removeIfThere(dst+".part"))
	}
	if err := os.Rename(dst+".part", dst); err != nil {
		return err
	}
	*copied += n
	return syncDir(filepath.Dir(dst))
}
