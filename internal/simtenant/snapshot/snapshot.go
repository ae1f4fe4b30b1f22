// Package snapshot has the hunting tables that are never exported to the hub: what the tenant knows about identities and about the
// software and settings of its devices. Their rows are what is true now; nothing is stored.
package snapshot

import (
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/huntql"
)

// View is what the rows are made from.
type View struct {
	Dir     *directory.Directory // as it is now
	Changes []directory.Change   // what happened to it
	Seed    int64
	Now     time.Time
	Started time.Time // when the tenant began
}

type table struct {
	huntql.Table
	rows func(View, func([]any) error) error
}

func tables() []table {
	return []table{
		identityInfo(), identityAccountInfo(), softwareInventory(), softwareEvidence(), vulnerabilities(), vulnerabilitiesKB(), configuration(), configurationKB(), infoGathering(), infoGatheringKB(),
		browserExtensions(), browserExtensionsKB(), certificates(), firmware(), baselineAssessment(), baselineAssessmentKB(), baselineProfiles(),
	}
}

// ByName returns the named table; the name is matched exactly.
func ByName(name string) (*huntql.Table, bool) {
	for _, t := range tables() {
		if t.Name == name {
			return &t.Table, true
		}
	}
	return nil, false
}

// Rows calls f for every row of the table, which exists; a row has a value per column.
func Rows(name string, v View, f func([]any) error) error {
	for _, t := range tables() {
		if t.Name == name {
			return t.rows(v, f)
		}
	}
	return nil
}

// columns reads a list "Name type, Name type".
func columns(list string) []huntql.Column {
	var out []huntql.Column
	for part := range strings.SplitSeq(list, ",") {
		f := strings.Fields(part)
		out = append(out, huntql.Column{Name: f[0], Type: f[1]})
	}
	return out
}

// orNil is nil for an empty text.
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// when is nil for the zero time.
func when(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Truncate(100)
}
