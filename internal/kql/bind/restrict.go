package bind

import (
	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

// permitted is the list of a restrict statement: names, some with "*" in them.
type permitted struct {
	names    map[string]bool
	patterns []string
}

func (p *permitted) has(name string) bool {
	if p.names[name] {
		return true
	}
	for _, w := range p.patterns {
		if wildMatch(w, name) {
			return true
		}
	}
	return false
}

// restrict returns what the statements after it see: of the tables, views and functions defined so far and of the stored
// ones only those it lists. What the listed ones are made of stays as it is.
func (b *binder) restrict(c ctx, s *syntax.RestrictStmt) ctx {
	p := &permitted{names: map[string]bool{}}
	for _, x := range s.Items {
		name := x
		if m, ok := x.(*syntax.Member); ok && b.isTablePath(c, m) {
			steps := pathSteps(m)
			if !b.ourPath(c, steps[1:]) {
				continue
			}
			name = steps[0]
		}
		n, ok := name.(*syntax.Name)
		switch {
		case !ok:
			b.errorf(x, "KS_restrict", "A restrict statement lists tables, views and functions by name: restrict access to (T, database(\"name\").*).")
		case n.Wild:
			p.patterns = append(p.patterns, n.Text)
		default:
			if _, known := c.sc.find(n.Text); !known {
				if _, known = b.storedTable(c.sc, n.Text); !known {
					b.tableName(c, n, false) // tells
				}
			}
			p.names[n.Text] = true
		}
	}
	sc := c.sc.child()
	sc.only = p
	return ctx{sc: sc, sub: c.sub}
}
