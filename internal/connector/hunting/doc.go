// Package hunting asks the tenant's advanced hunting: counts of rows by the hour, and the rows themselves, within the limits
// of its API. It stores nothing.
package hunting
