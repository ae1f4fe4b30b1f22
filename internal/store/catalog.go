package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// catalogue knows the stored columns of every table. Entries are replaced, never changed.
type catalogue struct {
	m manifest.Manifest

	grow   sync.Mutex // held while the manifest is asked for new fields
	mu     sync.RWMutex
	tables map[manifest.TableID]*fields
	views  map[string]*schema.Static // per workspace; dropped when a table of it changes
}

// fields are the stored columns of one table.
type fields struct {
	list   []manifest.Field
	byName map[string]field
	time   int32 // field id of TimeGenerated
}

type field struct {
	id  int32
	typ schema.Type
}

func newCatalogue(m manifest.Manifest, state manifest.State) (*catalogue, error) {
	c := &catalogue{m: m, tables: map[manifest.TableID]*fields{}, views: map[string]*schema.Static{}}
	for t, list := range state.Fields {
		f, err := newFields(list)
		if err != nil {
			return nil, fmt.Errorf("reading the columns of table %s: %w", t.Table, err)
		}
		c.tables[t] = f
	}
	return c, nil
}

func newFields(list []manifest.Field) (*fields, error) {
	f := &fields{list: list, byName: make(map[string]field, len(list))}
	for _, m := range list {
		t, err := schema.ParseType(m.KQLType)
		if err != nil {
			return nil, err
		}
		f.byName[m.Name] = field{id: m.ID, typ: t}
	}
	f.time = f.byName[TimeColumn].id
	return f, nil
}

func (c *catalogue) fields(t manifest.TableID) (*fields, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	f, ok := c.tables[t]
	return f, ok
}

// add makes the fields that are missing durable, and returns all of the table.
func (c *catalogue) add(ctx context.Context, t manifest.TableID, add []manifest.Field) (*fields, error) {
	c.grow.Lock()
	defer c.grow.Unlock()
	list, err := c.m.AddFields(ctx, t, add)
	if err != nil {
		return nil, err
	}
	f, err := newFields(list)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.tables[t] = f
	delete(c.views, t.Workspace)
	c.mu.Unlock()
	return f, nil
}

// view returns the tables of a workspace as they are now.
func (c *catalogue) view(workspace string) *schema.Static {
	c.mu.RLock()
	v := c.views[workspace]
	c.mu.RUnlock()
	if v != nil {
		return v
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.views[workspace]; v != nil {
		return v
	}
	tables := slices.Clone(schema.Builtin().Tables())
	for id, f := range c.tables {
		if id.Workspace == workspace {
			tables = append(tables, f.table(id.Table))
		}
	}
	v = schema.NewStatic(tables...)
	c.views[workspace] = v
	return v
}

// table returns the table as users see it: the shipped columns, then the ones that were added.
func (f *fields) table(name string) *schema.Table {
	var t *schema.Table
	if shipped, ok := schema.Builtin().Table(name); ok {
		t = shipped.Clone()
	} else {
		t = &schema.Table{Name: name}
	}
	visible := slices.IndexFunc(t.Columns, func(c schema.Column) bool { return c.Hidden })
	if visible < 0 {
		visible = len(t.Columns)
	}
	for _, m := range f.list {
		if _, ok := t.Column(m.Name); ok {
			continue
		}
		t.Columns = slices.Insert(t.Columns, visible, schema.Column{Name: m.Name, Type: f.byName[m.Name].typ, Hidden: m.Hidden})
		visible++
	}
	for _, c := range []schema.Column{
		{Name: "Timestamp", Type: schema.Datetime, Hidden: true, Source: TimeColumn},
		{Name: ItemIDColumn, Type: schema.String, Hidden: true},
		{Name: IngestedAtColumn, Type: schema.Datetime, Hidden: true}, // what ingestion_time() answers
	} {
		if _, ok := t.Column(c.Name); !ok {
			t.Columns = append(t.Columns, c)
		}
	}
	return t
}

// live is a workspace's catalogue that follows every change.
type live struct {
	c         *catalogue
	workspace string
}

// Table implements schema.Catalog.
func (l live) Table(name string) (*schema.Table, bool) { return l.c.view(l.workspace).Table(name) }

// Tables implements schema.Catalog.
func (l live) Tables() []*schema.Table { return l.c.view(l.workspace).Tables() }

// shippedFields are the columns of a shipped table that are stored: not the ones that read another column, nor those
// that are derived.
func shippedFields(name string) []manifest.Field {
	out := []manifest.Field{{Name: TimeColumn, KQLType: schema.Datetime.String()}}
	t, ok := schema.Builtin().Table(name)
	if !ok {
		return out
	}
	for _, c := range t.Columns {
		if c.Source == "" && c.Name != ItemIDColumn && c.Name != TimeColumn {
			out = append(out, manifest.Field{Name: c.Name, KQLType: c.Type.String(), Hidden: c.Hidden})
		}
	}
	return out
}

// shippedSource returns the stored column that a shipped column reads, if it reads another.
func shippedSource(table, name string) string {
	if t, ok := schema.Builtin().Table(table); ok {
		if c, ok := t.Column(name); ok {
			return c.Source
		}
	}
	return ""
}

// compareTables orders table ids.
func compareTables(a, b manifest.TableID) int {
	if c := strings.Compare(a.Workspace, b.Workspace); c != 0 {
		return c
	}
	return strings.Compare(a.Table, b.Table)
}
