package bind

import (
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/schema"
)

// Symbol is a built-in for people: what it is, and how it is called.
type Symbol struct {
	Name       string
	Kind       string // function, aggregate, plugin
	Signatures []string
}

// Symbols lists the built-ins of the language by name; those kept for old queries are left out.
func Symbols() []Symbol {
	var out []Symbol
	for kind, m := range map[string]map[string]*function{"function": builtins().functions, "aggregate": builtins().aggregates, "plugin": builtins().plugins} {
		for _, f := range m {
			if f.Alt == "" && !strings.HasPrefix(f.Name, "_") {
				out = append(out, f.symbol(kind))
			}
		}
	}
	slices.SortFunc(out, func(a, b Symbol) int { return strings.Compare(a.Name+a.Kind, b.Name+b.Kind) })
	return out
}

// SymbolsNamed returns the built-ins of a name: an aggregate and a function may share it.
func SymbolsNamed(name string) []Symbol {
	var out []Symbol
	s := builtins()
	for _, k := range []struct {
		kind string
		m    map[string]*function
	}{{"function", s.functions}, {"aggregate", s.aggregates}, {"plugin", s.plugins}} {
		if f := k.m[name]; f != nil {
			out = append(out, f.symbol(k.kind))
		}
	}
	return out
}

func (f *function) symbol(kind string) Symbol {
	s := Symbol{Name: f.Name, Kind: kind}
	for i := range f.sigs {
		s.Signatures = append(s.Signatures, f.signatureText(&f.sigs[i]))
	}
	return s
}

// signatureText writes an overload: name(a: type, [b: type], ...) : result.
func (f *function) signatureText(s *signature) string {
	var parts []string
	for i := range s.params {
		p := &s.params[i]
		text := p.name + ": " + p.typeText()
		if p.min == 0 {
			text = "[" + text + "]"
		}
		if p.max > 1 {
			text += ", ..."
		}
		parts = append(parts, text)
	}
	out := f.Name + "(" + strings.Join(parts, ", ") + ")"
	if s.rule == "" && s.typ != schema.Unknown {
		out += " : " + s.typ.String()
	}
	return out
}

func (p *param) typeText() string {
	if p.typeLit {
		return "typeof(...)"
	}
	if len(p.types) == 0 {
		return strings.ToLower(p.class[:min(1, len(p.class))]) + p.class[min(1, len(p.class)):]
	}
	names := make([]string, len(p.types))
	for i, t := range p.types {
		names[i] = t.String()
	}
	return strings.Join(names, " or ")
}
