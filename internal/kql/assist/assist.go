// Package assist helps people write queries: what can stand at a place, and what a name means. It answers from the same
// binder that runs queries, so that it knows every column a query makes.
//
// Places count UTF-16 units, as editors do.
package assist

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/help"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Item is something that can stand at a place. Kind is column, table, variable, operator, function, aggregate, plugin or
// keyword.
type Item struct {
	Label  string `json:"label"`
	Kind   string `json:"kind"`
	Detail string `json:"detail,omitempty"`
}

// Completion is what can stand instead of the text from Start on, Length long.
type Completion struct {
	Start  int    `json:"start"`
	Length int    `json:"length"`
	Items  []Item `json:"items"`
}

// Hover tells what a name means. Text is lines of plain text; empty when there is nothing to say.
type Hover struct {
	Start  int      `json:"start"`
	Length int      `json:"length"`
	Text   []string `json:"text"`
}

// maxItems bounds an answer; an editor asks again when more is typed.
const maxItems = 2000

// Complete lists what can stand at a place.
func Complete(text string, at int, env bind.Env) Completion {
	end := byteOffset(text, at)
	begin := end
	for begin > 0 {
		r, w := utf8.DecodeLastRuneInString(text[:begin])
		if !nameRune(r) && !(r == '-' && operatorAhead(text[:begin-w])) {
			break
		}
		begin -= w
	}
	word := strings.ToLower(text[begin:end])
	p := placeOf(text[:begin])
	out := Completion{Start: units(text[:begin]), Length: units(text[begin:end]), Items: []Item{}}
	items := p.items
	if p.inText {
		var ok bool
		if items, ok = textItems(text[:begin], p, env); !ok {
			return out
		}
	}
	for _, it := range items(env) {
		if strings.HasPrefix(strings.ToLower(it.Label), word) || len(word) > 2 && strings.Contains(strings.ToLower(it.Label), word) {
			if out.Items = append(out.Items, it); len(out.Items) == maxItems {
				break
			}
		}
	}
	return out
}

// operatorAhead reports whether the text ends with the first part of an operator's name, such as project in project-away.
func operatorAhead(text string) bool {
	i := strings.LastIndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
	return strings.HasSuffix(strings.TrimRight(text[:i+1], " \t\r\n"), "|")
}

// place is what stands before a cursor.
type place struct {
	lets     string         // the statements before, with their semicolons
	pipe     string         // the part of the pipe before the operator at hand, "" at its beginning
	operator string         // the operator's word, "" behind a bar or at the beginning
	bar      bool           // directly behind a bar
	inText   bool           // inside a string or comment
	rest     []syntax.Token // from the operator's word on, or of the statement without a bar
	names    []string
}

// placeOf looks at the text before a cursor: brackets make pipes of their own.
func placeOf(before string) place {
	type level struct {
		start, bar int // where the pipe begins, and its last bar; -1 without
	}
	toks := syntax.Tokens(before)
	p := place{}
	stack := []level{{0, -1}}
	letsEnd := 0
	for i, t := range toks {
		top := &stack[len(stack)-1]
		switch {
		case t.Kind == syntax.CommentToken && t.End == len(before), t.Kind == syntax.StringToken && t.End == len(before) && unclosed(t.Text):
			p.inText = true
		case t.Kind == syntax.StringToken, t.Kind == syntax.CommentToken:
		case t.Text == "(" || t.Text == "[" || t.Text == "{":
			stack = append(stack, level{t.End, -1})
		case (t.Text == ")" || t.Text == "]" || t.Text == "}") && len(stack) > 1:
			stack = stack[:len(stack)-1]
		case t.Text == ";" && len(stack) == 1:
			letsEnd = t.End
			*top = level{t.End, -1}
		case t.Text == "|":
			top.bar = t.Start
		case t.Text == "let" && i+1 < len(toks):
			p.names = append(p.names, toks[i+1].Text)
		case t.Text == "=" && i > 1 && toks[i-2].Text == "let" && len(stack) == 1:
			*top = level{t.End, -1}
		}
	}
	p.lets = before[:letsEnd]
	// A bracket that is part of an expression belongs to the pipe around it.
	k := len(stack) - 1
	for k > 0 && stack[k].bar < 0 && !opensPipe(before[:stack[k].start-1]) {
		k--
	}
	l := stack[k]
	if l.bar < 0 {
		p.rest = syntax.Tokens(before[l.start:])
		return p
	}
	p.pipe = strings.TrimSpace(before[l.start:l.bar])
	rest := syntax.Tokens(before[l.bar+1:])
	p.bar = len(rest) == 0
	p.rest = rest
	if len(rest) > 0 {
		p.operator = rest[0].Text
		for n := 1; n+1 < len(rest) && rest[n].Text == "-" && !rest[n].Space; n += 2 {
			p.operator += "-" + rest[n+1].Text
		}
	}
	return p
}

