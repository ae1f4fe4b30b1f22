package metatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

var moment = time.Date(2026, 11, 29, 13, 0, 0, 0, time.UTC)

// testConnections keeps whole choices and positions.
func testConnections(t *testing.T, open Opener) {
	db, ctx := open(t), t.Context()
	same(t, model.Connection{Workspace: ws, Connector: "c"}, got[model.Connection](t)(db.Connection(ctx, ws, "c")))
	c := model.Connection{Workspace: ws, Connector: "c", Incidents: true, Tables: []string{"A", "B"}, KeepIncidentRules: true, ConnectedBy: "a", ConnectedAt: moment, Paused: []model.Pause{{Stream: "s", Reason: "paused", By: "a", At: moment}}}
	must(t, db.SaveConnection(ctx, c))
	same(t, c, got[model.Connection](t)(open(t).Connection(ctx, ws, "c")))
	c.Tables, c.Paused, c.Incidents = nil, nil, false
	must(t, db.SaveConnection(ctx, c))
	same(t, c, got[model.Connection](t)(db.Connection(ctx, ws, "c")))

	ticks := []model.Tick{
		{Source: "h", Partition: 1, Table: "B", N: 1, From: -1, Until: math.MaxInt64, Off: -1}, {Source: "h", Partition: 1, Table: "A", N: 2, From: 5, Until: 9, Off: 7}, {Source: "h", Partition: 1, Table: "A", N: 1, From: 0, Until: 0, Off: 3},
		{Source: "h", Partition: 2, Table: "A", N: 1},
	}
	must(t, db.SaveTicks(ctx, ws, ticks))
	same(t, []model.Tick{ticks[2], ticks[1], ticks[0]}, got[[]model.Tick](t)(open(t).Ticks(ctx, ws, "h", 1)))
	ticks[1].Off = 8
	must(t, db.SaveTicks(ctx, ws, ticks[1:2]))
	same(t, int64(8), got[[]model.Tick](t)(db.Ticks(ctx, ws, "h", 1))[1].Off)
	if err := db.SaveTicks(ctx, ws, []model.Tick{{Source: "h", Partition: 9, Table: "A", N: 1}, {Source: "h", Partition: 9, Table: "A", N: 1}}); err == nil {
		if n := len(got[[]model.Tick](t)(db.Ticks(ctx, ws, "h", 9))); n != 1 {
			t.Errorf("a tick that is given twice is stored %d times", n)
		}
	}
}

// testCounts adds up from many goroutines; the newest times stay.
func testCounts(t *testing.T, open Opener) {
	db, ctx := open(t), t.Context()
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			at := moment.Add(time.Duration(i) * time.Minute)
			err := errors.Join(
				db.AddUsage(ctx, ws, []model.TableUsage{{Table: "A", Hour: moment, Rows: 1, Bytes: 10, Dead: 2, Seen: at, Event: at, Quiet: time.Duration(i) * time.Second}, {Table: "B", Hour: moment, Skipped: 1}}),
				db.AddSources(ctx, ws, []model.SourceUsage{{Source: "s", Messages: 3, Rows: 4, Gaps: 5, Sent: at}}))
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	last := moment.Add(9 * time.Minute)
	same(t, []model.TableUsage{{Table: "A", Hour: moment, Rows: 10, Bytes: 100, Dead: 20, Seen: last, Event: last, Quiet: 9 * time.Second}, {Table: "B", Hour: moment, Skipped: 10}}, got[[]model.TableUsage](t)(open(t).Usage(ctx, ws, moment)))
	same(t, 0, len(got[[]model.TableUsage](t)(db.Usage(ctx, ws, moment.Add(time.Hour)))))
	same(t, []model.SourceUsage{{Source: "s", Messages: 30, Rows: 40, Gaps: 50, Sent: last}}, got[[]model.SourceUsage](t)(db.Sources(ctx, ws)))

	hour := func(h int) model.HourCount {
		return model.HourCount{Table: "A", Hour: moment.Add(time.Duration(h) * time.Hour), Tenant: int64(h), Stored: 1, Checked: moment.Add(time.Duration(h) * time.Hour)}
	}
	must(t, db.SaveCompleteness(ctx, ws, []model.HourCount{hour(0), hour(1), hour(2)}))
	changed := hour(1)
	changed.Stored = 9
	must(t, db.SaveCompleteness(ctx, ws, []model.HourCount{changed}))
	same(t, []model.HourCount{hour(0), changed}, got[[]model.HourCount](t)(db.Completeness(ctx, ws, moment, moment.Add(2*time.Hour))))
	must(t, db.SaveCompleteness(ctx, ws, []model.HourCount{hour(61 * 24)}))
	same(t, 0, len(got[[]model.HourCount](t)(db.Completeness(ctx, ws, moment, moment.Add(2*time.Hour)))))
}

