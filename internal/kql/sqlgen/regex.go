package sqlgen

import (
	"fmt"
	"regexp/syntax"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

const (
	maxPattern = 500  // bytes of a pattern
	maxProgram = 2000 // steps of it, compiled
)

// pattern is a constant regular expression that the engine, which has the same matcher in C++, understands as the
// interpreter does: of ASCII, and without what depends on tables of Unicode. It returns the number of groups.
func (g *gen) pattern(e plan.Expr) (text string, groups int, ok bool) {
	v, isConst := g.constant(e)
	p, isText := v.(string)
	if !isConst || !isText || len(p) > maxPattern || !ascii(p) {
		return "", 0, false
	}
	for _, no := range []string{`\p`, `\P`, `\C`, `\x{`, `\Q`, `(?<`} {
		if strings.Contains(p, no) {
			return "", 0, false
		}
	}
	re, err := syntax.Parse(p, syntax.Perl)
	if err != nil {
		return "", 0, false
	}
	groups = re.MaxCap()
	prog, err := syntax.Compile(re.Simplify())
	if err != nil || len(prog.Inst) > maxProgram {
		return "", 0, false
	}
	return p, groups, true
}

// matchesRegex looks for a pattern anywhere in a text. The parentheses keep the engine from making a plain search of it, which
// it does wrongly for anchors inside ('a$b' becomes a search for "ab").
func matchesRegex(g *gen, r *rel, c *plan.Call) (string, bool) {
	if len(c.Args) != 2 || c.Args[0].Type() != schema.String {
		return "", false
	}
	p, _, ok := g.pattern(c.Args[1])
	if !ok {
		return "", false
	}
	x, ok := g.native(r, c.Args[0])
	if !ok {
		return "", false
	}
	q, ok := quote("(" + p + ")")
	return "regexp_matches(" + x + ", " + q + ")", ok
}

// extract takes a group of the first match, "" when there is none.
func extract(g *gen, r *rel, c *plan.Call) (string, bool) {
	if len(c.Args) != 3 || c.T != schema.String || c.Args[2].Type() != schema.String {
		return "", false
	}
	p, groups, ok := g.pattern(c.Args[0])
	v, isConst := g.constant(c.Args[1])
	n, isInt := v.(int64)
	if !ok || !isConst || !isInt || n < 0 || n > int64(groups) || n > 9 {
		return "", false
	}
	x, ok := g.native(r, c.Args[2])
	if !ok {
		return "", false
	}
	q, ok := quote(p)
	return fmt.Sprintf("regexp_extract(%s, %s, %d)", x, q, n), ok
}
