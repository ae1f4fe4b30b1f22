package normalize

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Rows are rows of one table: Cols[i] describes Batch.Cols[i]. Columns that no row has a value for are left out.
type Rows struct {
	Table string
	Cols  []schema.Column
	Batch *column.Batch
}

// Writer appends records to the columns of their tables. It belongs to one goroutine; a workspace has as many as it likes.
type Writer struct {
	shapes    *Shapes
	workspace string
	tables    map[string]*tableRows
	mem       arena
	buf       []byte
	pairs     []pair
	more      []pair // properties that no column takes
	odd       []pair // values that did not fit, by the name of their column
	row       bool   // the record is a row as tables are exported
}

// tableRows is the batch that a table is being given.
type tableRows struct {
	cell  *shapeCell
	shape *shape
	n     int
	vecs  []*column.Vector // by place in the shape; nil until a row has a value
	src   *column.Vector
	// Per record: the value of each column, and under which name of other case it came, if so.
	vals    []string
	variant []string
	// What the last record's properties were, in order: the next one's are mostly the same.
	keys   map[string]place
	expect []expectation
}

// place says where a property goes: a column, or one of the negative places.
type place struct {
	col     int
	variant bool // the column has the name in another case
}

const (
	placeUnknown  = -1
	placeReserved = -2
	placeTime     = -3 // the property Timestamp
)

type expectation struct {
	key string
	place
}

// NewWriter returns a writer of rows of the workspace, whose id is the rows' TenantId.
func NewWriter(shapes *Shapes, workspace string) *Writer {
	return &Writer{shapes: shapes, workspace: workspace, tables: map[string]*tableRows{}}
}

// Refusal says why a record did not become a row.
type Refusal struct {
	Reason Reason
	Detail string
}

func refuse(r Reason, format string, args ...any) *Refusal {
	return &Refusal{Reason: r, Detail: fmt.Sprintf(format, args...)}
}

// Add appends the record as a row with its provenance, or says why it cannot. It never panics: a defect that does is a
// refusal with the reason Panicked.
func (w *Writer) Add(r Record, src string) (bad *Refusal) {
	if r.Reason != "" {
		return &Refusal{r.Reason, r.Detail}
	}
	t, bad := w.table(r.Table, r.Row)
	if bad != nil {
		return bad
	}
	n := t.n
	defer func() {
		if p := recover(); p != nil {
			bad = refuse(Panicked, "the decoder failed: %v", p)
		}
		if bad != nil {
			t.truncate(n)
		}
	}()
	return w.add(t, r, src)
}

func (w *Writer) table(name string, row bool) (*tableRows, *Refusal) {
	t, ok := w.tables[name]
	if !ok {
		cell, reason, detail := w.shapes.cell(name, row)
		if cell == nil {
			return nil, refuse(reason, "records of table %.200q cannot be stored: %s", name, detail)
		}
		name = cell.now.Load().table
		t = &tableRows{cell: cell}
		w.tables[name] = t
	}
	t.follow(t.cell.now.Load())
	return t, nil
}

// follow takes on a newer shape of the table.
func (t *tableRows) follow(sh *shape) {
	if t.shape == sh {
		return
	}
	t.shape = sh
	grow := len(sh.cols) - len(t.vecs)
	t.vecs = append(t.vecs, make([]*column.Vector, grow)...)
	t.vals = append(t.vals, make([]string, grow)...)
	t.variant = append(t.variant, make([]string, grow)...)
	t.keys = map[string]place{}
	t.expect = t.expect[:0]
}

// place finds where a property goes.
func (t *tableRows) place(key string) place {
	if p, ok := t.keys[key]; ok {
		return p
	}
	p := place{col: placeUnknown}
	switch {
	case key == "Timestamp":
		p.col = placeTime
	case reserved(key):
		p.col = placeReserved
	default:
		if i, ok := t.shape.exact[key]; ok {
			p.col = i
		} else if i, ok := t.shape.folded[strings.ToLower(key)]; ok {
			p = place{i, true}
		}
	}
	if p.col == placeUnknown || len(t.keys) > 4*maxProperties {
		return p // it may be known soon; and names without end must not fill the memory
	}
	t.keys[strings.Clone(key)] = p
	return p
}

func (w *Writer) add(t *tableRows, r Record, src string) *Refusal {
	var end int
	var ok bool
	w.pairs, end, ok = members(r.Properties, 0, w.pairs[:0])
	switch {
	case !ok || end != len(r.Properties):
		return refuse(NotJSON, "the properties are not JSON at their byte %d", end)
	case len(w.pairs) > maxProperties:
		return refuse(TooManyColumns, "the record has %d properties, more than the limit of %d", len(w.pairs), maxProperties)
	}
	w.odd, w.more, w.row = w.odd[:0], w.more[:0], r.Row
	clear(t.vals)
	stamp := w.sort(t)
	size := float64(len(r.Properties))
	if r.Row {
		stamp = r.Time
		size = billed(w.pairs, size)
	}
	at, bad := w.when(r, stamp)
	if bad != nil {
		return bad
	}
	// Placing what has no column yet may widen the table, so it comes before the columns are filled.
	if bad := w.placeOdd(t); bad != nil {
		return bad
	}
	if bad := w.fill(t); bad != nil {
		return bad
	}
	t.n++
	t.finish(at, size, src)
	return nil
}

