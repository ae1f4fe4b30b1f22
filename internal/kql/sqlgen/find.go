package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// How Env.FindName is told to look: flags of its first argument.
const (
	findFold  = 1 << iota // case does not count; the needles are in lower case
	findLeft              // a term of the text may not go on to the left of the needle
	findRight             // nor to its right
	findBegin             // the text begins with the needle
	findEnd               // the text ends with the needle; with findBegin it is the needle
	findAll               // every needle must be found, else one is enough
)

// maxNeedles is how many needles are looked for at a time.
const maxNeedles = 64

// finders are the operators that look for a text in a text.
var finders = map[string]int{
	"has": findFold | findLeft | findRight, "has_cs": findLeft | findRight,
	"hasprefix": findFold | findLeft, "hasprefix_cs": findLeft,
	"hassuffix": findFold | findRight, "hassuffix_cs": findRight,
	"contains": findFold, "startswith": findFold | findBegin, "endswith": findFold | findEnd,
	"=~":      findFold | findBegin | findEnd,
	"has_any": findFold | findLeft | findRight, "has_all": findFold | findLeft | findRight | findAll,
}

// find writes a search for constants of ASCII: no other character is equal to one of those but for case, so that bytes
// can be compared. What a character beyond ASCII beside a needle is, a letter or not, the interpreter says.
func find(g *gen, r *rel, c *plan.Call) (string, bool) {
	op, negated := c.Func, false
	switch {
	case op == "!~":
		op, negated = "=~", true
	case strings.HasPrefix(op, "!"):
		op, negated = op[1:], true
	case op == "notcontains":
		op, negated = "contains", true
	}
	flags, ok := finders[op]
	if !ok || g.env.FindName == "" || len(c.Args) < 2 || c.Args[0].Type() != schema.String {
		return "", false
	}
	needles, ok := g.needles(c.Args[1:], flags&findFold != 0)
	if !ok || len(needles) > 1 && op != "has_any" && op != "has_all" {
		return "", false
	}
	x, ok := g.native(r, c.Args[0])
	if !ok {
		return "", false
	}
	list, ok := quote(strings.Join(needles, "\n"))
	if !ok {
		return "", false
	}
	s := fmt.Sprintf("%s(%d, %s, %s)", g.env.FindName, flags, list, x)
	if flags&(findLeft|findRight) != 0 {
		rest, ok := g.eval(r, &plan.Call{Func: op, Args: c.Args, T: schema.Bool})
		if !ok {
			return "", false
		}
		s = "coalesce(" + s + ", " + rest + ")"
	}
	if negated {
		s = "(NOT " + s + ")"
	}
	return s, true
}

// needles are the constants of a search, taking arrays of strings apart.
func (g *gen) needles(args []plan.Expr, fold bool) ([]string, bool) {
	var out []string
	for _, a := range args {
		v, ok := g.constant(a)
		if !ok {
			return nil, false
		}
		list := []any{v}
		if a.Type() == schema.Dynamic {
			if list, ok = column.Resolve(v).([]any); !ok {
				return nil, false
			}
		}
		for _, v := range list {
			s, ok := v.(string)
			if !ok || s == "" || !ascii(s) {
				return nil, false
			}
			if fold {
				s = strings.ToLower(s)
			}
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out, len(out) > 0 && len(out) <= maxNeedles
}

// ascii reports whether a text can be a needle: of ASCII, without the line end that separates needles.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] == '\n' || s[i] == 0 {
			return false
		}
	}
	return true
}

// inFold writes in~ and !in~ over constants of ASCII. The engine's lower makes some longer characters into letters of
// ASCII: then the text gets shorter.
func inFold(g *gen, r *rel, c *plan.Call) (string, bool) {
	if len(c.Args) < 2 || c.Args[0].Type() != schema.String {
		return "", false
	}
	var list []string
	for _, a := range c.Args[1:] {
		v, ok := g.constant(a)
		if !ok {
			return "", false
		}
		items := []any{v}
		if a.Type() == schema.Dynamic {
			if items, ok = column.Resolve(v).([]any); !ok {
				return "", false
			}
		}
		for _, v := range items {
			s, ok := v.(string)
			if !ok || !ascii(s) {
				return "", false
			}
			q, ok := quote(strings.ToLower(s))
			if !ok {
				return "", false
			}
			list = append(list, q)
		}
	}
	x, ok := g.native(r, c.Args[0])
	if !ok || len(list) == 0 {
		return "", false
	}
	s := "(lower(" + x + ") IN (" + strings.Join(list, ", ") + ") AND strlen(lower(" + x + ")) = strlen(" + x + "))"
	if c.Func == "!in~" {
		s = "(NOT " + s + ")"
	}
	return s, true
}
