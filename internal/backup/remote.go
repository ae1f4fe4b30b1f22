package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store"
)

// Bucket is a place for objects elsewhere. Keys have forward slashes. It is safe for concurrent use.
type Bucket interface {
	// Put stores an object of that size, whole or not at all; one of that key is replaced.
	Put(ctx context.Context, key string, body io.ReadSeeker, size int64) error
	// Get opens an object; the error of one that is not there wraps fs.ErrNotExist.
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	// List returns the sizes of the objects whose keys begin with prefix.
	List(ctx context.Context, prefix string) (map[string]int64, error)
	Delete(ctx context.Context, key string) error
	// String names the place for people, without secrets.
	String() string
}

// MakeIn is Make with a bucket as the destination: of parts only those are sent that it does not have. o.To is not used. The state is copied
// into the data folder first, so that intake waits for the disk only, not for the network.
func MakeIn(ctx context.Context, o Options, b Bucket) (res Result, err error) {
	name := o.Now.UTC().Format(nameLayout)
	res.Path = b.String() + "/" + name
	tmp := filepath.Join(o.Data, tmpDir, "backup")
	if err := errors.Join(os.RemoveAll(tmp), os.MkdirAll(tmp, 0o700)); err != nil { // a killed process may have left one
		return res, fault.New(fault.Unavailable, "backup_space", "The state could not be copied for a backup: %w.", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	frozen, err := o.Store.Freeze(ctx, func(ctx context.Context) error {
		start := time.Now()
		defer func() { res.Held = time.Since(start) }()
		return o.State.CopyTo(ctx, filepath.Join(tmp, stateFile))
	})
	if err != nil {
		return res, fmt.Errorf("making a backup: %w", err)
	}
	defer func() { err = errors.Join(err, frozen.Close()) }()
	s := sending{b: b, ix: Index{Version: version, Program: o.Version, Made: o.Now.UTC(), Seq: frozen.Seq, Parts: []Entry{}, Files: []Entry{}}}
	if err := s.all(ctx, o, name, tmp, frozen, &res); err != nil {
		return res, fmt.Errorf("making a backup in %s: %w", b, err)
	}
	for _, e := range slices.Concat(s.ix.Parts, s.ix.Files) {
		res.Bytes += e.Bytes
	}
	raw, err := json.MarshalIndent(s.ix, "", " ")
	if err != nil {
		return res, err
	}
	// The index comes last: without it there is no backup.
	if err := b.Put(ctx, name+"/"+indexFile, strings.NewReader(string(raw)), int64(len(raw))); err != nil {
		return res, fmt.Errorf("making a backup in %s: %w", b, err)
	}
	if n := len(s.ix.Damaged); n > 0 {
		return res, fault.New(fault.Internal, "backup_damaged", "The backup %s is made, but %d files of tables are damaged or missing and not in it: %s.", res.Path, n, strings.Join(s.ix.Damaged, ", "))
	}
	return res, nil
}

// sending is a backup on its way into a bucket.
type sending struct {
	b  Bucket
	ix Index
}

func (s *sending) all(ctx context.Context, o Options, name, tmp string, f *store.Frozen, res *Result) error {
	if err := s.file(ctx, name+"/"+stateFile, stateFile, filepath.Join(tmp, stateFile)); err != nil {
		return err
	}
	for _, seg := range f.Segments {
		e := Entry{Path: "journal/" + seg.Name, Target: "journal/" + seg.Name, Bytes: seg.Size}
		var err error
		if e.CRC32C, err = s.put(ctx, name+"/"+e.Path, io.NewSectionReader(seg.File, 0, seg.Size), seg.Size); err != nil {
			return fmt.Errorf("sending journal segment %s: %w", seg.Name, err)
		}
		s.ix.Files = append(s.ix.Files, e)
	}
	err := eachFile(o.Data, func(rel, file string) error {
		return s.file(ctx, name+"/files/"+filepath.ToSlash(rel), filepath.ToSlash(rel), file)
	})
	if err != nil {
		return err
	}
	return s.parts(ctx, o, f, res)
}

// file sends a file of the data folder.
func (s *sending) file(ctx context.Context, key, target, file string) (err error) {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return err
	}
	_, rel, _ := strings.Cut(key, "/")
	e := Entry{Path: rel, Target: target, Bytes: st.Size()}
	// A file that grows meanwhile is sent as long as it was.
	if e.CRC32C, err = s.put(ctx, key, io.NewSectionReader(in, 0, st.Size()), st.Size()); err != nil {
		return fmt.Errorf("sending %s: %w", target, err)
	}
	s.ix.Files = append(s.ix.Files, e)
	return nil
}

// put sends bytes and returns their checksum, taken before.
func (s *sending) put(ctx context.Context, key string, in io.ReadSeeker, size int64) (uint32, error) {
	h := crc32.New(castagnoli)
	n, err := io.Copy(h, &contextReader{ctx, in})
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		_, err = in.Seek(0, io.SeekStart)
	}
	if err != nil {
		return 0, err
	}
	return h.Sum32(), s.b.Put(ctx, key, in, size)
}

