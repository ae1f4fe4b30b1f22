// Package manifest is what the store needs of state: the part list, sealed positions, column ids. The state database
// implements it; a memory implementation serves tests. Standard library only.
package manifest

import (
	"context"
	"errors"
)

// FirstUserField is the lowest id of a column that users may see; ids below it are the store's own hidden columns.
const FirstUserField = 100

// ErrFenced is returned by Commit when a later writer has taken over: its Epoch is greater than the change's.
var ErrFenced = errors.New("another process has taken over this store")

// ErrUnknown is wrapped by an error of Commit that leaves it open whether the change will be found at the next start: the
// disk did not confirm it. Nothing that depends on the change may be done, or undone, before that.
var ErrUnknown = errors.New("whether the change is stored is not known")

// Part is one immutable Parquet file. Path is relative to the data directory, with forward slashes. The store chooses
// ids; an id is never used twice.
type Part struct {
	ID               int64
	Workspace, Table string
	Path             string
	Rows, Bytes      int64
	Checksum         uint32 // CRC32C of the file
	Footer           uint32 // CRC32C of its Parquet metadata; zero if not known
	MinTime, MaxTime int64  // ticks of TimeGenerated, both inclusive
	MaxIngested      int64  // the latest ingestion time of its rows, in ticks
	FirstSeq         uint64
	LastSeq          uint64 // journal sequences whose rows the part holds
	Day              string // YYYY-MM-DD when all rows are of one day, else ""
	FormatVersion    int
	Hours            []HourRows // rows by hour of TimeGenerated, ascending
}

// HourRows counts the rows of one hour.
type HourRows struct {
	Hour int64 // ticks divided by the ticks of an hour
	Rows int64
}

// Position is the next position that a source partition must deliver to a workspace.
type Position struct {
	Workspace string
	Source    string
	Partition int32
	Next      int64
}

// Change is one atomic change of the manifest: all of it or none of it is durable when Commit returns.
type Change struct {
	Epoch     uint64 // the writer's; zero is not checked
	Add       []Part
	Remove    []int64            // part ids
	Sealed    map[TableID]uint64 // rows of the table up to this journal sequence are in parts
	Positions []Position         // carried over from journal segments that are about to be cut
	Trim      uint64             // journal sequences up to here are no longer needed; never goes back, zero leaves it
}

// TableID names a table of a workspace.
type TableID struct{ Workspace, Table string }

// Field is a stored column: its id never changes and is never reused within the table. KQLType is the type's name.
// In AddFields a zero ID asks for the next free one from FirstUserField on.
type Field struct {
	ID      int32
	Name    string
	KQLType string
	Hidden  bool
}

// Manifest is safe for concurrent use.
type Manifest interface {
	// Load returns the whole manifest: parts, sealed sequences, positions, fields and the trim point.
	Load(ctx context.Context) (State, error)
	// Commit applies a change durably. After an error nothing of it is, unless the error wraps ErrUnknown. Removing a part that is not there, or adding an id twice, is an error.
	Commit(ctx context.Context, c Change) error
	// Fields returns the stored columns of a table, in the order of their ids.
	Fields(ctx context.Context, t TableID) ([]Field, error)
	// AddFields gives ids to new columns, durably, and returns all fields. An existing name keeps its field.
	AddFields(ctx context.Context, t TableID, add []Field) ([]Field, error)
	// Epoch returns a number greater than any given before: the writer's epoch, one per start.
	Epoch(ctx context.Context) (uint64, error)
}

// State is what Load returns. Parts come in the order of their ids, fields too.
type State struct {
	Parts     []Part
	Sealed    map[TableID]uint64
	Positions []Position
	Fields    map[TableID][]Field
	Trim      uint64
}
