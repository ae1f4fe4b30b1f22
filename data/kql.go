package data

import "embed"

// KQL holds kql/functions.json, aggregates.json, plugins.json and operators.json: the language's symbols with their
// overloads. A signature is "result|name:type|name:type ..."; a result that begins with "=" is a rule, a type that
// begins with a capital letter is a class of types; "?" marks an optional parameter, "+n" a repeated one.
//
//go:embed kql/*.json
var KQL embed.FS

// TimeZones is kql/timezones.txt: the IANA names of the time zones, one a line, in ordinal order.
//
//go:embed kql/timezones.txt
var TimeZones string

// Library is kql/library: functions that the service has and whose answer is in the workspace's own tables, each a file
// named after it that holds "(parameters) { body }".
//
//go:embed kql/library/*.kql
var Library embed.FS

// Help is kql/help: what people are told about each construct of the language, a file for each kind. A line is a name, a
// sentence of our own and an example, parted by tabs.
//
//go:embed kql/help/*.tsv
var Help embed.FS
