// Package state keeps everything the simulated tenant remembers: incidents, alerts, running stories and what is due next.
//
// A change is one transaction: one line appended to a log and synced before anybody sees it. Values handed out are
// immutable; to change one, copy it inside a transaction. A kill at any point loses at most a transaction nobody saw.
package state

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// Comment is a comment of an incident or an alert.
type Comment struct {
	Text, By string
	At       time.Time
}

// Incident is an incident of the tenant. Enum values are spelled as the Graph spells them.
type Incident struct {
	ID                            int64
	Name, Description, Summary    string
	Severity, Status              string
	Classification, Determination string
	AssignedTo, ResolvingComment  string // "" is null
	Tags, SystemTags              []string
	Comments                      []Comment
	Created, Updated              time.Time
	ModifiedBy                    string
	Priority                      int
	RedirectTo                    int64 // 0: not merged
	Alerts                        []string
	Hidden                        bool // alerts are not shown to API users (Insider Risk Management)
	Play                          int
	Live                          bool // made while the simulator ran, not as history
	Resolved                      time.Time
}

// Key is the id as the Graph spells it.
func (i *Incident) Key() string { return strconv.FormatInt(i.ID, 10) }

// clone returns a copy that may be changed.
func (i *Incident) clone() *Incident {
	c := *i
	c.Tags, c.SystemTags, c.Comments, c.Alerts = slices.Clone(i.Tags), slices.Clone(i.SystemTags), slices.Clone(i.Comments), slices.Clone(i.Alerts)
	return &c
}

// Evidence is one piece of evidence: its Graph form and where its events are.
type Evidence struct {
	Type  string            // without the namespace: userEvidence
	Graph json.RawMessage   // complete, with @odata.type
	Table string            // "" when no event exists for it
	Keys  map[string]string // columns of Table and the values that find the event
	At    time.Time         // time of that event
}

// Alert is an alert of the tenant.
type Alert struct {
	ID, ProviderID                              string
	Incident                                    int64 // 0: none
	Title, Description, Actions                 string
	Category                                    string
	Severity, Status                            string
	Classification, Determination               string
	ServiceSource, DetectionSource, ProductName string
	DetectorID, PolicyID                        string
	AssignedTo, Investigation                   string
	Techniques                                  []string
	Actor, Threat, Family                       string
	Details                                     map[string]any `json:",omitempty"` // of custom detections
	Comments                                    []Comment
	Evidence                                    []Evidence
	SystemTags                                  []string
	Created, First, Last, Updated, Resolved     time.Time
}

func (a *Alert) clone() *Alert {
	c := *a
	c.Comments, c.SystemTags = slices.Clone(a.Comments), slices.Clone(a.SystemTags)
	return &c
}

// Play is a story that runs or ran: its whole content follows from these values.
type Play struct {
	N       int
	Story   string
	Started time.Time
	Speed   float64
	Next    int              // next alert to raise
	Tracks  map[string]int64 // incident per track of the story
	Done    bool             // no alert is left
	Told    bool             // no event is left
}

// Action is something that will be done at its time.
type Action struct {
	ID       int64
	Due      time.Time
	Kind     string
	Incident int64
	Arg      string
}

// Size is how much of everything the tenant was made with.
type Size struct {
	People, Devices, Incidents, Events int
	Span                               time.Duration
}

// Sensor is the state of a Defender for Identity sensor as the Graph spells it.
type Sensor struct {
	Health  string `json:"health,omitempty"`     // healthy, notHealthyLow, notHealthyMedium, notHealthyHigh
	Service string `json:"service,omitempty"`    // running, stopped, ...
	Deploy  string `json:"deployment,omitempty"` // upToDate, outdated, disconnected, ...
	Removed bool   `json:"removed,omitempty"`
}

// Meta is what the tenant remembers about itself.
type Meta struct {
	Seed         int64
	Started      time.Time // first start: history ends here
	Speed        float64
	NextIncident int64
	NextPlay     int
	NextAction   int64
	History      bool             // the incident history is complete
	Sources      map[string]int64 // per event source: first sequence number not known to be in the hub
	Offsets      map[int32]int64  // hub offsets up to which Sources was checked
	Rate         float64          // extra events per second
	Paused       bool
	NextStoryAt  time.Time
	NextMoveAt   time.Time         // when somebody in the directory moves next
	Size         Size              // fixed at first start
	Forced       map[string]string // modes set by hand
	Roles        []string          // granted application permissions, nil for all
	Sensors      map[string]Sensor // by name of the computer: what was set by hand
}

func (m Meta) clone() Meta {
	m.Sources, m.Offsets = cloneMap(m.Sources), cloneMap(m.Offsets)
	m.Forced, m.Sensors = cloneMap(m.Forced), cloneMap(m.Sensors)
	return m
}

func cloneMap[K comparable, V any](m map[K]V) map[K]V {
	c := make(map[K]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// Step moves t back to the clock the service stamps with: a tick every 1/300 of a second, shown with seven digits.
func Step(t time.Time) time.Time {
	t = t.UTC()
	n := int64(t.Nanosecond()) * 300 / int64(time.Second)
	return t.Truncate(time.Second).Add(stepOffset(n))
}

func stepOffset(n int64) time.Duration {
	return time.Duration((n*10_000_000+150)/300) * 100 // rounded to 100 ns
}

// nextStep returns the tick after t, which must be a tick.
func nextStep(t time.Time) time.Time {
	n := (int64(t.Nanosecond())*300 + int64(time.Second)/2) / int64(time.Second)
	return t.Truncate(time.Second).Add(stepOffset(n + 1))
}
