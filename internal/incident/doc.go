// Package incident owns the incidents and alerts of a workspace.
//
// Every change, from the tenant or from people here, is one state transaction: the incident, its history, its conflicts,
// what must be sent, and the event rows that tell of it. The rows wait in a row outbox and Pump appends them to the store
// under a gapless sequence, so that a kill at any moment neither loses nor doubles one.
//
// Workspaces are named by their id throughout.
package incident
