package metatest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/vedette-siem/vedette/internal/meta"
)

func change(t *testing.T, db *meta.DB, f func(ctx context.Context, tx meta.IncidentTx) error) {
	t.Helper()
	must(t, db.ChangeIncidents(t.Context(), f))
}

func ids(rows []meta.AlertRow) (out []string) {
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

// testAlerts lists an incident's alerts by their first time and id, by the page too, without those that are withheld; a second write keeps what only others set.
func testAlerts(t *testing.T, open Opener) {
	db := open(t)
	row := func(i int, incident string) *meta.AlertRow {
		return &meta.AlertRow{Workspace: ws, ID: fmt.Sprintf("a%d", i), SystemID: fmt.Sprint("sys", i), IncidentID: incident, Updated: int64(i), First: int64(i % 3), Product: []string{"P", "Q"}[i%2], Tactics: "x", Doc: "{}", Raw: "raw"}
	}
	change(t, db, func(ctx context.Context, tx meta.IncidentTx) error {
		for i := range 9 {
			r := row(i, "1")
			if i == 4 {
				r.Withheld = 1
			}
			if err := tx.PutAlert(ctx, r); err != nil {
				return err
			}
		}
		return errors.Join(tx.PutAlert(ctx, row(20, "2")), tx.PutAlert(ctx, row(21, "")), tx.MarkIndexed(ctx, ws, "a1"), tx.SettleAlert(ctx, ws, "a1", "hash", 77))
	})
	tx := open(t).Incidents()
	want := []string{"a0", "a3", "a6", "a1", "a7", "a2", "a5", "a8"}
	all := got[[]meta.AlertRow](t)(tx.AlertsOf(t.Context(), ws, "1", false))
	same(t, want, ids(all))
	if all[0].Raw != "raw" || got[[]meta.AlertRow](t)(tx.AlertsOf(t.Context(), ws, "1", true))[0].Raw != "" {
		t.Error("a light list must leave out the documents, the other must not")
	}
	var paged []string
	for at := 0; at < 9; at += 3 {
		paged = append(paged, ids(got[[]meta.AlertRow](t)(tx.AlertsPage(t.Context(), ws, "1", 3, at)))...)
	}
	same(t, want, paged)
	same(t, 0, len(got[[]meta.AlertRow](t)(tx.AlertsOf(t.Context(), ws, "", false))))
	same(t, []string{"a4"}, ids(got[[]meta.AlertRow](t)(tx.WithheldAlerts(t.Context(), ws, "P", 10))))
	same(t, []string{"P"}, got[[]string](t)(tx.WithheldProducts(t.Context(), ws, "1")))
	same(t, int64(21), got[int64](t)(tx.LastAlert(t.Context(), ws, "")))
	same(t, int64(20), got[int64](t)(tx.LastAlert(t.Context(), ws, "P")))
	same(t, int64(0), got[int64](t)(tx.LastAlert(t.Context(), ws, "none")))
	same(t, 11, got[int](t)(tx.CountAlerts(t.Context(), ws)))
	same(t, "a1", got[meta.AlertRow](t)(tx.AlertBySystemID(t.Context(), ws, "sys1")).ID)
	if _, err := tx.Alert(t.Context(), ws, "none"); !errors.Is(err, sql.ErrNoRows) {
		t.Error(err)
	}

	same(t, 9, len(got[[]meta.AlertRow](t)(tx.UnindexedAlerts(t.Context(), ws, 99)))) // not a1, not the withheld one
	change(t, db, func(ctx context.Context, tx meta.IncidentTx) error { return tx.PutAlert(ctx, row(1, "3")) })
	a := got[meta.AlertRow](t)(tx.Alert(t.Context(), ws, "a1"))
	same(t, []any{"3", int64(1), ""}, []any{a.IncidentID, a.Indexed, a.Seen})
}

// testEntities keeps the fullest description, joins what turns out to be one, and counts alerts and incidents once.
func testEntities(t *testing.T, open Opener) {
	db := open(t)
	a := &meta.EntityRow{Workspace: ws, Kind: "Account", Label: "anna", Search: "anna", Data: "{}"}
	b := &meta.EntityRow{Workspace: ws, Kind: "Account", Label: "anna@contoso.com", Search: "anna@contoso.com 100%", Data: `{"more":1}`}
	h := &meta.EntityRow{Workspace: ws, Kind: "Host", Label: "pc", Search: "pc", Data: "{}"}
	change(t, db, func(ctx context.Context, tx meta.IncidentTx) error {
		if err := tx.PutEntities(ctx, ws, []*meta.EntityRow{a, b, h}); err != nil {
			return err
		}
		keys := map[string]int64{"sid|1": a.ID, "upn|anna": b.ID, "host|pc": h.ID}
		for i := range 700 { // more than one statement takes
			keys[fmt.Sprint("k", i)] = h.ID
		}
		link := func(alert, incident string, first int64, of ...*meta.EntityRow) error {
			var links []meta.EntityLink
			for _, e := range of {
				links = append(links, meta.EntityLink{Workspace: ws, Alert: alert, Entity: e.ID, IncidentID: incident, First: first, Last: first + 1})
			}
			return tx.LinkEntities(ctx, ws, alert, links)
		}
		return errors.Join(tx.PutEntityKeys(ctx, ws, keys), link("x", "1", 5, a, b, h), link("y", "2", 3, a), link("z", "2", 0, h), link("z", "1", 9, h))
	})
	if a.ID == 0 || a.ID == b.ID || b.ID == h.ID {
		t.Fatalf("ids %d, %d, %d", a.ID, b.ID, h.ID)
	}
	tx := open(t).Incidents()
	wanted := []string{"sid|1", "missing"}
	for i := range 600 {
		wanted = append(wanted, fmt.Sprint("k", i))
	}
	by := got[map[string]int64](t)(tx.EntitiesByKey(t.Context(), ws, wanted))
	same(t, []any{601, a.ID}, []any{len(by), by["sid|1"]})

	change(t, db, func(ctx context.Context, tx meta.IncidentTx) error {
		poor := *b
		poor.Label, poor.Data = "poor", "{}"
		return errors.Join(tx.PutEntities(ctx, ws, []*meta.EntityRow{&poor}), tx.MergeEntity(ctx, ws, a.ID, b.ID))
	})
	sums := got[[]meta.EntitySum](t)(tx.ListEntities(t.Context(), ws, meta.EntityQuery{Limit: 10}))
	same(t, 2, len(sums))
	same(t, []any{"anna@contoso.com", 2, 2, int64(3), int64(6)}, []any{sums[0].Label, sums[0].Alerts, sums[0].Incidents, sums[0].First, sums[0].Last})
	same(t, []any{"pc", 2, 1}, []any{sums[1].Label, sums[1].Alerts, sums[1].Incidents})
	same(t, b.ID, got[[]meta.EntitySum](t)(tx.Entity(t.Context(), ws, a.ID))[0].ID)
	same(t, map[string]int64{"sid|1": b.ID}, got[map[string]int64](t)(tx.EntitiesByKey(t.Context(), ws, []string{"sid|1"})))
	same(t, 1, len(got[[]meta.EntitySum](t)(tx.ListEntities(t.Context(), ws, meta.EntityQuery{Text: "100%", Limit: 10}))))
	same(t, 1, len(got[[]meta.EntitySum](t)(tx.ListEntities(t.Context(), ws, meta.EntityQuery{Kind: "Host", Limit: 10}))))
	same(t, "pc", got[[]meta.EntitySum](t)(tx.ListEntities(t.Context(), ws, meta.EntityQuery{Limit: 1, Offset: 1}))[0].Label)
	same(t, []meta.SharedEntity{{IncidentID: "2", Entity: b.ID, Kind: "Account", Label: "anna@contoso.com", Incidents: 2}}, got[[]meta.SharedEntity](t)(tx.SharedEntities(t.Context(), ws, "1", 10)))
	same(t, 0, len(got[[]meta.SharedEntity](t)(tx.SharedEntities(t.Context(), ws, "1", 1))))
}

// testIdentities keeps records by source, finds what is linked, and forgets what was deleted long ago.
func testIdentities(t *testing.T, open Opener) {
	db := open(t)
	records := []meta.IdentityRecord{
		{Workspace: ws, Source: "entra", ID: "1", ObjectID: "o1", SID: "s1", Body: "{}", Dirty: true}, {Workspace: ws, Source: "ad", ID: "1", SID: "s1", Body: "{}", Dirty: true},
		{Workspace: ws, Source: "ad", ID: "2", Body: "{}", Deleted: 5}, {Workspace: ws, Source: "ad", ID: "3", Body: "{}", Deleted: 50},
	}
	must(t, db.ChangeIdentities(t.Context(), func(ctx context.Context, tx meta.IdentityTx) error {
		for i := range records {
			if err := tx.PutRecord(ctx, &records[i]); err != nil {
				return err
			}
		}
		return errors.Join(tx.Clean(ctx, records[0]), tx.PutIdentity(ctx, &meta.IdentityRow{Workspace: ws, ID: "o1", Hash: "h", Revision: 2, Emitted: 7}), tx.PushRows(ctx, ws, []string{"row"}))
	}))
	tx := open(t).Identities()
	same(t, []meta.IdentityRecord{records[1]}, got[[]meta.IdentityRecord](t)(tx.Dirty(t.Context(), ws, 10)))
	same(t, 2, len(got[[]meta.IdentityRecord](t)(tx.Linked(t.Context(), ws, "", "s1"))))
	same(t, 0, len(got[[]meta.IdentityRecord](t)(tx.Linked(t.Context(), ws, "", ""))))
	same(t, int64(1), got[int64](t)(tx.CountRecords(t.Context(), ws, "ad")))
	same(t, 3, len(got[[]meta.IdentityRecord](t)(tx.Records(t.Context(), ws, "ad"))))
	if _, ok, err := tx.Record(t.Context(), ws, "ad", "9"); ok || err != nil {
		t.Error(ok, err)
	}
	row, ok, err := tx.Identity(t.Context(), ws, "o1")
	must(t, err)
	same(t, []any{true, int64(7)}, []any{ok, row.Emitted})
	same(t, 1, len(got[[]meta.IdentityRow](t)(tx.Stale(t.Context(), ws, 8, 10))))
	same(t, 0, len(got[[]meta.IdentityRow](t)(tx.Stale(t.Context(), ws, 7, 10))))
	same(t, "row", got[[]meta.EventRow](t)(db.Incidents().Events(t.Context(), ws, 10))[0].Body)
	must(t, db.ChangeIdentities(t.Context(), func(ctx context.Context, tx meta.IdentityTx) error { return tx.Forget(ctx, ws, 50) }))
	same(t, 2, len(got[[]meta.IdentityRecord](t)(tx.Records(t.Context(), ws, "ad"))))
	must(t, db.ChangeIdentities(t.Context(), func(ctx context.Context, tx meta.IdentityTx) error { return tx.DropIdentity(ctx, ws, "o1") }))
	if _, ok, err := tx.Identity(t.Context(), ws, "o1"); ok || err != nil {
		t.Error(ok, err)
	}
}
