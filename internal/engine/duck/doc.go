// Package duck runs generated SQL on embedded DuckDB: a pool of in-memory instances, each running one query at a time.
//
// An instance holds no data. A query reads immutable Parquet files in one folder, and rows in memory through the table
// function tail(k): relation k of the query, in chunks of at most 2,048 rows, scanned as often as the plan asks. What
// DuckDB cannot compute exactly is computed by Go inside the query: k_bool(i, ...), k_long(i, ...), k_real(i, ...) and
// k_text(i, ...) call evaluator i of the query with a chunk of arguments. k_find, k_path and k_list, in C, spare the call where
// the text is plain.
//
// Values cross the border in one physical form per KQL type: bool as BOOLEAN; int, long, datetime and timespan as
// BIGINT; real as DOUBLE; string, dynamic, decimal and guid as VARCHAR.
//
// Only single statements of kind SELECT run; an instance cannot reach files outside the parts folder, load extensions
// or change its settings. An instance that reported any error is thrown away.
package duck
