package sqlgen

import (
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// textOf writes tostring of what a path of constant keys leads to in a column: d.a.b, d["a"]. Where the text of the column is
// not plain, the interpreter reads it.
func textOf(g *gen, r *rel, c *plan.Call) (string, bool) {
	if g.env.PathName == "" || len(c.Args) != 1 || c.Args[0].Type() != schema.Dynamic {
		return "", false
	}
	var keys []string
	e := c.Args[0]
	for {
		e = r.inline(e)
		m, ok := e.(*plan.Call)
		if !ok {
			break
		}
		if m.Func != "member" && m.Func != "index" || len(m.Args) != 2 || m.Args[1].Type() != schema.String {
			return "", false
		}
		v, ok := g.constant(m.Args[1])
		key, isText := v.(string)
		if !ok || !isText || strings.ContainsFunc(key, func(r rune) bool { return r < 0x20 || r == '"' || r == '\\' }) {
			return "", false
		}
		keys = append(keys, key)
		e = m.Args[0]
	}
	ref, ok := e.(*plan.Ref)
	if !ok || !r.has(ref.ID) || ref.T != schema.Dynamic || len(keys) == 0 {
		return "", false
	}
	slices.Reverse(keys)
	path, ok := quote(strings.Join(keys, "\n"))
	if !ok {
		return "", false
	}
	rest, ok := g.eval(r, c)
	return "coalesce(" + g.env.PathName + "(" + path + ", " + name(ref.ID) + "), " + rest + ")", ok
}

// changedCase writes tolower and toupper: of ASCII, which has as many bytes as characters, both mean the same.
func changedCase(f string) nativeCall {
	return func(g *gen, r *rel, c *plan.Call) (string, bool) {
		if len(c.Args) != 1 || c.Args[0].Type() != schema.String {
			return "", false
		}
		x, ok := g.native(r, c.Args[0])
		if !ok {
			return "", false
		}
		rest, ok := g.eval(r, c)
		return "CASE WHEN strlen(" + x + ") = length(" + x + ") THEN " + f + "(" + x + ") ELSE " + rest + " END", ok
	}
}
