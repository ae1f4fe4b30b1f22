// Package faults holds the disturbances ordered through the control API until they are used up.
package faults

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is one disturbance. Without Count and Seconds it happens once; with both it ends with whichever comes first.
type Fault struct {
	Target  string  `json:"target"`
	Kind    string  `json:"kind"`
	Path    string  `json:"path,omitempty"` // only requests whose path contains it
	Count   int     `json:"count,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

type armed struct {
	Fault
	left  int // -1: unlimited
	until time.Time
}

// Set is the armed faults. The zero value is ready; it is safe for concurrent use.
type Set struct {
	mu   sync.Mutex
	list []*armed
}

// kinds says which kinds each target knows.
func kinds(target string) []string {
	switch target {
	case "graph":
		return []string{"429", "429-date", "429-no-retry-after", "500", "503", "500-on-expand", "206", "html", "stale", "expired-link", "lost-response", "late", "drop", "claims", "slow",
			"page-doubled", "page-short", "page-loop", "page-empty", "malformed"}
	case "token":
		return []string{"429", "429-no-retry-after", "500", "html", "drop", "lost-response"}
	case "blob":
		return []string{"503", "500", "403", "drop"}
	case "kafka":
		return []string{"429", "500", "drop"}
	}
	return nil
}

// Add arms a fault, or says what is wrong with it.
func (s *Set) Add(f Fault, now time.Time) error {
	known := kinds(f.Target)
	if known == nil {
		return fmt.Errorf("there is no target %q; use graph, token, kafka or blob", f.Target)
	}
	if !slices.Contains(known, f.Kind) {
		return fmt.Errorf("%s has no fault %q; it has %s", f.Target, f.Kind, strings.Join(known, ", "))
	}
	a := &armed{Fault: f, left: f.Count}
	if f.Seconds > 0 {
		a.until = now.Add(time.Duration(f.Seconds * float64(time.Second)))
	}
	if f.Count <= 0 {
		a.left = 1
		if f.Seconds > 0 {
			a.left = -1
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, a)
	return nil
}

// Clear disarms everything.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = nil
}

// Take uses up one occurrence of the first armed fault of the target whose kind is among the kinds and whose path is part of path.
func (s *Set) Take(now time.Time, target, path string, kinds ...string) (kind string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.DeleteFunc(s.list, func(a *armed) bool { return a.left == 0 || !a.until.IsZero() && now.After(a.until) })
	for _, a := range s.list {
		if a.Target != target || !slices.Contains(kinds, a.Kind) || !strings.Contains(path, a.Path) {
			continue
		}
		if a.left > 0 {
			a.left--
		}
		return a.Kind, true
	}
	return "", false
}

// List returns what is armed.
func (s *Set) List(now time.Time) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Fault{}
	for _, a := range s.list {
		if a.left == 0 || !a.until.IsZero() && now.After(a.until) {
			continue
		}
		f := a.Fault
		f.Count = max(a.left, 0)
		if !a.until.IsZero() {
			f.Seconds = a.until.Sub(now).Seconds()
		}
		out = append(out, f)
	}
	return out
}
