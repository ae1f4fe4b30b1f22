// Package data embeds the product's data files: the table catalogue and the connectors.
package data

import "embed"

// Tables holds tables/*.json, one table a file: name, description, family, columns in order.
//
//go:embed tables/*.json
var Tables embed.FS

// Keys is keys.json: which columns, with the time, tell one event of a table from another; one row a table. A name with * stands for the tables
// of that form that have no row of their own; the first such row counts.
//
//go:embed keys.json
var Keys []byte

// Connectors holds connectors/*.json, one connector a file: id, title, provider, description, sample queries.
//
//go:embed connectors/*.json
var Connectors embed.FS
