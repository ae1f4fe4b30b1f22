package model

import "time"

// TablePlan is what a table's rows are kept for.
type TablePlan string

// The plans. Analytics tables choose their interactive retention; the others have 30 days of it.
const (
	PlanAnalytics TablePlan = "Analytics"
	PlanBasic     TablePlan = "Basic"
	PlanAuxiliary TablePlan = "Auxiliary"
)

// TableSettings is what a workspace's owner chose for one table, or, with an empty Table, for all that have no choice of
// their own.
type TableSettings struct {
	Workspace string
	Table     string
	Plan      TablePlan
	// Interactive and Total are days; zero means the workspace's default, and for Total, as long as Interactive.
	Interactive, Total int
	// HeldTotal, while it is later than now HeldUntil, is an earlier, longer total retention that still holds.
	HeldTotal int
	HeldUntil time.Time
	PlanSince time.Time // when the plan was chosen; zero if never
	ChangedAt time.Time
	ChangedBy string
}

// RetentionClock is what the retention scheduler believes about time, kept so that a clock that jumps deletes nothing.
type RetentionClock struct {
	Trusted time.Time     // retention goes by this time
	Wall    time.Time     // the clock at the last look
	Settled time.Duration // how long the clock has run on evenly since it jumped ahead of Trusted
}
