package ueba

import (
	"time"
)

// Source is one directory that people are read from.
type Source interface {
	// Name is unique in the workspace and stable: "entra", "defender-for-identity", "ldap/dc1.corp.example".
	Name() string
	// Title is for people.
	Title() string
	// Directory is the choice that turns the source on: model.ActiveDirectory or model.AzureActiveDirectory.
	Directory() string
	// Direct reports that the source needs nothing of the tenant.
	Direct() bool
}

// SourceState is how a source does.
type SourceState struct {
	LastRead  time.Time // end of the last complete reading; zero before it
	People    int       // known from this source
	Message   string    // what is wrong, "" when nothing is
	ErrorCode string
}
