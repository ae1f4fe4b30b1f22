package sqlgen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// The store's own columns: every row has its provenance, from which its item id follows.
const (
	itemID     = "_ItemId"
	provenance = "_src"
	// rowGroup is the field id of the number of a row's row group.
	rowGroup = 2
)

// scan reads the parts whose times overlap the bounds, and the tail.
func (g *gen) scan(n *plan.Scan, b bounds) (*rel, bool) {
	t, ok := g.env.Table(n.Table)
	if !ok {
		return nil, false
	}
	r := newRel()
	fields := map[string]Field{}
	for _, f := range t.Fields {
		fields[f.Name] = f
	}
	var used []Field
	var list []string
	when := all
	var hint Hint
	if g.env.Hint != nil {
		if h, ok := g.env.Hint(n); ok {
			hint, when = h, interval{h.Lo, h.Hi}
		}
	}
	for i, c := range n.Out {
		source := n.Sources[i]
		f, stored := fields[source]
		form := "f%d AS %s"
		if source == itemID {
			// The item id is the MD5 of a row's provenance, written as a guid.
			f, stored = fields[provenance]
			form = "CAST(CAST(md5(f%d) AS UUID) AS VARCHAR) AS %s"
		}
		r.cols = append(r.cols, c.ID)
		r.notNull[c.ID] = c.Type == schema.String
		if !stored || sqlType(f.Type) != sqlType(c.Type) || (f.Type == schema.String) != (c.Type == schema.String) {
			list = append(list, missing(c.Type)+" AS "+name(c.ID))
			continue
		}
		if source == TimeColumn {
			r.notNull[c.ID], r.time[c.ID] = true, true
			if iv, ok := b[c.ID]; ok {
				when = when.and(iv)
			}
		}
		list = append(list, fmt.Sprintf(form, f.ID, name(c.ID)))
		if !slices.Contains(used, f) {
			used = append(used, f)
		}
	}
	var groups map[int64][]int64
	if g.env.Groups != nil {
		groups = g.env.Groups(n)
	}
	r.sql = "SELECT " + selectList(list) + " FROM (" + g.rowsOf(t, used, when, groups) + ") AS t"
	if g.root == n {
		g.prefilter(r, hint.Preds)
	}
	return r, true
}

// prefilter applies predicates that exec applies again above: what cannot be written is left out.
func (g *gen) prefilter(r *rel, preds []plan.Expr) {
	var all []string
	for _, p := range preds {
		if s, ok := g.cond(r, p); ok {
			all = append(all, s)
		}
	}
	if len(all) > 0 {
		r.sql = "SELECT " + selectList(r.pass()) + " FROM (" + r.sql + ") AS t WHERE " + strings.Join(all, " AND ")
	}
}

// missing is the value of a column that no row has.
func missing(t schema.Type) string {
	if t == schema.String {
		return "''"
	}
	return "CAST(NULL AS " + sqlType(t) + ")"
}

func (g *gen) rowsOf(t Table, used []Field, when interval, groups map[int64][]int64) string {
	var cols []string
	for _, f := range used {
		cols = append(cols, fmt.Sprintf("f%d", f.ID))
	}
	var legs []string
	read := func(files []string, fields []Field) string {
		return "SELECT " + selectList(cols) + " FROM read_parquet([" + strings.Join(files, ", ") + "], hive_partitioning = false, schema = " + fieldMap(t, fields) + ")"
	}
	whole, some, rgs := g.files(t, when, groups)
	if len(whole) > 0 {
		legs = append(legs, read(whole, used))
	}
	if len(some) > 0 {
		// A row group has one value of the column, so that DuckDB skips the others by their statistics.
		rg := Field{ID: rowGroup, Type: schema.Long}
		legs = append(legs, read(some, append(slices.Clone(used), rg))+fmt.Sprintf(" WHERE f%d IN (%s)", rowGroup, strings.Join(rgs, ", ")))
	}
	if t.Tail >= 0 {
		g.rows += t.Rows
		g.bytes += t.Bytes
		legs = append(legs, fmt.Sprintf("SELECT %s FROM tail(%d)", selectList(cols), t.Tail))
	}
	if len(legs) == 0 {
		var nothing []string
		for _, f := range used {
			nothing = append(nothing, fmt.Sprintf("%s AS f%d", missing(f.Type), f.ID))
		}
		return "SELECT " + selectList(nothing) + " WHERE false"
	}
	return strings.Join(legs, " UNION ALL ")
}

// files lists the parts to read whole, and those of which some row groups are read.
func (g *gen) files(t Table, when interval, groups map[int64][]int64) (whole, some, rgs []string) {
	for _, p := range t.Parts {
		if p.MaxTime < when.lo || p.MinTime > when.hi {
			continue
		}
		narrow, narrowed := groups[p.ID]
		if narrowed && len(narrow) == 0 {
			continue
		}
		g.rows += p.Rows
		g.bytes += p.Bytes
		s, ok := quote(p.Path)
		if !ok {
			s = g.param(p.Path)
		}
		if !narrowed {
			whole = append(whole, s)
			continue
		}
		some = append(some, s)
		for _, rg := range narrow {
			rgs = append(rgs, strconv.FormatInt(rg, 10))
		}
	}
	return whole, some, rgs
}

// fieldMap finds columns by field id, gives those a file lacks their default, and widens the stored type.
func fieldMap(t Table, used []Field) string {
	if len(used) == 0 {
		used = t.Fields[:min(1, len(t.Fields))]
	}
	var list []string
	for _, f := range used {
		def := "NULL"
		if f.Type == schema.String {
			def = "''"
		}
		list = append(list, fmt.Sprintf("%d: {name: 'f%d', type: '%s', default_value: %s}", f.ID, f.ID, sqlType(f.Type), def))
	}
	return "MAP {" + strings.Join(list, ", ") + "}"
}
