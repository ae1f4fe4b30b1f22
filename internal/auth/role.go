// Package auth says who somebody is and what they may do: local users with sessions and one-time sign-in links,
// principals (programs) with client secrets and signed tokens, and the four roles.
//
// Deny by default: an action that no role lists is refused. Passwords are hashed with argon2id; session tokens, link
// tokens and client secrets are random and only their SHA-256 is kept.
package auth

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Role is a named set of actions.
type Role string

// The roles, from least to most.
const (
	Reader      Role = "Reader"
	Responder   Role = "Responder"
	Contributor Role = "Contributor"
	Owner       Role = "Owner"
)

// Action is one thing a role may allow.
type Action string

// The actions.
const (
	QueryData       Action = "data/query"
	ReadIncidents   Action = "incidents/read"
	WriteIncidents  Action = "incidents/write"
	ReadConnectors  Action = "connectors/read"
	WriteConnectors Action = "connectors/write"
	WriteTables     Action = "tables/write"
	IngestData      Action = "data/ingest"
	ManageAccess    Action = "access/manage"
)

var allowed = map[Role][]Action{
	Reader:      {QueryData, ReadIncidents, ReadConnectors},
	Responder:   {QueryData, ReadIncidents, ReadConnectors, WriteIncidents},
	Contributor: {QueryData, ReadIncidents, ReadConnectors, WriteIncidents, WriteConnectors, WriteTables, IngestData},
	Owner:       {QueryData, ReadIncidents, ReadConnectors, WriteIncidents, WriteConnectors, WriteTables, IngestData, ManageAccess},
}

// ParseRole returns the role of that name.
func ParseRole(name string) (Role, error) {
	r := Role(name)
	if _, ok := allowed[r]; !ok {
		return "", fault.New(fault.Invalid, "role_unknown", "%q is not a role; use Reader, Responder, Contributor or Owner", name)
	}
	return r, nil
}

// Actor is who makes a request.
type Actor struct {
	Kind string // "user", "principal", "operator"
	ID   string
	Name string
	Role Role
	// TenantID and ObjectID are the user of an Entra tenant that a person's account is linked to, "" for none.
	TenantID, ObjectID string
}

// Operator is the person on the server's own machine who may open its socket.
var Operator = Actor{Kind: "operator", ID: "operator", Name: "operator", Role: Owner}

// Can reports whether the actor's role allows the action.
func (a Actor) Can(act Action) bool { return slices.Contains(allowed[a.Role], act) }

// Check returns a permission error naming the role that is missing unless the actor may do the action.
func (a Actor) Check(act Action) error {
	if a.Can(act) {
		return nil
	}
	for _, r := range []Role{Reader, Responder, Contributor, Owner} {
		if slices.Contains(allowed[r], act) {
			return fault.New(fault.Permission, "role_missing", "%s has the role %s; %s needs %s or more. Ask an owner of the workspace.", a.Name, a.Role, act, r)
		}
	}
	return fault.New(fault.Permission, "action_denied", "%s is not allowed to anybody", act)
}
