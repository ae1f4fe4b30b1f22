// Package model holds the domain's types: incidents, alerts, entities, people. Standard library only.
//
// Field values are the workspace's words (Sentinel's): status New, Active, Closed; severity Informational, Low, Medium,
// High; classification Undetermined, TruePositive, BenignPositive, FalsePositive. The connector translates.
package model

import (
	"encoding/json"
	"time"
)

// Incident is the current state of one incident in a workspace. Times are UTC with 100 ns digits.
type Incident struct {
	Workspace            string
	Number               int64  // per workspace, from 1
	Name                 string // GUID, stable
	ProviderName         string // "Microsoft XDR", "Azure Sentinel"
	ProviderIncidentID   string
	ProviderURL          string
	RedirectTo           string // provider id of the incident this one was merged into
	RedirectNumber       int64  // its number here, 0 while it is not here
	Tasks                []Task
	Title, Description   string
	Summary              string
	Severity, Status     string
	Classification       string
	ClassificationReason string
	Determination        string // as the tenant writes it, kept for the way back
	ClassificationNote   string // closing comment
	Owner                Owner
	Labels               []string // tags people set
	SystemLabels         []string // tags the tenant set; read-only
	AlertCount           int
	CommentCount         int
	Products             []string
	Tactics              []string
	FirstActivity        time.Time
	LastActivity         time.Time
	Created, Modified    time.Time // Modified strictly increases with every change
	FirstModified        time.Time
	Closed               time.Time
	ModifiedBy           string
	Sync                 Sync
	RuleIDs              []string // of the workspace's rules that made it
	EmptyProducts        []string // products whose alerts of it are kept aside
	EmptyReason          string   // why an incident has no alerts, "" otherwise
	Etag                 string   // changes with every change; an update may name the one it saw
}

// Owner is who works on an incident; the zero value is nobody.
type Owner struct {
	ObjectID          string `json:"objectId"`
	Email             string `json:"email"`
	AssignedTo        string `json:"assignedTo"` // display name
	UserPrincipalName string `json:"userPrincipalName"`
}

// SyncState is where an incident stands between the two portals.
type SyncState string

// The sync states.
const (
	Synced   SyncState = "synced"
	Pending  SyncState = "pending"
	Sent     SyncState = "sent"
	Conflict SyncState = "conflict"
	Rejected SyncState = "rejected"
	NotSent  SyncState = "notSent"
	Local    SyncState = "local"
)

// Sync tells people where their edits are.
type Sync struct {
	State     SyncState `json:"state"`
	Pending   []string  `json:"pending,omitempty"` // fields not yet accepted by the tenant
	Since     time.Time `json:"since,omitzero"`    // oldest pending edit
	Attempts  int       `json:"attempts,omitempty"`
	LastError string    `json:"lastError,omitempty"`
	LastSeen  time.Time `json:"lastSeen,omitzero"` // newest tenant version merged
	// Edits tells of every edit made here how far it is; of those the tenant took, the last one of each field.
	Edits []SyncEdit `json:"edits,omitempty"`
}

// SyncEdit is one edit on its way to the tenant: pending, sent (the answer is open), synced (the tenant took it) or rejected.
type SyncEdit struct {
	Field   string    `json:"field"`
	State   SyncState `json:"state"`
	Actor   string    `json:"actor,omitempty"`
	Since   time.Time `json:"since,omitzero"`   // when it was made
	Sent    time.Time `json:"sent,omitzero"`    // last attempt
	Settled time.Time `json:"settled,omitzero"` // when the tenant took or refused it
	Reason  string    `json:"reason,omitempty"` // the tenant's, when it refused
}

// Alert is one alert with its evidence turned into entities.
type Alert struct {
	Workspace         string
	ID                string // tenant's id, with its two-letter prefix
	SystemAlertID     string // GUID, stable per alert
	VendorOriginalID  string
	IncidentID        string // provider incident id
	Title             string
	Description       string
	Severity, Status  string // Status New, InProgress, Resolved, Dismissed, Unknown
	Category          string
	ProviderName      string
	ProductName       string
	AlertType         string
	CompromisedEntity string
	Tactics           []string
	Techniques        []string // with sub-techniques as T1078.004
	RemediationSteps  []string
	URL               string
	Created           time.Time
	First, Last       time.Time
	Updated           time.Time
	Resolved          time.Time
	Entities          []json.RawMessage // in the JSON of SecurityAlert.Entities
	Extended          json.RawMessage   // the bag of SecurityAlert.ExtendedProperties
	Hash              string            // of the tenant's JSON without its stamp
	Raw               json.RawMessage   // the tenant's JSON, whole
}

// Comment is one comment of an incident.
type Comment struct {
	ID      string    `json:"id"`
	Message string    `json:"message"`
	Author  string    `json:"author"`
	Created time.Time `json:"createdTimeUtc"`
	Origin  string    `json:"origin"` // "vedette" or "defender"
	Pending bool      `json:"pending,omitempty"`
	Reason  string    `json:"reason,omitempty"` // why the tenant refused it
	// From is the number of the incident it was written to, when that one was merged into this one.
	From int64 `json:"from,omitempty"`
}

// Task is one thing to do for an incident. Tasks stay in the workspace.
type Task struct {
	Name        string    `json:"name"` // GUID
	Title       string    `json:"title"`
	Description string    `json:"description,omitempty"`
	Status      string    `json:"status"` // New or Completed
	CreatedBy   string    `json:"createdBy"`
	Created     time.Time `json:"createdTimeUtc"`
	ModifiedBy  string    `json:"modifiedBy,omitempty"`
	Modified    time.Time `json:"lastModifiedTimeUtc"`
}

// Activity is one line of an incident's history.
type Activity struct {
	Time   time.Time `json:"time"`
	Actor  string    `json:"actor"`
	Kind   string    `json:"kind"` // created, changed, comment, conflict, sent, rejected, alert, merged, vanished, task
	Field  string    `json:"field,omitempty"`
	Before string    `json:"before,omitempty"`
	After  string    `json:"after,omitempty"`
	Origin string    `json:"origin"`
	Note   string    `json:"note,omitempty"`
}

// ConflictRecord keeps both sides of a field that was changed on both.
type ConflictRecord struct {
	ID             int64     `json:"id"`
	IncidentNumber int64     `json:"incidentNumber"`
	Field          string    `json:"field"`
	Base           string    `json:"base"`
	Local          SideValue `json:"local"`
	Remote         SideValue `json:"remote"`
	Applied        string    `json:"applied"` // local or remote
	Time           time.Time `json:"time"`
	// Settled is when somebody let it stand or applied the other value; zero while nobody has looked at it.
	Settled   time.Time `json:"settled,omitzero"`
	SettledBy string    `json:"settledBy,omitempty"`
	// Note says why, when it was not a conflict of values: merged, rejected, notStored.
	Note string `json:"note,omitempty"`
}

// SideValue is one side of a conflict.
type SideValue struct {
	Value string    `json:"value"`
	Actor string    `json:"actor"`
	Time  time.Time `json:"time"`
}
