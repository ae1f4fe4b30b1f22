// Package health keeps the current state of every component and tells of each change.
//
// The board is what /readyz, the connector page and the metrics read; a change goes to the listeners, one of which
// writes SentinelHealth rows. Nothing here blocks: listeners must hand work on.
package health

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Status is how well a component does.
type Status string

// The states. Warning means: works, but somebody should look.
const (
	OK      Status = "Success"
	Warning Status = "Warning"
	Failure Status = "Failure"
)

// Report is one component's state. Component is a stable path, "connector/defender-xdr/incidents"; Reason a stable code;
// Description says what happened to which object and what to do next.
type Report struct {
	Workspace   string // workspace id, or "" for the server itself
	Component   string
	Status      Status
	Reason      string
	Description string
	Time        time.Time // of the last change; set by the board
}

// Board is safe for concurrent use. The zero value is ready.
type Board struct {
	mu        sync.Mutex
	state     map[string]Report
	listeners []func(Report)
}

// Report sets a component's state. Listeners hear of it only when status, reason or description changed; the first OK
// of a component counts as a change.
func (b *Board) Report(r Report) {
	b.mu.Lock()
	if b.state == nil {
		b.state = map[string]Report{}
	}
	key := r.Workspace + "|" + r.Component
	old, ok := b.state[key]
	if ok && old.Status == r.Status && old.Reason == r.Reason && old.Description == r.Description {
		b.mu.Unlock()
		return
	}
	r.Time = time.Now().UTC()
	b.state[key] = r
	ls := slices.Clone(b.listeners)
	b.mu.Unlock()
	for _, l := range ls {
		l(r)
	}
}

// Forget drops a component that no longer exists.
func (b *Board) Forget(workspace, component string) {
	b.mu.Lock()
	delete(b.state, workspace+"|"+component)
	b.mu.Unlock()
}

// Listen adds a listener for changes from now on.
func (b *Board) Listen(f func(Report)) {
	b.mu.Lock()
	b.listeners = append(b.listeners, f)
	b.mu.Unlock()
}

// All returns every report, sorted by workspace and component.
func (b *Board) All() []Report {
	b.mu.Lock()
	out := make([]Report, 0, len(b.state))
	for _, r := range b.state {
		out = append(out, r)
	}
	b.mu.Unlock()
	slices.SortFunc(out, func(a, c Report) int {
		return strings.Compare(a.Workspace+"|"+a.Component, c.Workspace+"|"+c.Component)
	})
	return out
}
