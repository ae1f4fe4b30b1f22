// Package ueba is entity behavior: whose people a workspace follows, and the table IdentityInfo that tells of them.
//
// The choice is one record per workspace. While it is on, one loop per directory source reads what changed there; records
// of several sources that are one person (same SID or object id) become one identity, and every change of an identity
// becomes one row of IdentityInfo. Rows are written with the state they come from in one transaction.
//
// Behavior baselines, anomalies and peers are not computed; the view says so.
package ueba
