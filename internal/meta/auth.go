package meta

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/fault"
)

// AuthRepo keeps users, principals, sessions and links: the auth.Repo of the state database. Times are unix seconds.
type AuthRepo struct{ db *DB }

// Auth returns the repository of who may sign in.
func (db *DB) Auth() *AuthRepo { return &AuthRepo{db} }

type userRow struct {
	bun.BaseModel `bun:"table:auth_users"`
	Name          string `bun:",pk"`
	PasswordHash  string
	Role          string
	Created       int64
	TenantID      string
	ObjectID      string
}

type principalRow struct {
	bun.BaseModel `bun:"table:auth_principals"`
	ClientID      string `bun:",pk"`
	Name          string
	SecretHash    string
	Role          string
	Created       int64
}

type sessionRow struct {
	bun.BaseModel `bun:"table:auth_sessions"`
	Digest        string `bun:",pk"`
	UserName      string
	Created       int64
	Seen          int64
}

type linkRow struct {
	bun.BaseModel `bun:"table:auth_links"`
	Digest        string `bun:",pk"`
	UserName      string
	Expires       int64
}

func (u userRow) user() auth.User {
	return auth.User{Name: u.Name, PasswordHash: u.PasswordHash, Role: auth.Role(u.Role), Created: time.Unix(u.Created, 0).UTC(), TenantID: u.TenantID, ObjectID: u.ObjectID}
}

func (p principalRow) principal() auth.Principal {
	return auth.Principal{ClientID: p.ClientID, Name: p.Name, SecretHash: p.SecretHash, Role: auth.Role(p.Role), Created: time.Unix(p.Created, 0).UTC()}
}

// missing turns "no rows" into NotFound with words for people.
func missing(err error, code, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, code, format, args...)
	}
	return err
}

// User returns the user of that name.
func (r *AuthRepo) User(ctx context.Context, name string) (auth.User, error) {
	var row userRow
	err := r.db.read.NewSelect().Model(&row).Where("name = ?", name).Scan(ctx)
	return row.user(), missing(err, "user_not_found", "there is no user %q", name)
}

// Users lists all users by name.
func (r *AuthRepo) Users(ctx context.Context) ([]auth.User, error) {
	var rows []userRow
	if err := r.db.read.NewSelect().Model(&rows).Order("name").Scan(ctx); err != nil {
		return nil, err
	}
	out := make([]auth.User, len(rows))
	for i, x := range rows {
		out[i] = x.user()
	}
	return out, nil
}

// LinkTenant implements auth.Repo.
func (r *AuthRepo) LinkTenant(ctx context.Context, name, tenantID, objectID string) error {
	_, err := r.db.write.NewUpdate().Model((*userRow)(nil)).Set("tenant_id = ?", tenantID).Set("object_id = ?", objectID).Where("name = ?", name).Exec(ctx)
	return err
}

// PutUser adds or replaces a user.
func (r *AuthRepo) PutUser(ctx context.Context, u auth.User) error {
	row := userRow{Name: u.Name, PasswordHash: u.PasswordHash, Role: string(u.Role), Created: u.Created.Unix()}
	_, err := r.db.write.NewInsert().Model(&row).On("CONFLICT (name) DO UPDATE").Set("password_hash = EXCLUDED.password_hash, role = EXCLUDED.role").Exec(ctx)
	return err
}

// DeleteUser removes a user; sessions and links go with it.
func (r *AuthRepo) DeleteUser(ctx context.Context, name string) error {
	res, err := r.db.write.NewDelete().Model((*userRow)(nil)).Where("name = ?", name).Exec(ctx)
	return gone(res, err, "user_not_found", "there is no user %q", name)
}

// gone reports NotFound when a delete hit nothing.
func gone(res sql.Result, err error, code, format string, args ...any) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return fault.New(fault.NotFound, code, format, args...)
}

