package store

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// coldDir is where the paths of cold parts begin. It is a name in the part list only: Options.ColdDir says where it is.
const coldDir = "cold"

// isCold reports whether a part's file is in the cold tier.
func isCold(p manifest.Part) bool { return strings.HasPrefix(p.Path, coldDir+"/") }

// locate returns where a path of the part list is on disk.
func locate(dir, cold, rel string) string {
	if rest, ok := strings.CutPrefix(rel, coldDir+"/"); ok {
		return filepath.Join(cold, filepath.FromSlash(rest))
	}
	return filepath.Join(dir, filepath.FromSlash(rel))
}

// base returns the folder of a part's tier.
func (s *Store) base(p manifest.Part) string {
	if isCold(p) {
		return s.opts.ColdDir
	}
	return s.opts.Dir
}

// Tier moves the parts of a table that are past the cutoff to the cold tier, where ordinary snapshots do not see them, and
// those in the cold tier that are not past it back. It returns what went either way. A kill leaves each part in one tier.
func (s *Store) Tier(ctx context.Context, workspace, name string, cut Cutoff) (cooled, warmed Amount, err error) {
	s.merging.Lock()
	defer s.merging.Unlock()
	if err := s.split(ctx, manifest.TableID{Workspace: workspace, Table: name}, cut, splitTier); err != nil {
		return cooled, warmed, err
	}
	s.mu.RLock()
	t := s.tables[manifest.TableID{Workspace: workspace, Table: name}]
	var down, up []*part
	if t != nil {
		down = t.past(cut, true, false)
		for _, p := range t.cold {
			if !cut.past(p) {
				up = append(up, p)
			}
		}
	}
	s.mu.RUnlock()
	for _, p := range down {
		if err := s.move(ctx, t, p, coldDir); err != nil {
			return cooled, warmed, fault.New(fault.Unavailable, "cold_move", "File %s could not be moved to the cold folder: %w. It stays where it is.", p.Path, err)
		}
		cooled.add(p.Part)
	}
	for _, p := range up {
		if err := s.move(ctx, t, p, tablesDir); err != nil {
			return cooled, warmed, fault.New(fault.Unavailable, "cold_move", "File %s could not be moved back from the cold folder: %w. It stays where it is.", p.Path, err)
		}
		warmed.add(p.Part)
	}
	return cooled, warmed, nil
}

// move copies a part's file into a tier, checks it on the way and changes the part list. The caller holds merging.
func (s *Store) move(ctx context.Context, t *table, p *part, root string) error {
	if err := errors.Join(s.failure(), ctx.Err()); err != nil {
		return err
	}
	to := p.Part
	to.ID = s.nextPart.Add(1)
	to.Path = path.Join(root, t.id.Workspace, t.id.Table, path.Base(p.Path))
	if err := s.copyPart(ctx, p.Part, to); err != nil {
		return s.writeError(err)
	}
	if undo, err := s.commitChange(ctx, manifest.Change{Epoch: s.epoch, Add: []manifest.Part{to}, Remove: []int64{p.ID}}); err != nil {
		if undo {
			s.discard([]manifest.Part{to})
		}
		return err
	}
	s.change.Lock()
	s.mu.Lock()
	t.replace([]*part{p}, []manifest.Part{to})
	s.mu.Unlock()
	s.change.Unlock()
	s.retire(p)
	return nil
}

// copyPart copies a part's file durably and compares its checksum: a damaged file is not carried on.
func (s *Store) copyPart(ctx context.Context, from, to manifest.Part) error {
	dst := s.path(to)
	if err := s.makeDir(s.base(to), filepath.Dir(dst)); err != nil {
		return err
	}
	sum, err := copyFile(ctx, s.path(from), dst)
	if err == nil && sum != from.Checksum {
		err = fmt.Errorf("its checksum is wrong: %w", errDamagedPart)
	}
	if err == nil {
		err = syncDir(filepath.Dir(dst))
	}
	if err != nil {
		if rerr := os.Remove(dst); rerr != nil && !errors.Is(rerr, os.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	return err
}

// errDamagedPart marks a part file that does not hold what was written.
var errDamagedPart = errors.New("the file is damaged")

// copyFile copies a file into a new one, syncs it and returns its checksum. A file of that name from an attempt that was cut
// short is replaced.
func copyFile(ctx context.Context, from, to string) (sum uint32, err error) {
	in, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	h := crc32.New(castagnoli)
	_, err = io.Copy(io.MultiWriter(out, h), &contextReader{ctx, in})
	if err == nil {
		if err = out.Sync(); err != nil {
			err = fmt.Errorf("%w: %w", errSync, err)
		}
	}
	return h.Sum32(), errors.Join(err, out.Close())
}

// contextReader ends a long copy when its context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
