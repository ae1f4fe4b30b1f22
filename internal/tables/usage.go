package tables

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// usageSource is the source of Usage rows; its positions are hours since the year 1.
const usageSource = "usage"

// usageDelay is how long after its end an hour is counted: what came in it is visible by then.
const usageDelay = time.Minute

// usageHours is how many hours are counted at once, at most, when the server was off.
const usageHours = 31 * 24

// received is what came into a table in an hour.
type received struct {
	rows, billable int64
	billed         float64 // bytes
}

// Usage writes a row of the Usage table for each table and hour that ended and is not counted yet. It counts by arrival, from
// what is stored, so that a restart neither loses nor doubles an hour.
func (s *Service) Usage(ctx context.Context, workspace string) error {
	end := column.FromTime(s.now().Add(-usageDelay)) / column.Hour
	next, known := s.store.Next(workspace, usageSource, 0)
	if known && next >= end {
		return nil
	}
	first := max(next, end-usageHours)
	if !known {
		next, first = end-24, end-24
	}
	counts := map[int64]map[string]received{}
	snap := s.store.Snapshot(workspace)
	defer snap.Close()
	var stats []store.TableStats
	for _, st := range s.store.TableStats(workspace) {
		if st.Table == "Usage" || st.LastIngested < first*column.Hour {
			continue
		}
		stats = append(stats, st)
		if err := count(ctx, snap, st.Table, first, end, counts); err != nil {
			return fmt.Errorf("counting what came into table %s: %w", st.Table, err)
		}
	}
	all, err := s.repo.TableSettings(ctx, workspace)
	if err != nil {
		return err
	}
	rows := newUsageBatch()
	for _, hour := range slices.Sorted(maps.Keys(counts)) {
		for _, st := range stats {
			if c, ok := counts[hour][st.Table]; ok {
				rows.add(workspace, hour, st, c, effective(settingsOf(all, st.Table), all[""], s.now()).Plan)
			}
		}
	}
	f := store.Frame{Workspace: workspace, Covers: []store.Range{{Source: usageSource, First: next, Next: end}}}
	if rows.batch.N > 0 {
		f.Tables = []store.Rows{{Table: "Usage", Cols: rows.cols, Batch: rows.batch}}
	}
	_, err = s.store.Append(ctx, f)
	if errors.Is(err, store.ErrDuplicate) {
		return nil
	}
	return err
}

// count adds what came into a table in the hours from first up to end.
func count(ctx context.Context, snap *store.Snapshot, table string, first, end int64, counts map[int64]map[string]received) (err error) {
	t, ok := snap.Catalog().Table(table)
	if !ok {
		return nil
	}
	spec := store.ScanSpec{Table: table, Columns: []string{store.IngestedAtColumn}, MinIngested: first * column.Hour}
	size, bill := -1, -1
	if c, ok := t.Column("_BilledSize"); ok && c.Type == schema.Real {
		size, spec.Columns = len(spec.Columns), append(spec.Columns, c.Name)
	}
	if c, ok := t.Column("_IsBillable"); ok && c.Type == schema.String {
		bill, spec.Columns = len(spec.Columns), append(spec.Columns, c.Name)
	}
	r, err := snap.Scan(ctx, spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, came := range b.Cols[0].Ints {
			hour := came / column.Hour
			if hour < first || hour >= end {
				continue
			}
			if counts[hour] == nil {
				counts[hour] = map[string]received{}
			}
			c := counts[hour][table]
			c.rows++
			if bill >= 0 && b.Cols[bill].Value(i) == "True" {
				c.billable++
			}
			if size >= 0 {
				if v, ok := b.Cols[size].Value(i).(float64); ok {
					c.billed += v
				}
			}
			counts[hour][table] = c
		}
	}
}

// usageBatch collects rows of the Usage table.
type usageBatch struct {
	cols  []schema.Column
	batch *column.Batch
}

func newUsageBatch() *usageBatch {
	u := &usageBatch{batch: &column.Batch{}, cols: []schema.Column{
		{Name: "TenantId", Type: schema.String}, {Name: "TimeGenerated", Type: schema.Datetime}, {Name: "SourceSystem", Type: schema.String},
		{Name: "StartTime", Type: schema.Datetime}, {Name: "EndTime", Type: schema.Datetime}, {Name: "DataType", Type: schema.String}, {Name: "Solution", Type: schema.String},
		{Name: "Quantity", Type: schema.Real}, {Name: "QuantityUnit", Type: schema.String}, {Name: "IsBillable", Type: schema.Bool}, {Name: "Plan", Type: schema.String},
		{Name: "RecordCount", Type: schema.Long}, {Name: "DiskBytes", Type: schema.Long}, {Name: "Type", Type: schema.String},
		{Name: "_IsBillable", Type: schema.String}, {Name: "_BilledSize", Type: schema.Real}, {Name: store.SrcColumn, Type: schema.String, Hidden: true},
	}}
	for _, c := range u.cols {
		u.batch.Cols = append(u.batch.Cols, column.New(c.Type, 16))
	}
	return u
}

func (u *usageBatch) add(workspace string, hour int64, st store.TableStats, c received, plan model.TablePlan) {
	end := (hour + 1) * column.Hour
	for i, v := range []any{
		workspace, end, "Vedette", hour * column.Hour, end, st.Table, "Security", c.billed / 1e6, "MBytes", c.billable > 0, string(plan),
		c.rows, st.Bytes + st.Cold.Bytes, "Usage", "False", 0.0, fmt.Sprintf("%s/0/%d/%d", usageSource, hour, u.batch.N),
	} {
		u.batch.Cols[i].Append(v)
	}
	u.batch.N++
}
