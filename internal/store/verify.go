package store

import (
	"context"
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

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/vedette-siem/vedette/internal/store/journal"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// Problem is a file that is not as it should be. Path is relative to the data directory.
type Problem struct {
	Path   string
	Reason string
}

// Report is the result of Verify.
type Report struct {
	Problems []Problem
	Files    int // files read
	Rows     int64
	Frames   int   // journal frames read
	Torn     int64 // bytes of an unfinished write at the end of the journal, which is no problem
}

// VerifyOptions say what to verify.
type VerifyOptions struct {
	Dir      string // the data directory
	ColdDir  string // the folder of the cold tier: Dir/cold
	Manifest manifest.Manifest
	Progress func(done, total int) // if not nil, called after each part
}

// Verify reads all files of a data directory whose server is not running: every part of the list for its checksum, size,
// rows and times, every journal frame, and looks for files that were set aside or that no list names. It changes nothing.
func Verify(ctx context.Context, o VerifyOptions) (Report, error) {
	var r Report
	o.ColdDir = findCold(o.Dir, o.ColdDir)
	state, err := o.Manifest.Load(ctx)
	if err != nil {
		return r, err
	}
	listed := map[string]bool{}
	for i, p := range state.Parts {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		listed[p.Path] = true
		if err := verifyPart(ctx, locate(o.Dir, o.ColdDir, p.Path), p); err != nil {
			if ctx.Err() != nil {
				return r, ctx.Err()
			}
			if errors.Is(err, fs.ErrNotExist) {
				err = errors.New("the file is missing")
			}
			r.problem(p.Path, err.Error())
		} else if err := verifyIndex(locate(o.Dir, o.ColdDir, p.Path), p.Rows); err != nil {
			r.problem(indexPath(p.Path), fmt.Sprintf("%v; remove it while the server is stopped, and it is made again", err))
		}
		r.Files++
		r.Rows += p.Rows
		if o.Progress != nil {
			o.Progress(i+1, len(state.Parts))
		}
	}
	err = partFiles(o.Dir, o.ColdDir, func(rel, _ string) error {
		if !listed[rel] {
			r.problem(rel, "it belongs to no table; the next start removes it")
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	if err := r.journal(o.Dir, state); err != nil {
		return r, err
	}
	err = r.setAside(o.Dir, o.ColdDir)
	slices.SortFunc(r.Problems, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	return r, err
}

func (r *Report) problem(path, reason string) {
	r.Problems = append(r.Problems, Problem{Path: path, Reason: reason})
}

// verifyPart compares a file with its list entry. What is not as it was written is errDamagedPart.
func verifyPart(ctx context.Context, path string, p manifest.Part) error {
	if err := checkEnd(path, p); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	sum := crc32.New(castagnoli)
	_, err = io.Copy(sum, &contextReader{ctx, f})
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if sum.Sum32() != p.Checksum {
		return fmt.Errorf("%w: its checksum is wrong", errDamagedPart)
	}
	rd, err := openBlocks(ctx, path)
	if err != nil {
		return err
	}
	rows := rd.pq.NumRows()
	if err := rd.close(); err != nil {
		return err
	}
	if rows != p.Rows {
		return fmt.Errorf("%w: it has %d rows, not %d", errDamagedPart, rows, p.Rows)
	}
	return nil
}

// setAside looks for files that were set aside as damaged.
func (r *Report) setAside(dir, cold string) error {
	for prefix, root := range map[string]string{tablesDir: filepath.Join(dir, tablesDir), coldDir: cold, journalDir: filepath.Join(dir, journalDir)} {
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(file) != badSuffix {
				return err
			}
			rel, err := filepath.Rel(root, file)
			r.problem(path.Join(prefix, filepath.ToSlash(rel)), "it was set aside as damaged; what it lost is recorded in "+GapTable)
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (r *Report) journal(dir string, state manifest.State) error {
	s := &Store{opts: Options{Alloc: memory.DefaultAllocator}, tables: map[manifest.TableID]*table{}}
	var err error
	if s.cat, err = newCatalogue(nil, state); err != nil {
		return err
	}
	for t, seq := range state.Sealed {
		s.table(t).sealed = seq
	}
	rec, err := journal.Check(filepath.Join(dir, journalDir), state.Trim, func(seq uint64, payload []byte) error {
		err := decodePayload(payload, func(e *entry, blocks [][]byte) error {
			err := s.decodeBlocks(e, blocks, seq)
			for _, t := range e.tables {
				r.Rows += int64(t.block.rows)
			}
			(&request{entry: *e}).release()
			return err
		})
		if err != nil {
			return fmt.Errorf("%w: %w", journal.ErrDamaged, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.Frames, r.Torn = rec.Frames, rec.Torn
	for _, d := range rec.Damaged {
		r.problem(path.Join(journalDir, d.Segment), fmt.Sprintf("frames %d to %d cannot be read", d.From, d.To))
	}
	return nil
}
