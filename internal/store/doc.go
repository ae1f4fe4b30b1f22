// Package store keeps event rows. A row is in exactly one of three forms: a journal frame on disk together with an
// unsealed block in memory (the tail), or a part, an immutable Parquet file.
//
// # Invariants
//
//   - Append returns nil only when its rows and its source positions are on disk; they became visible together.
//   - A range of a source is stored once: Append checks it against the stored next position (ErrDuplicate, ErrGap).
//   - Rows leave the journal and the tail only after one manifest commit named the part that holds them.
//   - A snapshot sees the rows of one journal sequence for as long as it is open; files and blocks live until then.
//   - A failed fsync is fatal (Options.Fatal); nothing is appended after it.
//
// Columns are known by field id inside files and blocks; names and types live in the manifest. Ids below
// manifest.FirstUserField are the store's own columns.
//
// The package must not know about KQL text, connectors or HTTP.
package store
