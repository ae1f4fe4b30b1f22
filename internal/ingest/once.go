package ingest

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"io"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// Stored is the store as Once sees it.
type Stored interface {
	// Sources returns the sources that ever delivered to a workspace.
	Sources(workspace string) []string
	Snapshot(workspace string) *store.Snapshot
}

// Once keeps an event that comes by several ways (hubs, blobs, files) from being stored twice. A row is left out when a row of the same
// table with the same natural key came by another way; what one way repeats itself is not its business. As long as there is one way
// only, it costs nothing. It is safe for concurrent use.
//
// Keys are known by minute of TimeGenerated, read from the store when a minute is first met, and forgotten when there are too many.
type Once struct {
	workspace string
	store     Stored
	log       *slog.Logger

	mu      sync.Mutex
	ways    map[string]uint16
	tables  map[string]map[int64]*minute // by table and minute
	entries int
	clock   int64
}

// minute holds the keys of the rows of one table and minute, and by which way each came.
type minute struct {
	keys map[Key]uint16
	used int64
}

const (
	onceEntries = 4 << 20 // keys held, over all tables
	onceMinutes = 50_000  // minutes held
	// onceGap is the longest run of minutes that nobody asked for which is read along with those before and after it.
	onceGap = 10
)

// NewOnce returns the Once of a workspace.
func NewOnce(workspace string, st Stored, log *slog.Logger) *Once {
	o := &Once{workspace: workspace, store: st, log: log, ways: map[string]uint16{}, tables: map[string]map[int64]*minute{}}
	for _, s := range st.Sources(workspace) {
		if isWay(s) {
			o.way(s)
		}
	}
	return o
}

// isWay reports whether a source delivers records of the tenant's export.
func isWay(source string) bool {
	return strings.HasPrefix(source, "hub/") || strings.HasPrefix(source, "blob/") || strings.HasPrefix(source, "file/")
}

// way numbers a source. Further ones than there are numbers share the last.
func (o *Once) way(source string) uint16 {
	n, ok := o.ways[source]
	if !ok {
		n = uint16(min(len(o.ways), math.MaxUint16))
		o.ways[strings.Clone(source)] = n
	}
	return n
}

