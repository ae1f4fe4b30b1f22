package syntax

// Span is a half-open range of bytes of the query text.
type Span struct{ Start, End int }

// Pos returns the span itself, so that embedding it makes a node.
func (s Span) Pos() Span { return s }

// to returns the span from the start of s to the end of t.
func (s Span) to(t Span) Span { return Span{s.Start, max(s.End, t.End)} }

type tokenKind uint8

const (
	tokEOF    tokenKind = iota
	tokWord             // identifier or keyword; which one depends on the place
	tokNumber           // long
	tokReal             // real
	tokSpan             // timespan with a unit, such as 5min
	tokTyped            // typed literal such as datetime(2020-01-01); Text is the whole
	tokString           // string in any quotes
	tokPunct            // operator or bracket
	tokBad              // a character that starts nothing
	tokDirective
)

type token struct {
	Kind tokenKind
	Text string
	Span
	newline bool // a line break stands before it
}

// is reports whether the token is this word, operator or bracket.
func (t token) is(text string) bool {
	return (t.Kind == tokWord || t.Kind == tokPunct) && t.Text == text
}

// hyphenated words are one token each.
var hyphenated = map[string][]string{
	"project":      {"project-away", "project-keep", "project-rename", "project-reorder", "project-by-names", "project-smart"},
	"mv":           {"mv-expand", "mv-apply"},
	"top":          {"top-nested", "top-hitters"},
	"make":         {"make-series", "make-graph"},
	"parse":        {"parse-where", "parse-kv"},
	"sample":       {"sample-distinct"},
	"graph":        {"graph-match", "graph-shortest-paths", "graph-to-table", "graph-mark-components", "graph-where-nodes", "graph-where-edges"},
	"materialized": {"materialized-view-combine"},
	"macro":        {"macro-expand"},
	"assert":       {"assert-schema"},
	"granny":       {"granny-asc", "granny-desc"},
	"execute":      {"execute-and-cache"},
	"partitioned":  {"partitioned-by"},
}

// reserved words are never names unless they stand in brackets.
var reserved = set("3Dchart and anomalychart areachart asc assert-schema bagexpansion barchart between bin_legacy " +
	"card columnchart containscs contains_cs cycles desc endswith endswith_cs external_data first flags granny-asc granny-desc " +
	"graph-match graph-shortest-paths graph-to-table graph-mark-components graph-where-nodes graph-where-edges has_any has_all has_cs hasprefix hasprefix_cs " +
	"hassuffix hassuffix_cs in~ isfuzzy journal ladderchart last like likecs linechart macro-expand make-graph make-series matches " +
	"materialized-view-combine missing mv-apply mv-expand notcontains notcontainscs notlike notlikecs or others parse-where parse-kv piechart pivotchart " +
	"project-smart queries project project-away project-keep project-rename project-reorder project-by-names regex_ relaxed scatterchart shards simple " +
	"stackedareachart startswith startswith_cs statistics timechart timeline timepivot treemap union views with_itemindex with_match_id with_step_name " +
	"boolean int8 char uint8 byte int16 uint16 uint uint32 ulong uint64 float string uniqueid nooptimization " +
	"cachingpolicy callout cancel commands-and-queries data_export datascope decodeblocks encodingpolicy expandoutput " +
	"harddelete hardretention hotcache materialized-views pathformat query_results restricted_view_access row_level_security rowstore " +
	"rowstores seal seals softdelete softretention unrestrictedviewers writeaheadlog")

// typeWords are reserved too, but may follow a dot.
var typeWords = set("int int32 long int64 real decimal double time timespan date datetime dynamic")

// declarable words are names only where one is declared: before "=" and as a column of a schema.
var declarable = set("accumulate as by contains datatable earliest externaldata find has in invoke latest materialize of print " +
	"sample sample-distinct search set sql title to top-hitters top-nested verbose viewers where toscalar totable mdm")

func set(words string) map[string]bool {
	m := map[string]bool{}
	start := -1
	for i, c := range words + " " {
		switch {
		case c != ' ' && start < 0:
			start = i
		case c == ' ' && start >= 0:
			m[words[start:i]] = true
			start = -1
		}
	}
	return m
}

// typedLiterals are the words that make a literal together with whatever stands in the parentheses after them.
var typedLiterals = set("datetime date time timespan guid int int32 int64 long real double decimal bool")

// spanUnits are the suffixes that make a number a timespan, with their ticks.
var spanUnits = map[string]int64{
	"d": day, "day": day, "days": day,
	"h": hour, "hr": hour, "hrs": hour, "hour": hour, "hours": hour,
	"m": minute, "min": minute, "minute": minute, "minutes": minute,
	"s": second, "sec": second, "second": second, "seconds": second,
	"ms": second / 1000, "milli": second / 1000, "millis": second / 1000, "millisec": second / 1000, "millisecond": second / 1000, "milliseconds": second / 1000,
	"micro": second / 1e6, "micros": second / 1e6, "microsec": second / 1e6, "microsecond": second / 1e6, "microseconds": second / 1e6,
	"nano": 0, "nanos": 0, "nanosec": 0, "nanosecond": 0, "nanoseconds": 0, // rounded: a tick is 100 ns
	"tick": 1, "ticks": 1,
}

const (
	second int64 = 10_000_000
	minute       = 60 * second
	hour         = 60 * minute
	day          = 24 * hour
)

// SpanUnit returns the ticks of a timespan unit such as "min"; 0 stands for a nanosecond, which is less than a tick.
func SpanUnit(unit string) (ticks int64, ok bool) {
	ticks, ok = spanUnits[unit]
	return ticks, ok
}