// opensPipe reports whether a bracket behind the text begins a table of its own: behind join, union, in and the like.
func opensPipe(before string) bool {
	toks := syntax.Tokens(before)
	for i := len(toks) - 1; i >= 0; i-- {
		switch t := toks[i].Text; t {
		case "join", "lookup", "union", "materialize", "toscalar", "search", "find", "in", "has_any", "has_all":
			return true
		case "=", ",", "kind", "inner", "leftouter", "rightouter", "fullouter", "innerunique", "anti", "semi", "leftanti", "leftsemi", "rightanti", "rightsemi":
			continue
		default:
			return false
		}
	}
	return true
}

func unclosed(s string) bool {
	return len(s) == 1 || s[len(s)-1] != s[strings.IndexAny(s, "'\"`~")]
}

// columns binds the pipe up to the operator at hand.
func (p place) columns(env bind.Env) []plan.Col {
	if p.pipe == "" {
		return nil
	}
	env.Runnable, env.Discover = nil, nil
	tree, ds := syntax.Parse(p.lets + p.pipe)
	if ds.HasErrors() {
		return nil
	}
	q, _ := bind.Bind(tree, env)
	if q == nil || len(q.Results) == 0 {
		return nil
	}
	return q.Results[len(q.Results)-1].Root.Cols()
}

// items lists what can stand at the place.
func (p place) items(env bind.Env) []Item {
	var out []Item
	switch {
	case p.bar:
		for _, e := range help.All("operator") {
			if offered(e) {
				out = append(out, Item{e.Name, "operator", e.Summary})
			}
		}
		return out
	case p.setting():
		for _, n := range bind.OptionNames() {
			out = append(out, Item{n, "keyword", "request option"})
		}
		return out
	}
	if special, ok := p.expected(env); ok {
		return special
	}
	switch {
	case p.operator == "render" && len(p.rest) == 1:
		return words(charts, "chart")
	case p.operator == "evaluate" || p.operator == "invoke":
		for _, s := range bind.Symbols() {
			if s.Kind == "plugin" && p.operator == "evaluate" && bind.Refusals()["plugin"][s.Name] == "" {
				out = append(out, Item{s.Name, s.Kind, first(s.Signatures)})
			}
		}
	}
	for _, c := range p.columns(env) {
		out = append(out, Item{c.Name, "column", c.Type.String()})
	}
	for _, n := range p.names {
		out = append(out, Item{n, "variable", "defined by let"})
	}
	if p.pipe == "" || tableOperators[p.operator] {
		out = append(out, tableItems(env.Catalog)...)
		for _, n := range sortedNames(env.Functions) {
			out = append(out, Item{n, "function", "saved function"})
		}
		out = append(out, Item{"_GetWatchlist", "function", "_GetWatchlist(alias: string, [keys: dynamic])"}, Item{"_GetWatchlistAlias", "function", "_GetWatchlistAlias()"})
	}
	if p.pipe != "" {
		for _, s := range bind.Symbols() {
			if bind.Refusals()[s.Kind][s.Name] != "" {
				continue // of no use
			}
			if s.Kind == "function" || s.Kind == "aggregate" && aggregating[p.operator] {
				out = append(out, Item{s.Name, s.Kind, first(s.Signatures)})
			}
		}
	}
	for _, w := range keywords[p.operator] {
		out = append(out, Item{w, "keyword", ""})
	}
	return out
}

func tableItems(c schema.Catalog) []Item {
	if c == nil {
		return nil
	}
	var out []Item
	for _, t := range c.Tables() {
		out = append(out, Item{t.Name, "table", t.Description})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Label < out[j].Label })
	return out
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func sortedNames(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func nameRune(r rune) bool { return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// byteOffset turns UTF-16 units into bytes; a place behind the end is the end.
func byteOffset(text string, at int) int {
	n := 0
	for i, r := range text {
		if n >= at {
			return i
		}
		n += max(utf16.RuneLen(r), 1)
	}
	return len(text)
}

func units(text string) int {
	n := 0
	for _, r := range text {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}
