package meta

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
)

// ActivityRow is one line of an incident's history; Body belongs to the incident service.
type ActivityRow struct {
	bun.BaseModel `bun:"table:incident_activities"`

	Workspace string `bun:"workspace,pk"`
	Number    int64  `bun:"number,pk"`
	ID        int64  `bun:"id,pk"`
	Body      string `bun:"body"`
}

// ConflictRow is one conflict, rejected value or unsent edit.
type ConflictRow struct {
	bun.BaseModel `bun:"table:incident_conflicts"`

	Workspace string `bun:"workspace,pk"`
	ID        int64  `bun:"id,pk"`
	Number    int64  `bun:"number"`
	Note      string `bun:"note"`
	Body      string `bun:"body"`
}

// OutboxRow is an incident with something to send.
type OutboxRow struct {
	bun.BaseModel `bun:"table:incident_outbox"`

	Workspace string `bun:"workspace,pk"`
	Number    int64  `bun:"number,pk"`
	Due       int64  `bun:"due"`
	Since     int64  `bun:"since"`
	Person    bool   `bun:"person"`
}

// EventRow is an event row that waits to be appended to the store. Sequences are gapless per workspace.
type EventRow struct {
	bun.BaseModel `bun:"table:incident_rows"`

	Workspace string `bun:"workspace,pk"`
	Seq       int64  `bun:"seq,pk"`
	Body      string `bun:"body"`
}

// AddActivity adds a line to an incident's history.
func (t IncidentTx) AddActivity(ctx context.Context, ws string, number int64, body string) error {
	_, err := t.db.NewRaw(`INSERT INTO incident_activities (workspace, number, id, body)
		SELECT ?, ?, coalesce(max(id), 0) + 1, ? FROM incident_activities WHERE workspace = ? AND number = ?`, ws, number, body, ws, number).Exec(ctx)
	return err
}

// ActivityPlace is where a line of a history stands: lines are in the order of their times, which is not always that in which
// they were written.
type ActivityPlace struct {
	At string
	ID int64
}

// PlacedActivity is a line of a history with its place among them.
type PlacedActivity struct {
	bun.BaseModel `bun:"table:incident_activities,alias:activity_row"`
	ActivityRow

	At string `bun:"at,scanonly"`
}

