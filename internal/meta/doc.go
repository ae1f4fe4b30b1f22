// Package meta is the state database: everything the server must remember that is not an event row.
//
// It holds the part list, source positions and column ids that the store needs (it implements manifest.Manifest), and
// the aggregates of the other packages, one repository file each. SQL here is portable between SQLite and PostgreSQL:
// text, integers and JSON as text, no triggers, no engine-specific functions.
//
// Writes go through one connection whose transactions take the write lock at BEGIN, so a write never fails with "busy"
// half-way; reads have a pool of their own and see the last committed state.
package meta
