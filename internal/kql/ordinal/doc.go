// Package ordinal numbers different keys 0, 1, 2, ... in the order in which they first come. Groups, joins and distinct
// counts are made of it.
//
// Its tables hold a key once, copied: a text that came from a large batch does not keep the batch alive. Their hashes
// differ from table to table, so that nobody can choose keys that all fall together. They are not safe for concurrent use.
package ordinal