// parts sends the parts that the pool does not have.
func (s *sending) parts(ctx context.Context, o Options, f *store.Frozen, res *Result) error {
	have, err := s.b.List(ctx, poolDir+"/")
	if err != nil {
		return err
	}
	var total, done int64
	for _, p := range f.Parts {
		total += p.Bytes
	}
	for _, p := range f.Parts {
		e := Entry{Path: fmt.Sprintf("%s.%08x", p.Path, p.Checksum), Target: p.Path, Bytes: p.Bytes, CRC32C: p.Checksum}
		key := poolDir + "/" + e.Path
		if size, ok := have[key]; !ok || size != p.Bytes {
			err = s.part(ctx, f.Path(p), key, e)
			if err == nil {
				res.Copied += p.Bytes
			}
		} else {
			err = nil
		}
		switch {
		case errors.Is(err, errDamaged) || errors.Is(err, fs.ErrNotExist):
			f.Damaged(p)
			s.ix.Damaged = append(s.ix.Damaged, p.Path)
		case err != nil:
			return fmt.Errorf("sending %s: %w", p.Path, err)
		default:
			s.ix.Parts = append(s.ix.Parts, e)
			res.Rows += p.Rows
			res.Parts++
		}
		if done += p.Bytes; o.Progress != nil {
			o.Progress(done, total)
		}
	}
	res.Damaged = s.ix.Damaged
	return nil
}

// part sends a part once its checksum is found right.
func (s *sending) part(ctx context.Context, file, key string, e Entry) error {
	sum, n, err := sumFile(ctx, file)
	if err != nil {
		return err
	}
	if sum != e.CRC32C || n != e.Bytes {
		return errDamaged
	}
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	return s.b.Put(ctx, key, in, n)
}

// IsName reports whether this is how a backup is called.
func IsName(name string) bool {
	_, err := time.Parse(nameLayout, name)
	return err == nil
}

// ListIn returns the names of the backups in a bucket, oldest first.
func ListIn(ctx context.Context, b Bucket) ([]string, error) {
	all, err := b.List(ctx, "")
	if err != nil {
		return nil, err
	}
	var out []string
	for key := range all {
		if dir, file := path.Split(key); file == indexFile && strings.Count(dir, "/") == 1 {
			out = append(out, strings.TrimSuffix(dir, "/"))
		}
	}
	slices.Sort(out)
	return out, nil
}

// ReadIndexIn returns what a backup in a bucket holds.
func ReadIndexIn(ctx context.Context, b Bucket, name string) (ix Index, err error) {
	r, err := b.Get(ctx, name+"/"+indexFile)
	if err != nil {
		return ix, fault.New(fault.NotFound, "backup_missing", "There is no finished backup %s in %s: %w.", name, b, err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxIndex))
	if err := errors.Join(err, r.Close()); err != nil {
		return ix, fault.New(fault.Unavailable, "backup_index", "The index of the backup %s cannot be read: %w.", name, err)
	}
	return parseIndex(name, raw)
}

// maxIndex bounds an index that comes from elsewhere: a million parts.
const maxIndex = 512 << 20

// RestoreFrom is Restore out of a bucket; an empty name is the newest backup.
func RestoreFrom(ctx context.Context, b Bucket, name, data string, progress func(done, total int64)) (from string, ix Index, err error) {
	if name == "" {
		names, err := ListIn(ctx, b)
		if err != nil {
			return "", ix, err
		}
		if len(names) == 0 {
			return "", ix, fault.New(fault.NotFound, "backup_missing", "There is no finished backup in %s.", b)
		}
		name = names[len(names)-1]
	}
	from = b.String() + "/" + name
	if ix, err = ReadIndexIn(ctx, b, name); err != nil {
		return from, ix, err
	}
	err = restoreInto(data, func(partial string) error {
		return fetchFiles(ctx, b, name, ix, partial, progress)
	})
	return from, ix, err
}

func fetchFiles(ctx context.Context, b Bucket, name string, ix Index, to string, progress func(done, total int64)) error {
	all, total, err := ix.located(name, name, poolDir)
	if err != nil {
		return err
	}
	var done int64
	for _, e := range all {
		if err := fetch(ctx, b, e.root+"/"+e.Path, e.Entry, filepath.Join(to, filepath.FromSlash(e.Target))); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fault.New(fault.Invalid, "backup_file", "Object %s of the backup cannot be restored: %w. Restore an older backup: %s.", e.root+"/"+e.Path, err, b)
		}
		if done += e.Bytes; progress != nil {
			progress(done, total)
		}
	}
	return nil
}

// fetch writes an object into a file, durably, and checks it.
func fetch(ctx context.Context, b Bucket, key string, e Entry, file string) error {
	r, err := b.Get(ctx, key)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	h := crc32.New(castagnoli)
	n, err := io.Copy(io.MultiWriter(out, h), &contextReader{ctx, io.LimitReader(r, e.Bytes+1)})
	if err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	if n != e.Bytes || h.Sum32() != e.CRC32C {
		return errDamaged
	}
	return nil
}

// PruneIn is Prune in a bucket.
func PruneIn(ctx context.Context, b Bucket, keep int) (int, error) {
	names, err := ListIn(ctx, b)
	if err != nil || len(names) <= keep {
		return 0, err
	}
	gone := names[:len(names)-keep]
	used := map[string]bool{}
	for _, n := range names[len(gone):] {
		ix, err := ReadIndexIn(ctx, b, n)
		if err != nil {
			return 0, fmt.Errorf("removing old backups: %w", err)
		}
		for _, e := range ix.Parts {
			used[poolDir+"/"+e.Path] = true
		}
	}
	for i, n := range gone {
		// Without its index it is no backup any more, wherever this is cut short.
		if err := b.Delete(ctx, n+"/"+indexFile); err != nil {
			return i, fmt.Errorf("removing backup %s: %w", n, err)
		}
		rest, err := b.List(ctx, n+"/")
		if err != nil {
			return i, err
		}
		for key := range rest {
			if err := b.Delete(ctx, key); err != nil {
				return i, fmt.Errorf("removing backup %s: %w", n, err)
			}
		}
	}
	pool, err := b.List(ctx, poolDir+"/")
	if err != nil {
		return len(gone), err
	}
	for key := range pool {
		if !used[key] {
			if err := b.Delete(ctx, key); err != nil {
				return len(gone), err
			}
		}
	}
	return len(gone), nil
}
