package engine

import (
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/engine/duck"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/sqlgen"
	"github.com/vedette-siem/vedette/internal/schema"
)

// fold binds an aggregate over groups that a statement has collected in lists. Arguments that are constants are not among
// the lists.
func (s *Source) fold(e sqlgen.Eval) (*duck.Eval, error) {
	a := e.Agg
	out := &duck.Eval{Result: a.Out[e.Item].Type}
	sig, consts := make([]kernel.Arg, len(a.Args)), make([]*column.Vector, len(a.Args))
	for i, x := range a.Args {
		sig[i] = kernel.Arg{Type: x.Type()}
		if v, ok := s.constant(x); ok {
			sig[i].Const, sig[i].Value = true, v
			if i == 0 {
				continue // the first one always comes as a list
			}
			consts[i] = column.New(x.Type(), 1)
			consts[i].Append(v)
		}
	}
	for _, r := range e.Args {
		out.Args = append(out.Args, r.T)
	}
	outs := make([]schema.Type, len(a.Out))
	for i, c := range a.Out {
		outs[i] = c.Type
	}
	if _, err := kernel.BindAggregate(a.Func, sig, outs); err != nil {
		return nil, err
	}
	out.Groups = func(lists []*column.Vector, groups []int, total int) (*column.Vector, error) {
		agg, err := kernel.BindAggregate(a.Func, sig, outs) // one for each call: an aggregate holds state
		if err != nil {
			return nil, err
		}
		args := make([]*column.Vector, len(consts))
		for i, c := range consts {
			if c != nil {
				args[i] = kernel.Spread(c, len(groups))
			} else {
				args[i], lists = lists[0], lists[1:]
			}
		}
		agg.Add(groups, total, args, len(groups))
		return kernel.Convert(agg.Result(total)[e.Item], out.Result), nil
	}
	return out, nil
}
