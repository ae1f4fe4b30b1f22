package graph

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
)

// Modes is the behaviour the documents do not settle. A duration is written as nanoseconds.
type Modes struct {
	OrderBy       bool          `json:"orderby"`       // $orderby is honoured; else it is ignored
	NewestBy      string        `json:"newestBy"`      // default order: lastUpdateDateTime or createdDateTime, newest first
	Lag           time.Duration `json:"lag"`           // lists show what was true that long ago
	CommentStamps bool          `json:"commentStamps"` // a comment changes lastUpdateDateTime
	RetryAfter    bool          `json:"retryAfter"`    // a refusal for too many requests says when to come again
	HuntCalls     int           `json:"huntCalls"`     // hunting queries in a minute
	HuntCPU       time.Duration `json:"huntCPU"`       // time hunting may take in a quarter of an hour

	LinkLife           time.Duration `json:"linkLife"`           // a link to the next page is good for that long; 0 for ever
	ExpandLimit        int           `json:"expandLimit"`        // a page of incidents with more alerts than that fails when they are expanded; 0 never
	Determination      string        `json:"determination"`      // one that does not fit the classification is "reset" or refused: "refuse"
	Owner              string        `json:"owner"`              // a known owner is spelled as in the "directory" or kept "asSent"
	Writable           string        `json:"writable"`           // title, description, severity and summary can be changed: "all"; are refused: "documented"; or are passed over in silence: "ignored"
	IncidentsPerMinute int           `json:"incidentsPerMinute"` // requests; 0 is any number
	IncidentsPerHour   int           `json:"incidentsPerHour"`
	AlertsPerMinute    int           `json:"alertsPerMinute"`
	Chaos              float64       `json:"chaos"`          // share of requests that meet a fault
	StorageReader      bool          `json:"storageReader"`  // the application may read the data of the storage account; else it can only list
	StorageDoubles     float64       `json:"storageDoubles"` // share of lines that stand twice in the storage account
	TokenAge           time.Duration `json:"tokenAge"`       // tokens say that they were issued so long ago; they are good for an hour
}

// Drawn returns the modes of a seed. Quotas, refused fields and chaos are never drawn: they are asked for.
func Drawn(seed int64) Modes {
	d := dice.New(seed, "modes")
	m := Modes{OrderBy: d.Chance(0.5), NewestBy: dice.Pick(d, []string{"lastUpdateDateTime", "createdDateTime"}), CommentStamps: d.Chance(0.5)}
	if d.Chance(0.6) {
		m.Lag = d.Between(500*time.Millisecond, 8*time.Second).Truncate(100 * time.Millisecond)
	}
	more := dice.New(seed, "more modes")
	m.RetryAfter, m.HuntCalls, m.HuntCPU = more.Chance(0.6), 45, 150*time.Second // ten minutes an hour
	m.Determination, m.Owner, m.Writable = "reset", "directory", "all"
	m.StorageReader, m.StorageDoubles = true, 0.03
	if more.Chance(0.5) {
		m.LinkLife = more.Between(5*time.Minute, time.Hour).Truncate(time.Minute)
	}
	if more.Chance(0.3) {
		m.ExpandLimit = 150 + more.IntN(350)
	}
	if more.Chance(0.2) {
		m.Determination = "refuse"
	}
	if more.Chance(0.3) {
		m.Owner = "asSent"
	}
	return m
}

// Set gives the mode the value, or says what is wrong with it.
func (m *Modes) Set(name, v string) error {
	flags := map[string]*bool{"orderby": &m.OrderBy, "commentStamps": &m.CommentStamps, "retryAfter": &m.RetryAfter, "storageReader": &m.StorageReader}
	lengths := map[string]*time.Duration{"lag": &m.Lag, "huntCPU": &m.HuntCPU, "linkLife": &m.LinkLife, "tokenAge": &m.TokenAge}
	numbers := map[string]*int{"huntCalls": &m.HuntCalls, "expandLimit": &m.ExpandLimit, "incidentsPerMinute": &m.IncidentsPerMinute, "incidentsPerHour": &m.IncidentsPerHour, "alertsPerMinute": &m.AlertsPerMinute}
	shares := map[string]*float64{"chaos": &m.Chaos, "storageDoubles": &m.StorageDoubles}
	words := map[string]struct {
		to    *string
		known []string
	}{
		"newestBy": {&m.NewestBy, []string{"lastUpdateDateTime", "createdDateTime"}}, "determination": {&m.Determination, []string{"reset", "refuse"}},
		"owner": {&m.Owner, []string{"directory", "asSent"}}, "writable": {&m.Writable, []string{"all", "documented", "ignored"}},
	}
	number, notNumber := strconv.ParseInt(v, 10, 64)
	switch {
	case flags[name] != nil && (v == "true" || v == "false"):
		*flags[name] = v == "true"
		return nil
	case lengths[name] != nil:
		if d, err := time.ParseDuration(v); err == nil && d >= 0 {
			*lengths[name] = d
			return nil
		}
		if notNumber == nil && number >= 0 {
			*lengths[name] = time.Duration(number)
			return nil
		}
	case numbers[name] != nil && notNumber == nil && number >= 0:
		*numbers[name] = int(number)
		return nil
	case slices.Contains(words[name].known, v):
		*words[name].to = v
		return nil
	case shares[name] != nil:
		if f, err := strconv.ParseFloat(v, 64); err == nil && f >= 0 && f <= 1 {
			*shares[name] = f
			return nil
		}
	}
	return fmt.Errorf("the mode %q cannot be %q", name, v)
}

// rules is what the desk has to know.
func (m Modes) rules() desk.Rules {
	return desk.Rules{RefuseUnfit: m.Determination == "refuse", OwnerAsSent: m.Owner == "asSent", RefuseUndocumented: m.Writable == "documented", IgnoreUndocumented: m.Writable == "ignored"}
}
