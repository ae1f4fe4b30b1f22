package model

import "time"

// HourCount compares the rows of a table in one hour, by the time of their events: what the tenant counts, and what is stored.
type HourCount struct {
	Table          string
	Hour           time.Time // the hour's start
	Tenant, Stored int64
	Checked        time.Time
}

// Missing returns how many rows of the hour are not stored.
func (h HourCount) Missing() int64 { return max(0, h.Tenant-h.Stored) }

// Extra returns how many rows of the hour are stored beyond what the tenant counts.
func (h HourCount) Extra() int64 { return max(0, h.Stored-h.Tenant) }
