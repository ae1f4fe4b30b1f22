package model

import (
	"slices"
	"time"
)

// Connection is what a workspace's owner chose for one connector.
type Connection struct {
	Workspace string
	Connector string   // id of the connector, "defender-xdr"
	Incidents bool     // incidents and alerts are synchronised
	Tables    []string // tables whose events are stored, sorted
	// KeepIncidentRules means that rules which make incidents of single products' alerts stay on beside the connector's own.
	KeepIncidentRules bool
	// Own names the connectors of single products that are connected on their own. It is not stored with this one.
	Own         []string
	ConnectedBy string
	ConnectedAt time.Time // zero if nothing is connected
	Paused      []Pause   // streams that do not run until somebody resumes them
}

// Pause says that a stream of a connection does not run, and why. Its position stays.
type Pause struct {
	Stream string    `json:"stream"`
	Reason string    `json:"reason"` // a stable word; "paused" when a person did it
	Text   string    `json:"text"`   // for people
	By     string    `json:"by"`     // who; "" when the stream paused itself
	At     time.Time `json:"at"`
}

// PauseOf returns the pause of a stream, or nil when it may run.
func (c *Connection) PauseOf(stream string) *Pause {
	for i := range c.Paused {
		if c.Paused[i].Stream == stream {
			return &c.Paused[i]
		}
	}
	return nil
}

// Tick says since when a table of a partition is stored: the live reading stores its rows from Until on, and what the
// source still held before that is read again from From to Until. An owner who unticks and ticks a table again makes the
// next tick of it; it reads what came in between.
type Tick struct {
	Source    string
	Partition int32
	Table     string
	N         int   // 1 for the first tick of the table
	From      int64 // -1 means from the source's first position
	Until     int64
	Off       int64 // position from which the table is no longer stored, or -1
}

// TableUsage says what came in for one table in one hour.
type TableUsage struct {
	Table               string
	Hour                time.Time // the hour's start
	Rows, Skipped, Dead int64
	Dropped             int64     // by the table's transformation
	Repeated            int64     // that were pulled from the tenant before
	Gaps                int64     // positions that were not there to be read, of the sources that bring the table
	Bytes               int64     // of the records that were stored
	Seen                time.Time // when the source took in the newest record of the table
	Event               time.Time // the time of the newest event stored
	// Quiet is the longest time within the hour from one arrival to the next, while the source was read without lag.
	Quiet time.Duration
}

// SourceUsage says what one source delivered since it was first read.
type SourceUsage struct {
	Source          string
	Messages, Bytes int64
	Rows, Dead      int64
	Duplicates      int64     // messages, or rows where a source repeats rows, that were stored before
	Gaps            int64     // positions that were not there to be read
	Tables          []string  // that it brought records of, sorted
	Sent            time.Time // when the source took in the newest message
	Event           time.Time // the time of the newest event
}

// Add adds other's figures; of times the newer stays.
func (u *SourceUsage) Add(other SourceUsage) {
	u.Messages, u.Bytes = u.Messages+other.Messages, u.Bytes+other.Bytes
	u.Rows, u.Dead = u.Rows+other.Rows, u.Dead+other.Dead
	u.Duplicates, u.Gaps = u.Duplicates+other.Duplicates, u.Gaps+other.Gaps
	u.Sent, u.Event = later(u.Sent, other.Sent), later(u.Event, other.Event)
	for _, t := range other.Tables {
		if i, known := slices.BinarySearch(u.Tables, t); !known {
			u.Tables = slices.Insert(slices.Clip(u.Tables), i, t) // the list may be another's too
		}
	}
}

// Add adds another count of the same table and hour.
func (u *TableUsage) Add(other TableUsage) {
	u.Rows, u.Skipped, u.Dead, u.Bytes = u.Rows+other.Rows, u.Skipped+other.Skipped, u.Dead+other.Dead, u.Bytes+other.Bytes
	u.Dropped, u.Repeated, u.Gaps = u.Dropped+other.Dropped, u.Repeated+other.Repeated, u.Gaps+other.Gaps
	u.Seen, u.Event, u.Quiet = later(u.Seen, other.Seen), later(u.Event, other.Event), max(u.Quiet, other.Quiet)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