// drop returns the rows without those that came by another way before, and how many these are.
func (o *Once) drop(rows store.Rows, source string) (store.Rows, int64) {
	if !isWay(source) || rows.Batch.N == 0 {
		return rows, 0
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	way := o.way(source)
	if len(o.ways) < 2 {
		return rows, 0
	}
	cols := names(rows.Cols)
	times := slices.Index(cols, store.TimeColumn)
	if times < 0 {
		return rows, 0
	}
	at := rows.Batch.Cols[times].Ints
	o.load(rows.Table, at)
	held := o.tables[rows.Table]
	k := newOnceKeyer(rows.Table, cols)
	keep := make([]int, 0, rows.Batch.N)
	for i := range rows.Batch.N {
		m := held[at[i]/column.Minute]
		key := k.key(rows.Batch, i)
		by, known := m.keys[key]
		if known && by != way {
			continue
		}
		if !known {
			m.keys[key] = way
			o.entries++
		}
		keep = append(keep, i)
	}
	n := rows.Batch.N - len(keep)
	if n > 0 {
		rows.Batch = rows.Batch.Gather(keep)
	}
	return rows, int64(n)
}

// load makes sure that the minutes of the times are known. The caller holds mu.
func (o *Once) load(table string, at []int64) {
	o.clock++
	held := o.tables[table]
	if held == nil {
		held = map[int64]*minute{}
		o.tables[table] = held
	}
	var missing []int64
	for _, t := range at {
		n := t / column.Minute
		m := held[n]
		if m == nil {
			m = &minute{keys: map[Key]uint16{}}
			held[n] = m
			missing = append(missing, n)
		}
		m.used = o.clock
	}
	slices.Sort(missing)
	for len(missing) > 0 {
		last := 0
		for last+1 < len(missing) && missing[last+1]-missing[last] <= onceGap {
			last++
		}
		if err := o.read(table, held, missing[0], missing[last]); err != nil {
			// Rows may be doubled then; leaving out what could not be looked for would lose some.
			o.log.Warn("It could not be looked up which events of a table are stored already; some may be stored twice.", "workspace", o.workspace, "table", table, "err", err)
		}
		missing = missing[last+1:]
	}
	o.forget()
}

// read takes the keys of the stored rows from one minute to another, both inclusive, into the minutes that are held.
func (o *Once) read(table string, held map[int64]*minute, from, to int64) (err error) {
	snap := o.store.Snapshot(o.workspace)
	defer snap.Close()
	t, ok := snap.Catalog().Table(table)
	if !ok || snap.Rows(table) == 0 {
		return nil
	}
	lo, hi := from*column.Minute, (to+1)*column.Minute-1
	spec := store.ScanSpec{Table: table, MinTime: lo, MaxTime: hi, Columns: []string{store.TimeColumn, store.SrcColumn}}
	documented := schema.KeyOf(table).Joining()
	for _, c := range t.Columns {
		if c.Name == store.TimeColumn || c.Source != "" || c.Type == schema.Unknown || len(documented) > 0 && !slices.Contains(documented, c.Name) {
			continue
		}
		spec.Columns = append(spec.Columns, c.Name)
	}
	r, err := snap.Scan(context.Background(), spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	k := newOnceKeyer(table, spec.Columns)
	for {
		b, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, when := range b.Cols[0].Ints {
			m := held[when/column.Minute]
			if when < lo || when > hi || m == nil {
				continue
			}
			source := sourceOf(b.Cols[1].Strings[i])
			if !isWay(source) {
				continue
			}
			key := k.key(b, i)
			if _, known := m.keys[key]; !known {
				m.keys[key] = o.way(source)
				o.entries++
			}
		}
	}
}

// forget drops the minutes that were not asked for longest, down to three quarters of what may be held. The caller holds mu.
func (o *Once) forget() {
	type old struct {
		table string
		n     int64
		used  int64
	}
	minutes := 0
	for _, held := range o.tables {
		minutes += len(held)
	}
	if o.entries <= onceEntries && minutes <= onceMinutes {
		return
	}
	var all []old
	for table, held := range o.tables {
		for n, m := range held {
			if m.used != o.clock {
				all = append(all, old{table, n, m.used})
			}
		}
	}
	slices.SortFunc(all, func(a, b old) int { return cmp.Compare(a.used, b.used) })
	for _, x := range all {
		if o.entries <= onceEntries*3/4 && minutes <= onceMinutes*3/4 {
			return
		}
		o.entries -= len(o.tables[x.table][x.n].keys)
		delete(o.tables[x.table], x.n)
		minutes--
	}
}

// sourceOf returns the source of a provenance: what stands before partition, offset and ordinal.
func sourceOf(src string) string {
	for range 3 {
		i := strings.LastIndexByte(src, '/')
		if i < 0 {
			return ""
		}
		src = src[:i]
	}
	return src
}

// onceKeyer computes keys of rows that have these columns: the documented key if the row has a value of each of its columns that counts
// events, else the values of all columns that the sender filled.
type onceKeyer struct {
	key1  []int // places of time and the documented key's columns; nil without one
	must  []int // of these, those that must have a value
	all   []int // places of all other columns, by name
	names []string
}

func newOnceKeyer(table string, cols []string) onceKeyer {
	var k onceKeyer
	if doc := schema.KeyOf(table); doc.Joining() != nil {
		k.key1 = []int{slices.Index(cols, store.TimeColumn)}
		for _, name := range doc.Columns {
			k.key1 = append(k.key1, slices.Index(cols, name))
		}
		for _, name := range doc.Required {
			k.must = append(k.must, slices.Index(cols, name))
		}
	}
	for i, name := range cols {
		switch name {
		case store.SrcColumn, store.IngestedAtColumn, store.ItemIDColumn, "TenantId", "SourceSystem", "Type", "_IsBillable", "_BilledSize", "_ResourceId", "_SubscriptionId":
		default:
			k.all = append(k.all, i)
		}
	}
	slices.SortFunc(k.all, func(a, b int) int { return strings.Compare(cols[a], cols[b]) })
	for _, i := range k.all {
		k.names = append(k.names, cols[i])
	}
	return k
}

func (k onceKeyer) key(b *column.Batch, i int) Key {
	var h maphash.Hash
	h.SetSeed(keySeed)
	if k.key1 != nil && !slices.ContainsFunc(k.must, func(c int) bool { return c < 0 || blank(b.Cols[c], i) }) {
		for _, c := range k.key1 {
			if c >= 0 {
				writeValue(&h, b.Cols[c], i)
			}
			_ = h.WriteByte(0xFF) // never fails
		}
		return Key(h.Sum64())
	}
	for n, c := range k.all {
		if blank(b.Cols[c], i) {
			continue
		}
		_, _ = h.WriteString(k.names[n])
		_ = h.WriteByte(0xFE)
		writeValue(&h, b.Cols[c], i)
		_ = h.WriteByte(0xFF)
	}
	return Key(h.Sum64())
}

// blank reports whether a cell says nothing: null, "" or, of a number, 0.
func blank(v *column.Vector, i int) bool {
	if v.Null(i) {
		return true
	}
	switch v.Type {
	case schema.String:
		return v.Strings[i] == ""
	case schema.Int, schema.Long:
		return v.Ints[i] == 0
	}
	return false
}
