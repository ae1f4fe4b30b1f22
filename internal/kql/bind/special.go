package bind

import (
	"strconv"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Expanded reports whether a scalar function is written out while a query is bound, so that no kernel is needed to run it.
func Expanded(name string) bool {
	switch name {
	case "column_ifexists", "pack_all", "bag_pack_columns", "bin_auto", "column_names_of", "table", "database", "cluster", "current_cluster_endpoint":
		return true
	}
	return false
}

// special binds the functions whose arguments are not plain values.
func (b *binder) special(c ctx, x *syntax.Call, f *function) (value, bool) {
	switch f.Name {
	case "column_ifexists", "columnifexists":
		if len(x.Args) == 2 {
			return b.columnIfExists(c, x), true
		}
	case "iscolumnexists":
		if len(x.Args) == 1 {
			name, _ := b.constantString(c.constant(), x.Args[0])
			_, ok := c.row.find(name)
			return scalarOf(&plan.Lit{T: schema.Bool, Value: ok}), true
		}
	case "pack_all":
		return b.packAll(c, x), true
	case "pack_array":
		if len(x.Args) == 1 {
			if _, star := x.Args[0].(*syntax.Star); star {
				call := &plan.Call{Func: "pack_array", T: schema.Dynamic}
				for _, col := range c.row.visible() {
					call.Args = append(call.Args, &plan.Ref{ID: col.ID, T: col.Type})
				}
				return scalarOf(call), true
			}
		}
	case "estimate_data_size":
		if len(x.Args) == 1 {
			if _, star := x.Args[0].(*syntax.Star); star && c.row != nil {
				call := &plan.Call{Func: f.Name, T: schema.Long}
				for _, col := range c.row.visible() {
					call.Args = append(call.Args, &plan.Ref{ID: col.ID, T: col.Type})
				}
				return scalarOf(call), true
			}
		}
	case "bin_auto":
		if size := b.options["query_bin_auto_size"]; size != nil && len(x.Args) == 1 {
			return b.binAuto(c, x, size), true
		}
	case "bag_pack_columns":
		call := &plan.Call{Func: "bag_pack", T: schema.Dynamic}
		for _, a := range b.arguments(c, x.Args) {
			call.Args = append(call.Args, &plan.Lit{T: schema.String, Value: a.name}, a.e)
		}
		return scalarOf(call), true
	case "ingestion_time":
		if col, ok := c.row.find("_IngestedAt"); ok {
			return value{expr: &plan.Ref{ID: col.ID, T: col.Type}, name: f.Prefix}, true
		}
	case "column_names_of":
		if len(x.Args) == 1 {
			var names []any
			for _, col := range b.table(c.constant(), x.Args[0]).visible() {
				names = append(names, col.Name)
			}
			return scalarOf(&plan.Lit{T: schema.Dynamic, Value: names}), true
		}
	case "current_cluster_endpoint":
		return scalarOf(&plan.Lit{T: schema.String, Value: b.env.Cluster}), true
	case "table", "cluster", "database":
		b.errorf(x, "KS110", "A scalar value is expected here; %s() refers to tables.", f.Name)
		return bad(), true
	}
	return value{}, false
}

// binAuto is bin_at() by the size, and from the origin, that the query sets.
func (b *binder) binAuto(c ctx, x *syntax.Call, size syntax.Expr) value {
	v := b.value(c, x.Args[0])
	if v.expr == nil {
		return bad()
	}
	t := v.expr.Type()
	call := &plan.Call{Func: "bin_at", T: t, Args: []plan.Expr{v.expr, b.scalar(c.constant(), size)}}
	if at := b.options["query_bin_auto_at"]; at != nil {
		call.Args = append(call.Args, b.scalar(c.constant(), at))
	} else {
		call.Func = "bin"
	}
	return value{expr: call, name: v.name}
}

func (b *binder) columnIfExists(c ctx, x *syntax.Call) value {
	name, ok := b.constantString(c.constant(), x.Args[0])
	if !ok {
		b.errorf(x.Args[0], "KS105", "The name of the column must be a constant string.")
		return bad()
	}
	if col, ok := c.row.find(name); ok {
		b.scalar(c, x.Args[1])
		return value{expr: &plan.Ref{ID: col.ID, T: col.Type}, name: col.Name}
	}
	v := b.value(c, x.Args[1])
	if v.expr == nil {
		return bad()
	}
	if c.row != nil && c.row.open {
		b.notRunnable(x, "column_ifexists() over columns that are not known before the query runs")
	}
	if _, lit := v.expr.(*plan.Lit); lit {
		return value{expr: v.expr}
	}
	return value{expr: v.expr, name: v.name}
}

// packAll writes pack_all() out as a bag of the columns there are.
func (b *binder) packAll(c ctx, x *syntax.Call) value {
	fn := "bag_pack"
	if len(x.Args) > 0 {
		if l, ok := b.scalar(c.constant(), x.Args[0]).(*plan.Lit); ok && l.Value == true {
			fn = "bag_pack_nonempty"
		}
	}
	call := &plan.Call{Func: fn, T: schema.Dynamic}
	for _, col := range c.row.visible() {
		call.Args = append(call.Args, &plan.Lit{T: schema.String, Value: col.Name}, &plan.Ref{ID: col.ID, T: col.Type})
	}
	return scalarOf(call)
}

// output is one output of a function with several.
type output struct {
	name string
	typ  schema.Type
}

// multiple lists the outputs of the functions that have several; the executor gives them as one dynamic array, in order.
func multiple(fn string, args []argument) []output {
	name := ""
	if len(args) > 0 {
		name = args[0].name
	}
	prefixed := func(pairs ...any) []output {
		var out []output
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, output{fn + "_" + name + "_" + pairs[i].(string), pairs[i+1].(schema.Type)})
		}
		return out
	}
	const d, r, l = schema.Dynamic, schema.Real, schema.Long
	switch fn {
	case "array_sort_asc", "array_sort_desc":
		var out []output
		for i, a := range args {
			if a.e.Type() != schema.Dynamic {
				continue
			}
			n := a.name
			if n == "" {
				n = "array" + itoa(i)
			}
			out = append(out, output{n + "_sorted", d})
		}
		return out
	case "series_stats":
		return prefixed("min", r, "min_idx", l, "max", r, "max_idx", l, "avg", r, "stdev", r, "variance", r)
	case "series_fit_line":
		return prefixed("rsquare", r, "slope", r, "variance", r, "rvariance", r, "interception", r, "line_fit", d)
	case "series_fit_2lines":
		return prefixed("rsquare", r, "split_idx", l, "variance", r, "rvariance", r, "line_fit", d,
			"right_rsquare", r, "right_slope", r, "right_interception", r, "right_variance", r, "right_rvariance", r,
			"left_rsquare", r, "left_slope", r, "left_interception", r, "left_variance", r, "left_rvariance", r)
	case "series_fit_poly":
		return prefixed("rsquare", r, "coefficients", d, "variance", r, "rvariance", r, "poly_fit", d)
	case "series_decompose", "series_decompose_forecast":
		return prefixed("baseline", d, "seasonal", d, "trend", d, "residual", d)
	case "series_decompose_anomalies":
		return prefixed("ad_flag", d, "ad_score", d, "baseline", d)
	case "series_periods_detect", "series_periods_validate":
		return prefixed("periods", d, "scores", d)
	case "series_fft", "series_ifft":
		return prefixed("real", d, "imag", d)
	}
	return nil
}

// severalOf takes the outputs out of the array that the call gives.
func severalOf(call *plan.Call, outs []output) value {
	v := value{}
	for i, o := range outs {
		var e plan.Expr = &plan.Call{Func: "index", Args: []plan.Expr{call, &plan.Lit{T: schema.Long, Value: int64(i)}}, T: schema.Dynamic}
		if o.typ != schema.Dynamic {
			e = convert(e, o.typ)
		}
		v.outs = append(v.outs, out{o.name, e})
	}
	v.expr, v.name = v.outs[0].expr, v.outs[0].name
	return v
}
