package meta

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/uptrace/bun"
)

// IdentityRecord is what one source says of one account; Body is the source's, as JSON. A dirty record has changed since
// its identity was last built. Deleted is Unix milliseconds, 0 while the source has the account.
type IdentityRecord struct {
	bun.BaseModel `bun:"table:identity_records"`

	Workspace string `bun:"workspace,pk"`
	Source    string `bun:"source,pk"`
	ID        string `bun:"id,pk"`
	ObjectID  string `bun:"object_id"`
	SID       string `bun:"sid"`
	Body      string `bun:"body"`
	Deleted   int64  `bun:"deleted"`
	Dirty     bool   `bun:"dirty"`
}

// IdentityRow is what was last told of one identity: a hash of it, how often, and when (Unix milliseconds).
type IdentityRow struct {
	bun.BaseModel `bun:"table:identities"`

	Workspace string `bun:"workspace,pk"`
	ID        string `bun:"id,pk"`
	Hash      string `bun:"hash"`
	Revision  int64  `bun:"revision"`
	Emitted   int64  `bun:"emitted"`
	Deleted   int64  `bun:"deleted"`
}

// IdentityTx is the identity tables within one transaction, or outside of one for reads.
type IdentityTx struct{ db bun.IDB }

// Identities returns the identity tables for reading.
func (db *DB) Identities() IdentityTx { return IdentityTx{db.read} }

// ChangeIdentities runs f in one transaction over the identity tables and the row outbox; an error rolls it back.
func (db *DB) ChangeIdentities(ctx context.Context, f func(ctx context.Context, tx IdentityTx) error) error {
	return db.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return f(ctx, IdentityTx{tx}) })
}

// Records returns all records of a source.
func (t IdentityTx) Records(ctx context.Context, ws, source string) ([]IdentityRecord, error) {
	var out []IdentityRecord
	err := t.db.NewSelect().Model(&out).Where("workspace = ? AND source = ?", ws, source).Scan(ctx)
	return out, err
}

// Record returns one record, and false when there is none.
func (t IdentityTx) Record(ctx context.Context, ws, source, id string) (IdentityRecord, bool, error) {
	var r IdentityRecord
	err := t.db.NewSelect().Model(&r).Where("workspace = ? AND source = ? AND id = ?", ws, source, id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

// PutRecord stores a record.
func (t IdentityTx) PutRecord(ctx context.Context, r *IdentityRecord) error {
	_, err := t.db.NewInsert().Model(r).On("CONFLICT (workspace, source, id) DO UPDATE").
		Set("object_id = EXCLUDED.object_id").Set("sid = EXCLUDED.sid").Set("body = EXCLUDED.body").
		Set("deleted = EXCLUDED.deleted").Set("dirty = EXCLUDED.dirty").Exec(ctx)
	return err
}

// Dirty returns some of the records that changed.
func (t IdentityTx) Dirty(ctx context.Context, ws string, limit int64) ([]IdentityRecord, error) {
	var out []IdentityRecord
	err := t.db.NewSelect().Model(&out).Where("workspace = ? AND dirty", ws).Order("source", "id").Limit(limit).Scan(ctx)
	return out, err
}

// Linked returns the records that name the object id or the SID; "" names nothing. One with both may come twice.
func (t IdentityTx) Linked(ctx context.Context, ws, objectID, sid string) ([]IdentityRecord, error) {
	var out []IdentityRecord
	// One query each, sorted here: the database uses neither index for an OR of the two, nor for an order of its own.
	for _, by := range []struct{ where, value string }{{"object_id <> '' AND object_id = ?", objectID}, {"sid <> '' AND sid = ?", sid}} {
		if by.value == "" {
			continue
		}
		var rows []IdentityRecord
		if err := t.db.NewSelect().Model(&rows).Where("workspace = ?", ws).Where(by.where, by.value).Scan(ctx); err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	slices.SortFunc(out, func(a, b IdentityRecord) int { return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// Clean marks a record as dealt with.
func (t IdentityTx) Clean(ctx context.Context, r IdentityRecord) error {
	_, err := t.db.NewUpdate().Model((*IdentityRecord)(nil)).Set("dirty = ?", false).
		Where("workspace = ? AND source = ? AND id = ?", r.Workspace, r.Source, r.ID).Exec(ctx)
	return err
}

// Identity returns what was told of an identity, and false when nothing was.
func (t IdentityTx) Identity(ctx context.Context, ws, id string) (IdentityRow, bool, error) {
	var r IdentityRow
	err := t.db.NewSelect().Model(&r).Where("workspace = ? AND id = ?", ws, id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return IdentityRow{Workspace: ws, ID: id}, false, nil
	}
	return r, err == nil, err
}

// PutIdentity stores what was told of an identity.
func (t IdentityTx) PutIdentity(ctx context.Context, r *IdentityRow) error {
	_, err := t.db.NewInsert().Model(r).On("CONFLICT (workspace, id) DO UPDATE").
		Set("hash = EXCLUDED.hash").Set("revision = EXCLUDED.revision").Set("emitted = EXCLUDED.emitted").Set("deleted = EXCLUDED.deleted").Exec(ctx)
	return err
}

// DropIdentity forgets an identity that is now part of another, or long gone.
func (t IdentityTx) DropIdentity(ctx context.Context, ws, id string) error {
	_, err := t.db.NewDelete().Model((*IdentityRow)(nil)).Where("workspace = ? AND id = ?", ws, id).Exec(ctx)
	return err
}

// Stale returns some identities that exist and were last told of before the time.
func (t IdentityTx) Stale(ctx context.Context, ws string, before int64, limit int64) ([]IdentityRow, error) {
	var out []IdentityRow
	err := t.db.NewSelect().Model(&out).Where("workspace = ? AND deleted = 0 AND emitted < ?", ws, before).Order("emitted", "id").Limit(limit).Scan(ctx)
	return out, err
}

// Forget drops records and identities that were deleted before the time.
func (t IdentityTx) Forget(ctx context.Context, ws string, before int64) error {
	for _, m := range []any{(*IdentityRecord)(nil), (*IdentityRow)(nil)} {
		if _, err := t.db.NewDelete().Model(m).Where("workspace = ? AND deleted <> 0 AND deleted < ?", ws, before).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// CountRecords returns how many accounts a source has.
func (t IdentityTx) CountRecords(ctx context.Context, ws, source string) (int64, error) {
	return t.db.NewSelect().Model((*IdentityRecord)(nil)).Where("workspace = ? AND source = ? AND deleted = 0", ws, source).Count(ctx)
}

// PushRows adds rows to the row outbox.
func (t IdentityTx) PushRows(ctx context.Context, ws string, bodies []string) error {
	return IncidentTx(t).PushEvents(ctx, ws, bodies)
}
