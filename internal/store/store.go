package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store/journal"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// Options configure a store. Zero values of the sizes and times are the defaults named beside them.
type Options struct {
	Dir      string // the data directory; the store makes journal/ and tables/ in it
	ColdDir  string // the folder of the cold tier, which may be on another disk: Dir/cold
	Manifest manifest.Manifest
	Logger   *slog.Logger
	// Fatal is called once, on a goroutine of the store, when storage failed in a way that only a new start can clear
	// (a failed fsync, or another process took over). The process must exit with code 74.
	Fatal func(error)
	// Damaged is called, on a goroutine of the store, for each file of a table that was set aside or cannot be read.
	Damaged func(Problem)

	SealRows     int64         // a table is sealed at this many unsealed rows: 122,880
	SealBytes    int64         // or at this size: 64 MB
	SealAge      time.Duration // or this long after its oldest unsealed row: 30 minutes
	TailBytes    int64         // unsealed rows of all tables beyond this are sealed early: 256 MB
	MaxTailBytes int64         // beyond this Append waits: 1 GB
	JournalBytes int64         // a longer journal is cut by sealing the tables that hold it: 512 MB
	SegmentBytes int64         // journal segments: 64 MB
	MinFree      int64         // Append fails with code disk_full below this much free space; 0 is not checked

	// Reserve is kept in a file of its own, and freed when the disk is full: for state, and for frames marked Own. 0 keeps none. MinFree is
	// at least twice that, or intake would take what is freed.
	Reserve int64

	Now   func() time.Time // time.Now
	Alloc memory.Allocator // for unsealed rows; outside the Go heap
}

