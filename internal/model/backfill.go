package model

import "time"

// The states of a backfill.
const (
	BackfillWaiting = "waiting"
	BackfillRunning = "running"
	BackfillDone    = "done"
	BackfillFailed  = "failed" // some hours could not be fetched; it can be started again
	BackfillStopped = "stopped"
	BackfillOffered = "offered" // the table was connected for the first time; somebody may start it
)

// Backfill is the fetching of a table's rows that the tenant has and the store has not. A table has one, the last.
type Backfill struct {
	Table       string    `json:"table"`
	From        time.Time `json:"from"` // whole hours
	To          time.Time `json:"to"`
	State       string    `json:"state"`
	Problem     string    `json:"problem"`
	Hours       int       `json:"hours"` // with missing rows, 0 until they are counted
	Done        int       `json:"hoursDone"`
	Rows        int64     `json:"rows"` // stored by it
	Actor       string    `json:"actor"`
	Started     time.Time `json:"started"`
	Updated     time.Time `json:"updated"`
	SecondsLeft *float64  `json:"secondsLeft"` // an estimate while it runs, else null; not kept
}
