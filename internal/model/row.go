package model

// Row is a row of a built-in table that waits in the row outbox. Values are by column: strings, bools, numbers, datetimes
// as ticks, dynamics as any JSON value; what is absent or nil is null.
type Row struct {
	Table  string         `json:"table"`
	Source string         `json:"source"` // provenance, unique: what it tells of and which version
	Values map[string]any `json:"values"`
}