func (o *Options) setDefaults() {
	def := func(p *int64, v int64) {
		if *p == 0 {
			*p = v
		}
	}
	def(&o.SealRows, rowGroupRows)
	def(&o.SealBytes, 64<<20)
	def(&o.TailBytes, 256<<20)
	def(&o.MaxTailBytes, 1<<30)
	def(&o.JournalBytes, 512<<20)
	def(&o.SegmentBytes, journal.DefaultSegmentBytes)
	o.ColdDir = findCold(o.Dir, o.ColdDir)
	o.MinFree = max(o.MinFree, 2*o.Reserve)
	if o.SealAge == 0 {
		o.SealAge = 30 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Alloc == nil {
		o.Alloc = newAllocator()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Fatal == nil {
		o.Fatal = func(error) {}
	}
	if o.Damaged == nil {
		o.Damaged = func(Problem) {}
	}
}

// Store keeps the event rows of all workspaces. It is safe for concurrent use.
type Store struct {
	opts  Options
	log   *slog.Logger
	epoch uint64
	cat   *catalogue
	j     *journal.Journal
	lock  *os.File

	queue    chan *request
	done     chan struct{}   // closed by Close
	ctx      context.Context // ends with done, for background work
	stopped  chan struct{}   // closed when the committer has ended
	wake     chan struct{}   // asks the sealer to look
	suspects chan suspect    // asks the inspector to look
	wg       sync.WaitGroup
	closing  sync.Once
	failing  sync.Once
	failed   atomic.Pointer[error]

	// change is held by whoever changes the tables' lists: the committer and the sealer. mu is held beside it while
	// readers must not look, and never while anything is written.
	change sync.Mutex
	mu     sync.RWMutex
	seq    uint64
	pos    positions
	tables map[manifest.TableID]*table
	room   chan struct{} // closed and replaced whenever the tail gets smaller

	// Who needs several of these takes them in this order: the first may be held for long.
	merging    sync.Mutex // one compaction at a time
	sealing    sync.Mutex // one seal at a time
	committing sync.Mutex // held while a group is written
	tail       atomic.Int64
	nextPart   atomic.Int64
	counters   counters
	reserve    *reserve
	dirs       sync.Map // folders whose names this process made durable
}

// table is what the store holds of one table. The slices are replaced, never changed in place.
type table struct {
	id     manifest.TableID
	sealed uint64
	frozen []*Block // being sealed
	active []*Block
	since  time.Time // arrival of the oldest unsealed row; zero when there is none
	parts  []*part
	cold   []*part // in the cold tier
	seen   arrivals
}

func (t *table) unsealed() (rows, bytes int64) {
	for _, list := range [][]*Block{t.frozen, t.active} {
		for _, b := range list {
			rows += int64(b.rows)
			bytes += b.Bytes()
		}
	}
	return rows, bytes
}

// Open opens the store in a directory, replays its journal and starts its background work. Only one process may have a
// directory open.
func Open(ctx context.Context, o Options) (_ *Store, err error) {
	o.setDefaults()
	s := &Store{
		opts: o, log: o.Logger,
		queue: make(chan *request), done: make(chan struct{}), stopped: make(chan struct{}), wake: make(chan struct{}, 1), suspects: make(chan suspect, 64), room: make(chan struct{}),
		pos: newPositions(), tables: map[manifest.TableID]*table{},
	}
	if err := os.MkdirAll(filepath.Join(o.Dir, tablesDir), 0o700); err != nil {
		return nil, fault.New(fault.Unavailable, "data_dir", "The data directory %s cannot be used: %w.", o.Dir, err)
	}
	if err := syncDir(filepath.Dir(filepath.Clean(o.Dir))); err != nil {
		return nil, fault.New(fault.Unavailable, "data_dir", "The data directory %s cannot be made durable: %w.", o.Dir, err)
	}
	if s.lock, err = lockDir(o.Dir); err != nil {
		return nil, err
	}
	s.reserve = newReserve(o.Dir, o.Reserve)
	defer func() {
		if err != nil {
			s.releaseTail()
			if errors.Is(err, errSync) || errors.Is(err, journal.ErrFailed) {
				err = fmt.Errorf("%w: %w", ErrFailed, err)
			}
			err = errors.Join(err, unlockDir(s.lock))
		}
	}()
	if err := s.ownCold(); err != nil {
		return nil, err
	}
	behind, err := s.newEpoch(ctx)
	if err != nil {
		return nil, err
	}
	state, err := o.Manifest.Load(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.load(state); err != nil {
		return nil, err
	}
	rec, err := s.replay(state)
	if err != nil {
		return nil, err
	}
	rec.behind = rec.behind || behind
	if err := errors.Join(s.sweep(state.Parts, rec.behind), s.sweepIndexes(filepath.Join(o.Dir, tablesDir))); err != nil {
		return nil, err
	}
	var cancel context.CancelFunc
	s.ctx, cancel = context.WithCancel(context.Background())
	s.wg.Add(6)
	go func() {
		defer s.wg.Done()
		<-s.done
		cancel()
	}()
	go s.commitLoop()
	go s.sealLoop()
	go s.compactLoop()
	go s.inspectLoop()
	go s.reserveLoop()
	if err := s.repair(ctx, rec); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Free reports whether no process has the directory open: nil, or an error of code data_dir_locked.
func Free(dir string) error {
	f, err := lockDir(dir)
	if err != nil {
		return err
	}
	return unlockDir(f)
}

// newEpoch gets this writer's epoch. State that was restored from an older copy may lie behind the files: it is moved past them, and behind
// says so.
func (s *Store) newEpoch(ctx context.Context) (behind bool, err error) {
	last, err := journal.LastEpoch(filepath.Join(s.opts.Dir, journalDir))
	for err == nil && (s.epoch == 0 || s.epoch <= last) {
		behind = s.epoch != 0
		s.epoch, err = s.opts.Manifest.Epoch(ctx)
	}
	return behind, err
}

// load takes over the manifest.
func (s *Store) load(state manifest.State) error {
	var err error
	if s.cat, err = newCatalogue(s.opts.Manifest, state); err != nil {
		return err
	}
	now := column.FromTime(s.opts.Now()) / column.Hour
	for _, p := range state.Positions {
		s.pos.load(posKey{p.Workspace, p.Source, p.Partition}, p.Next)
	}
	for t := range state.Fields {
		s.table(t)
	}
	for t, seq := range state.Sealed {
		s.table(t).sealed = seq
	}
	for _, p := range state.Parts {
		t := s.table(manifest.TableID{Workspace: p.Workspace, Table: p.Table})
		if isCold(p) {
			t.cold = append(t.cold, &part{Part: p})
		} else {
			t.parts = append(t.parts, &part{Part: p})
		}
		t.seen.part(p, now)
	}
	s.nextPart.Store(int64(s.epoch) << 24)
	return nil
}

func (s *Store) table(id manifest.TableID) *table {
	t := s.tables[id]
	if t == nil {
		t = &table{id: id}
		s.tables[id] = t
	}
	return t
}

// TailBytes returns how much memory unsealed rows hold. It never waits.
func (s *Store) TailBytes() int64 { return s.tail.Load() }

// Catalog returns the tables of a workspace: the shipped ones with the columns that were added, and custom tables. It
// follows every change.
func (s *Store) Catalog(workspace string) schema.Catalog { return live{c: s.cat, workspace: workspace} }

// fail ends all writing. The first reason counts.
func (s *Store) fail(err error) {
	s.failing.Do(func() {
		err = fault.New(fault.Unavailable, "storage_failed", "Storage failed and the server must start again: %w.", errors.Join(ErrFailed, err))
		s.failed.Store(&err)
		s.log.Error("Storage failed; nothing more is stored until the server starts again.", "err", err)
		s.opts.Fatal(err)
	})
}

func (s *Store) failure() error {
	if p := s.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// Close ends the background work and frees the tail. Nothing is sealed: the journal holds what is not. Snapshots must be
// closed before. It may be called twice.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.done)
		s.wg.Wait()
		err = errors.Join(s.j.Close(), unlockDir(s.lock))
		s.releaseTail()
	})
	return err
}

func (s *Store) releaseTail() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tables {
		for _, b := range append(t.frozen, t.active...) {
			b.Release()
		}
		t.frozen, t.active = nil, nil
	}
}

func (s *Store) path(p manifest.Part) string {
	return locate(s.opts.Dir, s.opts.ColdDir, p.Path)
}