// sort gives each property to its column, and returns the value of Timestamp. What has no column is put on w.odd under
// its own name. Of a row the columns that are made here are left out: it was made from its record in the same way.
func (w *Writer) sort(t *tableRows) (stamp string) {
	for i, p := range w.pairs {
		if p.val == "null" {
			continue
		}
		for i >= len(t.expect) {
			t.expect = append(t.expect, expectation{})
		}
		var at place
		if e := &t.expect[i]; e.key == p.key && p.key != "" {
			at = e.place
		} else {
			if strings.IndexByte(p.key, '\\') >= 0 {
				w.buf = unescape(w.buf[:0], p.key)
				p.key = w.mem.string(w.buf)
			}
			at = t.place(p.key)
			if at.col != placeUnknown {
				*e = expectation{strings.Clone(p.key), at}
			}
		}
		switch {
		case at.col == placeTime:
			stamp = p.val
		case at.col == placeReserved && w.row:
		case at.col < 0:
			w.odd = append(w.odd, p)
		case !at.variant:
			if other := t.variant[at.col]; t.vals[at.col] != "" && t.vals[at.col] != p.val && other != "" {
				w.odd = append(w.odd, pair{other, t.vals[at.col]}) // the exact name displaces the variant
			}
			t.vals[at.col], t.variant[at.col] = p.val, ""
		case t.vals[at.col] == "" || t.variant[at.col] == p.key:
			t.vals[at.col], t.variant[at.col] = p.val, p.key
		case t.vals[at.col] != p.val:
			w.odd = append(w.odd, p)
		}
	}
	return stamp
}

// billed returns the size that an exported row says its record had, or size.
func billed(pairs []pair, size float64) float64 {
	for _, p := range pairs {
		if p.key == "_BilledSize" && number(p.val) {
			if f, err := strconv.ParseFloat(p.val, 64); err == nil && f >= 0 {
				return f
			}
		}
	}
	return size
}

// when returns the time of the row: Timestamp, or the envelope's time when that is missing or impossible.
func (w *Writer) when(r Record, stamp string) (int64, *Refusal) {
	if len(stamp) > 2 && stamp[0] == '"' {
		if at, ok := parseTime(w.text(stamp)); ok && plausible(at) {
			return at, nil
		}
	}
	if stamp != "" {
		w.odd = append(w.odd, pair{"Timestamp", stamp})
	}
	if len(r.Time) > 2 && r.Time[0] == '"' {
		if at, ok := parseTime(w.text(r.Time)); ok && plausible(at) {
			return at, nil
		}
	}
	return 0, refuse(NoTime, "neither Timestamp (%.80s) nor time (%.80s) is a usable time", stamp, r.Time)
}

// fill appends the values of one row to all columns that properties can name.
func (w *Writer) fill(t *tableRows) *Refusal {
	for i := len(standard); i < len(t.vals); i++ {
		val := t.vals[i]
		if i == t.shape.more {
			continue
		}
		v := t.vecs[i]
		if val == "" {
			if v != nil {
				v.AppendNull()
			}
			continue
		}
		if v == nil {
			v = t.vector(i)
		}
		switch w.put(v, val) {
		case broken:
			return refuse(NotJSON, "the value of %s is not JSON", t.shape.cols[i].Name)
		case misfit:
			v.AppendNull()
			if bad := w.keep(t, i, t.shape.cols[i].Name, val); bad != nil {
				return bad
			}
		}
	}
	return w.rest(t)
}

// vector makes the vector of a column that had no value so far.
func (t *tableRows) vector(i int) *column.Vector {
	v := column.New(t.shape.cols[i].Type, max(256, t.n+1))
	for range t.n {
		v.AppendNull()
	}
	t.vecs[i] = v
	return v
}

// keep stores a value that does not fit its column in the column named after both. done is how many columns of the row
// are filled already; a column at or before it gets its value at once.
func (w *Writer) keep(t *tableRows, done int, name, val string) *Refusal {
	typ, ok := w.infer(val)
	if !ok {
		return refuse(NotJSON, "the value of %.200q is not JSON", name)
	}
	beside := name + "_" + typ.String()
	i, ok := w.column(t, beside, typ)
	if !ok || t.vals[i] != "" {
		w.more = append(w.more, pair{name, val})
		return nil
	}
	t.vals[i] = val
	if i > done {
		return nil // its turn comes
	}
	// The column has had its turn and got a null; take that back.
	v := t.vecs[i]
	if v == nil {
		v = t.vector(i)
	} else {
		cut(v, t.n)
	}
	switch w.put(v, val) {
	case broken:
		return refuse(NotJSON, "the value of %.200q is not JSON", name)
	case misfit:
		v.AppendNull()
		w.more = append(w.more, pair{name, val})
	}
	return nil
}

