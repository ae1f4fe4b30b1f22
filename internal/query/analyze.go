package query

import (
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/engine"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// maxSQL is how much of a statement is printed; lists of files make them long.
const maxSQL = 4000

// analysis collects what explain with analyze tells of a query that ran.
type analysis struct {
	profile *exec.Profile
	source  *engine.Source
	text    strings.Builder
}

// result describes a plan that ran: for each node who ran it, rows and time, inputs included; then the statements.
func (a *analysis) result(root plan.Node) {
	if a.text.Len() > 0 {
		a.text.WriteByte('\n')
	}
	a.text.WriteString(plan.PrintNoted(root, func(n plan.Node) string {
		s, ok := a.profile.Of(n)
		if !ok {
			return ""
		}
		who := "Go"
		switch {
		case a.source.SQL(n) != "":
			who = "DuckDB"
		case s.Source:
			who = "store"
		}
		return fmt.Sprintf("   -- %s: %d rows, %s", who, s.Rows, s.Time.Round(10*time.Microsecond))
	}))
	plan.Walk(root, func(n plan.Node) {
		if sql := a.source.SQL(n); sql != "" {
			if len(sql) > maxSQL {
				sql = strings.ToValidUTF8(sql[:maxSQL], "") + " ..."
			}
			fmt.Fprintf(&a.text, "sql: %s\n", sql)
		}
	})
}

// end adds the notes and the totals.
func (a *analysis) end(notes []string, st Stats) string {
	for _, n := range notes {
		fmt.Fprintf(&a.text, "note: %s\n", n)
	}
	fmt.Fprintf(&a.text, "total: %s, %d rows scanned, %s\n", st.Elapsed.Round(10*time.Microsecond), st.ScannedRows, st.Engine)
	return a.text.String()
}
