package model

import "time"

// Transform is what an owner wrote to change the rows of a table on their way in.
type Transform struct {
	Table     string    `json:"table"`
	Query     string    `json:"query"`
	ChangedBy string    `json:"changedBy"`
	ChangedAt time.Time `json:"changedAt,omitzero"`
}

// TransformView is a transformation with what it did in the last 24 hours, and why it does not work, if it does not.
type TransformView struct {
	Transform
	Stored  int64  `json:"stored24h"`
	Dropped int64  `json:"dropped24h"`
	Problem string `json:"problem,omitempty"`
}

// TransformPreview is what a transformation would do to recent rows. Of the rows it has a few, by column.
type TransformPreview struct {
	Table   string           `json:"table"`
	In      int64            `json:"in"`
	Out     int64            `json:"out"`
	Dropped int64            `json:"dropped"`
	Added   []string         `json:"added"`   // columns
	Removed []string         `json:"removed"` // columns that the rows had
	Rows    []map[string]any `json:"rows"`
	// Since says how fresh the rows are: "live" as they came in, or "stored" when none came since the start.
	From string `json:"from"`
}
