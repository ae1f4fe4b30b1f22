package exec

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// plugin computes an evaluate. It gets the whole input, or, when stream is set, one batch after the other.
type plugin struct {
	run    func(c *pluginCall) (*column.Batch, error)
	stream bool
}

// pluginCall is one plugin at work.
type pluginCall struct {
	ctx    context.Context //nolint:containedctx // lives as long as one run
	x      *runner
	n      *plan.Plugin
	in     *column.Batch // the rows to work on
	args   []*scalar
	consts []any // boxed
	tables []*column.Batch
	names  []string // of the output, when the plan does not know them
	state  any      // what a streaming plugin keeps between batches
}

// arg computes argument i for every row.
func (c *pluginCall) arg(i int) *column.Vector { return c.args[i].column(c.in) }

// whole reads a constant as a whole number, or ticks.
func (c *pluginCall) whole(i int) (int64, error) {
	switch v := column.Resolve(c.consts[i]).(type) {
	case int64:
		return v, nil
	case column.Datetime:
		return int64(v), nil
	case column.Timespan:
		return int64(v), nil
	case float64:
		return int64(v), nil
	}
	return 0, c.bad("An argument of %s is null or not of the type it must have.", c.n.Name)
}

func (c *pluginCall) bad(format string, args ...any) error {
	return fault.New(fault.Invalid, "plugin_argument", format, args...)
}

var plugins = sync.OnceValue(func() map[string]plugin {
	out := map[string]plugin{}
	for _, family := range []map[string]plugin{activityPlugins(), sessionPlugins(), lookupPlugins(), shapePlugins(), sequencePlugins()} {
		maps.Copy(out, family)
	}
	return out
})

// PluginNames lists the plugins that can be run, sorted.
func PluginNames() []string { return slices.Sorted(maps.Keys(plugins())) }

// plugin starts an evaluate whose columns are known.
func (x *runner) plugin(ctx context.Context, n *plan.Plugin) (Reader, error) {
	if n.Open {
		return nil, fault.New(fault.Internal, "plugin_open", "The columns of %s depend on its rows and were not looked for.", n.Name)
	}
	c, p, err := x.pluginCall(ctx, n)
	if err != nil {
		return nil, err
	}
	in, err := x.open(ctx, n.Input)
	if err != nil {
		return nil, err
	}
	if p.stream {
		return &pluginReader{in: in, c: c, run: p.run, types: typesOf(n.Out)}, nil
	}
	defer in.Close() //nolint:errcheck // read to its end
	out, held, err := c.overAll(in, p)
	if err != nil {
		return nil, err
	}
	return &sliceReader{b: conform(out, typesOf(n.Out)), release: func() { x.mem.release(held) }}, nil
}

// overAll runs a plugin over all of its input.
func (c *pluginCall) overAll(in Reader, p plugin) (*column.Batch, int64, error) {
	all, held, err := c.x.gather(c.ctx, c.n.Name, in, typesOf(c.n.Input.Cols()))
	if err != nil {
		return nil, held, err
	}
	c.in = all
	out, err := p.run(c)
	if err != nil {
		return nil, held, err
	}
	size := batchBytes(out)
	return out, held + size, c.x.mem.grow(c.n.Name, size)
}

func (x *runner) pluginCall(ctx context.Context, n *plan.Plugin) (*pluginCall, plugin, error) {
	p, ok := plugins()[n.Name]
	if !ok {
		return nil, p, fault.New(fault.Invalid, "operator_not_supported", "The plugin %s cannot be run.", n.Name)
	}
	c := &pluginCall{ctx: ctx, x: x, n: n}
	var err error
	if c.args, err = x.compileAll(ctx, n.Args, places(n.Input.Cols())); err != nil {
		return nil, p, err
	}
	for _, e := range n.Consts {
		s, err := x.compile(ctx, e, nil)
		if err != nil {
			return nil, p, err
		}
		c.consts = append(c.consts, kernel.Box(s.column(&column.Batch{N: 1}), 0))
	}
	for _, t := range n.Tables {
		r, err := x.open(ctx, t)
		if err != nil {
			return nil, p, err
		}
		b, _, err := x.gather(ctx, n.Name, r, typesOf(t.Cols()))
		r.Close() //nolint:errcheck,gosec // read to its end
		if err != nil {
			return nil, p, err
		}
		c.tables = append(c.tables, b)
	}
	return c, p, nil
}

type pluginReader struct {
	in    Reader
	c     *pluginCall
	run   func(c *pluginCall) (*column.Batch, error)
	types []schema.Type
}

func (r *pluginReader) Close() error { return r.in.Close() }

func (r *pluginReader) Next(ctx context.Context) (*column.Batch, error) {
	b, err := next(ctx, r.in)
	if err != nil {
		return nil, err
	}
	r.c.in, r.c.ctx = b, ctx
	out, err := r.run(r.c)
	if err != nil {
		return nil, err
	}
	return conform(out, r.types), nil
}

// Discover runs a plugin whose columns depend on its rows and returns what it gave: the columns without ids, and the
// rows. The rows are bounded by the memory of the environment.
func Discover(ctx context.Context, n *plan.Plugin, env Env) (out *plan.Held, err error) {
	defer rescue(&err)
	x := newRunner(env)
	c, p, err := x.pluginCall(ctx, n)
	if err != nil {
		return nil, err
	}
	in, err := x.open(ctx, n.Input)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // read to its end
	b, _, err := c.overAll(in, p)
	if err != nil {
		return nil, err
	}
	out = &plan.Held{Batches: []*column.Batch{b}}
	for i, v := range b.Cols {
		out.Out = append(out.Out, plan.Col{Name: c.names[i], Type: v.Type})
	}
	return out, nil
}

// held hands out rows that are here already.
func (x *runner) held(n *plan.Held) (Reader, error) {
	for _, b := range n.Batches {
		if err := x.mem.grow("evaluate", batchBytes(b)); err != nil {
			return nil, err
		}
	}
	return &batchesReader{batches: n.Batches}, nil
}
