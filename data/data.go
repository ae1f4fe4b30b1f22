// Package data embeds the product's data files: the table catalogue.
package data

import "embed"

// Tables holds tables/*.json, one table a file: name, description, family, columns in order.
//
//go:embed tables/*.json
var Tables embed.FS
