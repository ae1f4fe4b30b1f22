package model

import "time"

// The kinds of snapshots.
const (
	SnapshotState  = "state"  // all that the table says now, each time
	SnapshotEvents = "events" // the rows since the last time
)

// The states of a snapshot.
const (
	SnapshotWaiting     = "waiting" // for its first time
	SnapshotRunning     = "running"
	SnapshotDone        = "done"
	SnapshotFailed      = "failed"      // goes on where it ended with the next try
	SnapshotUnavailable = "unavailable" // the tenant does not know the table
)

// Snapshot is the scheduled fetching of a table that the tenant does not export.
type Snapshot struct {
	Table   string        `json:"table"`
	Kind    string        `json:"kind"`
	On      bool          `json:"on"`
	Every   time.Duration `json:"-"`
	State   string        `json:"state"`
	Problem string        `json:"problem"`
	// Time is the beginning of the run that is, or was last, made: TimeGenerated of its rows if the kind is state.
	Time time.Time `json:"time,omitzero"`
	// Parts and Done are how many pieces the run has and how many are stored: a restart goes on with the next one.
	Parts int `json:"parts"`
	Done  int `json:"partsDone"`
	// Cursor is until when the events of the kind events are stored.
	Cursor  time.Time `json:"cursor,omitzero"`
	Rows    int64     `json:"rows"` // stored by the last run
	Next    time.Time `json:"next,omitzero"`
	Updated time.Time `json:"updated,omitzero"`
}

// SnapshotView is a snapshot as it is shown.
type SnapshotView struct {
	Snapshot
	EverySeconds int64 `json:"everySeconds"`
}
