// Package data embeds the product's data files: the table catalogue and the connectors.
package data

import "embed"

// Tables holds tables/*.json, one table a file: name, description, family, columns in order.
//
//go:embed tables/*.json
var Tables embed.FS

// Connectors holds connectors/*.json, one connector a file: id, title, provider, description, sample queries.
//
//go:embed connectors/*.json
var Connectors embed.FS
