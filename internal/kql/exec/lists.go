package exec

import (
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Lists is what an operator makes of one value by itself: a list of values. For an item of mv-expand these are the elements
// that each make a row; for parse and parse-kv, the new columns. It lets an engine run the operator that has the rest of
// it. Safe for concurrent use.
type Lists struct {
	// Types are those of the new columns of parse and parse-kv, in the order of Lists. Of mv-expand there is one, that of
	// every element.
	Types []schema.Type
	of    func(v *column.Vector, row int) (list []any, ok bool)
}

// Of returns the list of one value of the operator's expression. Elements are boxed in the types of Types, nil is null. It
// is not ok when the text does not match the pattern of a parse: then all new columns are null.
func (l *Lists) Of(v *column.Vector, row int) (list []any, ok bool) { return l.of(v, row) }

// NewLists returns the lists of an mv-expand (of one of its items), a parse or a parse-kv.
func NewLists(n plan.Node, item int) (*Lists, error) {
	switch n := n.(type) {
	case *plan.MvExpand:
		r := &expandReader{specs: n.Items, limit: n.Limit, pairs: n.ArrayPairs}
		return &Lists{Types: []schema.Type{n.Items[item].Out.Type}, of: func(v *column.Vector, row int) ([]any, bool) {
			return r.list(item, v, row), true
		}}, nil
	case *plan.Parse:
		r, err := newParse(n)
		if err != nil {
			return nil, err
		}
		return &Lists{Types: typesOf(r.outs), of: func(v *column.Vector, row int) ([]any, bool) {
			values := make([]any, len(r.outs))
			ok := r.match(text(v, row), values)
			return values, ok
		}}, nil
	case *plan.ParseKV:
		r, err := newKV(n)
		if err != nil {
			return nil, err
		}
		return &Lists{Types: typesOf(n.Keys), of: func(v *column.Vector, row int) ([]any, bool) {
			values := make([]any, len(n.Keys))
			r.values(text(v, row), values)
			return values, true
		}}, nil
	}
	return nil, fault.New(fault.Internal, "lists_operator", "%T makes no lists", n)
}

// text is a value as the text that parse looks at.
func text(v *column.Vector, row int) string {
	if v.Type == schema.String {
		return v.Strings[row]
	}
	return kernel.Convert(v.Slice(row, row+1), schema.String).Strings[0]
}

// list is what one value expands to for an item, at most as many as make rows.
func (r *expandReader) list(item int, v *column.Vector, row int) []any {
	in := r.elements(kernel.Box(v, row))
	if r.limit > 0 && int64(len(in)) > r.limit {
		in = in[:r.limit]
	}
	out := make([]any, len(in))
	for i, e := range in {
		out[i] = r.cast(item, e)
	}
	return out
}
