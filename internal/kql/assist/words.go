package assist

import "strings"

// aggregating are the operators in which aggregates stand.
var aggregating = map[string]bool{"summarize": true, "make-series": true, "top-nested": true, "evaluate": true, "mv-apply": true, "partition": true}

// tableOperators take further tables.
var tableOperators = map[string]bool{"join": true, "lookup": true, "union": true, "in": true}

// keywords are the words that belong to an operator.
var keywords = map[string][]string{
	"summarize": {"by"}, "distinct": {}, "sort": {"by", "asc", "desc", "nulls first", "nulls last"}, "order": {"by", "asc", "desc"}, "top": {"by", "asc", "desc"},
	"join": {"kind=", "on", "inner", "leftouter", "leftanti", "leftsemi", "rightouter", "fullouter"}, "lookup": {"kind=", "on"},
	"where": {"and", "or", "has", "has_any", "has_all", "contains", "startswith", "endswith", "in", "in~", "between", "matches regex", "=~"},
	"parse": {"with", "kind=regex"}, "make-series": {"on", "from", "to", "step", "by", "default="}, "mv-expand": {"to typeof()", "limit"}, "union": {"isfuzzy=true", "withsource="},
}

// charts are what render draws.
var charts = strings.Fields("anomalychart areachart barchart card columnchart linechart list piechart pivotchart scatterchart stackedareachart table timechart timeline timepivot treemap")

// types are the names of scalar types.
var types = strings.Fields("bool datetime decimal dynamic guid int long real string timespan")

// options are the values of an operator's settings.
var options = map[string]map[string][]string{
	"join":      {"kind": strings.Fields("inner innerunique leftouter rightouter fullouter leftsemi rightsemi leftanti rightanti")},
	"lookup":    {"kind": {"leftouter", "inner"}},
	"union":     {"kind": {"outer", "inner"}, "isfuzzy": {"true", "false"}},
	"mv-expand": {"bagexpansion": {"bag", "array"}, "kind": {"bag", "array"}},
	"parse":     {"kind": {"simple", "regex", "relaxed"}}, "parse-where": {"kind": {"simple", "regex"}},
	"search": {"kind": {"case_insensitive", "case_sensitive"}}, "make-series": {"kind": {"nonempty"}},
	"scan": {"output": {"all", "last", "none"}},
}

// dateParts are the units of datetime_part and its kin.
var dateParts = strings.Fields("year quarter month week weekofyear day dayofyear hour minute second millisecond microsecond nanosecond")

// argumentTexts are the texts that the first argument of a function is one of.
var argumentTexts = map[string][]string{
	"datetime_part": dateParts, "datetime_add": dateParts, "datetime_diff": dateParts, "datepart": dateParts,
}
