// Package tables is what a workspace's owner sees and decides of its tables: plans, retention, what a change would free, and
// what came in. A scheduler moves whole parts out of sight or off the disk when their time has come.
//
// Rules of plans and retention follow the tables resource of Microsoft.OperationalInsights (2025-07-01).
package tables
