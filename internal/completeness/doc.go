// Package completeness proves that what the tenant has is stored: it compares the rows of each table by the hour, as the
// tenant's advanced hunting counts them, with those in the store.
//
// It reads and compares; rows that are missing are fetched by others.
package completeness
