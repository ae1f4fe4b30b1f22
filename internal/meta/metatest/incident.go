package metatest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/vedette-siem/vedette/internal/meta"
)

func numbers(rows []meta.IncidentRow) []int64 {
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.Number
	}
	return out
}

func list(t *testing.T, db *meta.DB, q meta.IncidentQuery) ([]int64, int) {
	t.Helper()
	rows, n, err := db.Incidents().ListIncidents(t.Context(), ws, q)
	must(t, err)
	return numbers(rows), n
}

// testIncidents stores one incident in full, changes it and removes it with what belongs to it.
func testIncidents(t *testing.T, open Opener) {
	db := open(t)
	r := meta.IncidentRow{
		Workspace: ws, Number: 7, Name: "a-name", ProviderID: "924", Title: "Title", Status: "Active", Severity: "Medium", SeverityRank: 2, Owner: "a@contoso.com", Labels: "\na\nb\n", Search: "title", Created: 1, Modified: 2,
		Closed: 3, RedirectTo: "x", SyncState: "synced", Alerts: 4, Revision: 5, Doc: `{"a":1}`, Sync: `{"b":2}`, Raw: `{"c":3}`,
	}
	put(t, db, r)
	tx := open(t).Incidents()
	same(t, r, got[meta.IncidentRow](t)(tx.Incident(t.Context(), ws, 7)))
	same(t, r, got[meta.IncidentRow](t)(tx.IncidentByName(t.Context(), ws, "A-NAME")))
	same(t, r, got[meta.IncidentRow](t)(tx.IncidentByProvider(t.Context(), ws, "924")))
	if _, err := tx.IncidentByProvider(t.Context(), ws, ""); !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("no tenant's id names an incident: %v", err)
	}
	r.Title, r.Revision, r.Owner, r.Raw = "Other", 6, "", ""
	put(t, db, r)
	same(t, r, got[meta.IncidentRow](t)(tx.Incident(t.Context(), ws, 7)))

	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
		return errors.Join(tx.AddActivity(ctx, ws, 7, "x"), tx.PutConflict(ctx, &meta.ConflictRow{Workspace: ws, Number: 7}), tx.PutOutbox(ctx, &meta.OutboxRow{Workspace: ws, Number: 7}), tx.DropIncident(ctx, ws, 7))
	}))
	_, n := list(t, db, meta.IncidentQuery{})
	same(t, 0, n)
	same(t, 0, len(got[[]meta.PlacedActivity](t)(tx.Activities(t.Context(), ws, 7, meta.ActivityPlace{}, 100, false))))
}

// testIncidentLists filters, sorts and pages: no row is missed or comes twice over pages of any size, with equal sort keys too, and what another workspace has is never seen.
func testIncidentLists(t *testing.T, open Opener) {
	db := open(t)
	var rows []meta.IncidentRow
	for i := range int64(23) {
		r := incident(i + 1)
		r.Status = []string{"New", "Active", "Closed"}[i%3]
		r.SeverityRank, r.Severity = int(i%2), []string{"Low", "High"}[i%2]
		r.Created, r.Modified, r.Alerts = 100, 200+i, i%4
		r.Owner = []string{"", "b@contoso.com"}[i%2]
		r.Labels = fmt.Sprintf("\nl%d\n", i%5)
		if i == 3 {
			r.RedirectTo = "1"
		}
		rows = append(rows, r)
	}
	other := incident(1)
	other.Workspace = "other"
	put(t, db, append(rows, other)...)
	for _, sort := range []string{"", "created", "-created", "modified", "-modified", "number", "-number", "severity", "-severity", "status", "title", "owner", "-alerts", "nonsense"} {
		whole, n := list(t, db, meta.IncidentQuery{Sort: sort})
		same(t, 23, n)
		for _, size := range []int{1, 2, 7, 23, 50} {
			var paged []int64
			for at := 0; at < 23; at += size {
				page, n := list(t, db, meta.IncidentQuery{Sort: sort, Limit: size, Offset: at})
				same(t, 23, n)
				paged = append(paged, page...)
			}
			same(t, whole, paged)
		}
	}
	newest, _ := list(t, db, meta.IncidentQuery{Sort: "-modified", Limit: 3})
	same(t, []int64{23, 22, 21}, newest)
	// Equal keys: the newest number first.
	equal, _ := list(t, db, meta.IncidentQuery{Sort: "created", Limit: 3})
	same(t, []int64{23, 22, 21}, equal)

	count := func(q meta.IncidentQuery, match func(meta.IncidentRow) bool) {
		t.Helper()
		want := 0
		for _, r := range rows {
			if match(r) {
				want++
			}
		}
		have, n := list(t, db, q)
		if n != want || len(have) != want {
			t.Errorf("%+v: %d of %d, want %d", q, len(have), n, want)
		}
	}
	count(meta.IncidentQuery{Status: []string{"New", "Closed"}}, func(r meta.IncidentRow) bool { return r.Status != "Active" })
	count(meta.IncidentQuery{Severity: []string{"High"}, Status: []string{"New"}}, func(r meta.IncidentRow) bool { return r.Severity == "High" && r.Status == "New" })
	count(meta.IncidentQuery{Owner: "none"}, func(r meta.IncidentRow) bool { return r.Owner == "" })
	count(meta.IncidentQuery{Owner: "b@contoso.com"}, func(r meta.IncidentRow) bool { return r.Owner != "" })
	count(meta.IncidentQuery{Label: "l2"}, func(r meta.IncidentRow) bool { return r.Labels == "\nl2\n" })
	count(meta.IncidentQuery{Since: 210}, func(r meta.IncidentRow) bool { return r.Modified >= 210 })
	count(meta.IncidentQuery{NoRedirects: true}, func(r meta.IncidentRow) bool { return r.RedirectTo == "" })
	count(meta.IncidentQuery{Status: []string{"none of these"}}, func(meta.IncidentRow) bool { return false })

	by := got[map[string]int](t)(db.Incidents().CountIncidents(t.Context(), ws))
	total := 0
	for _, n := range by {
		total += n
	}
	if total != 22 {
		t.Errorf("counted %v", by)
	}
	page, _, err := db.Incidents().ListIncidents(t.Context(), ws, meta.IncidentQuery{Limit: 1})
	must(t, err)
	if page[0].Raw != "" || page[0].Sync != "" || page[0].Doc == "" {
		t.Error("a list carries what only the incident itself has")
	}
}

