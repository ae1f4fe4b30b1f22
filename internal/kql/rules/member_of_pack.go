package rules

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// memberOfPack looks through bags that the query itself packs, so that only the members that are read are read at all.
var memberOfPack = Rule{Name: "member-of-pack", Description: "a member of a bag that was just packed is the value itself", Apply: func(root plan.Node) plan.Node {
	return inExprs(root, func(e plan.Expr) plan.Expr {
		c, ok := e.(*plan.Call)
		if !ok {
			return e
		}
		if v, ok := packed(c); ok && v.Type() == schema.Dynamic {
			return v
		}
		// A value of another type is packed as a dynamic one; only its own conversion gives it back unchanged.
		if t, ok := conversions[c.Func]; ok && len(c.Args) == 1 && c.T == t {
			if inner, ok := c.Args[0].(*plan.Call); ok {
				if v, ok := packed(inner); ok && v.Type() == t {
					return v
				}
			}
		}
		return e
	})
}}

var conversions = map[string]schema.Type{"tostring": schema.String, "tolong": schema.Long, "tobool": schema.Bool, "todatetime": schema.Datetime}

// packed returns the value under the constant key that a call looks up in a bag_pack with constant keys.
func packed(c *plan.Call) (plan.Expr, bool) {
	if c.Func != "member" && c.Func != "index" || len(c.Args) != 2 {
		return nil, false
	}
	key, ok := text(c.Args[1])
	if !ok {
		return nil, false
	}
	bag, ok := c.Args[0].(*plan.Call)
	if !ok || bag.Func != "bag_pack" && bag.Func != "pack" && bag.Func != "pack_dictionary" || len(bag.Args)%2 != 0 {
		return nil, false
	}
	var found plan.Expr
	for i := 0; i < len(bag.Args); i += 2 {
		k, ok := text(bag.Args[i])
		if !ok {
			return nil, false
		}
		if k == key {
			if found != nil {
				return nil, false
			}
			found = bag.Args[i+1]
		}
	}
	return found, found != nil
}

func text(e plan.Expr) (string, bool) {
	l, ok := e.(*plan.Lit)
	if !ok || l.T != schema.String {
		return "", false
	}
	s, ok := l.Value.(string)
	return s, ok
}
