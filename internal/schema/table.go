package schema

import (
	"slices"
	"strings"
)

// Column is one column of a table. Names are case-sensitive.
type Column struct {
	Name        string `json:"name"`
	Type        Type   `json:"type"`
	Description string `json:"description,omitempty"`
	// Hidden columns exist and can be named, but are left out of a table's default columns (Timestamp, _ItemId, ...).
	Hidden bool `json:"hidden,omitempty"`
	// Source is the stored column this one reads when that has another name: Timestamp reads TimeGenerated.
	Source string `json:"source,omitempty"`
}

// Table is one table of a workspace: columns in the order users see them.
type Table struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Family      string   `json:"family,omitempty"` // connector family, such as "Microsoft Defender for Endpoint"
	Streamed    bool     `json:"streamed,omitempty"`
	Pulled      bool     `json:"pulled,omitempty"` // never exported: what the tenant knows now, fetched as snapshots
	Columns     []Column `json:"columns"`
}

// Column returns the column of exactly that name.
func (t *Table) Column(name string) (Column, bool) {
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return t.Columns[i], true
}

// Clone returns a deep copy that the caller owns.
func (t *Table) Clone() *Table {
	c := *t
	c.Columns = slices.Clone(t.Columns)
	return &c
}

// Catalog answers which tables exist. Implementations are safe for concurrent use; the tables they return are shared
// and must not be changed.
type Catalog interface {
	// Table returns the table of exactly that name.
	Table(name string) (*Table, bool)
	// Tables returns every table, sorted by name.
	Tables() []*Table
}

// Static is an immutable Catalog over a list of tables.
type Static struct {
	byName map[string]*Table
	sorted []*Table
}

// NewStatic returns a catalogue of the tables; later tables of the same name win.
func NewStatic(tables ...*Table) *Static {
	s := &Static{byName: map[string]*Table{}}
	for _, t := range tables {
		s.byName[t.Name] = t
	}
	for _, t := range s.byName {
		s.sorted = append(s.sorted, t)
	}
	slices.SortFunc(s.sorted, func(a, b *Table) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// Table returns the table of exactly that name.
func (s *Static) Table(name string) (*Table, bool) { t, ok := s.byName[name]; return t, ok }

// Tables returns every table, sorted by name.
func (s *Static) Tables() []*Table { return s.sorted }
