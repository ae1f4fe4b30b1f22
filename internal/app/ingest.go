package app

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/transform"
)

// firstWorkspace is the name of the workspace that Ingest makes in a new data folder when none is named.
const firstWorkspace = "default"

// archiveExtensions are the files that Ingest takes out of a folder. A file that is named itself is always taken.
var archiveExtensions = []string{".json", ".ndjson", ".jsonl", ".gz"}

// IngestOptions say what Ingest stores, and where.
type IngestOptions struct {
	Dir       string // data folder of a server that is not running; made if it is not there
	Workspace string // name or id; may be empty when there is one only
	Paths     []string
	Logger    *slog.Logger
	// Begin, if set, is called once with the number and size of the files; Progress then, from one goroutine at a time, with
	// the bytes of them that are stored and the rows so far.
	Begin    func(files int, bytes int64)
	Progress func(bytes, rows int64)
}

// IngestSummary says what became of the files.
type IngestSummary struct {
	Workspace string
	Files     []ingest.FileResult // in the order of their paths
	Failed    []error             // files that could not be read; nothing of them was stored
	Tables    ingest.Counts
}

// Ingest stores Streaming-API files, each content once, and seals everything. A file that cannot be read does not stop the
// others. After an error the same call goes on where this one ended.
func Ingest(ctx context.Context, o IngestOptions) (sum IngestSummary, err error) {
	files, err := listArchives(o.Paths)
	if err != nil {
		return sum, err
	}
	db, err := openOrMake(ctx, o.Dir, o.Workspace)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if sum.Workspace, _, err = chooseWorkspace(ctx, db, o.Dir, o.Workspace); err != nil {
		return sum, err
	}
	died := make(chan error, 1)
	st, err := store.Open(ctx, store.Options{Dir: o.Dir, Manifest: db, Logger: o.Logger, MinFree: minFree, Fatal: func(err error) { died <- err }})
	if err != nil {
		return sum, err
	}
	defer func() {
		err = errors.Join(err, st.Close())
		select {
		case cause := <-died:
			err = storageError{errors.Join(cause, err)}
		default:
		}
	}()
	if err := storeArchives(ctx, o, db, st, files, &sum); err != nil {
		return sum, err
	}
	return sum, st.Drain(ctx)
}

// archive is a file to store.
type archive struct {
	path string
	size int64
}

// listArchives finds the files behind paths, in order and each once.
func listArchives(paths []string) ([]archive, error) {
	var out []archive
	seen := map[string]bool{}
	add := func(path string, info fs.FileInfo) {
		if key := filepath.Clean(path); !seen[key] {
			seen[key] = true
			out = append(out, archive{path, info.Size()})
		}
	}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fault.New(fault.NotFound, "file_missing", "%s cannot be read: %w.", p, err)
		}
		if !info.IsDir() {
			add(p, info)
			continue
		}
		err = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || !slices.Contains(archiveExtensions, strings.ToLower(filepath.Ext(path))) {
				return err
			}
			info, err := d.Info()
			if err == nil {
				add(path, info)
			}
			return err
		})
		if err != nil {
			return nil, fault.New(fault.Invalid, "file_unreadable", "The folder %s cannot be read: %w.", p, err)
		}
	}
	if len(out) == 0 {
		return nil, fault.New(fault.NotFound, "file_missing", "There is nothing to ingest: the folders hold no file ending in %s.", strings.Join(archiveExtensions, ", "))
	}
	return out, nil
}

// openOrMake opens a data folder's state; in a folder without a workspace it makes one.
func openOrMake(ctx context.Context, dir, workspace string) (*meta.DB, error) {
	db, err := openState(ctx, dir)
	switch {
	case fault.CodeOf(err) == "data_missing":
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fault.New(fault.Unavailable, "data_dir", "making the data folder: %w", err)
		}
		if db, err = meta.Open(ctx, filepath.Join(dir, stateFile)); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	default:
		// A run that ended early may have left a state without a workspace.
		known, err := db.Workspaces(ctx)
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
		if len(known) > 0 {
			return db, nil
		}
	}
	if workspace == "" {
		workspace = firstWorkspace
	}
	if _, _, err := db.WorkspaceIDs(ctx, workspace, "", ""); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// storeArchives stores the files, some at a time.
func storeArchives(ctx context.Context, o IngestOptions, db *meta.DB, st *store.Store, files []archive, sum *IngestSummary) error {
	if o.Begin != nil {
		var size int64
		for _, f := range files {
			size += f.size
		}
		o.Begin(len(files), size)
	}
	intake := ingest.NewIntake(sum.Workspace, st.Catalog(sum.Workspace))
	w := transform.Workspace{ID: sum.Workspace, Catalog: st.Catalog(sum.Workspace), Intake: intake}
	if _, err := transform.New(ctx, transform.Config{Keeper: db, Logger: o.Logger}, w); err != nil {
		return err
	}
	intake.Once = ingest.NewOnce(sum.Workspace, st, cmp.Or(o.Logger, slog.New(slog.DiscardHandler)))
	meter := &ingestMeter{call: o.Progress, bytes: make([]int64, len(files)), rows: make([]int64, len(files))}
	results, failed := make([]ingest.FileResult, len(files)), make([]error, len(files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(2, runtime.GOMAXPROCS(0)))
	for i, f := range files {
		g.Go(func() error {
			res, err := ingest.NewFiles(intake, st, o.Logger).Add(ctx, f.path, ingest.All(), func(bytes int64, c ingest.Counts) {
				rows, _ := c.Records()
				meter.set(i, bytes, rows)
			})
			results[i] = res
			if fault.CodeOf(err) == "file_unreadable" {
				failed[i], err = err, nil
			}
			return err
		})
	}
	err := g.Wait()
	sum.Tables = ingest.Counts{}
	for i, r := range results {
		sum.Tables.Add(r.Counts)
		if failed[i] != nil {
			sum.Failed = append(sum.Failed, failed[i])
		} else {
			sum.Files = append(sum.Files, r)
		}
	}
	return err
}

// ingestMeter adds up the progress of several files.
type ingestMeter struct {
	mu          sync.Mutex
	call        func(bytes, rows int64)
	bytes, rows []int64
}

func (m *ingestMeter) set(i int, bytes, rows int64) {
	if m.call == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bytes[i], m.rows[i] = bytes, rows
	var b, r int64
	for k := range m.bytes {
		b, r = b+m.bytes[k], r+m.rows[k]
	}
	m.call(b, r)
}
