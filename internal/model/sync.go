package model

import (
	"encoding/json"
	"time"
)

// Disposition is how an incident stands. The tenant couples its parts, so they change, travel and conflict as one.
//
// Status is the workspace's word; Classification and Determination are the tenant's in canonical spelling, "unknown"
// when not set: that way a value read from the tenant and written back is the same value.
type Disposition struct {
	Status         string `json:"status"`
	Classification string `json:"classification"`
	Determination  string `json:"determination"`
	Comment        string `json:"comment,omitempty"` // closing comment
}

// TenantIncident is one version of an incident as the tenant gave it, in canonical spelling.
type TenantIncident struct {
	ID          string
	Version     int64  // lastUpdateDateTime in ticks
	Hash        string // of the content, comments included, stamp excluded
	Disposition Disposition
	RawStatus   string // the tenant's word, for states that cannot be written back
	Severity    string
	Owner       string // free text, normally a UPN; "" is nobody
	Title       string
	Description string
	Summary     string
	Tags        []string // tags people set
	SystemTags  []string
	URL         string
	RedirectTo  string
	ModifiedBy  string
	Automation  bool // the last change was not made by a person
	Created     time.Time
	Updated     time.Time
	Comments    []TenantComment
	Raw         json.RawMessage // the tenant's JSON, whole
}

// TenantComment is a comment as the tenant gave it, marker included.
type TenantComment struct {
	Message string    `json:"message"`
	Author  string    `json:"author"`
	Created time.Time `json:"created"`
}

// TenantPatch is what is written to an incident of the tenant; nil parts keep their value there.
type TenantPatch struct {
	Disposition *Disposition
	KeepStatus  bool // leave the status part of Disposition out
	Severity    *string
	Owner       *string
	Title       *string
	Description *string
	Tags        *[]string
}

// Entity is an entity of an incident as people see it: its kind, a short label and a query that finds it in the raw events.
type Entity struct {
	ID        int64           `json:"id,omitempty"` // in the workspace's index of entities
	Kind      string          `json:"kind"`
	Label     string          `json:"label"`
	Alerts    int             `json:"alerts"`
	Incidents int             `json:"incidents,omitempty"` // of the whole workspace
	FirstSeen time.Time       `json:"firstSeen,omitzero"`
	LastSeen  time.Time       `json:"lastSeen,omitzero"`
	Query     string          `json:"query,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
}
