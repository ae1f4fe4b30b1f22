package model

import "time"

// IncidentRule is a Microsoft incident creation rule: it makes one incident of each alert of one product that it matches.
type IncidentRule struct {
	Workspace   string
	ID          string // stable; the name of the ARM resource
	Name        string
	Description string
	Enabled     bool
	Product     string   // SecurityAlert.ProductName
	Severities  []string // of alerts; nil matches all
	Names       []string // an alert's name contains one of them, in any letter case; nil matches all
	Excludes    []string // an alert's name contains none of them; nil excludes none
	Template    string   // of the rule it was made from, "" for people's own
	Modified    time.Time
	ModifiedBy  string
	Revision    int64
	Made        int64 // how many incidents it made
}