// testJobs keeps where long work stands, one of a table.
func testJobs(t *testing.T, open Opener) {
	db, ctx := open(t), t.Context()
	b := model.Backfill{Table: "B", From: moment, To: moment.Add(time.Hour), State: "running", Hours: 3, Done: 1, Rows: math.MaxInt64, Actor: "a", Started: moment, Updated: moment}
	a := model.Backfill{Table: "A", State: "failed", Problem: "it's \"bad\"", Started: moment}
	must(t, errors.Join(db.SaveBackfill(ctx, ws, model.Backfill{Table: "B", State: "old"}), db.SaveBackfill(ctx, ws, b), db.SaveBackfill(ctx, ws, a)))
	same(t, []model.Backfill{a, b}, got[[]model.Backfill](t)(open(t).Backfills(ctx, ws)))
	s := model.Snapshot{Table: "S", Kind: "state", On: true, Every: 24 * time.Hour, State: "waiting", Time: moment, Parts: 5, Done: 2, Cursor: moment, Rows: 7, Next: moment, Updated: moment}
	must(t, db.SaveSnapshot(ctx, ws, s))
	s.On, s.Done, s.Cursor = false, 3, time.Time{}
	must(t, db.SaveSnapshot(ctx, ws, s))
	same(t, []model.Snapshot{s}, got[[]model.Snapshot](t)(open(t).Snapshots(ctx, ws)))
	tr := model.Transform{Table: "T", Query: "source | where a != ''", ChangedBy: "a", ChangedAt: moment}
	must(t, db.SaveTransform(ctx, ws, tr))
	same(t, []model.Transform{tr}, got[[]model.Transform](t)(open(t).Transforms(ctx, ws)))
	tr.Query = ""
	must(t, db.SaveTransform(ctx, ws, tr))
	same(t, 0, len(got[[]model.Transform](t)(db.Transforms(ctx, ws))))
}

// testChoices keeps what people and programs choose.
func testChoices(t *testing.T, open Opener) {
	db, ctx := open(t), t.Context()
	p := model.Package{Workspace: ws, ID: "p", Version: "1", InstalledBy: "a", InstalledAt: moment}
	must(t, errors.Join(db.PutPackage(ctx, p), db.PutARMName(ctx, ws, "k", "1", "n"), db.PutARMName(ctx, ws, "k", "2", "m"), db.PutARMName(ctx, ws, "k", "2", ""), db.MarkSetup(ctx, ws, "one"), db.MarkSetup(ctx, ws, "one")))
	same(t, []model.Package{p}, got[[]model.Package](t)(open(t).Packages(ctx, ws)))
	same(t, 0, len(got[[]model.Package](t)(db.Packages(ctx, "other"))))
	same(t, map[string]string{"1": "n"}, got[map[string]string](t)(db.ARMNames(ctx, ws, "k")))
	same(t, []bool{true, false}, []bool{got[bool](t)(db.SetupMarked(ctx, ws, "one")), got[bool](t)(db.SetupMarked(ctx, ws, "two"))})
	must(t, db.DropPackage(ctx, ws, "p"))
	same(t, 0, len(got[[]model.Package](t)(db.Packages(ctx, ws))))

	for i := range 200 {
		must(t, db.PutPreference(ctx, ws, "many", fmt.Sprint(i), json.RawMessage("1")))
	}
	if err := db.PutPreference(ctx, ws, "many", "one more", json.RawMessage("1")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("one more than the limit: %v", err)
	}
	must(t, db.PutPreference(ctx, ws, "many", "5", json.RawMessage("2")))

	id, sub, err := db.WorkspaceIDs(ctx, "main", "", "")
	must(t, err)
	again, sub2, err := open(t).WorkspaceIDs(ctx, "main", "", "")
	must(t, err)
	same(t, []string{id, sub}, []string{again, sub2})
	chosen, _, err := db.WorkspaceIDs(ctx, "main", "chosen", "")
	must(t, err)
	same(t, "chosen", chosen)
	same(t, []meta.Workspace{{Name: "main", ID: "chosen"}}, got[[]meta.Workspace](t)(db.Workspaces(ctx)))

	// Of two who change the same version, one is refused.
	e := model.EntityBehavior{Workspace: ws, Enabled: true, Directories: []string{"AzureActiveDirectory"}, ChangedAt: moment, Version: 1}
	must(t, db.SaveEntityBehavior(ctx, e))
	e.Version = 2
	must(t, db.SaveEntityBehavior(ctx, e))
	if err := db.SaveEntityBehavior(ctx, e); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the same version twice: %v", err)
	}
	same(t, int64(2), got[model.EntityBehavior](t)(open(t).EntityBehavior(ctx, ws)).Version)
}