// Principal returns the principal of that client id.
func (r *AuthRepo) Principal(ctx context.Context, clientID string) (auth.Principal, error) {
	var row principalRow
	err := r.db.read.NewSelect().Model(&row).Where("client_id = ?", clientID).Scan(ctx)
	return row.principal(), missing(err, "principal_not_found", "there is no principal %q", clientID)
}

// Principals lists all principals by name.
func (r *AuthRepo) Principals(ctx context.Context) ([]auth.Principal, error) {
	var rows []principalRow
	if err := r.db.read.NewSelect().Model(&rows).Order("name").Scan(ctx); err != nil {
		return nil, err
	}
	out := make([]auth.Principal, len(rows))
	for i, x := range rows {
		out[i] = x.principal()
	}
	return out, nil
}

// PutPrincipal adds a principal; a name that is taken is a conflict.
func (r *AuthRepo) PutPrincipal(ctx context.Context, p auth.Principal) error {
	n, err := r.db.read.NewSelect().Model((*principalRow)(nil)).Where("name = ?", p.Name).Count(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		return fault.New(fault.Conflict, "principal_exists", "there is a principal named %q already; remove it first or take another name", p.Name)
	}
	row := principalRow{ClientID: p.ClientID, Name: p.Name, SecretHash: p.SecretHash, Role: string(p.Role), Created: p.Created.Unix()}
	_, err = r.db.write.NewInsert().Model(&row).Exec(ctx)
	return err
}

// DeletePrincipal removes a principal by client id or name.
func (r *AuthRepo) DeletePrincipal(ctx context.Context, id string) error {
	res, err := r.db.write.NewDelete().Model((*principalRow)(nil)).Where("client_id = ? OR name = ?", id, id).Exec(ctx)
	return gone(res, err, "principal_not_found", "there is no principal %q", id)
}

// Session returns the session with that digest.
func (r *AuthRepo) Session(ctx context.Context, digest string) (auth.Session, error) {
	var row sessionRow
	err := r.db.read.NewSelect().Model(&row).Where("digest = ?", digest).Scan(ctx)
	return auth.Session{Digest: row.Digest, User: row.UserName, Created: time.Unix(row.Created, 0), Seen: time.Unix(row.Seen, 0)},
		missing(err, "session_not_found", "there is no such session")
}

// PutSession adds a session or notes its use, and drops sessions past their longest life.
func (r *AuthRepo) PutSession(ctx context.Context, s auth.Session) error {
	row := sessionRow{Digest: s.Digest, UserName: s.User, Created: s.Created.Unix(), Seen: s.Seen.Unix()}
	return r.db.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&row).On("CONFLICT (digest) DO UPDATE").Set("seen = EXCLUDED.seen").Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewDelete().Model((*sessionRow)(nil)).Where("created < ?", s.Seen.Add(-auth.SessionMax).Unix()).Exec(ctx)
		return err
	})
}

// DeleteSession ends a session; one that is gone already is fine.
func (r *AuthRepo) DeleteSession(ctx context.Context, digest string) error {
	_, err := r.db.write.NewDelete().Model((*sessionRow)(nil)).Where("digest = ?", digest).Exec(ctx)
	return err
}

// PutLink keeps a one-time link.
func (r *AuthRepo) PutLink(ctx context.Context, digest, user string, expires time.Time) error {
	_, err := r.db.write.NewInsert().Model(&linkRow{Digest: digest, UserName: user, Expires: expires.Unix()}).Exec(ctx)
	return err
}

// TakeLink removes an unexpired link and returns its user; expired links go too.
func (r *AuthRepo) TakeLink(ctx context.Context, digest string, now time.Time) (user string, err error) {
	err = r.db.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		var row linkRow
		if err := tx.NewSelect().Model(&row).Where("digest = ? AND expires > ?", digest, now.Unix()).Scan(ctx); err != nil {
			return missing(err, "link_not_found", "this sign-in link was used already or is too old")
		}
		user = row.UserName
		_, err := tx.NewDelete().Model((*linkRow)(nil)).Where("digest = ? OR expires <= ?", digest, now.Unix()).Exec(ctx)
		return err
	})
	return user, err
}
