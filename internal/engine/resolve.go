package engine

import (
	"context"
	"errors"
	"io"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// maxMembers is how many values of a table inside an expression are written into the statement; above, the expression is
// left to exec.
const maxMembers = 10_000

// take writes a subtree as a statement. Where a table inside an expression stands in the way, that table is read first,
// and its values stand in its place: it would be read before the rows anyway, once a query.
func (s *Source) take(ctx context.Context, n plan.Node) (*prepared, bool) {
	if q, ok := s.query(n); ok {
		return q, true
	}
	changed := false
	out := plan.Replace(n, func(e plan.Expr) plan.Expr {
		v := s.valuesOf(ctx, e)
		changed = changed || v != nil
		return v
	})
	if !changed {
		return nil, false
	}
	s.look(out)
	return s.query(out)
}

// valuesOf returns an expression of constants for one with a table inside, or nil.
func (s *Source) valuesOf(ctx context.Context, e plan.Expr) plan.Expr {
	switch e.(type) {
	case *plan.Scalar, *plan.InTable:
	default:
		return nil
	}
	s.mu.Lock()
	out, ok := s.known[e]
	s.mu.Unlock()
	if ok {
		return out
	}
	switch e := e.(type) {
	case *plan.Scalar:
		if s.splits(e.Input) {
			break
		}
		if v, ok := s.firstOf(ctx, e); ok {
			out = &plan.Lit{T: e.T, Value: v}
		}
	case *plan.InTable:
		if s.splits(e.Input) {
			break
		}
		if list, ok := s.members(ctx, e); ok {
			x := plan.Replace(&plan.Filter{Input: &plan.Values{}, Pred: e.X}, func(e plan.Expr) plan.Expr { return s.valuesOf(ctx, e) }).(*plan.Filter).Pred
			if x.Type() == schema.Dynamic { // its text is what is looked up, or in
				x = &plan.Call{Func: "tostring", Args: []plan.Expr{x}, T: schema.String}
			}
			out = &plan.Call{Func: e.Func, Args: []plan.Expr{x, &plan.Lit{T: schema.Dynamic, Value: list}}, T: schema.Bool}
		}
	}
	s.mu.Lock()
	s.known[e] = out
	s.mu.Unlock()
	return out
}

// read runs a table inside an expression and hands its batches to f until that has enough.
func (s *Source) read(ctx context.Context, n plan.Node, f func(*column.Batch) (enough bool)) bool {
	r, err := exec.Run(ctx, n, s.inside())
	if err != nil {
		return false // exec, which runs the whole then, tells why
	}
	defer r.Close() //nolint:errcheck // what is needed was read
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return false
		}
		if f(b) {
			return true
		}
	}
}

// firstOf is the value of toscalar: that of the first row, or null.
func (s *Source) firstOf(ctx context.Context, e *plan.Scalar) (v any, ok bool) {
	if e.T == schema.Unknown {
		return nil, false
	}
	if e.T == schema.String {
		v = ""
	}
	ok = s.read(ctx, e.Input, func(b *column.Batch) bool {
		if b.N == 0 || len(b.Cols) == 0 {
			return false
		}
		v = kernel.Convert(b.Cols[0].Slice(0, 1), e.T).Value(0)
		return true
	})
	return v, ok
}

// members are the different values of the table's first column, where a list of them means the same as the table.
func (s *Source) members(ctx context.Context, e *plan.InTable) (list []any, ok bool) {
	cols := e.Input.Cols()
	if len(cols) == 0 || cols[0].Type != e.X.Type() && (cols[0].Type != schema.String || e.X.Type() != schema.Dynamic) {
		return nil, false
	}
	terms := e.Func == "has_any" || e.Func == "has_all"
	switch cols[0].Type {
	case schema.String:
	case schema.Int, schema.Long:
		if terms {
			return nil, false
		}
	default:
		return nil, false
	}
	seen := map[any]bool{}
	list, fits := []any{}, true
	ok = s.read(ctx, e.Input, func(b *column.Batch) bool {
		if len(b.Cols) == 0 {
			return false
		}
		for i := range b.N {
			v := b.Cols[0].Value(i)
			if v == nil || seen[v] {
				continue
			}
			if len(list) == maxMembers || terms && v == "" {
				fits = false
				return true
			}
			seen[v] = true
			list = append(list, v)
		}
		return false
	})
	return list, ok && fits
}
