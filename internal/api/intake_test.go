package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/backfill"
	"github.com/vedette-siem/vedette/internal/completeness"
	"github.com/vedette-siem/vedette/internal/deadletter"
	"github.com/vedette-siem/vedette/internal/engine"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/rawkeep"
	"github.com/vedette-siem/vedette/internal/snapshot"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/tables"
	"github.com/vedette-siem/vedette/internal/transform"
)

// hunt is a tenant that counts five rows in an hour of AlertInfo and has no rows to give.
type hunt struct{ hour time.Time }

func (h hunt) CountByHour(_ context.Context, table string, _, _ time.Time) (map[time.Time]int64, error) {
	if table != "AlertInfo" {
		return nil, errors.New("the tenant does not answer")
	}
	return map[time.Time]int64{h.hour: 5}, nil
}

func (hunt) Rows(context.Context, string, time.Time, time.Time) ([][]byte, error) { return nil, nil }

func (hunt) Count(context.Context, string) (int64, error) { return 0, nil }

func (hunt) Part(context.Context, string, string, int, int) ([]map[string]json.RawMessage, error) {
	return nil, nil
}

type none struct{}

func (none) CountByHour(context.Context, string, time.Time, time.Time) (map[time.Time]int64, error) {
	return nil, nil
}

// intakeServer is a server with a store and what fills it.
func intakeServer(t *testing.T) (*Server, *ingest.Intake) {
	t.Helper()
	s := testServer(t)
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := meta.Open(t.Context(), filepath.Join(dir, "state.db"))
	must(err)
	t.Cleanup(func() { db.Close() })
	s.Store, err = store.Open(t.Context(), store.Options{Dir: dir, Manifest: db})
	must(err)
	t.Cleanup(func() { s.Store.Close() })
	s.Tables = tables.New(db, s.Store, time.Now)
	intake := ingest.NewIntake("w", s.Store.Catalog("w"))
	budget := ingest.NewBudget(0)
	tenant := hunt{time.Now().UTC().Add(-6 * time.Hour).Truncate(time.Hour)}
	ticked := func() []string { return []string{"AlertInfo", "DeviceInfo"} }
	s.Completeness = completeness.New(completeness.Config{Keeper: db, Board: s.Board}, completeness.Workspace{ID: "w", Tenant: tenant, Stored: none{}, Tables: ticked})
	s.Backfill, err = backfill.New(t.Context(), backfill.Config{Store: s.Store, Budget: budget, Keeper: db, TooMany: func(error) bool { return false }}, backfill.Workspace{ID: "w", Tenant: tenant, Intake: intake})
	must(err)
	s.Snapshots, err = snapshot.New(t.Context(), snapshot.Config{Store: s.Store, Budget: budget, Keeper: db, Board: s.Board}, snapshot.Workspace{ID: "w", Tenant: tenant, Intake: intake, Wanted: func() bool { return true }})
	must(err)
	s.Transforms, err = transform.New(t.Context(), transform.Config{Keeper: db, Board: s.Board}, transform.Workspace{ID: "w", Catalog: s.Store.Catalog("w"), Intake: intake})
	must(err)
	keeper, err := rawkeep.Open(rawkeep.Options{Dir: filepath.Join(dir, "raw"), Workspace: "w", Days: 2})
	must(err)
	t.Cleanup(func() { keeper.Close() })
	intake.Keep = keeper.Keep
	s.Raw, err = rawkeep.New(t.Context(), rawkeep.Config{Repo: db, Store: s.Store, Budget: budget, Tables: func(string) []string { return ticked() }}, rawkeep.Workspace{ID: "w", Keeper: keeper, Intake: intake})
	must(err)
	s.DeadLetters = deadletter.New(s.Store)
	return s, intake
}

