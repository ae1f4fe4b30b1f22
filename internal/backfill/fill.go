package backfill

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

const (
	// sourcePrefix stands before the table in the provenance of fetched rows.
	sourcePrefix = "pull/"
	frameRows    = 5000
	// lateBy is how late the export may be: fetched rows whose events are younger than that, when they are fetched, may still
	// come by it.
	lateBy = 72 * time.Hour
	// shortest is the least time that is asked for at once.
	shortest = time.Second
)

// span fetches the rows from one time until another, in halves where they are too many, and returns how many it stored.
func (s *Service) span(ctx context.Context, w *Workspace, table string, from, to time.Time) (int64, error) {
	records, err := w.Tenant.Rows(ctx, table, from, to)
	if err != nil && s.cfg.TooMany(err) && to.Sub(from) > shortest {
		half := from.Add(to.Sub(from) / 2)
		n, err := s.span(ctx, w, table, from, half)
		if err != nil {
			return n, err
		}
		more, err := s.span(ctx, w, table, half, to)
		return n + more, err
	}
	if err != nil {
		return 0, err
	}
	have, err := s.stored(ctx, w.ID, table, from, to)
	if err != nil {
		return 0, err
	}
	return s.store(ctx, w, table, records, have)
}

// Fill fetches the rows of a table from one time until another that are not stored, and returns how many there were.
func (s *Service) Fill(ctx context.Context, workspace, table string, from, to time.Time) (int64, error) {
	w := s.all[workspace]
	if w == nil || w.Tenant == nil {
		return 0, fault.New(fault.Conflict, "no_tenant", "Nothing can be fetched: no tenant is configured for this workspace. Set tenant.id and tenant.credential.")
	}
	return s.span(ctx, w, table, from, to)
}

// stored counts the rows of the time by their key.
func (s *Service) stored(ctx context.Context, workspace, table string, from, to time.Time) (map[ingest.Key]int, error) {
	have := map[ingest.Key]int{}
	err := s.scan(ctx, workspace, table, from, to, func(k ingest.Key, _ string) { have[k]++ })
	return have, err
}

// scan calls f with key and provenance of the rows from one time until another.
func (s *Service) scan(ctx context.Context, workspace, table string, from, to time.Time, f func(k ingest.Key, src string)) (err error) {
	snap := s.cfg.Store.Snapshot(workspace)
	defer snap.Close()
	t, ok := snap.Catalog().Table(table)
	if !ok {
		return nil
	}
	cols := []string{store.SrcColumn, store.TimeColumn}
	for _, c := range schema.KeyOf(table).Columns {
		if _, ok := t.Column(c); ok {
			cols = append(cols, c)
		}
	}
	lo, hi := column.FromTime(from), column.FromTime(to)
	r, err := snap.Scan(ctx, store.ScanSpec{Table: table, Columns: cols, MinTime: lo, MaxTime: hi})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	keyer := ingest.NewKeyer(table, cols)
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, at := range b.Cols[1].Ints {
			if at >= lo && at < hi {
				f(keyer.Key(b, i), b.Cols[0].Strings[i])
			}
		}
	}
}

// store stores the records that are not there yet; have counts those that are, and is used up.
func (s *Service) store(ctx context.Context, w *Workspace, table string, records [][]byte, have map[ingest.Key]int) (stored int64, err error) {
	dec := w.Intake.Puller(sourcePrefix + table)
	// Positions only make the provenance unique: what is stored is known by its keys.
	base := s.cfg.Now().UnixMicro()
	for len(records) > 0 {
		n := min(frameRows, len(records))
		msgs := make([]ingest.Message, n)
		for i, r := range records[:n] {
			msgs[i] = ingest.Message{Offset: base + int64(i), Value: r}
		}
		records, base = records[n:], base+int64(n)
		more, err := s.frame(ctx, w, table, dec, msgs, have)
		if stored += more; err != nil {
			return stored, err
		}
	}
	return stored, nil
}

// frame stores the records of one frame, when nothing fresh is in its way.
func (s *Service) frame(ctx context.Context, w *Workspace, table string, dec *ingest.Decoder, msgs []ingest.Message, have map[ingest.Key]int) (int64, error) {
	size := int64(0)
	for _, m := range msgs {
		size += int64(len(m.Value))
	}
	release, err := s.cfg.Budget.Backlog(ctx, size)
	if err != nil {
		return 0, err
	}
	defer release()
	f, counts := dec.Decode(msgs[0].Offset, msgs, ingest.Only(table))
	f.Covers, f.Gaps = nil, nil
	young := s.cfg.Now().Add(-lateBy)
	var fresh []ingest.Key
	for k := range f.Tables {
		if f.Tables[k].Table == table {
			f.Tables[k], fresh = missing(f.Tables[k], have, column.FromTime(young))
			c := counts[table]
			c.Rows = int64(f.Tables[k].Batch.N)
			counts[table] = c
		}
	}
	if err := ingest.AppendHalves(ctx, s.cfg.Store, f); err != nil {
		return 0, err
	}
	// Only what is stored may be left out when it comes again: a double is better than a loss.
	for _, k := range fresh {
		w.Intake.Repeats.Add(table, k)
	}
	if s.cfg.Stored != nil {
		s.cfg.Stored(w.ID, counts)
	}
	return counts[table].Rows, nil
}

// missing returns the rows that have does not count, and the keys of those whose events are younger than a time.
func missing(rows store.Rows, have map[ingest.Key]int, young int64) (store.Rows, []ingest.Key) {
	cols := make([]string, len(rows.Cols))
	at := -1
	for i, c := range rows.Cols {
		if cols[i] = c.Name; c.Name == store.TimeColumn {
			at = i
		}
	}
	keyer := ingest.NewKeyer(rows.Table, cols)
	var keep []int
	var fresh []ingest.Key
	for i := range rows.Batch.N {
		k := keyer.Key(rows.Batch, i)
		if have[k] > 0 {
			have[k]--
			continue
		}
		keep = append(keep, i)
		if at >= 0 && rows.Batch.Cols[at].Ints[i] > young {
			fresh = append(fresh, k)
		}
	}
	rows.Batch = rows.Batch.Gather(keep)
	return rows, fresh
}

// remember tells the intake which rows were fetched of late, so that they are known when they come by the export.
func (s *Service) remember(ctx context.Context, w *Workspace) error {
	now := s.cfg.Now()
	tables := map[string]bool{}
	for _, b := range s.List(w.ID) {
		tables[b.Table] = true
	}
	if s.cfg.Pulled != nil {
		for _, t := range s.cfg.Pulled(w.ID) {
			tables[t] = true
		}
	}
	for table := range tables {
		err := s.scan(ctx, w.ID, table, now.Add(-2*lateBy), now, func(k ingest.Key, src string) {
			if strings.HasPrefix(src, sourcePrefix) {
				w.Intake.Repeats.Add(table, k)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