// Activities returns up to limit lines of an incident's history after a place, oldest first; with newest set those before it,
// newest first. The zero place begins.
func (t IncidentTx) Activities(ctx context.Context, ws string, number int64, after ActivityPlace, limit int, newest bool) ([]PlacedActivity, error) {
	var rows []PlacedActivity
	at, dir, than := bun.Safe(timeText("body", "time")), bun.Safe("ASC"), bun.Safe(">")
	if newest {
		dir, than = "DESC", "<"
	}
	q := t.db.NewSelect().Model(&rows).ColumnExpr("activity_row.*").ColumnExpr("? AS at", at).Where("workspace = ? AND number = ?", ws, number)
	if after != (ActivityPlace{}) {
		q = q.Where("(?, id) ? (?, ?)", at, than, after.At, after.ID)
	}
	err := q.OrderExpr("? ?, id ?", at, dir, dir).Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// CountActivities returns how long an incident's history is.
func (t IncidentTx) CountActivities(ctx context.Context, ws string, number int64) (int, error) {
	n, err := t.db.NewSelect().Model((*ActivityRow)(nil)).Where("workspace = ? AND number = ?", ws, number).Count(ctx)
	return int(n), err
}

// PutConflict stores a conflict; ID 0 makes a new one.
func (t IncidentTx) PutConflict(ctx context.Context, r *ConflictRow) error {
	if r.ID == 0 {
		id, err := t.Take(ctx, r.Workspace, "conflict", 1)
		if err != nil {
			return err
		}
		r.ID = id
	}
	_, err := t.db.NewInsert().Model(r).On("CONFLICT (workspace, id) DO UPDATE").Set("body = EXCLUDED.body").Exec(ctx)
	return err
}

// Conflict returns one conflict.
func (t IncidentTx) Conflict(ctx context.Context, ws string, id int64) (ConflictRow, error) {
	var r ConflictRow
	err := t.db.NewSelect().Model(&r).Where("workspace = ? AND id = ?", ws, id).Scan(ctx)
	return r, err
}

// Conflicts returns the conflicts of an incident, or of the workspace when number is 0, newest first.
func (t IncidentTx) Conflicts(ctx context.Context, ws string, number int64) ([]ConflictRow, error) {
	var rows []ConflictRow
	q := t.db.NewSelect().Model(&rows).Where("workspace = ?", ws)
	if number != 0 {
		q = q.Where("number = ?", number)
	}
	err := q.Order("id DESC").Scan(ctx)
	return rows, err
}

// PutOutbox stores that an incident has something to send.
func (t IncidentTx) PutOutbox(ctx context.Context, r *OutboxRow) error {
	_, err := t.db.NewInsert().Model(r).On("CONFLICT (workspace, number) DO UPDATE").
		Set("due = EXCLUDED.due").Set("since = EXCLUDED.since").Set("person = EXCLUDED.person").Exec(ctx)
	return err
}

// DropOutbox removes an incident from the outbox.
func (t IncidentTx) DropOutbox(ctx context.Context, ws string, number int64) error {
	_, err := t.db.NewDelete().Model((*OutboxRow)(nil)).Where("workspace = ? AND number = ?", ws, number).Exec(ctx)
	return err
}

// DueOutbox returns what is due, people's first, then the oldest; and when the next one is due, 0 when none is.
func (t IncidentTx) DueOutbox(ctx context.Context, ws string, now int64, limit int) ([]OutboxRow, int64, error) {
	var rows []OutboxRow
	err := t.db.NewSelect().Model(&rows).Where("workspace = ? AND due <= ?", ws, now).
		OrderExpr("person DESC, since, number").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, 0, err
	}
	var next sql.NullInt64
	err = t.db.NewSelect().Model((*OutboxRow)(nil)).ColumnExpr("min(due)").Where("workspace = ? AND due > ?", ws, now).Scan(ctx, &next)
	return rows, next.Int64, err
}

// OldestOutbox returns how many incidents wait to be sent and since when (ticks; 0 when none).
func (t IncidentTx) OldestOutbox(ctx context.Context, ws string) (int, int64, error) {
	var n int
	var since sql.NullInt64
	err := t.db.NewSelect().Model((*OutboxRow)(nil)).ColumnExpr("count(*), min(since)").Where("workspace = ?", ws).Scan(ctx, &n, &since)
	return n, since.Int64, err
}

// PushEvents adds event rows under the next sequences.
func (t IncidentTx) PushEvents(ctx context.Context, ws string, bodies []string) error {
	if len(bodies) == 0 {
		return nil
	}
	first, err := t.Take(ctx, ws, "row", int64(len(bodies)))
	if err != nil {
		return err
	}
	rows := make([]EventRow, len(bodies))
	for i, b := range bodies {
		rows[i] = EventRow{Workspace: ws, Seq: first + int64(i), Body: b}
	}
	_, err = t.db.NewInsert().Model(&rows).Exec(ctx)
	return err
}