// TestIntakeRoutes drives what fills and proves the store.
func TestIntakeRoutes(t *testing.T) {
	s, intake := intakeServer(t)
	f, _ := intake.Decoder("hub/h", 0).Decode(0, []ingest.Message{{Value: []byte(`{"time":"2026-07-18T12:00:00Z","category":"AdvancedHunting-DeviceEvents","properties":{"Timestamp":"2026-07-18T12:00:00Z","DeviceId":"d","ActionType":"A"}}`)}}, ingest.All())
	if _, err := s.Store.Append(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"nothing compared", "GET", "/completeness", "", 200, `"table":"AlertInfo","state":"unchecked"`},
		{"compared now", "POST", "/completeness/check", `{}`, 200, `"state":"missing"`},
		{"a table that cannot be compared says why", "GET", "/completeness", "", 200, `the tenant does not answer`},
		{"one table", "GET", "/completeness?tables=AlertInfo", "", 200, `"missing":5`},
		{"an odd time", "GET", "/completeness?from=soon", "", 400, "time_invalid"},
		{"no hour", "POST", "/completeness/check", `{"from":"2096-07-18T12:00:00Z"}`, 400, "span_empty"},
		{"no backfill", "GET", "/backfills", "", 200, `{"items":[]}`},
		{"a backfill", "POST", "/backfills", `{"tables":["AlertInfo"]}`, 200, `"state":"waiting"`},
		{"of a table that is not streamed", "POST", "/backfills", `{"tables":["Mine_CL"]}`, 400, "table_not_streamed"},
		{"of no table", "POST", "/backfills", `{}`, 400, "tables_missing"},
		{"stopped", "DELETE", "/backfills/AlertInfo", "", 200, `"state":"stopped"`},
		{"that is not there", "DELETE", "/backfills/DeviceInfo", "", 404, "backfill_not_found"},
		{"snapshots", "GET", "/snapshots", "", 200, `"table":"DeviceTvmSoftwareInventory","kind":"state","on":true`},
		{"less often", "PUT", "/snapshots/DeviceTvmSoftwareInventory", `{"everySeconds":172800}`, 200, `"everySeconds":172800`},
		{"too often", "PUT", "/snapshots/DeviceTvmSoftwareInventory", `{"everySeconds":1}`, 400, "snapshot_every"},
		{"off", "PUT", "/snapshots/DeviceTvmSoftwareInventory", `{"on":false}`, 200, `"on":false`},
		{"now", "POST", "/snapshots", `{"tables":["DeviceTvmSoftwareInventory"]}`, 200, `"state":"waiting"`},
		{"of an unknown table", "POST", "/snapshots", `{"tables":["Nothing"]}`, 404, "snapshot_not_found"},
		{"no transformation", "GET", "/tables/DeviceEvents/transform", "", 404, "transform_not_found"},
		{"a preview", "POST", "/tables/DeviceEvents/transform/preview", `{"query":"source | where ActionType == 'B'"}`, 200, `"in":1,"out":0,"dropped":1`},
		{"set", "PUT", "/tables/DeviceEvents/transform", `{"query":"source | where ActionType == 'B'"}`, 200, `"query":"source | where ActionType == 'B'"`},
		{"not by row", "PUT", "/tables/DeviceEvents/transform", `{"query":"source | count"}`, 400, "transform_not_by_row"},
		{"listed", "GET", "/transforms", "", 200, `"table":"DeviceEvents"`},
		{"cleared", "DELETE", "/tables/DeviceEvents/transform", "", 204, ""},
		{"originals", "GET", "/raw", "", 200, `"days":2`},
		{"no time to replay", "POST", "/raw/replay", `{"from":"2096-07-18T12:00:00Z"}`, 400, "span_empty"},
		{"no replay to stop", "DELETE", "/raw/replay", "", 404, "replay_not_found"},
		{"for more days", "PUT", "/raw", `{"days":5,"maxBytes":1073741824}`, 200, `"days":5,"maxBytes":1073741824`},
		{"the room stays", "PUT", "/raw", `{"days":6}`, 200, `"days":6,"maxBytes":1073741824`},
		{"too little room", "PUT", "/raw", `{"maxBytes":1}`, 400, "raw_bytes"},
		{"too many days", "PUT", "/raw", `{"days":9999}`, 400, "raw_days"},
		{"nothing to change", "PUT", "/raw", `{}`, 400, "raw_empty"},
		{"switched off", "PUT", "/raw", `{"days":0}`, 200, `"days":0`},
		{"shown while it is off", "GET", "/raw", "", 200, `"days":0`},
		{"no replay while it is off", "POST", "/raw/replay", `{"from":"2026-07-18T12:00:00Z"}`, 409, "raw_off"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := request(t, s, tc.method, "/api/w/soc"+tc.path, tc.body, func(r *http.Request) { *r = *withActor(r, auth.Operator) })
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.want) {
				t.Errorf("%d %s; want %d with %s", w.Code, w.Body, tc.status, tc.want)
			}
		})
	}
}

// TestIncidentEvents asks for the raw events behind an incident.
func TestIncidentEvents(t *testing.T) {
	c := newCaller(t)
	s, intake := intakeServer(t)
	s.Incidents, s.Auth = c.s.Incidents, c.s.Auth
	c.s = s
	dir := t.TempDir()
	eng, err := engine.New(engine.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { eng.Close() })
	s.Query = query.New(query.Config{Store: s.Store, Engine: eng, Limits: query.Limits{Timeout: time.Minute, Rows: 1000, Bytes: 1 << 20, Memory: 1 << 28, Parallel: 1}})
	at := `"Timestamp":"2026-03-01T12:30:00Z"`
	var msgs []ingest.Message
	for i, text := range []string{
		`"category":"AdvancedHunting-AlertEvidence","properties":{` + at + `,"AlertId":"sys27","EntityType":"File","EvidenceRole":"Related","DeviceId":"d1","SHA256":"abc"}`,
		`"category":"AdvancedHunting-DeviceFileEvents","properties":{` + at + `,"DeviceId":"d1","ActionType":"FileCreated","SHA256":"abc","FileName":"bad.exe","ReportId":1}`,
		`"category":"AdvancedHunting-DeviceFileEvents","properties":{` + at + `,"DeviceId":"d2","ActionType":"FileCreated","SHA256":"abc","FileName":"elsewhere.exe","ReportId":2}`,
	} {
		msgs = append(msgs, ingest.Message{Offset: int64(i), Value: []byte(`{"time":"2026-03-01T12:30:00Z",` + text + `}`)})
	}
	f, counts := intake.Decoder("hub/h", 0).Decode(0, msgs, ingest.All())
	if _, dead := counts.Records(); dead > 0 {
		t.Fatal("dead letters")
	}
	if _, err := s.Store.Append(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	// The alert of hunting is that of the incident by its id.
	if err := s.Incidents.Pump(s.Store).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := c.ask("GET", "/incidents/1/events", "", 200, `bad.exe`, `"Match"`)
	if strings.Contains(got, "elsewhere.exe") {
		t.Errorf("the event of another device is among them: %s", got)
	}
	if got := c.ask("GET", "/incidents/2/events", "", 200); strings.Contains(got, "bad.exe") {
		t.Errorf("the events of another incident: %s", got)
	}
	c.ask("GET", "/incidents/99/events", "", 404, "incident_not_found")
}
