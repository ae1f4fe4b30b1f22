package connector

import "time"

// The states of a prerequisite.
const (
	Met     = "met"
	NotMet  = "notMet"
	Unknown = "unknown" // cannot be checked; never blocks
)

// Prerequisite is something that must be true before a connection works. Remedy says what to do, where, with which right;
// Command can be copied.
type Prerequisite struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	State   string `json:"state"`
	Remedy  string `json:"remedy"`
	Command string `json:"command,omitempty"`
}

// Person is who looks at the page or changes something.
type Person struct {
	Kind, Name         string // user, principal, operator
	CanRead, CanWrite  bool   // by their role in the workspace
	TenantID, ObjectID string // the user of a tenant that the account is linked to, "" for none
}

// Checks is what a prober found. App permissions are those of the app that the server signs in as.
type Checks struct {
	Prerequisites  []Prerequisite
	AppPermissions []Prerequisite
	At             time.Time
}

// probeTimeout is how long a page waits for the checks.
const probeTimeout = 8 * time.Second
