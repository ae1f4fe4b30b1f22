// Package snapshot fetches, by a schedule, the tables that a tenant does not export: what its vulnerability management knows of
// devices, and any other table that its advanced hunting answers.
//
// A table of the kind state is read whole each time, in parts that a query can answer; all rows of a run have its beginning as
// their TimeGenerated, and a row is stored once in a run, whatever is killed in between. A table of the kind events is read on
// from where the last run ended. Queries share the tenant's budget with the comparison and the backfill. The package does no HTTP.
package snapshot
