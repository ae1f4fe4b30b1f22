package kql

import (
	"bytes"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

// Format lays a query out: each pipe on its own line, indented by the brackets it stands in, single blanks between
// words, no blanks at line ends. Comments, line breaks inside brackets and the order of everything stay. A text that
// does not parse is returned as it is, with the findings.
func Format(text string) (string, syntax.Diagnostics) {
	if _, diags := syntax.Parse(text); diags.HasErrors() {
		return text, diags
	}
	f := &formatter{}
	for _, t := range syntax.Tokens(text) {
		f.token(t)
	}
	return string(bytes.TrimRight(f.b, " \n")) + "\n", nil
}

type formatter struct {
	b     []byte
	prev  syntax.Token
	stack []string
	// line is true at the start of a line.
	line bool
}

const step = "    "

func (f *formatter) newline() {
	f.b = append(bytes.TrimRight(f.b, " "), '\n')
	f.line = true
}

func (f *formatter) indent(extra int) {
	if f.line {
		f.b = append(f.b, strings.Repeat(step, max(0, len(f.stack)+extra))...)
		f.line = false
	}
}

func (f *formatter) token(t syntax.Token) {
	first := len(f.b) == 0
	closing := t.Text == ")" || t.Text == "]" || t.Text == "}"
	if t.Kind != syntax.PunctToken {
		closing = false
	}
	switch {
	case first:
	case t.Kind == syntax.CommentToken && !t.Newline:
		f.b = append(f.b, " "...)
	case t.Kind == syntax.PunctToken && t.Text == "|" && !f.line:
		f.newline()
	case t.Newline && !f.line:
		f.newline()
		if t.Blank && !closing {
			f.b = append(f.b, "\n"...)
		}
	case !f.line && spaced(f.prev, t):
		f.b = append(f.b, " "...)
	}
	if closing && len(f.stack) > 0 {
		f.stack = f.stack[:len(f.stack)-1]
	}
	f.indent(0)
	f.b = append(f.b, t.Text...)
	if t.Kind == syntax.PunctToken && (t.Text == "(" || t.Text == "[" || t.Text == "{") {
		f.stack = append(f.stack, t.Text)
	}
	if t.Kind == syntax.CommentToken || t.Kind == syntax.DirectiveToken {
		f.newline()
	}
	f.prev = t
}

// spaced reports whether a blank stands between two tokens of a line: where the text has one, except at the inside of
// brackets, before commas and semicolons, and around dots; and always around comparisons and after commas.
func spaced(a, b syntax.Token) bool {
	is := func(t syntax.Token, set string) bool {
		return t.Kind == syntax.PunctToken && strings.Contains(" "+set+" ", " "+t.Text+" ")
	}
	const operators = "== != =~ !~ <= >= <> =>"
	switch {
	case is(a, "( [") || is(b, ") ] , ;"):
		return false
	case is(a, ", ; |"):
		return true
	case is(b, operators) || is(a, operators):
		return true
	case is(a, ".") || is(b, "."):
		return false
	}
	return b.Space
}
