package normalize

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vedette-siem/vedette/internal/schema"
)

// Limits of what records may add to a workspace.
const (
	MaxColumns    = 490  // columns of a table, a little below the store's limit; further properties go to AdditionalFields
	MaxTables     = 1000 // tables of a workspace; records of further tables are dead letters
	maxProperties = 2000 // of one record
	maxName       = 63   // bytes of a table name
	maxColumnName = 100  // bytes of a column name
)

// gapTable is the store's record of what is lost.
const gapTable = "GapRecord_CL"

// standard are the columns that every row of a hunting table gets beside its properties, in their order.
var standard = [...]schema.Column{
	{Name: "TenantId", Type: schema.String},
	{Name: "TimeGenerated", Type: schema.Datetime},
	{Name: "SourceSystem", Type: schema.String},
	{Name: "Type", Type: schema.String},
	{Name: "_IsBillable", Type: schema.String},
	{Name: "_BilledSize", Type: schema.Real},
}

// reserved reports whether a property of this name must not be stored under it: the column has a meaning of its own.
func reserved(name string) bool {
	switch strings.ToLower(name) {
	case "tenantid", "timegenerated", "sourcesystem", "type", "_isbillable", "_billedsize", "_itemid", "_resourceid", "_subscriptionid",
		"_src", "_rg", "_ingestedat", "_timestamp", "additionalfields_dynamic":
		return true
	}
	return false
}

// Shapes knows the columns of every table of a workspace, as they are now. It grows while records come in and is safe for
// concurrent use.
type Shapes struct {
	catalog schema.Catalog
	mu      sync.Mutex
	tables  map[string]*shapeCell
}

type shapeCell struct {
	now atomic.Pointer[shape]
	mu  sync.Mutex // held while widening
}

// shape is one immutable state of a table. A later state has the same columns at the same places, and more.
type shape struct {
	table  string
	cols   []schema.Column // stored columns only
	exact  map[string]int
	folded map[string]int // by lower-case name; the first column of a name wins
	more   int            // place of AdditionalFields if that is dynamic, else -1
}

// NewShapes returns the shapes of the tables in the catalogue, which must be live: it is asked again when a table is widened.
func NewShapes(catalog schema.Catalog) *Shapes {
	return &Shapes{catalog: catalog, tables: map[string]*shapeCell{}}
}

// cell returns the table's cell, or the reason why records of the table cannot be stored. Rows as they are exported may be of a custom table.
func (s *Shapes) cell(name string, row bool) (*shapeCell, Reason, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.tables[name]; ok && (row || !strings.HasSuffix(name, "_CL")) {
		return c, "", ""
	}
	if !validName(name, maxName) {
		return nil, BadTableName, "table names are letters, digits and underscores, at most 63, and do not start with a digit"
	}
	if t, ok := schema.Builtin().Table(name); ok && !t.Streamed && !t.Pulled {
		return nil, ReservedTable, "the table is written by Vedette itself, not by a tenant's export"
	}
	if name == gapTable {
		return nil, ReservedTable, "the table is written by Vedette itself, not by a tenant's export"
	}
	if strings.HasSuffix(strings.ToLower(name), "_cl") && (!row || !strings.HasSuffix(name, "_CL")) {
		return nil, ReservedTable, "names that end with _CL belong to custom tables"
	}
	t, ok := s.catalog.Table(name)
	if !ok {
		if len(s.tables)+len(s.catalog.Tables()) >= MaxTables {
			return nil, TooManyTables, "the workspace already has the greatest number of tables"
		}
		name = strings.Clone(name) // not the part of a message
		t = &schema.Table{Name: name}
	}
	c := &shapeCell{}
	c.now.Store(newShape(t))
	s.tables[name] = c
	return c, "", ""
}

func newShape(t *schema.Table) *shape {
	sh := &shape{table: t.Name, exact: map[string]int{}, folded: map[string]int{}, more: -1}
	for _, c := range standard {
		sh.add(c)
	}
	for _, c := range t.Columns {
		if _, have := sh.exact[c.Name]; !have && c.Source == "" && (!reserved(c.Name) || strings.HasPrefix(c.Name, "AdditionalFields")) {
			sh.add(schema.Column{Name: c.Name, Type: c.Type, Hidden: c.Hidden})
		}
	}
	return sh
}

func (sh *shape) add(c schema.Column) {
	i := len(sh.cols)
	sh.cols = append(sh.cols, c)
	sh.exact[c.Name] = i
	if low := strings.ToLower(c.Name); low != "" {
		if _, have := sh.folded[low]; !have {
			sh.folded[low] = i
		}
	}
	if c.Name == "AdditionalFields" && c.Type == schema.Dynamic {
		sh.more = i
	}
}

// widen returns the shape with a column of that name: the one that is there, whatever its type, or a new one. Beyond the
// column limit it returns false unless forced.
func (s *Shapes) widen(c *shapeCell, col schema.Column, force bool) (*shape, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.now.Load()
	if _, have := old.exact[col.Name]; have {
		return old, true
	}
	if len(old.cols) >= MaxColumns && !force {
		return old, false
	}
	// Somebody else may have widened the table in the meantime.
	if t, ok := s.catalog.Table(old.table); ok {
		if theirs, ok := t.Column(col.Name); ok && theirs.Source == "" {
			col.Type = theirs.Type
		}
	}
	next := newShape(&schema.Table{Name: old.table, Columns: append(old.cols[:len(old.cols):len(old.cols)], col)})
	c.now.Store(next)
	return next, true
}

// ValidTable reports whether a table may have this name.
func ValidTable(name string) bool { return validName(name, maxName) }

// ValidColumn reports whether a column that records or people add may have this name.
func ValidColumn(name string) bool { return validName(name, maxColumnName) && !reserved(name) }

func validName(name string, limit int) bool {
	if name == "" || len(name) > limit || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9':
		default:
			return false
		}
	}
	return true
}
