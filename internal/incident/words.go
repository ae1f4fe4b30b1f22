package incident

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

const (
	statusNew    = "New"
	statusActive = "Active"
	statusClosed = "Closed"

	undetermined = "Undetermined"
	unset        = "unknown" // the tenant's word for no classification, and for no determination
)

var (
	statuses   = []string{statusNew, statusActive, statusClosed}
	severities = []string{"Informational", "Low", "Medium", "High"}
)

// classification pairs the workspace's word with the tenant's, the legal reasons (the first is the usual one) and the
// determinations that the tenant allows with it.
type classification struct {
	name, tenant   string
	reasons        []string
	determinations []string
}

var classifications = []classification{
	{undetermined, unset, nil, []string{unset}},
	{"TruePositive", "truePositive", []string{"SuspiciousActivity"}, []string{
		"multiStagedAttack", "maliciousUserActivity", "compromisedAccount", "malware", "phishing", "unwantedSoftware", "other",
	}},
	{"BenignPositive", "informationalExpectedActivity", []string{"SuspiciousButExpected"}, []string{
		"securityTesting", "lineOfBusinessApplication", "confirmedActivity", "other",
	}},
	{"FalsePositive", "falsePositive", []string{"InaccurateData", "IncorrectAlertLogic"}, []string{
		"notMalicious", "notEnoughDataToValidate", "other",
	}},
}

func byTenantWord(word string) classification {
	i := slices.IndexFunc(classifications, func(c classification) bool { return strings.EqualFold(c.tenant, word) })
	return classifications[max(i, 0)]
}

func byWord(word string) (classification, bool) {
	i := slices.IndexFunc(classifications, func(c classification) bool { return strings.EqualFold(c.name, word) })
	return classifications[max(i, 0)], i >= 0
}

// classified turns a disposition into the workspace's classification and reason. An open incident that nobody has
// classified has none; the reason people chose stays as long as it goes with the classification.
func classified(d model.Disposition, reason string) (string, string) {
	c := byTenantWord(d.Classification)
	if c.name == undetermined {
		if d.Status == statusClosed {
			return undetermined, ""
		}
		return "", ""
	}
	if slices.Contains(c.reasons, reason) {
		return c.name, reason
	}
	return c.name, c.reasons[0]
}

// determination is what goes with a classification that was chosen here: what the tenant had, if that is legal.
func (c classification) determination(was string) string {
	if slices.ContainsFunc(c.determinations, func(d string) bool { return strings.EqualFold(d, was) }) {
		return was
	}
	return c.determinations[len(c.determinations)-1]
}

// say writes a field's value for people.
func say(f syncback.Field, text string) string {
	switch f {
	case syncback.Disposition:
		var d model.Disposition
		if json.Unmarshal([]byte(text), &d) != nil {
			return text
		}
		out := d.Status
		if name, _ := classified(d, ""); name != "" {
			out += ", " + name
			if d.Determination != unset && d.Determination != "" {
				out += " (" + d.Determination + ")"
			}
		}
		if d.Comment != "" {
			out += ": " + d.Comment
		}
		return out
	case syncback.Tags:
		var tags []string
		if json.Unmarshal([]byte(text), &tags) == nil {
			return strings.Join(tags, ", ")
		}
	}
	return text
}

func severityRank(s string) int { return slices.Index(severities, s) }

func ticks(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return column.FromTime(t.UTC())
}

func fromTicks(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return column.ToTime(n)
}
