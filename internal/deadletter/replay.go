package deadletter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/normalize"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// ReplayTable names the letters that were stored later.
const ReplayTable = "DeadLetterReplay_CL"

const (
	frameLetters = 2000
	frameBytes   = 8 << 20
	maxReplay    = 50_000 // letters that one call stores
	maxTroubles  = 20     // examples of letters that stay
)

// Outcome says what a replay did.
type Outcome struct {
	Letters int64            `json:"letters"` // looked at; those stored before are not among them
	Stored  int64            `json:"stored"`  // letters that are rows now
	Rows    int64            `json:"rows"`
	Stay    int64            `json:"stay"` // letters that cannot be stored yet
	Cut     int64            `json:"cut"`  // of them, letters of which only the beginning was kept
	Tables  map[string]int64 `json:"tables"`
	More    bool             `json:"more"` // the call's limit was reached: ask again
	Trouble []Trouble        `json:"trouble"`
}

// Trouble is an example of a letter that stays.
type Trouble struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// Replay runs the letters that the filter chooses through today's parser and stores those that are rows now, under their
// first provenance. A letter of several records is stored whole or not at all. Replays follow one another; what was stored
// before, by a replay that was killed too, is left alone.
func (s *Service) Replay(ctx context.Context, workspace string, f Filter, actor string) (Outcome, error) {
	select {
	case s.gate <- struct{}{}:
		defer func() { <-s.gate }()
	case <-ctx.Done():
		return Outcome{}, ctx.Err()
	}
	shapes := normalize.NewShapes(s.store.Catalog(workspace))
	r := &replay{
		store: s.store, transform: s.Transform, workspace: workspace, actor: actor, now: time.Now(),
		trial: normalize.NewWriter(shapes, workspace), writer: normalize.NewWriter(shapes, workspace), out: Outcome{Tables: map[string]int64{}, Trouble: []Trouble{}},
	}
	snap := s.store.Snapshot(workspace)
	defer snap.Close()
	err := scan(ctx, snap, f, true, func(l *Letter) error { return r.add(ctx, l) })
	if errors.Is(err, errEnough) {
		r.out.More, err = true, nil
	}
	if err == nil {
		err = r.flush(ctx)
	}
	return r.out, err
}

var errEnough = errors.New("the call's limit is reached")

type replay struct {
	store            *store.Store
	transform        func(workspace string, rows store.Rows) store.Rows
	workspace, actor string
	now              time.Time
	trial, writer    *normalize.Writer
	batch            []*Letter
	bytes            int
	out              Outcome
}

// add decides about one letter.
func (r *replay) add(ctx context.Context, l *Letter) error {
	if l.Replayed {
		return nil
	}
	if r.out.Stored+int64(len(r.batch)) >= maxReplay {
		return errEnough
	}
	r.out.Letters++
	if !l.whole() {
		r.out.Cut++
		r.stay(l, "cut", fmt.Sprintf("only the beginning of its %d bytes was kept; the record must come from its source again", l.Size))
		return nil
	}
	if bad := r.try(l); bad != nil {
		r.stay(l, string(bad.Reason), bad.Detail)
		return nil
	}
	r.batch = append(r.batch, l)
	r.bytes += len(l.Content)
	if len(r.batch) >= frameLetters || r.bytes >= frameBytes {
		return r.flush(ctx)
	}
	return nil
}

func (r *replay) stay(l *Letter, reason, detail string) {
	r.out.Stay++
	if len(r.out.Trouble) < maxTroubles {
		r.out.Trouble = append(r.out.Trouble, Trouble{l.ID, reason, detail})
	}
}

// try reports why the letter cannot be stored, or nil.
func (r *replay) try(l *Letter) (bad *normalize.Refusal) {
	n := 0
	normalize.Decode([]byte(l.Content), func(rec normalize.Record) {
		n++
		if b := r.trial.Add(rec, l.src(0)); b != nil && bad == nil {
			bad = b
		}
	})
	_ = r.trial.Take()
	if bad == nil && n == 0 {
		bad = &normalize.Refusal{Reason: normalize.Empty, Detail: "the letter has no content"}
	}
	return bad
}

