package tables

import (
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

const (
	// DefaultDays is the interactive and total retention of a table for which nobody chose another.
	DefaultDays = 90
	// MinDays and MaxInteractive bound the interactive retention of Analytics tables, MaxTotal the total one.
	MinDays = 4
	// MaxInteractive is described at MinDays.
	MaxInteractive = 730
	// MaxTotal is described at MinDays.
	MaxTotal = 4383
	// fixedInteractive is the interactive retention of Basic and Auxiliary tables.
	fixedInteractive = 30
	// graceDays is how long a longer total retention holds on after it was shortened, and how long rows stay at least that
	// were old already when they came, unless the retention itself is shorter.
	graceDays = 30
)

// minimums of tables that other features read back in time.
var minimums = map[string]int{"IdentityInfo": 14}

// analyticsOnly are the tables that the product itself reads: they cannot leave the Analytics plan.
var analyticsOnly = []string{
	"SecurityIncident", "SecurityAlert", "IdentityInfo", "BehaviorAnalytics", "UserPeerAnalytics", "SentinelHealth", "SentinelAudit", "LAQueryLogs", "Usage",
}

// Retention is what holds for one table, in days. All of it is effective: no zero means a default.
type Retention struct {
	Plan               model.TablePlan
	Interactive, Total int
	// InteractiveDefault and TotalDefault tell that nobody chose the number for this table.
	InteractiveDefault, TotalDefault bool
	// Kept is how long rows really stay: Total, or, until HeldUntil, a longer retention from before.
	Kept      int
	HeldUntil time.Time // zero when nothing is held
}

// effective returns what holds at a time, given a table's own settings (zero when there are none) and the workspace's
// default, which has no table and no default of its own.
func effective(own, ws model.TableSettings, now time.Time) Retention {
	def := Retention{Interactive: DefaultDays, Total: DefaultDays, Kept: DefaultDays}
	if own.Table != "" {
		ws.Table = ""
		def = effective(ws, model.TableSettings{}, now)
	}
	r := Retention{Plan: own.Plan, Interactive: own.Interactive, Total: own.Total}
	if r.Plan == "" {
		r.Plan = model.PlanAnalytics
	}
	switch {
	case r.Plan != model.PlanAnalytics:
		r.Interactive = fixedInteractive
	case r.Interactive == 0:
		r.InteractiveDefault = true
		r.Interactive = max(def.Interactive, minimums[own.Table])
		if r.Total != 0 {
			r.Interactive = min(r.Interactive, r.Total) // a total that was chosen does not follow the default
		}
	}
	if r.Total == 0 {
		r.TotalDefault = true
		r.Total = r.Interactive
		if r.InteractiveDefault && own.Table != "" {
			r.Total = max(r.Total, def.Total)
		}
	}
	r.Kept = r.Total
	if own.HeldTotal > r.Kept && own.HeldUntil.After(now) {
		r.Kept, r.HeldUntil = own.HeldTotal, own.HeldUntil
	}
	if r.InteractiveDefault && r.TotalDefault && def.Kept > r.Kept {
		r.Kept, r.HeldUntil = def.Kept, def.HeldUntil
	}
	return r
}

// Change is what somebody wants of a table, or of the workspace's default. Nil leaves a value as it is; a pointer to 0 goes
// back to the default.
type Change struct {
	Plan               *model.TablePlan
	Interactive, Total *int
}

// apply returns the settings after a change. A shorter total retention begins to count in 30 days.
func (c Change) apply(own, ws model.TableSettings, actor string, now time.Time) (model.TableSettings, error) {
	before := effective(own, ws, now)
	next := own
	if c.Plan != nil && *c.Plan != before.Plan {
		if err := checkPlan(own.Table, *c.Plan); err != nil {
			return own, err
		}
		next.Plan, next.PlanSince = *c.Plan, now
		next.Interactive = 0
	}
	if c.Interactive != nil {
		next.Interactive = *c.Interactive
	}
	if c.Total != nil {
		next.Total = *c.Total
	}
	if err := check(&next); err != nil {
		return own, err
	}
	next.ChangedAt, next.ChangedBy = now, actor
	after := effective(next, ws, now)
	switch {
	case after.Total >= before.Kept:
		next.HeldTotal, next.HeldUntil = 0, time.Time{}
	case after.Total < before.Total:
		next.HeldTotal, next.HeldUntil = before.Kept, now.AddDate(0, 0, graceDays)
	default:
		next.HeldTotal = before.Kept
		if before.HeldUntil.After(next.HeldUntil) {
			next.HeldUntil = before.HeldUntil
		}
	}
	return next, nil
}

// check holds settings against the rules of their plan. It clears an interactive retention that the plan fixes anyway.
func check(s *model.TableSettings) error {
	name := s.Table
	if name == "" {
		name = "the workspace's default"
	}
	lowest := max(MinDays, minimums[s.Table])
	interactive := s.Interactive
	if s.Plan != "" && s.Plan != model.PlanAnalytics {
		if interactive != 0 && interactive != fixedInteractive {
			return fault.New(fault.Invalid, "retention_fixed", "Retention of %s cannot be %d days: tables of the %s plan have %d interactive days. Set the total retention instead.", name, interactive, s.Plan, fixedInteractive)
		}
		s.Interactive, interactive = 0, fixedInteractive
	} else if interactive != 0 && (interactive < lowest || interactive > MaxInteractive) {
		return fault.New(fault.Invalid, "retention_range", "Retention of %s cannot be %d days: it is %d to %d days. Set a longer total retention to keep rows beyond that.", name, interactive, lowest, MaxInteractive)
	}
	if s.Total != 0 && (s.Total < lowest || s.Total > MaxTotal) {
		return fault.New(fault.Invalid, "retention_range", "Total retention of %s cannot be %d days: it is %d to %d days.", name, s.Total, lowest, MaxTotal)
	}
	if s.Total != 0 && s.Total < interactive {
		return fault.New(fault.Invalid, "retention_order", "Total retention of %s cannot be %d days: it would be less than the interactive retention of %d days. Shorten that first or in the same command.", name, s.Total, interactive)
	}
	return nil
}

// checkPlan tells whether a table may have a plan.
func checkPlan(table string, p model.TablePlan) error {
	if table == "" {
		return fault.New(fault.Invalid, "plan_default", "The workspace's default has no plan; set plans table by table.")
	}
	if p != model.PlanAnalytics && slices.Contains(analyticsOnly, table) {
		return fault.New(fault.Invalid, "plan_refused", "Table %s cannot have the %s plan: incidents, rules and entity pages read it. Shorten its retention instead.", table, p)
	}
	return nil
}

// ParsePlan returns the plan of a name, whatever its case.
func ParsePlan(name string) (model.TablePlan, error) {
	for _, p := range []model.TablePlan{model.PlanAnalytics, model.PlanBasic, model.PlanAuxiliary} {
		if strings.EqualFold(name, string(p)) {
			return p, nil
		}
	}
	return "", fault.New(fault.Invalid, "plan_unknown", "%q is no plan; use Analytics, Basic or Auxiliary.", name)
}

// told is what an audit row says of what holds.
func (r Retention) told() map[string]any {
	return map[string]any{"Plan": r.Plan, "InteractiveDays": r.Interactive, "TotalDays": r.Total}
}

// told is what an audit row says of a change; a number of 0 is the default.
func (c Change) told() map[string]any {
	out := map[string]any{}
	if c.Plan != nil {
		out["Plan"] = *c.Plan
	}
	if c.Interactive != nil {
		out["InteractiveDays"] = *c.Interactive
	}
	if c.Total != nil {
		out["TotalDays"] = *c.Total
	}
	return out
}