// column returns the place of a column, adding it to the table if the name is allowed and there is room.
func (w *Writer) column(t *tableRows, name string, typ schema.Type) (int, bool) {
	if i, ok := t.shape.exact[name]; ok {
		return i, i >= len(standard)
	}
	if !validName(name, maxColumnName) {
		return 0, false
	}
	next, ok := w.shapes.widen(t.cell, schema.Column{Name: strings.Clone(name), Type: typ}, name == moreDynamic)
	t.follow(next)
	return next.exact[name], ok
}

// placeOdd finds columns for the properties that have none. An empty string says nothing that its absence would not.
func (w *Writer) placeOdd(t *tableRows) *Refusal {
	for k := 0; k < len(w.odd); k++ {
		p := w.odd[k]
		if p.val == `""` {
			continue
		}
		if i, ok := t.shape.exact[p.key]; ok && i >= len(standard) && !reserved(p.key) {
			t.vals[i] = p.val // met twice in this record: the last wins
			continue
		}
		if reserved(p.key) || p.key == "Timestamp" || t.shape.has(p.key) {
			if bad := w.keep(t, -1, p.key, p.val); bad != nil {
				return bad
			}
			continue
		}
		typ, ok := w.infer(p.val)
		if !ok {
			return refuse(NotJSON, "the value of %.200q is not JSON", p.key)
		}
		i, ok := w.column(t, p.key, typ)
		switch {
		case !ok:
			w.more = append(w.more, p)
		default:
			t.vals[i] = p.val
		}
	}
	return nil
}

// has reports whether the table has a column of that name in any case.
func (sh *shape) has(name string) bool {
	_, ok := sh.folded[strings.ToLower(name)]
	return ok
}

// finish fills the columns that no property names.
func (t *tableRows) finish(at int64, size float64, src string) {
	for i, c := range standard {
		v := t.vecs[i]
		if v == nil {
			v = column.New(c.Type, 256)
			t.vecs[i] = v
		}
		switch c.Name {
		case "TimeGenerated":
			v.AppendInt(at)
		case "_BilledSize":
			v.AppendFloat(size)
		}
	}
	if t.src == nil {
		t.src = column.New(schema.String, 256)
	}
	t.src.AppendString(src)
}

// truncate takes back what a refused record left behind.
func (t *tableRows) truncate(n int) {
	t.n = n
	for i, v := range t.vecs {
		if v == nil {
			continue
		}
		if n == 0 {
			t.vecs[i] = nil
			continue
		}
		cut(v, n)
	}
	if t.src != nil {
		cut(t.src, n)
	}
}

// cut shortens a vector to n values.
func cut(v *column.Vector, n int) {
	if v.Len() > n {
		*v = *v.Slice(0, n)
	}
}

// Len returns the number of rows of a table that wait to be taken.
func (w *Writer) Len(table string) int {
	if t, ok := w.tables[table]; ok {
		return t.n
	}
	return 0
}

// Take hands over all rows added since the last call, by table name, and starts anew.
func (w *Writer) Take() []Rows {
	var out []Rows
	for name, t := range w.tables {
		if t.n > 0 {
			out = append(out, t.take(name, w.workspace))
		}
	}
	slices.SortFunc(out, func(a, b Rows) int { return strings.Compare(a.Table, b.Table) })
	w.mem = arena{}
	if len(w.tables) > 64 {
		clear(w.tables) // many rare tables; let go of their state
	}
	return out
}

func (t *tableRows) take(name, workspace string) Rows {
	r := Rows{Table: name, Batch: &column.Batch{N: t.n}}
	add := func(c schema.Column, v *column.Vector) {
		r.Cols = append(r.Cols, c)
		r.Batch.Cols = append(r.Batch.Cols, v)
	}
	for i, c := range t.shape.cols {
		v := t.vecs[i]
		switch c.Name {
		case "TenantId":
			v = constant(workspace, t.n)
		case "SourceSystem":
			if v = constant("Microsoft Defender XDR", t.n); strings.HasSuffix(name, "_CL") {
				v = constant("RestAPI", t.n)
			}
		case "Type":
			v = constant(name, t.n)
		case "_IsBillable":
			v = constant("True", t.n)
		}
		if v != nil {
			add(c, v)
		}
	}
	add(schema.Column{Name: "_src", Type: schema.String, Hidden: true}, t.src)
	clear(t.vecs)
	clear(t.vals)
	t.src, t.n = nil, 0
	return r
}

func constant(s string, n int) *column.Vector {
	return &column.Vector{Type: schema.String, Strings: slices.Repeat([]string{s}, n)}
}
