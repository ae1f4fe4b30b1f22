package metatest

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// testValues stores texts and numbers that databases treat in their own ways.
func testValues(t *testing.T, open Opener) {
	db := open(t)
	texts := []string{"", " ", "'; DROP TABLE incidents; --", "Ünïcödé \U0001F6E1 \u212A", "line\nfeed\ttab\r", `back\slash "quotes" ?0 ?1 :a @b $c %`, "NULL", "0x00", "1e400", "true", "e\u0301 é"}
	for i, text := range texts {
		must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error { return tx.PutCheckpoint(ctx, ws, "s"+text, text) }))
		same(t, text, got[string](t)(db.Incidents().Checkpoint(t.Context(), ws, "s"+text)))
		_ = i
	}
	for i, n := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 1 << 53, 1<<53 + 1, math.MaxInt32 + 1} {
		must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error { return tx.SetCounter(ctx, ws, "n", n) }))
		if have := got[int64](t)(db.Incidents().Counter(t.Context(), ws, "n")); have != n {
			t.Errorf("%d: stored %d, read %d", i, n, have)
		}
	}
	// Keys differ in case and in normal form.
	for _, k := range []string{"Key", "key", "kéy", "ke\u0301y"} {
		must(t, db.PutPreference(t.Context(), ws, "p", k, json.RawMessage(`"`+k+`"`)))
	}
	for _, k := range []string{"Key", "key", "kéy", "ke\u0301y"} {
		same(t, `"`+k+`"`, string(got[json.RawMessage](t)(db.Preference(t.Context(), ws, "p", k))))
	}
	// An empty value is there, no value is not.
	must(t, db.PutPreference(t.Context(), ws, "p", "empty", json.RawMessage(`""`)))
	if v := got[json.RawMessage](t)(db.Preference(t.Context(), ws, "p", "empty")); string(v) != `""` {
		t.Errorf("empty: %q", v)
	}
	must(t, db.PutPreference(t.Context(), ws, "p", "empty", json.RawMessage(`null`)))
	if v := got[json.RawMessage](t)(db.Preference(t.Context(), ws, "p", "empty")); v != nil {
		t.Errorf("forgotten: %q", v)
	}
	// No list and an empty list of a rule differ.
	rule := model.IncidentRule{Workspace: ws, ID: "r", Name: "r", Severities: []string{}, Names: nil, Modified: time.UnixMilli(1).UTC()}
	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error { return tx.PutRule(ctx, rule) }))
	if r := got[[]model.IncidentRule](t)(db.Incidents().Rules(t.Context(), ws))[0]; r.Severities == nil || r.Names != nil {
		t.Errorf("severities %#v, names %#v; want none and no choice", r.Severities, r.Names)
	}
}

// testTimes stores times of all kinds: kept is what the field promises, in UTC; the zero time stays zero.
func testTimes(t *testing.T, open Opener) {
	db := open(t)
	zone := time.FixedZone("east", 5*3600+1800)
	for _, at := range []time.Time{
		{}, time.Date(2026, 11, 29, 23, 59, 59, 999_999_999, zone), time.Date(1969, 12, 31, 23, 59, 59, 500_000_000, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.UnixMilli(1).UTC(),
	} {
		must(t, db.SaveConnection(t.Context(), model.Connection{Workspace: ws, Connector: "c", ConnectedAt: at}))
		want := at
		if !at.IsZero() {
			want = time.UnixMilli(at.UnixMilli()).UTC()
		}
		have := got[model.Connection](t)(open(t).Connection(t.Context(), ws, "c")).ConnectedAt
		if !have.Equal(want) || have.IsZero() != at.IsZero() || have.Location() != time.UTC {
			t.Errorf("stored %v, read %v", at, have)
		}
	}
	// Ticks of 100 ns are kept to the last.
	r := incident(1)
	r.Created, r.Modified, r.Closed = 638_400_000_000_000_001, 638_400_000_000_000_002, -7
	put(t, db, r)
	have := got[meta.IncidentRow](t)(db.Incidents().Incident(t.Context(), ws, 1))
	same(t, []int64{r.Created, r.Modified, r.Closed}, []int64{have.Created, have.Modified, have.Closed})
}

// testLarge stores documents of megabytes and statements of thousands of rows.
func testLarge(t *testing.T, open Opener) {
	db := open(t)
	big := strings.Repeat("0123456789abcdef\u00e4", 1<<18) // 4.5 MB
	r := incident(1)
	r.Raw, r.Doc = big, big[:1<<20]
	put(t, db, r)
	have := got[meta.IncidentRow](t)(open(t).Incidents().Incident(t.Context(), ws, 1))
	if have.Raw != big || have.Doc != r.Doc {
		t.Errorf("read %d and %d bytes, want %d and %d", len(have.Raw), len(have.Doc), len(big), len(r.Doc))
	}
	bodies := make([]string, 5000)
	for i := range bodies {
		bodies[i] = strings.Repeat("x", i%50)
	}
	must(t, db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error { return tx.PushEvents(ctx, ws, bodies) }))
	rows := got[[]meta.EventRow](t)(db.Incidents().Events(t.Context(), ws, len(bodies)+1))
	same(t, len(bodies), len(rows))
	for i, row := range rows {
		if row.Body != bodies[i] {
			t.Fatalf("row %d is %q", i, row.Body)
		}
	}
}
