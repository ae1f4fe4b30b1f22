package data

import "embed"

// Solutions holds solutions/<id>/solution.yaml and, beside it, rules/*.yaml, hunting/*.yaml, workbooks/*.yaml and
// functions/*.yaml, one item a file.
//
//go:embed solutions
var Solutions embed.FS
