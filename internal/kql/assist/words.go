package assist

// operators are the tabular operators, each with what it does.
var operators = map[string]string{
	"as": "Gives the table so far a name.", "consume": "Reads the table and gives nothing.", "count": "The number of rows.",
	"distinct": "The different combinations of values.", "evaluate": "Calls a plugin.", "extend": "Adds columns.",
	"facet": "Counts the values of columns, a table each.", "fork": "Runs several sub-queries over the table.", "getschema": "The columns and their types.",
	"invoke": "Calls a function with the table as its first argument.", "join": "Combines rows with those of another table that match.",
	"lookup": "Adds columns from another, small table.", "make-series": "Arrays of aggregates along an axis.", "mv-apply": "Runs a sub-query over the elements of each row.",
	"mv-expand": "A row for each element of an array.", "order": "Sorts the rows.", "parse": "Extracts columns from a text by a pattern.",
	"parse-kv": "Extracts the values of keys from a text.", "parse-where": "Extracts columns from a text and keeps the rows that match.",
	"partition": "Runs a sub-query for each value of a column.", "project": "Chooses and computes columns.", "project-away": "Leaves columns out.",
	"project-keep": "Keeps columns.", "project-rename": "Renames columns.", "project-reorder": "Puts columns in another order.",
	"render": "Asks for a chart.", "sample": "Some rows at random.", "sample-distinct": "Some different values of a column.",
	"scan": "Matches sequences of rows by steps.", "search": "Looks for a text in all columns.", "serialize": "Keeps the order of the rows for window functions.",
	"sort": "Sorts the rows.", "summarize": "Groups rows and computes aggregates.", "take": "Some rows, as many as asked for.", "limit": "Some rows, as many as asked for.",
	"top": "The first rows by a value.", "top-hitters": "The most frequent values.", "top-nested": "The best values within the best values.",
	"union": "The rows of several tables.", "where": "Keeps the rows for which a condition holds.",
}

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
