package ueba

import (
	"context"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

// Source is one directory that people are read from. One goroutine at a time calls Read.
type Source interface {
	// Name is unique in the workspace and stable: "entra", "defender-for-identity", "ldap/dc1.corp.example".
	Name() string
	// Title is for people.
	Title() string
	// Directory is the choice that turns the source on: model.ActiveDirectory or model.AzureActiveDirectory.
	Directory() string
	// Direct reports that the source needs nothing of the tenant.
	Direct() bool
	// Every is how long to wait between two readings.
	Every() time.Duration
	// Read returns what changed since the last Read, or everything when full or when it cannot tell what changed. After
	// an error the next Read is full. It must heed ctx.
	Read(ctx context.Context, full bool) (Batch, error)
}

// Batch is what a source read.
type Batch struct {
	Full   bool // People is everybody: whoever is not in it is gone
	People []model.Person
	Gone   []string // ids of accounts that the source has no more
	// Warning says what could not be read, "" when all was. What was read counts all the same.
	Warning string
}

// SourceState is how a source does.
type SourceState struct {
	LastRead time.Time // end of the last complete reading; zero before it
	People   int64     // known from this source
	Message  string    // what is wrong, "" when nothing is
	Unused   bool      // the tenant does not have it, and a domain controller stands in
}

// class orders sources by what they know best.
type class int

const (
	fromEntra class = iota
	fromDomain
	fromTenant
)

// Names of the sources that come through the tenant. Every other source is a domain controller.
const (
	SourceEntra    = "entra"
	SourceDefender = "defender-for-identity"
)

func classOf(source string) class {
	switch source {
	case SourceEntra:
		return fromEntra
	case SourceDefender:
		return fromTenant
	}
	return fromDomain
}

// changeSource is the word of IdentityInfo.ChangeSource for a source.
func changeSource(source string) string {
	if classOf(source) == fromEntra {
		return model.AzureActiveDirectory
	}
	return model.ActiveDirectory
}
