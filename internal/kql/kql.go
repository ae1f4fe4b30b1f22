// Package kql turns query texts into plans: it parses, binds and rewrites them, checks them for editors and scripts, and
// formats them.
package kql

import (
	"regexp"

	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/rules"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

var setWord = regexp.MustCompile(`\bset\b`)

// Options reads what a query's set statements ask for of its run, which must be known before it is bound. A text that does
// not parse asks for nothing.
func Options(text string) plan.Options {
	if !setWord.MatchString(text) {
		return plan.Options{}
	}
	tree, _ := syntax.Parse(text)
	return bind.Options(tree)
}

// Compile parses, binds and rewrites a query. The plan is nil when a finding is an error; else it can be run.
// The plan's notes name the rewrites that were applied.
func Compile(text string, env bind.Env) (*plan.Query, syntax.Diagnostics) {
	tree, diags := syntax.Parse(text)
	if diags.HasErrors() {
		return nil, diags
	}
	if discover := env.Discover; discover != nil {
		env.Discover = func(n *plan.Plugin) (*plan.Held, error) {
			if m, ok := rules.Node(n).(*plan.Plugin); ok {
				n = m
			}
			return discover(n)
		}
	}
	q, more := bind.Bind(tree, env)
	diags = append(diags, more...)
	diags.Locate(text)
	if diags.HasErrors() {
		return nil, diags
	}
	rules.Rewrite(q)
	return q, diags
}
