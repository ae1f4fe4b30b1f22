package model

import "time"

// Connection is what a workspace's owner chose for one connector.
type Connection struct {
	Workspace string
	Connector string   // id of the connector, "defender-xdr"
	Incidents bool     // incidents and alerts are synchronised
	Tables    []string // tables whose events are stored, sorted
	// KeepIncidentRules means that rules which make incidents of single products' alerts stay on beside the connector's own.
	KeepIncidentRules bool
	ConnectedBy       string
	ConnectedAt       time.Time // zero if nothing is connected
	Paused            []Pause   // streams that do not run until somebody resumes them
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
	Seen                time.Time // when the source took in the newest record of the table
}
