package bind

import (
	"maps"
	"slices"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// requestOption takes the value of a set statement; a value that it cannot take is of type want.
type requestOption struct {
	want schema.Type
	take func(o *plan.Options, v any)
}

func count(into func(o *plan.Options) *int64) requestOption {
	return requestOption{schema.Long, func(o *plan.Options, v any) { *into(o), _ = v.(int64) }}
}

func flag(into func(o *plan.Options) *bool) requestOption {
	return requestOption{schema.Bool, func(o *plan.Options, v any) { *into(o), _ = v.(bool) }}
}

func instant(into func(o *plan.Options) **int64) requestOption {
	return requestOption{schema.Datetime, func(o *plan.Options, v any) {
		if t, ok := v.(int64); ok {
			*into(o) = &t
		}
	}}
}

// requestOptions are those that mean something here.
var requestOptions = map[string]requestOption{
	"query_now":                                 instant(func(o *plan.Options) **int64 { return &o.Now }),
	"query_datetimescope_from":                  instant(func(o *plan.Options) **int64 { return &o.From }),
	"query_datetimescope_to":                    instant(func(o *plan.Options) **int64 { return &o.To }),
	"truncationmaxrecords":                      count(func(o *plan.Options) *int64 { return &o.MaxRecords }),
	"truncationmaxsize":                         count(func(o *plan.Options) *int64 { return &o.MaxBytes }),
	"query_take_max_records":                    count(func(o *plan.Options) *int64 { return &o.TakeMax }),
	"maxmemoryconsumptionperiterator":           count(func(o *plan.Options) *int64 { return &o.Memory }),
	"max_memory_consumption_per_query_per_node": count(func(o *plan.Options) *int64 { return &o.Memory }),
	"notruncation":                              flag(func(o *plan.Options) *bool { return &o.NoTruncation }),
	"request_external_data_disabled":            flag(func(o *plan.Options) *bool { return &o.NoExternal }),
	"servertimeout":                             {schema.Timespan, func(o *plan.Options, v any) { o.Timeout, _ = v.(int64) }},
}

// idleOptions are those of the service that change nothing here: they steer how it spreads, caches or reports a query.
var idleOptions = names(`best_effort client_max_redirect_count deferpartialqueryfailures materialized_view_shuffle_query maxoutputcolumns norequesttimeout
	push_selection_through_aggregation query_consistency query_distribution_nodes_span query_fanout_nodes_percent query_fanout_threads_percent
	query_force_row_level_security query_language query_log_query_parameters query_max_entities_in_union query_python_debug query_results_apply_getschema
	query_results_cache_force_refresh query_results_cache_max_age query_results_cache_per_shard query_results_progressive_row_count
	query_results_progressive_update_period query_shuffle_broadcast_join query_weakconsistency_session_id request_app_name request_block_row_level_security
	request_callout_disabled request_description request_external_table_disabled request_impersonation_disabled request_readonly request_readonly_hardline
	request_remote_entities_disabled request_sandboxed_execution_disabled request_user results_progressive_enabled results_v2_newlines_between_frames
	validatepermissions`)

// OptionNames lists the request options that mean something here.
func OptionNames() []string {
	return slices.Sorted(maps.Keys(requestOptions))
}

// setOption takes a request option: some are honoured, those that change nothing here are told so, and those that would
// change the answer in a way that is not supported are refused.
func (b *binder) setOption(c ctx, s *syntax.SetStmt) {
	name := s.Name.Text
	switch name {
	case "query_bin_auto_size", "query_bin_auto_at":
		b.options[name] = s.Value
		return
	case "query_datetimescope_column":
		if v := optionText(s.Value); v != "TimeGenerated" && v != "Timestamp" {
			b.notRunnable(s, "set query_datetimescope_column to another column than TimeGenerated")
		}
		return
	case "query_cursor_after_default", "query_cursor_before_or_at_default", "query_cursor_current", "query_cursor_disabled", "query_cursor_scoped_tables":
		b.notRunnable(s, "set "+name)
		return
	}
	opt, ok := requestOptions[name]
	if !ok {
		b.idleOption(s)
		return
	}
	var v any = true
	t := schema.Bool
	if s.Value != nil {
		l, ok := b.scalar(c.constant(), s.Value).(*plan.Lit)
		if !ok {
			l = &plan.Lit{}
		}
		v, t = l.Value, l.T
	}
	n, number := v.(int64)
	if v == nil || t != opt.want && !(t == schema.Int && opt.want == schema.Long) || number && n < 0 && opt.want == schema.Long {
		at := syntax.Node(s)
		if s.Value != nil {
			at = s.Value
		}
		b.errorf(at, "KS_option", "The option '%s' takes a constant of type %s.", name, opt.want)
		return
	}
	opt.take(&b.request, v)
}

func (b *binder) idleOption(s *syntax.SetStmt) {
	d := syntax.Diagnostic{Code: "option_idle", Severity: syntax.Info, Kind: syntax.Semantic, Message: "The option '" + s.Name.Text + "' changes nothing here."}
	if !idleOptions[s.Name.Text] {
		known := maps.Clone(idleOptions)
		for k := range requestOptions {
			known[k] = true
		}
		hint, fix := suggest(s.Name.Text, known)
		d.Code, d.Severity, d.Fix, d.Message = "option_unknown", syntax.Warning, fix, "There is no request option '"+s.Name.Text+"'; it changes nothing."+hint
	}
	b.report(d, s.Name)
}

// Options reads the request options of a query without binding the rest. Findings are those of Bind, told there.
func Options(q *syntax.Query) plan.Options {
	b := &binder{text: q.Text, seen: map[finding]bool{}, notes: map[string]bool{}, options: map[string]syntax.Expr{}}
	for _, s := range q.Stmts {
		if set, ok := s.(*syntax.SetStmt); ok {
			b.setOption(ctx{sc: (*scope)(nil).child()}, set)
		}
	}
	return b.request
}