// testTextSearch looks for texts that mean something in a pattern.
func testTextSearch(t *testing.T, open Opener) {
	db := open(t)
	texts := []string{"100% sure", "100 percent sure", "under_score", "underxscore", "bang! bang", `back\slash`, "plain", "grün"}
	for i, s := range texts {
		r := incident(int64(i + 1))
		r.Search = s
		put(t, db, r)
	}
	for text, want := range map[string][]int64{
		"100%": {1}, "_": {3}, "r_s": {3}, "!": {5}, `\`: {6}, "sure": {2, 1}, "SURE": {2, 1}, "grün": {8}, "GRÜN": {8}, "'": nil, "nothing": nil,
	} {
		have, _ := list(t, db, meta.IncidentQuery{Text: text, Sort: "-number"})
		if !slices.Equal(have, want) {
			t.Errorf("%q: %v, want %v", text, have, want)
		}
	}
	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
		return errors.Join(tx.PutPerson(ctx, &meta.PersonRow{Workspace: ws, Login: "b%b", Body: "B%B"}), tx.PutPerson(ctx, &meta.PersonRow{Workspace: ws, Login: "a", Body: "Anna"}), tx.PutPerson(ctx, &meta.PersonRow{Workspace: ws, Login: "none"}))
	}))
	for text, want := range map[string]int{"%": 1, "ANN": 1, "": 2} {
		if people := got[[]meta.PersonRow](t)(db.Incidents().People(t.Context(), ws, text, 10)); len(people) != want {
			t.Errorf("%q: %d people, want %d", text, len(people), want)
		}
	}
}

// testUnique stores what must be unique twice: the second is refused and its transaction leaves nothing.
func testUnique(t *testing.T, open Opener) {
	db := open(t)
	put(t, db, incident(1))
	for name, change := range map[string]func(*meta.IncidentRow){
		"name":     func(r *meta.IncidentRow) { r.Name = "name-1" },
		"provider": func(r *meta.IncidentRow) { r.ProviderID = "1" },
	} {
		r := incident(2)
		change(&r)
		err := db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
			if err := tx.PutCheckpoint(ctx, ws, "before", name); err != nil {
				return err
			}
			return tx.PutIncident(ctx, &r)
		})
		if err == nil {
			t.Errorf("%s: a second one was taken", name)
		}
		same(t, "", got[string](t)(db.Incidents().Checkpoint(t.Context(), ws, "before")))
	}
	// Without a tenant's id many may be; the same in another workspace too.
	a, b, c := incident(3), incident(4), incident(1)
	a.ProviderID, b.ProviderID, c.Workspace = "", "", "other"
	put(t, db, a, b, c)
}
