package engine

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/terms"
)

// need reads off predicates what a row of the scan must hold for all of them to be true. What it does not understand needs
// nothing.
func (s *Source) need(n *plan.Scan, preds []plan.Expr) store.Need {
	x := needs{source: s, fields: map[int]int32{}}
	ids := map[string]int32{}
	for _, f := range s.snap.Fields(n.Table) {
		ids[f.Name] = f.ID
	}
	for i, c := range n.Out {
		if id, ok := ids[n.Sources[i]]; ok && (c.Type == schema.String || c.Type == schema.Dynamic) {
			x.fields[c.ID] = id
		}
	}
	var all []store.Need
	for _, p := range preds {
		all = append(all, x.of(p))
	}
	return store.NeedAll(all...)
}

type needs struct {
	source *Source
	fields map[int]int32 // column id of the scan -> field of the store
}

// searched is a column that a predicate looks into, as text.
type searched struct {
	field int32
	json  bool // a dynamic value, or something inside one
}

func (x *needs) of(e plan.Expr) store.Need {
	c, ok := e.(*plan.Call)
	if !ok {
		return store.Need{}
	}
	each := func() []store.Need {
		out := make([]store.Need, len(c.Args))
		for i, a := range c.Args {
			out[i] = x.of(a)
		}
		return out
	}
	switch c.Func {
	case "and":
		return store.NeedAll(each()...)
	case "or":
		return store.NeedAny(each()...)
	case "==", "=~":
		if t, ok := x.text(c.Args[0]); ok {
			return x.equals(t, c.Args[1])
		}
		if t, ok := x.text(c.Args[1]); ok {
			return x.equals(t, c.Args[0])
		}
		return store.Need{}
	}
	if len(c.Args) < 2 {
		return store.Need{}
	}
	t, ok := x.text(c.Args[0])
	if !ok {
		return store.Need{}
	}
	switch strings.TrimSuffix(c.Func, "_cs") {
	case "in", "in~":
		return store.NeedAny(x.each(c.Args[1:], func(e plan.Expr) store.Need { return x.equals(t, e) })...)
	case "has":
		return x.holds(t, c.Args[1], true, true)
	case "hasprefix", "startswith":
		return x.holds(t, c.Args[1], true, false)
	case "hassuffix", "endswith":
		return x.holds(t, c.Args[1], false, true)
	case "contains":
		return x.holds(t, c.Args[1], false, false)
	case "has_any":
		return store.NeedAny(x.each(c.Args[1:], func(e plan.Expr) store.Need { return x.holds(t, e, true, true) })...)
	case "has_all":
		return store.NeedAll(x.each(c.Args[1:], func(e plan.Expr) store.Need { return x.holds(t, e, true, true) })...)
	}
	return store.Need{}
}

// each maps a list of values, taking arrays of strings apart.
func (x *needs) each(args []plan.Expr, f func(plan.Expr) store.Need) []store.Need {
	var out []store.Need
	for _, a := range args {
		items, ok := x.strings(a)
		if !ok {
			out = append(out, f(a))
			continue
		}
		for _, s := range items {
			out = append(out, f(&plan.Lit{T: schema.String, Value: s}))
		}
	}
	return out
}

// strings returns the elements of a constant array that has nothing but strings.
func (x *needs) strings(e plan.Expr) ([]string, bool) {
	if e.Type() != schema.Dynamic {
		return nil, false
	}
	v, ok := x.source.constant(e)
	if !ok {
		return nil, false
	}
	if raw, isRaw := v.(column.Raw); isRaw {
		var list []any
		if json.Unmarshal([]byte(raw), &list) != nil {
			return nil, false
		}
		v = list
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, false
	}
	out := make([]string, len(list))
	for i, item := range list {
		if out[i], ok = item.(string); !ok {
			return nil, false
		}
	}
	return out, true
}

// text resolves the searched side of a predicate.
func (x *needs) text(e plan.Expr) (searched, bool) {
	switch e := e.(type) {
	case *plan.Ref:
		id, ok := x.fields[e.ID]
		return searched{field: id, json: e.T == schema.Dynamic}, ok
	case *plan.Call:
		switch {
		case (e.Func == "tostring" || e.Func == "tolower" || e.Func == "toupper") && len(e.Args) == 1,
			(e.Func == "member" || e.Func == "index") && len(e.Args) == 2 && e.Args[0].Type() == schema.Dynamic:
			return x.text(e.Args[0])
		}
	}
	return searched{}, false
}

func (x *needs) literal(e plan.Expr) (string, bool) {
	if e.Type() != schema.String {
		return "", false
	}
	v, ok := x.source.constant(e)
	if !ok {
		return "", false
	}
	s, ok := v.(string)
	return s, ok && s != ""
}

// equals is the need of a column whose value is a text without regard to case.
func (x *needs) equals(t searched, e plan.Expr) store.Need {
	s, ok := x.literal(e)
	switch {
	case !ok:
		return store.Need{}
	case !t.json:
		return store.NeedHash(t.field, terms.HashValue(t.field, s))
	}
	return hold(t, s, true, true)
}

// holds is the need of a column that has a text in it; left and right say whether a term may not go on there.
func (x *needs) holds(t searched, e plan.Expr, left, right bool) store.Need {
	s, ok := x.literal(e)
	if !ok {
		return store.Need{}
	}
	return hold(t, s, left, right)
}

func hold(t searched, s string, left, right bool) store.Need {
	var all []store.Need
	for _, term := range terms.Of(s) {
		if !term.Left && !left || !term.Right && !right {
			continue
		}
		// Numbers and times inside JSON may be written otherwise than they are shown.
		if r := []rune(term.Text)[0]; t.json && !unicode.IsLetter(r) {
			continue
		}
		all = append(all, store.NeedHash(t.field, terms.HashTerm(t.field, term.Text)))
	}
	return store.NeedAll(all...)
}

// narrowed is what the index says of a scan: by part id, the row groups to read. Other parts are read whole.
func (s *Source) narrowed(n *plan.Scan) map[int64]store.Groups {
	s.mu.Lock()
	h, hinted := s.hints[n]
	g, known := s.narrow[n]
	s.mu.Unlock()
	if known || !hinted {
		return g
	}
	if s.engine.opts.NoIndex {
		return nil
	}
	g = s.snap.Narrow(n.Table, s.need(n, h.Preds), max(h.Lo, 0), min(h.Hi, column.MaxDatetime))
	s.mu.Lock()
	s.narrow[n] = g
	s.mu.Unlock()
	return g
}
