package assist

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/help"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

// offered are the operators that people should write: no old names, none that is refused.
func offered(e help.Entry) bool {
	switch e.Name {
	case "mvexpand", "mvapply", "filter", "datatable", "externaldata", "materialize", "toscalar", "totable", "project-smart", "execute-and-cache", "print", "range", "macro-expand":
		return false
	}
	return e.Name[0] != '_' && bind.Refusals()["operator"][e.Name] == ""
}

func words(list []string, detail string) []Item {
	out := make([]Item, len(list))
	for i, w := range list {
		out[i] = Item{w, "keyword", detail}
	}
	return out
}

// before returns the text of a token counted from the end, 0 the last; "" beyond.
func (p place) before(n int) string {
	if n >= len(p.rest) {
		return ""
	}
	return p.rest[len(p.rest)-1-n].Text
}

// setting reports whether the name of a request option is asked for.
func (p place) setting() bool { return p.pipe == "" && len(p.rest) == 1 && p.rest[0].Text == "set" }

// expected lists what can stand where only a few words can; ok is false elsewhere.
func (p place) expected(env bind.Env) (out []Item, ok bool) {
	switch last := p.before(0); {
	case last == "=" && options[p.operator][p.before(1)] != nil:
		return words(options[p.operator][p.before(1)], p.before(1)), true
	case last == "=" && p.before(1) == "output" && p.operator == "scan":
		return words(options["scan"]["output"], "output"), true
	case last == "(" && p.before(1) == "typeof", last == ":" && p.operator != "search" && p.operator != "where":
		return words(types, "type"), true
	case p.operator == "join" || p.operator == "lookup":
		return p.joinItems(env)
	}
	return nil, false
}

// joinItems lists the columns of a side behind $left. and $right., and behind "on" those that both sides have.
func (p place) joinItems(env bind.Env) (out []Item, ok bool) {
	side := p.before(1)
	named := p.before(0) == "." && (side == "$left" || side == "$right")
	on := slices.ContainsFunc(p.rest, func(t syntax.Token) bool { return t.Text == "on" })
	if !named && (!on || p.before(0) == "==") {
		if on {
			return []Item{{"$left", "variable", "the table before"}, {"$right", "variable", "the other table"}}, true
		}
		return nil, false
	}
	left, right := p.columns(env), p.otherColumns(env)
	if named {
		list := left
		if side == "$right" {
			list = right
		}
		return columnItems(list), true
	}
	for _, c := range left {
		if slices.ContainsFunc(right, func(r plan.Col) bool { return r.Name == c.Name }) {
			out = append(out, Item{c.Name, "column", c.Type.String()})
		}
	}
	return append(out, Item{"$left", "variable", "the table before"}, Item{"$right", "variable", "the other table"}), true
}

func columnItems(cols []plan.Col) []Item {
	out := make([]Item, len(cols))
	for i, c := range cols {
		out[i] = Item{c.Name, "column", c.Type.String()}
	}
	return out
}

// otherColumns are the columns of the table that a join names: between its settings and "on".
func (p place) otherColumns(env bind.Env) []plan.Col {
	i, depth := 1, 0
	for i+2 < len(p.rest) && p.rest[i+1].Text == "=" {
		i += 3
	}
	text := ""
	for _, t := range p.rest[min(i, len(p.rest)):] {
		switch t.Text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case "on":
			if depth == 0 {
				return place{lets: p.lets, pipe: text}.columns(env)
			}
		}
		if t.Space || t.Newline {
			text += " "
		}
		text += t.Text
	}
	return nil
}

// textItems lists what can stand in a text that has been begun: aliases of watchlists, names of columns and tables, units
// of time. ok is false where any text can stand.
func textItems(before string, p place, env bind.Env) (items func(bind.Env) []Item, ok bool) {
	toks := syntax.Tokens(before)
	n := len(toks) - 1
	if n < 2 || toks[n].Kind != syntax.StringToken || len(toks[n].Text) > 1 && toks[n].Text[0] != '\'' && toks[n].Text[0] != '"' || toks[n-1].Text != "(" {
		return nil, false
	}
	fn := toks[n-2].Text
	switch {
	case fn == "_GetWatchlist" && env.Watchlists != nil:
		return func(env bind.Env) []Item {
			aliases, err := env.Watchlists.Aliases()
			if err != nil {
				return nil
			}
			return words(aliases, "watchlist")
		}, true
	case argumentTexts[fn] != nil:
		return func(bind.Env) []Item { return words(argumentTexts[fn], "unit of time") }, true
	case fn == "table":
		return func(env bind.Env) []Item { return tableItems(env.Catalog) }, true
	case fn == "column_ifexists":
		return func(env bind.Env) []Item { return columnItems(p.columns(env)) }, true
	}
	return nil, false
}
