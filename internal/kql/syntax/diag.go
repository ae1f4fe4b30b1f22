package syntax

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Severity says whether a diagnostic stops a query.
type Severity uint8

// Errors stop a query; warnings and information do not.
const (
	Error Severity = iota
	Warning
	Info
)

// String returns "error", "warning" or "info".
func (s Severity) String() string {
	switch s {
	case Warning:
		return "warning"
	case Info:
		return "info"
	}
	return "error"
}

// MarshalText writes "error", "warning" or "info".
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Kind says which step found a diagnostic.
type Kind uint8

// The text does not parse; or it parses but does not mean anything; or it means something that cannot be run yet.
const (
	Syntax Kind = iota
	Semantic
	NotRunnable
)

// Diagnostic is one finding about a query text. Start and Length count bytes; Line and Col count from 1, Col in
// characters. Codes are the official ones where the finding is the same.
type Diagnostic struct {
	Code      string   `json:"code"`
	Severity  Severity `json:"severity"`
	Kind      Kind     `json:"-"`
	Message   string   `json:"message"`
	Start     int      `json:"start"`
	Length    int      `json:"length"`
	Line      int      `json:"line"`
	Col       int      `json:"column"`
	Fix       string   `json:"fix,omitempty"`       // text to put in place of the span
	Construct string   `json:"construct,omitempty"` // what cannot be run, for NotRunnable
}

// String writes the diagnostic as "line:col: code: message".
func (d Diagnostic) String() string {
	return fmt.Sprintf("%d:%d: %s: %s", d.Line, d.Col, d.Code, d.Message)
}

// Diagnostics is a list of findings, in the order of the text once sorted.
type Diagnostics []Diagnostic //nolint:errname // it is a list first, and an error only where one is wanted

// HasErrors reports whether any finding stops the query.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Has reports whether there is an error of the kind.
func (ds Diagnostics) Has(k Kind) bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error && d.Kind == k })
}

// Error joins the findings, one a line, so that the list can be wrapped as an error.
func (ds Diagnostics) Error() string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

// Locate fills Line and Col from Start and sorts the list by position.
func (ds Diagnostics) Locate(text string) {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int { return a.Start - b.Start })
	line, begin, at := 1, 0, 0
	for i := range ds {
		end := min(ds[i].Start, len(text))
		for ; at < end; at++ {
			if text[at] == '\n' {
				line, begin = line+1, at+1
			}
		}
		ds[i].Line, ds[i].Col = line, utf8.RuneCountInString(text[begin:end])+1
	}
}
