package manifest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Memory is a Manifest that keeps everything in memory. It serves tests and tools that own no state.
type Memory struct {
	mu    sync.Mutex
	parts map[int64]Part
	state State
	epoch uint64
	pos   map[Position]int64 // keyed by the position without its Next
}

// NewMemory returns an empty manifest.
func NewMemory() *Memory {
	return &Memory{
		parts: map[int64]Part{},
		state: State{Sealed: map[TableID]uint64{}, Fields: map[TableID][]Field{}},
		pos:   map[Position]int64{},
	}
}

// Load returns a copy of everything.
func (m *Memory) Load(context.Context) (State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := State{Sealed: maps.Clone(m.state.Sealed), Fields: map[TableID][]Field{}, Trim: m.state.Trim}
	for _, p := range m.parts {
		p.Hours = slices.Clone(p.Hours)
		s.Parts = append(s.Parts, p)
	}
	slices.SortFunc(s.Parts, func(a, b Part) int { return cmp.Compare(a.ID, b.ID) })
	for k, next := range m.pos {
		k.Next = next
		s.Positions = append(s.Positions, k)
	}
	for t, fs := range m.state.Fields {
		s.Fields[t] = slices.Clone(fs)
	}
	return s, nil
}

// Commit applies c or nothing of it.
func (m *Memory) Commit(_ context.Context, c Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.Epoch != 0 && c.Epoch < m.epoch {
		return ErrFenced
	}
	next := maps.Clone(m.parts)
	for _, id := range c.Remove {
		if _, ok := next[id]; !ok {
			return fmt.Errorf("removing part %d: it is not in the manifest", id)
		}
		delete(next, id)
	}
	for _, p := range c.Add {
		if _, ok := next[p.ID]; ok {
			return fmt.Errorf("adding part %d: the id is taken", p.ID)
		}
		next[p.ID] = p
	}
	m.parts = next
	maps.Copy(m.state.Sealed, c.Sealed)
	for _, p := range c.Positions {
		n := p.Next
		p.Next = 0
		m.pos[p] = n
	}
	m.state.Trim = max(m.state.Trim, c.Trim)
	return nil
}

// Fields returns a table's fields.
func (m *Memory) Fields(_ context.Context, t TableID) ([]Field, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.state.Fields[t]), nil
}

// AddFields adds what is missing.
func (m *Memory) AddFields(_ context.Context, t TableID, add []Field) ([]Field, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.Fields[t] = MergeFields(m.state.Fields[t], add)
	return slices.Clone(m.state.Fields[t]), nil
}

// Epoch counts up.
func (m *Memory) Epoch(context.Context) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epoch++
	return m.epoch, nil
}

// MergeFields returns have with the fields of add whose names it lacks, ids given, in the order of ids. It is the one
// rule by which every implementation of AddFields gives ids.
func MergeFields(have, add []Field) []Field {
	out := slices.Clone(have)
	next := int32(FirstUserField)
	for _, f := range out {
		next = max(next, f.ID+1)
	}
	for _, f := range add {
		if slices.ContainsFunc(out, func(o Field) bool { return o.Name == f.Name }) {
			continue
		}
		if f.ID == 0 {
			f.ID = next
			next++
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Field) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
