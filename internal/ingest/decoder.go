package ingest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/normalize"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// MaxMessage is the size above which a message is not decoded; its beginning is kept as a dead letter.
const MaxMessage = 32 << 20

// Decoder turns runs of messages into frames. It belongs to one goroutine.
type Decoder struct {
	intake    *Intake
	source    string
	partition int32
	prefix    string // of the provenance, with its last slash
	writer    *normalize.Writer
	repeats   *Repeats // nil for rows that are pulled themselves
	repeated  map[string]int64
	rows      bool // takes rows as tables are exported, too
	dropped   map[string]int64
	again     bool // what it decodes was kept before
	dead      deadLetters
	src       []byte
	now       func() time.Time
}

// Decoder returns a decoder for one partition of a source, such as "hub/insights-logs-advancedhunting". Rows carry the
// provenance source/partition/offset/ordinal.
func (in *Intake) Decoder(source string, partition int32) *Decoder {
	return &Decoder{
		intake: in, source: source, partition: partition, prefix: fmt.Sprintf("%s/%d/", source, partition),
		writer: normalize.NewWriter(in.shapes, in.workspace), repeats: &in.Repeats, repeated: map[string]int64{}, dropped: map[string]int64{}, now: time.Now,
	}
}

// Puller returns a decoder of rows that are pulled: what was pulled before is not taken for a repeat.
func (in *Intake) Puller(source string) *Decoder {
	d := in.Decoder(source, 0)
	d.repeats = nil
	return d
}

// Again returns a decoder of messages that were kept: they are not kept once more.
func (in *Intake) Again(source string, partition int32) *Decoder {
	d := in.Decoder(source, partition)
	d.again = true
	return d
}

// Decode returns the frame of a run of messages and what became of their records. first is the position that the source
// must deliver next; the frame covers everything from there to the last message. Positions that no message has are
// recorded as gaps. Records of tables that the selection does not want are skipped and counted.
func (d *Decoder) Decode(first int64, msgs []Message, want Selection) (store.Frame, Counts) {
	return d.decode(first, msgs, want, !want.only)
}

// DecodeRange is Decode for positions that are bytes: the frame covers those from first up to but without next, and what is
// between the messages' offsets is no gap.
func (d *Decoder) DecodeRange(first, next int64, msgs []Message, want Selection) (store.Frame, Counts) {
	f, counts := d.decode(first, msgs, want, false)
	f.Covers = []store.Range{{Source: d.source, Partition: d.partition, First: first, Next: next}}
	return f, counts
}

func (d *Decoder) decode(first int64, msgs []Message, want Selection, gaps bool) (store.Frame, Counts) {
	counts := Counts{}
	if d.intake.Keep != nil && !d.again && d.repeats != nil && !want.only {
		d.intake.Keep(d.source, d.partition, msgs)
	}
	for _, m := range msgs {
		d.message(m, want, counts)
	}
	f := d.frame(first, msgs, gaps)
	now := column.FromTime(d.now())
	for table, n := range d.repeated {
		if c, ok := counts[table]; ok {
			c.Rows, c.Repeated = c.Rows-n, n
			counts[table] = c
		}
	}
	clear(d.repeated)
	for table, n := range d.dropped {
		if c, ok := counts[table]; ok {
			c.Rows, c.Dropped = c.Rows-n, n
			counts[table] = c
		}
	}
	clear(d.dropped)
	for _, r := range f.Tables {
		if c, ok := counts[r.Table]; ok && c.Rows > 0 {
			c.times(r, now)
			counts[r.Table] = c
		}
	}
	return f, counts
}

// times notes how late the rows are, and the newest of them.
func (n *Count) times(r store.Rows, now int64) {
	i := slices.IndexFunc(r.Cols, func(c schema.Column) bool { return c.Name == store.TimeColumn })
	if i < 0 {
		return
	}
	newest := int64(math.MinInt64)
	for _, at := range r.Batch.Cols[i].Ints {
		n.Late.add(time.Duration(now-at) * 100)
		if at <= now { // a clock that is ahead says nothing about what is newest
			newest = max(newest, at)
		}
	}
	if newest > math.MinInt64 {
		if t := column.ToTime(newest); t.After(n.Event) {
			n.Event = t
		}
	}
}

// Discard returns the frame that stores nothing of a message but a dead letter: for one whose rows the store cannot take.
func (d *Decoder) Discard(first int64, m Message, detail string) (store.Frame, Counts) {
	counts := Counts{}
	d.refuse(m, normalize.Record{Raw: string(m.Value)}, &normalize.Refusal{Reason: normalize.TooLarge, Detail: detail}, Selection{}, counts)
	return d.frame(first, []Message{m}, true), counts
}

