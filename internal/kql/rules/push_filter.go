package rules

import "github.com/vedette-siem/vedette/internal/kql/plan"

// pushFilter brings conditions on time and on terms to the scans, where parts and row groups are left out by them.
var pushFilter = Rule{Name: "push-filter", Description: "filters move towards the tables they read", Apply: plan.PushFilter}
