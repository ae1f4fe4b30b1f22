package content

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/incident"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
	"github.com/vedette-siem/vedette/internal/simtenant/story"
	"github.com/vedette-siem/vedette/internal/store"
)

// world is what a workspace holds after every simulated story was told: its rows in memory, read by the interpreter.
type world struct {
	tables map[string][]store.Rows
	now    time.Time
	alerts []*state.Alert
}

// Append implements ingest.Appender for the rows of incidents.
func (w *world) Append(_ context.Context, f store.Frame) (uint64, error) {
	for _, r := range f.Tables {
		w.tables[r.Table] = append(w.tables[r.Table], r)
	}
	return 1, nil
}

// Next implements ingest.Appender.
func (w *world) Next(string, string, int32) (int64, bool) { return 0, false }

// productNames are the names of products in SecurityAlert, by the tenant's names of their services.
var productNames = map[string]string{
	"microsoftDefenderForEndpoint": "Microsoft Defender Advanced Threat Protection", "microsoftDefenderForOffice365": "Office 365 Advanced Threat Protection",
	"microsoftDefenderForCloud": "Azure Security Center",
}

// newWorld tells every story twice, compressed so that each fits the hour that rules look back.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{tables: map[string][]store.Rows{}, now: time.Now().UTC().Truncate(time.Second)}
	env := story.Env{Dir: directory.New(7, directory.Size{People: 60, Devices: 90}), Seed: 7}
	names, _ := story.Names()
	var alerts []*state.Alert
	var records []hunt.Record
	for i := range 2 * len(names) {
		p := story.Build(env, &state.Play{N: i + 1, Story: names[i%len(names)], Started: w.now.Add(-50 * time.Minute), Speed: 4})
		for _, d := range p.Drops {
			alerts = append(alerts, d.Alert)
		}
		records = append(records, p.Events...)
	}
	dec := ingest.NewIntake("w", schema.Builtin()).Decoder("hub/test", 0)
	f, counts := dec.Decode(0, []ingest.Message{{Time: w.now, Value: hunt.AppendMessage(nil, "t", records)}}, ingest.All())
	if all, dead := counts.Records(); dead > 0 || all != int64(len(records)) {
		t.Fatalf("%d of %d records, %d dead", all, len(records), dead)
	}
	if _, err := w.Append(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	w.alerts = alerts
	w.incidents(t, alerts)
	return w
}

// incidents puts the alerts, one incident each, through the incident service, for the rows it writes.
func (w *world) incidents(t *testing.T, alerts []*state.Alert) {
	t.Helper()
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := incident.New(db, nil)
	s.AddWorkspace(incident.Workspace{ID: "w", Name: "soc"})
	var rows []model.Alert
	var list []model.TenantIncident
	for i, a := range alerts {
		id := fmt.Sprint(i + 1)
		status := []string{"New", "Active", "Closed"}[i%3]
		list = append(list, model.TenantIncident{
			ID: id, Version: int64(i + 1), Hash: id, Title: a.Title, Severity: state2severity(a.Severity), Created: a.Created, Updated: w.now,
			Disposition: model.Disposition{Status: status, Classification: "unknown", Determination: "unknown"},
		})
		product := productNames[a.ServiceSource]
		if product == "" {
			product = a.ProductName
		}
		rows = append(rows, model.Alert{
			ID: a.ID, SystemAlertID: a.ID, IncidentID: id, Title: a.Title, Severity: state2severity(a.Severity), Status: "New", ProductName: product, ProviderName: product,
			Tactics: []string{a.Category}, Created: a.Created, First: a.First, Last: a.Last, Updated: w.now, Hash: id,
		})
	}
	k := s.Sink("w")
	if _, err := k.MergeIncidents(t.Context(), list, false); err != nil {
		t.Fatal(err)
	}
	if _, err := k.MergeAlerts(t.Context(), rows, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Pump(w).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func state2severity(s string) string {
	return map[string]string{"high": "High", "medium": "Medium", "low": "Low"}[s]
}

// Open implements exec.Source: it reads scans and leaves everything else to the interpreter.
func (w *world) Open(_ context.Context, n plan.Node) (exec.Reader, bool, error) {
	s, ok := n.(*plan.Scan)
	if !ok {
		return nil, false, nil
	}
	r := &reader{}
	for _, rows := range w.tables[s.Table] {
		b := &column.Batch{N: rows.Batch.N}
		for i, source := range s.Sources {
			b.Cols = append(b.Cols, pick(rows, source, s.Out[i].Type))
		}
		r.batches = append(r.batches, b)
	}
	return r, true, nil
}

func pick(rows store.Rows, name string, t schema.Type) *column.Vector {
	for i, c := range rows.Cols {
		if c.Name == name && c.Type == t {
			return rows.Batch.Cols[i]
		}
	}
	v := column.New(t, rows.Batch.N)
	for range rows.Batch.N {
		v.AppendNull()
	}
	return v
}

type reader struct{ batches []*column.Batch }

func (r *reader) Next(context.Context) (*column.Batch, error) {
	if len(r.batches) == 0 {
		return nil, io.EOF
	}
	b := r.batches[0]
	r.batches = r.batches[1:]
	return b, nil
}

func (r *reader) Close() error { return nil }

// run answers the query with the functions of every solution, and returns how many rows it has.
func (w *world) run(t *testing.T, query string) int {
	t.Helper()
	functions := map[string]string{}
	for _, s := range Catalogue() {
		for _, f := range s.Functions {
			functions[f.Name] = f.Source()
		}
	}
	q, ds := kql.Compile(query, bind.Env{Catalog: schema.Builtin(), Functions: functions, Runnable: exec.Runnable})
	if ds.HasErrors() {
		t.Errorf("does not compile: %v", ds)
		return -1
	}
	r, err := exec.Run(t.Context(), q.Results[0].Root, exec.Env{Source: w, Now: column.FromTime(w.now)})
	if err != nil {
		t.Error(err)
		return -1
	}
	defer r.Close()
	n := 0
	for {
		b, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Error(err)
			return -1
		}
		n += b.N
	}
}
