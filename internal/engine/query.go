package engine

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/engine/duck"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/sqlgen"
	"github.com/vedette-siem/vedette/internal/schema"
)

// query writes a subtree as a DuckDB query; false when only exec can run it.
func (s *Source) query(n plan.Node) (*prepared, bool) {
	tables := &tables{source: s, known: map[string]sqlgen.Table{}}
	st, ok := sqlgen.Generate(n, sqlgen.Env{
		Table: tables.table, Constant: s.constant, Computable: s.computable, Hint: s.hint, Groups: s.rowGroups, EvalName: duck.EvalName,
		FindName: duck.FindName, PathName: duck.PathName, ListName: duck.ListName,
		TextsName: duck.TextsName, Rows: tables.rows,
	})
	if !ok {
		return nil, false
	}
	q := &duck.Query{SQL: st.SQL, Params: st.Params, Relations: tables.relations}
	for _, c := range st.Cols {
		q.Types = append(q.Types, c.Type)
	}
	for _, e := range st.Evals {
		ev, err := s.eval(e)
		if err != nil {
			return nil, false // exec, which runs it then, tells why
		}
		q.Evals = append(q.Evals, ev)
	}
	return &prepared{Query: q, st: st, given: tables.given}, true
}

// prepared is a statement ready to run once the rows that exec computes for it are there.
type prepared struct {
	*duck.Query
	st    *sqlgen.Statement
	given []given
}

// computable reports whether the kernels take the expression.
func (s *Source) computable(e plan.Expr) bool {
	cols := map[int]int{}
	number(e, cols)
	_, err := compile(e, cols, s.env)
	return err == nil
}

func number(e plan.Expr, cols map[int]int) {
	switch e := e.(type) {
	case *plan.Ref:
		cols[e.ID] = 0
	case *plan.Call:
		for _, a := range e.Args {
			number(a, cols)
		}
	}
}

// eval binds the kernels of an expression for use inside a statement. They are safe for concurrent use.
func (s *Source) eval(e sqlgen.Eval) (*duck.Eval, error) {
	if e.Agg != nil {
		return s.fold(e)
	}
	out := &duck.Eval{Result: e.Expr.Type()}
	cols := map[int]int{}
	for i, a := range e.Args {
		cols[a.ID] = i
		out.Args = append(out.Args, a.T)
	}
	out.New = func() (duck.Func, error) {
		x, err := compile(e.Expr, cols, s.env)
		if err != nil {
			return nil, err
		}
		return func(args *column.Batch) (*column.Vector, error) { return x.exactly(args, out.Result), nil }, nil
	}
	if e.Lists != nil {
		texts, err := s.texts(e, cols)
		if err != nil {
			return nil, err
		}
		out.Texts = texts
	}
	return out, nil
}

// stored is what a snapshot has of one table, described once a query.
type stored struct {
	table sqlgen.Table // without the number of its relation
	tail  *duck.Relation
}

// stored describes a table; false when SQL cannot read it.
func (s *Source) stored(name string) (*stored, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.tables[name]; ok {
		return t, t != nil
	}
	t := s.describe(name)
	s.tables[name] = t
	return t, t != nil
}

func (s *Source) describe(name string) *stored {
	t := &stored{table: sqlgen.Table{Tail: -1}, tail: &duck.Relation{}}
	var ids []int32
	for _, f := range s.snap.Fields(name) {
		typ, err := schema.ParseType(f.KQLType)
		if err != nil {
			return nil
		}
		t.table.Fields = append(t.table.Fields, sqlgen.Field{ID: f.ID, Name: f.Name, Type: typ})
		t.tail.Names = append(t.tail.Names, "f"+strconv.Itoa(int(f.ID)))
		t.tail.Types = append(t.tail.Types, typ)
		ids = append(ids, f.ID)
	}
	if !s.snap.Sound(name) {
		return nil
	}
	for _, p := range s.snap.Parts(name) {
		path := filepath.Join(s.engine.opts.Dir, filepath.FromSlash(p.Path))
		if strings.ContainsAny(path, "*?[") {
			return nil // a pattern to DuckDB, which may match other files too
		}
		t.table.Parts = append(t.table.Parts, sqlgen.Part{
			ID: p.ID, Path: path, Rows: p.Rows, Bytes: p.Bytes, MinTime: p.MinTime, MaxTime: p.MaxTime,
		})
	}
	for _, b := range s.snap.Tail(name) {
		t.tail.Blocks = append(t.tail.Blocks, tailBlock{block: b, fields: ids})
		t.table.Rows += int64(b.Rows())
		t.table.Bytes += b.Bytes()
	}
	return t
}

// tables numbers the relations of one statement.
type tables struct {
	source    *Source
	known     map[string]sqlgen.Table
	relations []*duck.Relation
	given     []given
}

func (t *tables) table(name string) (sqlgen.Table, bool) {
	if out, ok := t.known[name]; ok {
		return out, true
	}
	st, ok := t.source.stored(name)
	if !ok {
		return sqlgen.Table{}, false
	}
	out := st.table
	if len(st.tail.Blocks) > 0 {
		out.Tail = len(t.relations)
		t.relations = append(t.relations, st.tail)
	}
	t.known[name] = out
	return out, true
}

// rowGroups says for the parts of a scan that need not be read whole which row groups to read.
func (s *Source) rowGroups(n *plan.Scan) map[int64][]int64 {
	narrow := s.narrowed(n)
	out := make(map[int64][]int64, len(narrow))
	for id, g := range narrow {
		out[id] = g.RG
	}
	return out
}
