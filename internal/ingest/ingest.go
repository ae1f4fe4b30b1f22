package ingest

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/vedette-siem/vedette/internal/normalize"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// Appender is the store as intake sees it. It is safe for concurrent use.
type Appender interface {
	// Append stores a frame durably; see store.Store.
	Append(ctx context.Context, f store.Frame) (uint64, error)
	// Next returns the position that a source's partition must deliver next, and false if it never delivered any.
	Next(workspace, source string, partition int32) (int64, bool)
}

// Message is one message of a source partition. Offsets grow from message to message, but need not be dense.
type Message struct {
	Offset int64
	Time   time.Time // when the source took it in; may be zero
	Value  []byte
}

// Selection says which tables are stored. The zero value stores none.
type Selection struct {
	selected map[string]bool
	only     bool
	all      bool
}

// All returns the selection of every table.
func All() Selection { return Selection{all: true} }

// Selected returns the selection of tables that a workspace's owner ticked. Tables that the product does not know cannot
// be ticked; they are stored too.
func Selected(tables []string) Selection {
	s := Selection{selected: make(map[string]bool, len(tables))}
	for _, t := range tables {
		s.selected[t] = true
	}
	return s
}

// Only returns the selection of exactly these tables, and of no dead letters but theirs: for reading messages again whose
// other content was dealt with the first time.
func Only(tables ...string) Selection {
	s := Selected(tables)
	s.only = true
	return s
}

// Wants reports whether rows of the table are stored.
func (s Selection) Wants(table string) bool {
	if s.all || s.selected == nil {
		return s.all
	}
	return s.selected[table] || !s.only && !Selectable(table)
}

// Selectable reports whether a table is one of those that can be ticked.
func Selectable(table string) bool {
	t, ok := schema.Builtin().Table(table)
	return ok && t.Streamed
}

// Count says what became of the records of one table.
type Count struct {
	Rows    int64 // stored
	Skipped int64 // not stored because the table is not ticked
	Dead    int64 // dead letters
	// Repeated counts records that were stored before: pulled from the tenant, or by another way of its export.
	Repeated int64
	// Dropped counts records that the table's transformation left out.
	Dropped int64
	Bytes   int64     // of the records that are no dead letters, as they came
	Seen    time.Time // when the source took in the newest message with the table
	Event   time.Time // the newest time of the stored rows
	Late    Lateness  // of the stored rows
}

// LateBounds are the upper bounds of the lateness buckets but the last, which has none.
var LateBounds = [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour}

// Lateness counts rows by how long after their event they were taken in.
type Lateness [len(LateBounds) + 1]int64

func (l *Lateness) add(late time.Duration) {
	i := 0
	for i < len(LateBounds) && late > LateBounds[i] {
		i++
	}
	l[i]++
}

// Counts says what became of the records of a run of messages, by table; records whose table cannot be told are under "".
type Counts map[string]Count

// Records returns the number of records that were looked at, and how many of them are dead letters.
func (c Counts) Records() (all, dead int64) {
	for _, n := range c {
		all += n.Rows + n.Dead
		dead += n.Dead
	}
	return all, dead
}

// Source returns what the records were, whatever their table.
func (c Counts) Source() (rows, dead, repeated int64, event time.Time) {
	for _, n := range c {
		rows, dead, repeated = rows+n.Rows, dead+n.Dead, repeated+n.Repeated
		if n.Event.After(event) {
			event = n.Event
		}
	}
	return rows, dead, repeated, event
}

// Tables returns the tables that records were of which were stored, left out or refused, sorted.
func (c Counts) Tables() []string {
	var out []string
	for table, n := range c {
		if table != "" && n.Rows+n.Dead+n.Repeated+n.Dropped > 0 {
			out = append(out, table)
		}
	}
	slices.Sort(out)
	return out
}

// Add adds another run's counts.
func (c Counts) Add(other Counts) {
	for t, n := range other {
		c.add(t, n)
	}
}

// Intake makes decoders for one workspace. It is safe for concurrent use.
type Intake struct {
	// Repeats are the rows that were pulled and may come again.
	Repeats Repeats
	// Keep, if set before the first decoder is made, gets all messages as they come, before they are decoded. It must not keep their
	// bytes, and must be safe for concurrent use.
	Keep func(source string, partition int32, msgs []Message)
	// Once leaves out what came by another way; nil keeps all. It is set before the first decoder is made.
	Once *Once

	workspace  string
	shapes     *normalize.Shapes
	transforms transforms
}

// NewIntake returns the intake of a workspace. The catalogue must be live: tables and columns that records add appear in
// it once their rows are stored.
func NewIntake(workspace string, catalog schema.Catalog) *Intake {
	return &Intake{workspace: workspace, shapes: normalize.NewShapes(catalog)}
}

// Budget bounds the bytes of messages that are between the wire and the store, over all connectors of the process.
type Budget struct {
	room  Room
	fresh atomic.Int64  // pieces of fresh messages that wait for room or hold it
	turn  chan struct{} // one piece of a backlog
}

// Room is what a Budget takes from. It is safe for concurrent use.
type Room interface {
	// Acquire waits for room for n bytes and returns what must be given back: less than n if n is more than all there is.
	Acquire(ctx context.Context, n int64) (int64, error)
	// Release gives back what Acquire returned.
	Release(n int64)
}

// BudgetOf returns a budget that takes from what others use too.
func BudgetOf(r Room) *Budget { return &Budget{room: r, turn: make(chan struct{}, 1)} }

// ownRoom is a number of bytes.
type ownRoom struct {
	sem *semaphore.Weighted
	max int64
}

func (r ownRoom) Acquire(ctx context.Context, n int64) (int64, error) {
	n = min(n, r.max)
	return n, r.sem.Acquire(ctx, n)
}

func (r ownRoom) Release(n int64) { r.sem.Release(n) }

// DefaultBudget is the number of bytes that NewBudget allows if it is given none.
const DefaultBudget = 256 << 20

// NewBudget returns a budget of that many bytes; zero means DefaultBudget.
func NewBudget(bytes int64) *Budget {
	if bytes <= 0 {
		bytes = DefaultBudget
	}
	return BudgetOf(ownRoom{sem: semaphore.NewWeighted(bytes), max: bytes})
}

// Acquire waits until there is room for n more bytes of fresh messages and takes it. It returns what the caller must give back: one message
// larger than the whole budget takes all of it.
func (b *Budget) Acquire(ctx context.Context, n int64) (int64, error) {
	b.fresh.Add(1)
	held, err := b.room.Acquire(ctx, n)
	if err != nil {
		b.fresh.Add(-1)
	}
	return held, err
}

// Release gives back the room of one Acquire.
func (b *Budget) Release(n int64) {
	b.room.Release(n)
	b.fresh.Add(-1)
}
