package meta

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/store/manifest"
)

var _ manifest.Manifest = (*DB)(nil)

type partRow struct {
	bun.BaseModel `bun:"table:manifest_parts"`

	ID            int64  `bun:"id,pk"`
	Workspace     string `bun:"workspace"`
	TableName     string `bun:"table_name"`
	Path          string `bun:"path"`
	Rows          int64  `bun:"row_count"`
	Bytes         int64  `bun:"byte_count"`
	Checksum      uint32 `bun:"checksum"`
	Footer        uint32 `bun:"footer"`
	MinTime       int64  `bun:"min_time"`
	MaxTime       int64  `bun:"max_time"`
	MaxIngested   int64  `bun:"max_ingested"`
	FirstSeq      int64  `bun:"first_seq"`
	LastSeq       int64  `bun:"last_seq"`
	Day           string `bun:"day"`
	FormatVersion int    `bun:"format_version"`
	Hours         string `bun:"hours"` // JSON: [hour, rows, hour, rows, ...]
}

type sealedRow struct {
	bun.BaseModel `bun:"table:manifest_sealed"`

	Workspace string `bun:"workspace,pk"`
	TableName string `bun:"table_name,pk"`
	Seq       int64  `bun:"seq"`
}

type positionRow struct {
	bun.BaseModel `bun:"table:manifest_positions"`

	Workspace string `bun:"workspace,pk"`
	Source    string `bun:"source,pk"`
	Part      int32  `bun:"part,pk"`
	Next      int64  `bun:"next"`
}

type fieldRow struct {
	bun.BaseModel `bun:"table:manifest_fields"`

	Workspace string `bun:"workspace,pk"`
	TableName string `bun:"table_name,pk"`
	ID        int32  `bun:"id,pk"`
	Name      string `bun:"name"`
	KQLType   string `bun:"kql_type"`
	Hidden    bool   `bun:"hidden"`
}

type counterRow struct {
	bun.BaseModel `bun:"table:manifest_counters"`

	Name  string `bun:"name,pk"`
	Value int64  `bun:"value"`
}

// Load implements manifest.Manifest.
func (db *DB) Load(ctx context.Context) (manifest.State, error) {
	s := manifest.State{Sealed: map[manifest.TableID]uint64{}, Fields: map[manifest.TableID][]manifest.Field{}}
	err := db.read.RunInTx(ctx, &sql.TxOptions{ReadOnly: true}, func(ctx context.Context, tx bun.Tx) error {
		var parts []partRow
		if err := tx.NewSelect().Model(&parts).Order("id").Scan(ctx); err != nil {
			return err
		}
		for _, r := range parts {
			p, err := r.part()
			if err != nil {
				return err
			}
			s.Parts = append(s.Parts, p)
		}
		var sealed []sealedRow
		if err := tx.NewSelect().Model(&sealed).Scan(ctx); err != nil {
			return err
		}
		for _, r := range sealed {
			s.Sealed[manifest.TableID{Workspace: r.Workspace, Table: r.TableName}] = uint64(r.Seq)
		}
		var positions []positionRow
		if err := tx.NewSelect().Model(&positions).Scan(ctx); err != nil {
			return err
		}
		for _, r := range positions {
			s.Positions = append(s.Positions, manifest.Position{Workspace: r.Workspace, Source: r.Source, Partition: r.Part, Next: r.Next})
		}
		var fields []fieldRow
		if err := tx.NewSelect().Model(&fields).Order("workspace", "table_name", "id").Scan(ctx); err != nil {
			return err
		}
		for _, r := range fields {
			t := manifest.TableID{Workspace: r.Workspace, Table: r.TableName}
			s.Fields[t] = append(s.Fields[t], r.field())
		}
		trim, err := counter(ctx, tx, "trim")
		s.Trim = uint64(trim)
		return err
	})
	if err != nil {
		return manifest.State{}, fmt.Errorf("reading the part list: %w", err)
	}
	return s, nil
}

// Commit implements manifest.Manifest.
func (db *DB) Commit(ctx context.Context, c manifest.Change) error {
	err := db.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return apply(ctx, tx, c) })
	if storageFailed(err) {
		return fmt.Errorf("changing the part list: %w: %w", manifest.ErrUnknown, err)
	}
	if err != nil {
		return fmt.Errorf("changing the part list: %w", err)
	}
	return nil
}

