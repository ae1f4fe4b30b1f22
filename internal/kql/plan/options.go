package plan

// Options are what set statements ask for of the run as a whole. Zero fields ask for nothing.
type Options struct {
	// Now is the instant that now() and ago() go by, in ticks; nil is the time at which the query runs.
	Now *int64
	// MaxRecords and MaxBytes cut each result earlier than the service would; NoTruncation leaves only the cap on memory.
	MaxRecords, MaxBytes int64
	NoTruncation         bool
	// TakeMax ends each result after so many rows, which is then whole.
	TakeMax int64
	// Timeout ends the query earlier than the service would, in ticks.
	Timeout int64
	// Memory lowers the cap on what the operators may hold, in bytes.
	Memory int64
	// From and To bound TimeGenerated of every stored table, from <= time < to, in ticks; nil does not.
	From, To *int64
	// NoExternal refuses externaldata.
	NoExternal bool
}
