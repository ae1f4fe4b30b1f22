package bind

import (
	"net/url"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

const pathForm = "A path to a table is database(\"name\").Table or workspace(\"name\").Table."

// isTablePath reports whether a path begins with database(), cluster(), workspace() or the name of an entity.
func (b *binder) isTablePath(c ctx, x *syntax.Member) bool {
	for {
		switch y := x.X.(type) {
		case *syntax.Member:
			x = y
		case *syntax.Call:
			return isEntityCall(y)
		case *syntax.Name:
			if _, column := c.row.find(y.Text); column {
				return false
			}
			v, ok := c.sc.find(y.Text)
			return ok && v.entity
		default:
			return false
		}
	}
}

func isEntityCall(x syntax.Expr) bool {
	call, ok := x.(*syntax.Call)
	if !ok {
		return false
	}
	switch call.Fn.Text {
	case "database", "cluster", "workspace", "app", "resource":
		return true
	}
	return false
}

// pathSteps lists the parts of a path from its end.
func pathSteps(x syntax.Expr) []syntax.Expr {
	var steps []syntax.Expr
	for {
		m, ok := x.(*syntax.Member)
		if !ok {
			return append(steps, x)
		}
		steps = append(steps, m.Name)
		x = m.X
	}
}

// ourPath reports whether the steps lead to this workspace, and tells when they do not.
func (b *binder) ourPath(c ctx, steps []syntax.Expr) bool {
	for i := len(steps) - 1; i >= 0; i-- {
		if n, ok := steps[i].(*syntax.Name); ok && i == len(steps)-1 {
			if v, ok := c.sc.find(n.Text); ok && v.entity {
				continue
			}
		}
		call, ok := steps[i].(*syntax.Call)
		if !ok || !isEntityCall(call) {
			b.errorf(steps[i], "KS_path", pathForm)
			return false
		}
		if !b.ours(c, call) {
			b.errorf(call, "KS208", "The name '%s' does not refer to this %s; queries across workspaces cannot be run.", b.entityName(c, call), call.Fn.Text)
			return false
		}
	}
	return true
}

func (b *binder) entityName(c ctx, call *syntax.Call) string {
	if len(call.Args) == 0 {
		return ""
	}
	name, _ := b.constantString(c.constant(), call.Args[0])
	return name
}

// ours reports whether database("..."), workspace("...") or cluster("...") names what the query runs in. A cluster goes by
// its address or host, or by the workspace's name.
func (b *binder) ours(c ctx, call *syntax.Call) bool {
	name := b.entityName(c, call)
	if equalNames(name, b.env.Workspace, b.env.Database) {
		return true
	}
	switch call.Fn.Text {
	case "database":
		return len(call.Args) == 0 || b.aliases[name]
	case "cluster":
		return len(call.Args) == 0 || b.env.Cluster != "" && strings.EqualFold(host(name), host(b.env.Cluster))
	}
	return false
}

// host is the host name of an address that may be a URL.
func host(address string) string {
	if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	name, _, _ := strings.Cut(address, ":")
	return name
}

// alias gives this database another name.
func (b *binder) alias(c ctx, s *syntax.AliasStmt) {
	if !b.ourPath(c, pathSteps(s.Value)) {
		return
	}
	if b.aliases == nil {
		b.aliases = map[string]bool{}
	}
	b.aliases[s.Name.Text] = true
}

// tablePath resolves database("...").Table, workspace("...").Table, cluster("...").database("...").Table and, inside
// macro-expand, the entity's: only this workspace's own names lead anywhere.
func (b *binder) tablePath(c ctx, x *syntax.Member) value {
	steps := pathSteps(x)
	if !b.ourPath(c, steps[1:]) {
		return value{rel: b.nothing()}
	}
	stored := ctx{sc: c.sc.stored()}
	switch last := steps[0].(type) {
	case *syntax.Name:
		switch last.Text {
		case "$current_database":
			return scalarOf(&plan.Lit{T: schema.String, Value: b.env.Database})
		case "$current_cluster_endpoint":
			return scalarOf(&plan.Lit{T: schema.String, Value: b.env.Cluster})
		}
		return value{rel: b.tableName(stored, last, false)}
	case *syntax.Call:
		if r, ok := b.tableFunction(stored, last); ok {
			return value{rel: r}
		}
	}
	b.errorf(x, "KS_path", pathForm)
	return value{rel: b.nothing()}
}

// macroExpand binds the body once for every entity of the group and unites the results. An entity that is not this
// workspace is an error, or left out when the operator is fuzzy.
func (b *binder) macroExpand(c ctx, op *syntax.MacroOp) *rel {
	items, ok := b.entityGroup(c, op.Group)
	if !ok {
		return b.nothing()
	}
	fuzzy := optionText(op.Option("isfuzzy")) == "true"
	var legs []leg
	for _, x := range items {
		steps := pathSteps(x)
		if fuzzy && !b.allOurs(c, steps) {
			b.warnf(x, "KS205", "This entity is not of this workspace; it is left out.")
			continue
		}
		if !b.ourPath(c, steps) {
			continue
		}
		if b.tooLarge(op) {
			return b.nothing()
		}
		sc := c.sc.child()
		if op.Scope != nil {
			sc.vars[op.Scope.Text] = &variable{name: op.Scope.Text, entity: true}
		}
		_, results := b.statements(ctx{sc: sc}, op.Body.Stmts)
		if len(results) != 1 {
			b.errorf(op.Body, "KS_body", "The body of macro-expand is one query, after the let statements it needs.")
			return b.nothing()
		}
		if r := b.result(results[0].c, results[0].x); r != nil {
			legs = append(legs, leg{r, "macro_expand_arg" + itoa(len(legs))})
		}
	}
	if len(legs) == 0 {
		return b.nothing()
	}
	return b.unite(legs, "", optionText(op.Option("kind")) == "inner", false)
}

func (b *binder) allOurs(c ctx, steps []syntax.Expr) bool {
	for _, s := range steps {
		call, ok := s.(*syntax.Call)
		if !ok || !isEntityCall(call) || !b.ours(c, call) {
			return false
		}
	}
	return true
}

// entityGroup lists the entities of entity_group [...], or of a name that let gives one.
func (b *binder) entityGroup(c ctx, x syntax.Expr) ([]syntax.Expr, bool) {
	switch x := x.(type) {
	case *syntax.EntityGroup:
		return x.Items, true
	case *syntax.Name:
		if v, ok := c.sc.find(x.Text); ok && v.group != nil {
			return v.group, true
		}
	case *syntax.Call:
		if x.Fn.Text == "entity_group" {
			b.notRunnable(x, "entity_group()")
			return nil, false
		}
	}
	b.errorf(x, "KS_group", "macro-expand needs a group of entities: entity_group [workspace(\"name\")].")
	return nil, false
}