// frame gathers what the messages became, and the gaps between them if nobody recorded those before.
func (d *Decoder) frame(first int64, msgs []Message, gaps bool) store.Frame {
	f := store.Frame{Workspace: d.intake.workspace}
	for _, r := range d.writer.Take() {
		rows, dropped := d.intake.transforms.apply(store.Rows(r))
		if dropped > 0 {
			d.dropped[r.Table] += dropped
		}
		if d.repeats != nil {
			var n int64
			rows, n = d.repeats.drop(rows)
			if d.intake.Once != nil {
				var m int64
				rows, m = d.intake.Once.drop(rows, d.source)
				n += m
			}
			d.repeated[r.Table] += n
		}
		f.Tables = append(f.Tables, rows)
	}
	if rows, ok := d.dead.take(); ok {
		f.Tables = append(f.Tables, rows)
	}
	next := first
	for i, m := range msgs {
		if gaps && m.Offset > next {
			f.Gaps = append(f.Gaps, store.Gap{Source: d.source, Partition: d.partition, From: next, To: m.Offset, Reason: "missing"})
			if i == 0 {
				first = m.Offset
			}
		}
		next = m.Offset + 1
	}
	if next > first {
		f.Covers = []store.Range{{Source: d.source, Partition: d.partition, First: first, Next: next}}
	}
	if len(f.Gaps) > 0 {
		f.Tables = append(f.Tables, GapRows(f.Workspace, f.Gaps, d.now()))
	}
	return f
}

func (d *Decoder) message(m Message, want Selection, counts Counts) {
	seen := m.Time
	if len(m.Value) > MaxMessage {
		r := normalize.Record{Raw: string(m.Value), Reason: normalize.TooLarge, Detail: fmt.Sprintf("the message has %d bytes, more than the limit of %d", len(m.Value), MaxMessage)}
		d.refuse(m, r, &normalize.Refusal{Reason: r.Reason, Detail: r.Detail}, want, counts)
		return
	}
	d.src = strconv.AppendInt(append(d.src[:0], d.prefix...), m.Offset, 10)
	d.src = append(d.src, '/')
	stem := len(d.src)
	normalize.Decode(m.Value, func(r normalize.Record) {
		if r.Row && !d.rows {
			r.Table, r.Reason, r.Detail = "", normalize.NotARecord, "the record has no category; rows of tables are taken from files only"
		}
		if r.Reason == "" && !want.Wants(r.Table) {
			if !want.only {
				counts.add(r.Table, Count{Skipped: 1, Seen: seen})
			}
			return
		}
		d.src = strconv.AppendInt(d.src[:stem], int64(r.Ordinal), 10)
		if bad := d.writer.Add(r, string(d.src)); bad != nil {
			d.refuse(m, r, bad, want, counts)
			return
		}
		counts.add(r.Table, Count{Rows: 1, Bytes: int64(len(r.Raw)), Seen: seen})
	})
}

// refuse makes the dead letter of a record.
func (d *Decoder) refuse(m Message, r normalize.Record, bad *normalize.Refusal, want Selection, counts Counts) {
	if want.only && r.Table == "" {
		return // it is there from the first reading
	}
	d.dead.add(letter{
		time: d.now(), workspace: d.intake.workspace, source: d.source, partition: d.partition, offset: m.Offset, ordinal: r.Ordinal,
		table: r.Table, reason: string(bad.Reason), detail: bad.Detail, raw: r.Raw,
		src: fmt.Sprintf("%s%d/%d", d.prefix, m.Offset, r.Ordinal),
	})
	table := r.Table
	switch bad.Reason {
	case normalize.BadTableName, normalize.ReservedTable, normalize.TooManyTables:
		table = ""
	}
	counts.add(table, Count{Dead: 1, Seen: m.Time})
}

func (c Counts) add(table string, n Count) {
	sum, ok := c[table]
	if !ok {
		table = strings.Clone(table) // not the part of a message
	}
	sum.Rows += n.Rows
	sum.Skipped += n.Skipped
	sum.Dead += n.Dead
	sum.Repeated += n.Repeated
	sum.Dropped += n.Dropped
	sum.Bytes += n.Bytes
	for i, k := range n.Late {
		sum.Late[i] += k
	}
	if n.Event.After(sum.Event) {
		sum.Event = n.Event
	}
	if n.Seen.After(sum.Seen) {
		sum.Seen = n.Seen
	}
	c[table] = sum
}
