// Package transform changes and drops rows on their way into their table, by a KQL text that an owner wrote for the table:
//
//	source | where ActionType != "ListeningConnectionCreated" | project-away InitiatingProcessVersionInfoFileDescription
//
// The text is checked when it is saved: only operators over single rows, and only columns that fit the table. It is compiled once and
// applied to rows after they were normalized, before they are compared with what was pulled and stored. Rows that it drops are
// counted. Should it fail by a defect, the rows are stored unchanged and health turns red: losing them would be worse.
package transform
