package query

import (
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

// Table is one result table, whole in memory: the result caps bound it.
type Table struct {
	Name    string // "PrimaryResult" for the first
	Cols    []plan.Col
	Batches []*column.Batch
	Rows    int64
	Render  *plan.Render
}

// Result is what a query answered.
type Result struct {
	Tables  []Table
	Partial *fault.Error // set when a cap cut the result: what is there is right but not all
	Notes   []string     // warnings of the compiler
	Stats   Stats
	Plan    string // of a request with Analyze: who ran each node, rows and times, and the statements
}

// Stats says what a query cost.
type Stats struct {
	Elapsed     time.Duration
	Engine      string // "go", "duckdb", or both joined by "+"
	ScannedRows int64
}

// DiagnosticsError is a query that did not compile. Its fault kind is Invalid and its code "query_invalid".
type DiagnosticsError struct {
	Text        string
	Diagnostics syntax.Diagnostics
}

// First returns the first error and the text it is about.
func (e *DiagnosticsError) First() (d syntax.Diagnostic, token string) {
	for _, d := range e.Diagnostics {
		if d.Severity != syntax.Error {
			continue
		}
		if d.Start >= 0 && d.Length >= 0 && d.Start+d.Length <= len(e.Text) {
			token = e.Text[d.Start : d.Start+d.Length]
		}
		return d, token
	}
	return syntax.Diagnostic{Code: "query_invalid", Message: "the query is not valid", Line: 1, Col: 1}, ""
}

// Error returns the first error with its place: "line 2, column 9: ...".
func (e *DiagnosticsError) Error() string {
	d, _ := e.First()
	return fmt.Sprintf("line %d, column %d: %s (%s)", d.Line, d.Col, d.Message, d.Code)
}

// As makes the error a *fault.Error for those who ask.
func (e *DiagnosticsError) As(target any) bool {
	if t, ok := target.(**fault.Error); ok {
		*t = fault.New(fault.Invalid, "query_invalid", "%s", e.Error())
		return true
	}
	return false
}
