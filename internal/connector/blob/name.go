package blob

import (
	"regexp"
	"strings"
	"time"
)

// named is what the name of a blob says.
type named struct {
	folder string // before the date: "tenantId=<GUID>"
	at     time.Time
}

var nameForm = regexp.MustCompile(`^([^~]+)/(y=\d{4}/m=\d{2}/d=\d{2}/h=\d{2}/m=\d{2})/PT1H\.json$`)

// parseName reads a name as the export makes them: tenantId=<GUID>/y=2026/m=07/d=18/h=14/m=00/PT1H.json.
func parseName(name string) (named, bool) {
	m := nameForm.FindStringSubmatch(name)
	if m == nil || len(m[1]) > 300 {
		return named{}, false
	}
	at, err := time.Parse("y=2006/m=01/d=02/h=15/m=04", m[2])
	if err != nil || at.Year() < 1970 || at.Year() > 6000 {
		return named{}, false
	}
	return named{m[1], at}, true
}

// label names the folder in a source: the tenant's id, or all of it.
func (p named) label() string { return strings.TrimPrefix(p.folder, "tenantId=") }

// partition is the time in minutes since 1970.
func (p named) partition() int32 { return int32(p.at.Unix() / 60) } //nolint:gosec // parseName bounds the year