// flush stores the letters that are waiting.
func (r *replay) flush(ctx context.Context) error {
	batch := r.batch
	r.batch, r.bytes = nil, 0
	if len(batch) == 0 {
		return nil
	}
	return r.append(ctx, batch)
}

// append stores letters in one frame, or in parts if the store finds it too large.
func (r *replay) append(ctx context.Context, batch []*Letter) error {
	marks := marks{}
	tables := map[string]int64{}
	var total int64
	for _, l := range batch {
		n := 0
		var names []string
		normalize.Decode([]byte(l.Content), func(rec normalize.Record) {
			if r.writer.Add(rec, l.src(n)) == nil {
				tables[rec.Table]++
				if !slices.Contains(names, rec.Table) {
					names = append(names, rec.Table)
				}
			}
			n++
		})
		total += int64(n)
		marks.add(r, l, strings.Join(names, ","), n)
	}
	f := store.Frame{Workspace: r.workspace}
	for _, t := range r.writer.Take() {
		rows := store.Rows(t)
		if r.transform != nil {
			rows = r.transform(r.workspace, rows)
		}
		rows, _, err := ingest.Missing(ctx, r.store, r.workspace, rows) // a replay of originals may have stored them
		if err != nil {
			return err
		}
		if rows.Batch.N > 0 {
			f.Tables = append(f.Tables, rows)
		}
	}
	f.Tables = append(f.Tables, marks.rows())
	_, err := r.store.Append(ctx, f)
	switch kind := fault.KindOf(err); {
	case err == nil:
		r.out.Stored += int64(len(batch))
		r.out.Rows += total
		for t, n := range tables {
			r.out.Tables[t] += n
		}
		return nil
	case (kind == fault.TooLarge || kind == fault.Invalid) && len(batch) > 1:
		half := len(batch) / 2
		if err := r.append(ctx, batch[:half]); err != nil {
			return err
		}
		return r.append(ctx, batch[half:])
	case kind == fault.TooLarge || kind == fault.Invalid:
		r.stay(batch[0], string(normalize.TooLarge), err.Error())
		return nil
	}
	return err
}

var markColumns = []schema.Column{
	{Name: "TenantId", Type: schema.String}, {Name: "TimeGenerated", Type: schema.Datetime}, {Name: "LetterId", Type: schema.String},
	{Name: "Source", Type: schema.String}, {Name: "Partition", Type: schema.String}, {Name: "Position", Type: schema.Long}, {Name: "Ordinal", Type: schema.Int},
	{Name: "TableName", Type: schema.String}, {Name: "Rows", Type: schema.Long}, {Name: "Actor", Type: schema.String},
	{Name: "SourceSystem", Type: schema.String}, {Name: "Type", Type: schema.String}, {Name: "_IsBillable", Type: schema.String},
	{Name: "_src", Type: schema.String, Hidden: true},
}

// marks gathers the rows that name stored letters.
type marks struct{ batch *column.Batch }

func (m *marks) add(r *replay, l *Letter, table string, rows int) {
	if m.batch == nil {
		m.batch = &column.Batch{}
		for _, c := range markColumns {
			m.batch.Cols = append(m.batch.Cols, column.New(c.Type, 8))
		}
	}
	for i, v := range []any{
		r.workspace, column.FromTime(r.now), l.ID, l.Source, fmt.Sprint(l.Partition), l.Position, int64(l.Ordinal),
		table, int64(rows), r.actor, "Vedette", ReplayTable, "False", "deadletter/" + l.src(0),
	} {
		m.batch.Cols[i].Append(v)
	}
	m.batch.N++
}

func (m *marks) rows() store.Rows {
	return store.Rows{Table: ReplayTable, Cols: markColumns, Batch: m.batch}
}
