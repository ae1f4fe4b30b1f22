// Package backfill fetches what the tenant has and the store has not: the hours that the comparison of counts names are read
// from advanced hunting, and rows that are not stored yet are stored.
//
// A row is known by its natural key. What is fetched can still come by the export, late: then it is left out there.
package backfill
