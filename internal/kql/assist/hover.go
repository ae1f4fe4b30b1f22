package assist

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/help"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Describe tells what stands at a place: the signatures, an example and, last, what it does.
func Describe(text string, at int, env bind.Env) Hover {
	i := byteOffset(text, at)
	out := Hover{Text: []string{}}
	toks := syntax.Tokens(text)
	k := slices.IndexFunc(toks, func(t syntax.Token) bool { return t.Start <= i && i <= t.End && t.Kind == syntax.WordToken })
	if k < 0 {
		return out
	}
	name, first, last := joined(toks, k)
	t := toks[k]
	out.Start, out.Length = units(text[:t.Start]), units(t.Text)
	if first > 0 && toks[first-1].Text == "|" || first == 0 || toks[first-1].Text == "(" && !(last+1 < len(toks) && toks[last+1].Text == "(") {
		if e, ok := help.About("operator", name); ok {
			out.Start, out.Length = units(text[:toks[first].Start]), units(text[toks[first].Start:toks[last].End])
			out.Text = about(e, e.Name)
			return out
		}
	}
	if k+1 < len(toks) && toks[k+1].Text == "(" {
		if lines := symbolLines(t.Text); lines != nil {
			out.Text = lines
			return out
		}
	}
	p := placeOf(text[:t.Start])
	for _, c := range p.columns(env) {
		if c.Name == t.Text {
			out.Text = append(out.Text, c.Name+" : "+c.Type.String(), columnText(env.Catalog, text, c.Name))
			return out
		}
	}
	if env.Catalog != nil {
		if def, ok := env.Catalog.Table(t.Text); ok {
			out.Text = append(out.Text, def.Name+" : table")
			if def.Description != "" {
				out.Text = append(out.Text, def.Description)
			}
			return out
		}
	}
	for _, kind := range []string{"scalar operator", "statement"} {
		for _, word := range []string{t.Text, behindBang(toks, k), twoWords(toks, k)} {
			if e, ok := help.About(kind, word); ok {
				out.Text = about(e, e.Name)
				return out
			}
		}
	}
	return out
}

// joined is the name that a word belongs to, hyphens included, and its first and last token.
func joined(toks []syntax.Token, k int) (name string, first, last int) {
	first, last = k, k
	name = toks[k].Text
	for first > 1 && toks[first-1].Text == "-" && !toks[first].Space && !toks[first-1].Space {
		first -= 2
		name = toks[first].Text + "-" + name
	}
	for last+2 < len(toks) && toks[last+1].Text == "-" && !toks[last+1].Space && !toks[last+2].Space {
		last += 2
		name += "-" + toks[last].Text
	}
	return name, first, last
}

func behindBang(toks []syntax.Token, k int) string {
	if k > 0 && toks[k-1].Text == "!" && !toks[k].Space {
		return "!" + toks[k].Text
	}
	return ""
}

func twoWords(toks []syntax.Token, k int) string {
	words := toks[k].Text
	if k+1 < len(toks) {
		words += " " + toks[k+1].Text
	}
	if k+2 < len(toks) && toks[k].Text == "restrict" {
		words += " " + toks[k+2].Text
	}
	return words
}

// symbolLines describes a function, aggregate or plugin; nil for another name.
func symbolLines(name string) []string {
	var lines []string
	for _, s := range bind.SymbolsNamed(name) {
		if e, ok := help.About(s.Kind, name); ok {
			if len(lines) > 0 {
				lines = append(lines, "") // an aggregate and a function may share a name
			}
			lines = append(lines, about(e, s.Signatures...)...)
		}
	}
	return lines
}

// about are the lines of an entry behind its signatures: an example, and last the sentence, with the reason of a refusal.
func about(e help.Entry, signatures ...string) []string {
	lines := slices.Clone(signatures)
	if why := bind.Refusals()[e.Kind][e.Name]; why != "" {
		return append(lines, e.Summary+" Refused here: "+why+".")
	}
	if e.Example != "" {
		lines = append(lines, "// "+e.Example)
	}
	return append(lines, e.Summary)
}

// columnText is the description of a column, if one of the tables that the query names has it.
func columnText(c schema.Catalog, text, name string) string {
	if c != nil {
		for _, t := range syntax.Tokens(text) {
			if t.Kind != syntax.WordToken {
				continue
			}
			if def, ok := c.Table(t.Text); ok {
				if col, ok := def.Column(name); ok && col.Description != "" {
					return col.Description
				}
			}
		}
	}
	return "column"
}
