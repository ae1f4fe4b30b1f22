package ueba

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// inOneGo is how many accounts one transaction deals with, so that nobody waits long for the state database.
const inOneGo = 200

const (
	// retell is how often a person is told of without a change, so that queries over a retention of 14 days and more
	// find everybody.
	retell = 14 * 24 * time.Hour
	// forget is how long somebody who is gone stays known.
	forget = 30 * 24 * time.Hour
)

// take stores what a source read and tells of every identity that changed by it. It may be repeated after a crash at any
// point: records that were stored but not told of are marked.
func (s *Service) take(ctx context.Context, w Workspace, source string, b Batch) error {
	people, gone := b.People, b.Gone
	if b.Full {
		known, err := s.known(ctx, w.ID, source)
		if err != nil {
			return err
		}
		if len(people) == 0 && len(known) > 0 {
			return fault.New(fault.Unavailable, "directory_empty", "%s answered without a single account, while %d were known. Nobody was taken for deleted; it is read again.", source, len(known))
		}
		if people, gone, err = compare(known, people); err != nil {
			return err
		}
	}
	for start := 0; start < len(people); start += inOneGo {
		chunk := people[start:min(start+inOneGo, len(people))]
		err := s.store.ChangeIdentities(ctx, func(ctx context.Context, tx meta.IdentityTx) error {
			for _, p := range chunk {
				if err := putPerson(ctx, tx, w.ID, source, p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("storing accounts of %s: %w", source, err)
		}
	}
	for start := 0; start < len(gone); start += inOneGo {
		chunk := gone[start:min(start+inOneGo, len(gone))]
		err := s.store.ChangeIdentities(ctx, func(ctx context.Context, tx meta.IdentityTx) error {
			for _, id := range chunk {
				if err := bury(ctx, tx, w.ID, source, id, s.now()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("storing deletions of %s: %w", source, err)
		}
	}
	return s.settle(ctx, w, b.Full)
}

// known returns what is stored of a source's accounts, by id.
func (s *Service) known(ctx context.Context, ws, source string) (map[string]string, error) {
	records, err := s.store.Identities().Records(ctx, ws, source)
	if err != nil {
		return nil, fmt.Errorf("reading the known accounts of %s: %w", source, err)
	}
	out := make(map[string]string, len(records))
	for _, r := range records {
		if r.Deleted == 0 {
			out[r.ID] = r.Body
		}
	}
	return out, nil
}

// compare returns those who are new or different, and the ids of those who are gone. Most readings of most directories find
// neither, and then nothing is written.
func compare(known map[string]string, people []model.Person) (changed []model.Person, gone []string, err error) {
	for _, p := range people {
		body, err := json.Marshal(p)
		if err != nil {
			return nil, nil, fmt.Errorf("encoding account %s: %w", p.ID, err)
		}
		if known[p.ID] != string(body) {
			changed = append(changed, p)
		}
		delete(known, p.ID)
	}
	return changed, slices.Sorted(maps.Keys(known)), nil
}

// putPerson stores a record if it is new or different.
func putPerson(ctx context.Context, tx meta.IdentityTx, ws, source string, p model.Person) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encoding account %s: %w", p.ID, err)
	}
	old, ok, err := tx.Record(ctx, ws, source, p.ID)
	if err != nil || ok && old.Deleted == 0 && old.Body == string(body) {
		return err
	}
	return tx.PutRecord(ctx, &meta.IdentityRecord{
		Workspace: ws, Source: source, ID: p.ID, ObjectID: strings.ToLower(p.ObjectID), SID: strings.ToUpper(p.SID), Body: string(body), Dirty: true,
	})
}

// bury marks a record as gone.
func bury(ctx context.Context, tx meta.IdentityTx, ws, source, id string, now time.Time) error {
	r, ok, err := tx.Record(ctx, ws, source, id)
	if err != nil || !ok || r.Deleted != 0 {
		return err
	}
	r.Deleted, r.Dirty = now.UnixMilli(), true
	return tx.PutRecord(ctx, &r)
}

// settle tells of every identity with a record that changed.
func (s *Service) settle(ctx context.Context, w Workspace, first bool) error {
	for {
		n := 0
		err := s.store.ChangeIdentities(ctx, func(ctx context.Context, tx meta.IdentityTx) error {
			dirty, err := tx.Dirty(ctx, w.ID, inOneGo)
			if err != nil {
				return err
			}
			n = len(dirty)
			t := teller{tx: tx, w: w, now: s.now(), first: first}
			for _, r := range dirty {
				if err := t.changed(ctx, r); err != nil {
					return err
				}
			}
			return t.push(ctx, s.encode)
		})
		if err != nil {
			return fmt.Errorf("telling of changed people: %w", err)
		}
		if n == 0 {
			return nil
		}
		s.wake()
	}
}

// teller collects the rows of one transaction.
type teller struct {
	tx    meta.IdentityTx
	w     Workspace
	now   time.Time
	first bool // who is new is told of as part of a full reading
	rows  []model.Row
}

// changed deals with one record that changed.
func (t *teller) changed(ctx context.Context, r meta.IdentityRecord) error {
	g, err := t.group(ctx, r)
	if err != nil {
		return err
	}
	if err := t.tell(ctx, g, changeSource(r.Source), false); err != nil {
		return err
	}
	return t.tx.Clean(ctx, r)
}

// group returns the records of the identity that the record belongs to: those that share its object id or SID, and what
// shares theirs.
func (t *teller) group(ctx context.Context, r meta.IdentityRecord) (group, error) {
	seen := map[string]bool{}
	var out group
	var add func(r meta.IdentityRecord) error
	add = func(r meta.IdentityRecord) error {
		key := r.Source + "\x00" + r.ID
		if seen[key] {
			return nil
		}
		seen[key] = true
		rec := record{source: r.Source}
		if err := json.Unmarshal([]byte(r.Body), &rec.person); err != nil {
			return fmt.Errorf("reading account %s of %s: %w", r.ID, r.Source, err)
		}
		if r.Deleted != 0 {
			rec.deleted = time.UnixMilli(r.Deleted).UTC()
		}
		out = append(out, rec)
		if r.ObjectID == "" && r.SID == "" {
			return nil
		}
		linked, err := t.tx.Linked(ctx, t.w.ID, r.ObjectID, r.SID)
		if err != nil {
			return err
		}
		for _, l := range linked {
			if err := add(l); err != nil {
				return err
			}
		}
		return nil
	}
	return out, add(r)
}

// tell adds the row of an identity if it is not as it was told last, or if it must be.
func (t *teller) tell(ctx context.Context, g group, change string, must bool) error {
	id := g.id()
	person, deleted := g.merged()
	hash, err := hashOf(person, deleted)
	if err != nil {
		return err
	}
	old, known, err := t.tx.Identity(ctx, t.w.ID, id)
	if err != nil {
		return err
	}
	for _, r := range g { // an account that another source links to somebody is nobody of its own any more
		if own := identityID(r); own != id {
			if err := t.tx.DropIdentity(ctx, t.w.ID, own); err != nil {
				return err
			}
		}
	}
	if old.Hash == hash && !must || !known && !deleted.IsZero() {
		return nil
	}
	if !known && t.first {
		change = fullSync
	}
	old.Hash, old.Revision, old.Emitted, old.Deleted = hash, old.Revision+1, t.now.UnixMilli(), 0
	if !deleted.IsZero() {
		old.Deleted = deleted.UnixMilli()
	}
	if err := t.tx.PutIdentity(ctx, &old); err != nil {
		return err
	}
	t.rows = append(t.rows, model.Row{
		Table: Table, Source: fmt.Sprintf("identity/%s/%d/%d", id, old.Emitted, old.Revision),
		Values: Values(t.w, person, deleted, change, column.FromTime(t.now)),
	})
	return nil
}

// push puts the rows into the outbox.
func (t *teller) push(ctx context.Context, encode func(model.Row) (string, error)) error {
	bodies := make([]string, 0, len(t.rows))
	for _, r := range t.rows {
		b, err := encode(r)
		if err != nil {
			return err
		}
		bodies = append(bodies, b)
	}
	return t.tx.PushRows(ctx, t.w.ID, bodies)
}

// retell tells again of those who were not told of for a fortnight, and forgets those who are long gone.
func (s *Service) retell(ctx context.Context, w Workspace) error {
	for {
		n := 0
		err := s.store.ChangeIdentities(ctx, func(ctx context.Context, tx meta.IdentityTx) error {
			now := s.now()
			stale, err := tx.Stale(ctx, w.ID, now.Add(-retell).UnixMilli(), inOneGo)
			if err != nil {
				return err
			}
			n = len(stale)
			t := teller{tx: tx, w: w, now: now}
			for _, row := range stale {
				if err := t.again(ctx, row); err != nil {
					return err
				}
			}
			return t.push(ctx, s.encode)
		})
		if err != nil {
			return fmt.Errorf("telling of people again: %w", err)
		}
		if n == 0 {
			break
		}
		s.wake()
	}
	return s.store.ChangeIdentities(ctx, func(ctx context.Context, tx meta.IdentityTx) error {
		return tx.Forget(ctx, w.ID, s.now().Add(-forget).UnixMilli())
	})
}

// again tells of an identity as it is. One without records is forgotten.
func (t *teller) again(ctx context.Context, row meta.IdentityRow) error {
	kind, key, _ := strings.Cut(row.ID, ":")
	var found []meta.IdentityRecord
	var err error
	switch kind {
	case "oid":
		found, err = t.tx.Linked(ctx, t.w.ID, key, "")
	case "sid":
		found, err = t.tx.Linked(ctx, t.w.ID, "", key)
	default:
		var r meta.IdentityRecord
		var ok bool
		if r, ok, err = t.tx.Record(ctx, t.w.ID, kind, key); ok {
			found = append(found, r)
		}
	}
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return t.tx.DropIdentity(ctx, t.w.ID, row.ID)
	}
	g, err := t.group(ctx, found[0])
	if err != nil {
		return err
	}
	if g.id() != row.ID {
		return t.tx.DropIdentity(ctx, t.w.ID, row.ID)
	}
	return t.tell(ctx, g, fullSync, true)
}
