package bind

import (
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// timelinePlugin says what a plugin over a time line takes and gives. In: id, value and state are columns; time is the
// time line; at is a point on it, span a distance, step a distance or the name of a calendar step; number, list are
// constants; dims are all further columns, table a table behind them. Out: time, dims and state as they are, or name:type.
type timelinePlugin struct{ in, out string }

var timelinePlugins = map[string][]timelinePlugin{
	"active_users_count":      {{"id time at at span span number span dims", "time dims dcount:long"}},
	"activity_counts_metrics": {{"id time at at span dims", "time dims count:long dcount:long new_dcount:long aggregated_dcount:long"}},
	"activity_engagement": {
		{"id time span span", "time dcount_activities_inner:long dcount_activities_outer:long activity_ratio:real"},
		{"id time at at span span dims", "time dcount_activities_inner:long dcount_activities_outer:long activity_ratio:real dims"},
	},
	"activity_metrics": {
		{"id time step", "time dcount_values:long dcount_newvalues:long retention_rate:real churn_rate:real"},
		{"id time at at step dims", "time dcount_values:long dcount_newvalues:long retention_rate:real churn_rate:real dims"},
	},
	"new_activity_metrics": {{"id time at at step cohort dims table",
		"from_time to_time dcount_new_values:long dcount_retained_values:long dcount_churn_values:long retention_rate:real churn_rate:real dims"}},
	"session_count":              {{"id time at at span span dims", "time dims count_sessions:long"}},
	"sliding_window_counts":      {{"id time at at span step dims", "time dims Count:long Dcount:long"}},
	"rolling_percentile":         {{"value number time span number dims", "time dims percentile"}},
	"funnel_sequence_completion": {{"id time at at span state list list", "time state Period:timespan dcount:long"}},
	"funnel_sequence":            {{"id time at at span span state list", "time prev:string next:string dcount:long samples:dynamic"}},
}

// timeline binds the plugins that read rows along a time line.
func (p *pluginBinder) timeline() *rel {
	forms := timelinePlugins[p.name]
	if forms == nil {
		return nil
	}
	form := forms[len(forms)-1]
	for _, f := range forms {
		if !strings.Contains(f.in, "dims") && len(strings.Fields(f.in)) == len(p.call.Args) {
			form = f
		}
	}
	l := &timelineCall{p: p}
	for i, kind := range strings.Fields(form.in) {
		if kind == "time" && i < len(p.call.Args) {
			l.time = p.b.value(p.c.withRow(p.r), p.call.Args[i])
		}
	}
	if t := exprOf(l.time).Type(); t != schema.Unknown && t != schema.Int && t != schema.Long && t != schema.Datetime && t != schema.Timespan {
		p.b.errorf(p.call, "KS_timeline", "The time line of '%s' must be a datetime, a timespan or a whole number, not %s.", p.name, t)
	}
	l.rest = p.call.Args
	for _, kind := range strings.Fields(form.in) {
		l.take(kind)
	}
	if len(l.rest) > 0 {
		p.b.errorf(l.rest[0], "KS119", "The plugin '%s' takes no further argument here.", p.name)
	}
	p.n.Dims = len(l.dims)
	if p.name == "funnel_sequence" {
		return p.funnelSequence(l)
	}
	return p.done(l.columns(form.out))
}

// timelineCall reads the arguments one after the other.
type timelineCall struct {
	p        *pluginBinder
	rest     []syntax.Expr
	time     value
	columned []value // columns in the order of the arguments
	state    value
	dims     []value
	numbers  []string // as written
}

func (l *timelineCall) take(kind string) {
	p := l.p
	row, con := p.c.withRow(p.r), p.c.constant()
	switch kind {
	case "dims":
		for len(l.rest) > 0 && !l.isTable(l.rest[0]) {
			v := p.b.value(row, l.rest[0])
			l.dims = append(l.dims, v)
			p.n.Args = append(p.n.Args, exprOf(v))
			l.rest = l.rest[1:]
		}
		return
	case "table":
		if len(l.rest) > 0 {
			p.n.Tables = append(p.n.Tables, p.b.visible(p.b.table(ctx{sc: p.c.sc}, l.rest[0])))
			l.rest = l.rest[1:]
		}
		return
	case "cohort":
		var e plan.Expr = nullOf(schema.Datetime)
		if len(l.rest) > 0 {
			if _, isColumn := p.named(l.rest[0]); !isColumn && !l.isTable(l.rest[0]) {
				e = p.b.scalar(con, l.rest[0])
				l.rest = l.rest[1:]
			}
		}
		p.n.Consts = append(p.n.Consts, e)
		return
	}
	if len(l.rest) == 0 {
		p.b.errorf(p.call, "KS119", "The plugin '%s' expects more than %d arguments.", p.name, len(p.call.Args))
		return
	}
	x := l.rest[0]
	l.rest = l.rest[1:]
	t := exprOf(l.time).Type()
	switch kind {
	case "id", "value", "state":
		v := p.b.value(row, x)
		p.n.Args = append(p.n.Args, exprOf(v))
		l.columned = append(l.columned, v)
		if kind == "state" {
			l.state = v
		}
	case "time":
		p.n.Args = append(p.n.Args, exprOf(l.time))
	case "at":
		p.n.Consts = append(p.n.Consts, p.b.typed(con, x, t))
	case "span":
		p.n.Consts = append(p.n.Consts, p.b.typed(con, x, stepOf(t)))
	case "step":
		e := p.b.scalar(con, x)
		if e.Type() != schema.String {
			e = convert(e, stepOf(t))
		}
		p.n.Consts = append(p.n.Consts, e)
	case "number":
		e := p.b.scalar(con, x)
		if u := e.Type(); !u.Numeric() && u != schema.Unknown {
			p.b.errorf(x, "KS107", "A number is expected here, not a value of type %s.", u)
		}
		p.n.Consts = append(p.n.Consts, e)
		l.numbers = append(l.numbers, numberText(e))
	case "list":
		p.n.Consts = append(p.n.Consts, p.b.typed(con, x, schema.Dynamic))
	}
}

// isTable reports whether an argument is a table, such as the look-back of new_activity_metrics.
func (l *timelineCall) isTable(x syntax.Expr) bool {
	switch x := x.(type) {
	case *syntax.Pipe, *syntax.Datatable:
		return true
	case *syntax.Paren:
		return l.isTable(x.X)
	case *syntax.Name:
		if _, ok := l.p.r.find(x.Text); ok {
			return false
		}
		if v, ok := l.p.c.sc.find(x.Text); ok {
			return v.table != nil || v.fn != nil
		}
		_, ok := l.p.b.storedTable(l.p.c.sc, x.Text)
		return ok
	}
	return false
}

func numberText(e plan.Expr) string {
	if l, ok := e.(*plan.Lit); ok {
		switch v := l.Value.(type) {
		case int64:
			return strconv.FormatInt(v, 10)
		case float64:
			return strings.ReplaceAll(strconv.FormatFloat(v, 'f', -1, 64), ".", "_")
		}
	}
	return ""
}

// columns makes the output columns of a list.
func (l *timelineCall) columns(list string) []bound {
	b := l.p.b
	t := exprOf(l.time).Type()
	var out []bound
	for _, w := range strings.Fields(list) {
		switch w {
		case "time":
			out = append(out, b.fresh(l.time.name, t))
		case "from_time", "to_time":
			out = append(out, b.fresh(strings.TrimSuffix(w, "time")+l.time.name, t))
		case "state":
			out = append(out, b.fresh(l.state.name, exprOf(l.state).Type()))
		case "dims":
			for _, d := range l.dims {
				out = append(out, b.fresh(d.name, exprOf(d).Type()))
			}
		case "percentile":
			name := ""
			if len(l.numbers) == 2 && len(l.columned) > 0 {
				name = "rolling_" + l.numbers[1] + "_percentile_" + l.columned[0].name + "_" + l.numbers[0]
			}
			vt := schema.Unknown
			if len(l.columned) > 0 {
				vt = exprOf(l.columned[0]).Type()
			}
			out = append(out, b.fresh(name, vt))
		default:
			name, typ, _ := strings.Cut(w, ":")
			u, _ := schema.ParseType(typ)
			out = append(out, b.fresh(name, u))
		}
	}
	return out
}

// funnelSequence gives three results: by the states before and behind, by the one before, by the one behind.
func (p *pluginBinder) funnelSequence(l *timelineCall) *rel {
	one := func(list string, flags map[string]bool) *rel {
		n := *p.n
		n.Flags = flags
		out := &rel{cols: l.columns(list)}
		for _, col := range out.cols {
			n.Out = append(n.Out, col.Col)
		}
		out.node = p.b.node(&n)
		return out
	}
	p.finish()
	out := one("time prev:string next:string dcount:long samples:dynamic", map[string]bool{"prev": true, "next": true})
	out.more = []named{
		{r: one("time prev:string dcount:long samples:dynamic", map[string]bool{"prev": true})},
		{r: one("time next:string dcount:long samples:dynamic", map[string]bool{"next": true})},
	}
	return out
}
