package model

import "time"

// Package is a solution of the content hub as a workspace has it installed.
type Package struct {
	Workspace   string
	ID          string // of the solution
	Version     string
	InstalledBy string
	InstalledAt time.Time // to the millisecond
}
