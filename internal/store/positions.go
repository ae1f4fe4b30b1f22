package store

import (
	"fmt"
	"maps"

	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// posKey is a partition of a source.
type posKey struct {
	workspace, source string
	partition         int32
}

func (id posKey) String() string { return fmt.Sprintf("%s, partition %d", id.source, id.partition) }

// positions are the next positions of all partitions of all sources. A source may have hundreds of thousands of partitions: a storage
// account has one for each table and hour. They share the source's name, and the manifest is told of those that moved only.
type positions struct {
	next  map[sourceKey]map[int32]int64
	moved map[posKey]bool // since the manifest was told
}

type sourceKey struct{ workspace, source string }

func newPositions() positions {
	return positions{next: map[sourceKey]map[int32]int64{}, moved: map[posKey]bool{}}
}

func (p *positions) at(k posKey) (int64, bool) {
	n, ok := p.next[sourceKey{k.workspace, k.source}][k.partition]
	return n, ok
}

// load takes over a position that the manifest has.
func (p *positions) load(k posKey, next int64) {
	of := p.next[sourceKey{k.workspace, k.source}]
	if of == nil {
		of = map[int32]int64{}
		p.next[sourceKey{k.workspace, k.source}] = of
	}
	of[k.partition] = next
}

// set moves a position on.
func (p *positions) set(k posKey, next int64) {
	p.load(k, next)
	p.moved[k] = true
}

// untold returns the positions that the manifest does not have.
func (p *positions) untold() []manifest.Position {
	out := make([]manifest.Position, 0, len(p.moved))
	for k := range p.moved {
		n, _ := p.at(k)
		out = append(out, manifest.Position{Workspace: k.workspace, Source: k.source, Partition: k.partition, Next: n})
	}
	return out
}

// told forgets that positions moved which the manifest has now; those that moved again meanwhile stay.
func (p *positions) told(list []manifest.Position) {
	for _, m := range list {
		k := posKey{m.Workspace, m.Source, m.Partition}
		if n, _ := p.at(k); n == m.Next {
			delete(p.moved, k)
		}
	}
	if len(p.moved) == 0 {
		p.moved = map[posKey]bool{} // a map never gets smaller by itself
	}
}

// Next returns the next position that a source's partition must deliver; false means that it never delivered anything.
func (s *Store) Next(workspace, source string, partition int32) (int64, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.pos.at(posKey{workspace, source, partition})
}

// Positions returns the next positions of all partitions of a source.
func (s *Store) Positions(workspace, source string) map[int32]int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := map[int32]int64{}
	maps.Copy(out, s.pos.next[sourceKey{workspace, source}])
	return out
}

// Sources returns the sources that ever delivered to a workspace, in no order.
func (s *Store) Sources(workspace string) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := []string{}
	for k := range s.pos.next {
		if k.workspace == workspace {
			out = append(out, k.source)
		}
	}
	return out
}