// testTableSettings changes settings in one transaction, and not at all when the change is refused.
func testTableSettings(t *testing.T, open Opener) {
	db, ctx := open(t), t.Context()
	want := model.TableSettings{Workspace: ws, Table: "A", Plan: model.PlanBasic, Interactive: 30, Total: 4383, HeldTotal: 90, HeldUntil: moment, PlanSince: moment, ChangedAt: moment, ChangedBy: "a"}
	must(t, db.ChangeTableSettings(ctx, ws, func(all map[string]model.TableSettings) ([]model.TableSettings, error) {
		same(t, 0, len(all))
		return []model.TableSettings{want}, nil
	}))
	oops := errors.New("oops")
	if err := db.ChangeTableSettings(ctx, ws, func(map[string]model.TableSettings) ([]model.TableSettings, error) { return nil, oops }); !errors.Is(err, oops) {
		t.Error(err)
	}
	same(t, map[string]model.TableSettings{"A": want}, got[map[string]model.TableSettings](t)(open(t).TableSettings(ctx, ws)))
	_, ok, err := db.RetentionClock(ctx)
	must(t, err)
	same(t, false, ok)
	clock := model.RetentionClock{Trusted: moment, Wall: moment.Add(time.Hour), Settled: time.Minute}
	must(t, errors.Join(db.SetRetentionClock(ctx, model.RetentionClock{}), db.SetRetentionClock(ctx, clock)))
	have, ok, err := open(t).RetentionClock(ctx)
	must(t, err)
	same(t, []any{true, clock}, []any{ok, have})
}

// testWatchlists keeps items in the order in which they came, by the page, and an alias whatever its case.
func testWatchlists(t *testing.T, open Opener) {
	db, ctx := open(t), t.Context()
	w := model.Watchlist{Workspace: ws, Alias: "VIPs", ID: "1", Name: "n", SearchKey: "k", Columns: []string{"k"}, Created: moment}
	var items []model.WatchlistItem
	for i := range 1203 {
		items = append(items, model.WatchlistItem{ID: fmt.Sprint((i * 7919) % 100_003), Values: map[string]string{"k": fmt.Sprint(i)}, Created: moment, Updated: moment})
	}
	change(t, db, func(ctx context.Context, tx meta.IncidentTx) error {
		if err := errors.Join(tx.PutWatchlist(ctx, w), tx.PutWatchlistItems(ctx, ws, "vips", items[:1000]), tx.PutWatchlistItems(ctx, ws, "VIPS", items[1000:])); err != nil {
			return err
		}
		items[3].Values = map[string]string{"k": "changed"}
		return tx.PutWatchlistItems(ctx, ws, "vips", items[3:4])
	})
	tx := open(t).Incidents()
	have, ok, err := tx.Watchlist(ctx, ws, "vIPs")
	must(t, err)
	same(t, []any{true, w}, []any{ok, have})
	same(t, int64(len(items)), got[int64](t)(tx.CountWatchlistItems(ctx, ws, "VIPs")))
	var paged []model.WatchlistItem
	for at := 0; at < len(items); at += 400 {
		paged = append(paged, got[[]model.WatchlistItem](t)(tx.WatchlistItems(ctx, ws, "VIPs", at, 400))...)
	}
	same(t, items, paged)
	change(t, db, func(ctx context.Context, tx meta.IncidentTx) error {
		return tx.DropWatchlistItem(ctx, ws, "vips", items[5].ID)
	})
	if _, ok, err := tx.WatchlistItem(ctx, ws, "vips", items[5].ID); ok || err != nil {
		t.Error(ok, err)
	}
	change(t, db, func(ctx context.Context, tx meta.IncidentTx) error { return tx.DropWatchlist(ctx, ws, "VIPS") })
	same(t, int64(0), got[int64](t)(tx.CountWatchlistItems(ctx, ws, "vips")))
	same(t, 0, len(got[[]model.Watchlist](t)(tx.Watchlists(ctx, ws))))
}

// testRules changes a rule without touching what it counted.
func testRules(t *testing.T, open Opener) {
	db := open(t)
	r := model.IncidentRule{Workspace: ws, ID: "2", Name: "n", Enabled: true, Product: "B", Severities: []string{"High"}, Names: []string{"a,b", "\"c\""}, Modified: moment, Revision: 1}
	first := model.IncidentRule{Workspace: ws, ID: "1", Name: "m", Product: "B", Modified: moment}
	change(t, db, func(ctx context.Context, tx meta.IncidentTx) error {
		return errors.Join(tx.PutRule(ctx, r), tx.PutRule(ctx, first), tx.PutAlert(ctx, &meta.AlertRow{Workspace: ws, ID: "a", SystemID: "s", Doc: "{}"}), tx.CountMade(ctx, ws, "2", "a", 7), tx.PutRule(ctx, r))
	})
	r.Made = 1
	tx := open(t).Incidents()
	same(t, []model.IncidentRule{first, r}, got[[]model.IncidentRule](t)(tx.Rules(t.Context(), ws)))
	same(t, []string{"a"}, ids(got[[]meta.AlertRow](t)(tx.AlertsOfRule(t.Context(), ws, 7, true))))
	change(t, db, func(ctx context.Context, tx meta.IncidentTx) error { return tx.DropRule(ctx, ws, "2") })
	same(t, 1, len(got[[]model.IncidentRule](t)(tx.Rules(t.Context(), ws))))
}