func apply(ctx context.Context, tx bun.Tx, c manifest.Change) error {
	if c.Epoch != 0 {
		epoch, err := counter(ctx, tx, "epoch")
		if err != nil {
			return err
		}
		if c.Epoch < uint64(epoch) {
			return manifest.ErrFenced
		}
	}
	for _, id := range c.Remove {
		res, err := tx.NewDelete().Model((*partRow)(nil)).Where("id = ?", id).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("removing part %d: it is not in the manifest", id)
		}
	}
	for _, p := range c.Add {
		r := rowOf(p)
		if _, err := tx.NewInsert().Model(&r).Exec(ctx); err != nil {
			return fmt.Errorf("adding part %d: %w", p.ID, err)
		}
	}
	for t, seq := range c.Sealed {
		r := sealedRow{Workspace: t.Workspace, TableName: t.Table, Seq: int64(seq)}
		if _, err := tx.NewInsert().Model(&r).On("CONFLICT (workspace, table_name) DO UPDATE").Set("seq = EXCLUDED.seq").Exec(ctx); err != nil {
			return err
		}
	}
	for list := range slices.Chunk(c.Positions, 500) { // a storage account has one for each hour of each table
		rows := make([]positionRow, len(list))
		for i, p := range list {
			rows[i] = positionRow{Workspace: p.Workspace, Source: p.Source, Part: p.Partition, Next: p.Next}
		}
		if _, err := tx.NewInsert().Model(&rows).On("CONFLICT (workspace, source, part) DO UPDATE").Set("next = EXCLUDED.next").Exec(ctx); err != nil {
			return err
		}
	}
	if c.Trim == 0 {
		return nil
	}
	_, err := tx.NewUpdate().Model((*counterRow)(nil)).Set("value = ?", int64(c.Trim)).Where("name = 'trim' AND value < ?", int64(c.Trim)).Exec(ctx)
	return err
}

// Fields implements manifest.Manifest.
func (db *DB) Fields(ctx context.Context, t manifest.TableID) ([]manifest.Field, error) {
	return fieldsOf(ctx, db.read, t)
}

// AddFields implements manifest.Manifest.
func (db *DB) AddFields(ctx context.Context, t manifest.TableID, add []manifest.Field) ([]manifest.Field, error) {
	var out []manifest.Field
	err := db.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		have, err := fieldsOf(ctx, tx, t)
		if err != nil {
			return err
		}
		out = manifest.MergeFields(have, add)
		known := map[int32]bool{}
		for _, f := range have {
			known[f.ID] = true
		}
		var rows []fieldRow
		for _, f := range out {
			if !known[f.ID] {
				rows = append(rows, fieldRow{Workspace: t.Workspace, TableName: t.Table, ID: f.ID, Name: f.Name, KQLType: f.KQLType, Hidden: f.Hidden})
			}
		}
		if len(rows) == 0 {
			return nil
		}
		_, err = tx.NewInsert().Model(&rows).Exec(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("adding columns to table %s: %w", t.Table, err)
	}
	return out, nil
}

// Epoch implements manifest.Manifest.
func (db *DB) Epoch(ctx context.Context) (uint64, error) {
	var epoch int64
	err := db.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewUpdate().Model((*counterRow)(nil)).Set("value = value + 1").Where("name = 'epoch'").Exec(ctx); err != nil {
			return err
		}
		var err error
		epoch, err = counter(ctx, tx, "epoch")
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("starting a new epoch: %w", err)
	}
	return uint64(epoch), nil
}

func counter(ctx context.Context, db bun.IDB, name string) (int64, error) {
	var v int64
	err := db.NewSelect().Model((*counterRow)(nil)).Column("value").Where("name = ?", name).Scan(ctx, &v)
	return v, err
}

func fieldsOf(ctx context.Context, db bun.IDB, t manifest.TableID) ([]manifest.Field, error) {
	var rows []fieldRow
	if err := db.NewSelect().Model(&rows).Where("workspace = ? AND table_name = ?", t.Workspace, t.Table).Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading the columns of table %s: %w", t.Table, err)
	}
	fields := make([]manifest.Field, len(rows))
	for i, r := range rows {
		fields[i] = r.field()
	}
	return fields, nil
}

func (r fieldRow) field() manifest.Field {
	return manifest.Field{ID: r.ID, Name: r.Name, KQLType: r.KQLType, Hidden: r.Hidden}
}

func rowOf(p manifest.Part) partRow {
	pairs := make([]int64, 0, 2*len(p.Hours))
	for _, h := range p.Hours {
		pairs = append(pairs, h.Hour, h.Rows)
	}
	hours, err := json.Marshal(pairs)
	if err != nil {
		panic(err) // a slice of integers always has a JSON form
	}
	return partRow{
		ID: p.ID, Workspace: p.Workspace, TableName: p.Table, Path: p.Path, Rows: p.Rows, Bytes: p.Bytes, Checksum: p.Checksum, Footer: p.Footer, MinTime: p.MinTime, MaxTime: p.MaxTime, MaxIngested: p.MaxIngested,
		FirstSeq: int64(p.FirstSeq), LastSeq: int64(p.LastSeq), Day: p.Day, FormatVersion: p.FormatVersion, Hours: string(hours),
	}
}

func (r partRow) part() (manifest.Part, error) {
	p := manifest.Part{
		ID: r.ID, Workspace: r.Workspace, Table: r.TableName, Path: r.Path, Rows: r.Rows, Bytes: r.Bytes, Checksum: r.Checksum, Footer: r.Footer, MinTime: r.MinTime, MaxTime: r.MaxTime, MaxIngested: r.MaxIngested,
		FirstSeq: uint64(r.FirstSeq), LastSeq: uint64(r.LastSeq), Day: r.Day, FormatVersion: r.FormatVersion,
	}
	var pairs []int64
	if err := json.Unmarshal([]byte(r.Hours), &pairs); err != nil {
		return p, fmt.Errorf("reading part %d: its hours are damaged: %w", r.ID, err)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		p.Hours = append(p.Hours, manifest.HourRows{Hour: pairs[i], Rows: pairs[i+1]})
	}
	return p, nil
}