// Events returns the oldest waiting event rows.
func (t IncidentTx) Events(ctx context.Context, ws string, limit int) ([]EventRow, error) {
	var rows []EventRow
	err := t.db.NewSelect().Model(&rows).Where("workspace = ?", ws).Order("seq").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// DropEvents removes the event rows before the sequence.
func (t IncidentTx) DropEvents(ctx context.Context, ws string, before int64) error {
	_, err := t.db.NewDelete().Model((*EventRow)(nil)).Where("workspace = ? AND seq < ?", ws, before).Exec(ctx)
	return err
}

type checkpointRow struct {
	bun.BaseModel `bun:"table:incident_checkpoints"`

	Workspace string `bun:"workspace,pk"`
	Stream    string `bun:"stream,pk"`
	Body      string `bun:"body"`
}

// Checkpoint returns a stream's checkpoint, "" when there is none.
func (t IncidentTx) Checkpoint(ctx context.Context, ws, stream string) (string, error) {
	var r checkpointRow
	err := t.db.NewSelect().Model(&r).Where("workspace = ? AND stream = ?", ws, stream).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return r.Body, err
}

// PutCheckpoint stores a stream's checkpoint.
func (t IncidentTx) PutCheckpoint(ctx context.Context, ws, stream, body string) error {
	r := checkpointRow{Workspace: ws, Stream: stream, Body: body}
	_, err := t.db.NewInsert().Model(&r).On("CONFLICT (workspace, stream) DO UPDATE").Set("body = EXCLUDED.body").Exec(ctx)
	return err
}

// QuarantineRow is an object of the tenant that could not be read.
type QuarantineRow struct {
	bun.BaseModel `bun:"table:incident_quarantine"`

	Workspace string `bun:"workspace,pk"`
	Stream    string `bun:"stream,pk"`
	ID        string `bun:"id,pk"`
	Reason    string `bun:"reason"`
	Since     int64  `bun:"since"`
}

// PutQuarantine stores that an object could not be read; the first time stays.
func (t IncidentTx) PutQuarantine(ctx context.Context, r *QuarantineRow) error {
	_, err := t.db.NewInsert().Model(r).On("CONFLICT (workspace, stream, id) DO UPDATE").Set("reason = EXCLUDED.reason").Exec(ctx)
	return err
}

// Quarantine returns what could not be read of a stream.
func (t IncidentTx) Quarantine(ctx context.Context, ws, stream string) ([]QuarantineRow, error) {
	var rows []QuarantineRow
	err := t.db.NewSelect().Model(&rows).Where("workspace = ? AND stream = ?", ws, stream).Order("since", "id").Scan(ctx)
	return rows, err
}

// DropQuarantine forgets an object that can be read again.
func (t IncidentTx) DropQuarantine(ctx context.Context, ws, stream, id string) error {
	_, err := t.db.NewDelete().Model((*QuarantineRow)(nil)).Where("workspace = ? AND stream = ? AND id = ?", ws, stream, id).Exec(ctx)
	return err
}

// PersonRow is a looked-up user; an empty Body means that the directory has none of that login.
type PersonRow struct {
	bun.BaseModel `bun:"table:incident_people"`

	Workspace string `bun:"workspace,pk"`
	Login     string `bun:"login,pk"` // lower case
	Fetched   int64  `bun:"fetched"`
	Body      string `bun:"body"`
}

// Person returns a looked-up user.
func (t IncidentTx) Person(ctx context.Context, ws, login string) (PersonRow, error) {
	var r PersonRow
	err := t.db.NewSelect().Model(&r).Where("workspace = ? AND login = ?", ws, login).Scan(ctx)
	return r, err
}

// People returns the looked-up users whose login or record holds the text, in the order of their logins.
func (t IncidentTx) People(ctx context.Context, ws, text string, limit int) ([]PersonRow, error) {
	var rows []PersonRow
	err := t.db.NewSelect().Model(&rows).Where("workspace = ? AND body <> ''", ws).
		Where("lower(body) LIKE ? ESCAPE '!'", "%"+like(text)+"%").Order("login").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// PutPerson stores a looked-up user.
func (t IncidentTx) PutPerson(ctx context.Context, r *PersonRow) error {
	_, err := t.db.NewInsert().Model(r).On("CONFLICT (workspace, login) DO UPDATE").
		Set("fetched = EXCLUDED.fetched").Set("body = EXCLUDED.body").Exec(ctx)
	return err
}
