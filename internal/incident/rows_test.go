package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/schema"
)

// newestRows returns, per value of the key column, the row with the greatest order column. It fails when two rows of a key
// have the same order.
func newestRows(t *rapid.T, f *flaky, table, key, order string) map[any]map[string]any {
	out := map[any]map[string]any{}
	for _, frame := range f.frames {
		for _, r := range frame.Tables {
			if r.Table != table {
				continue
			}
			for i := range r.Batch.N {
				row := map[string]any{}
				for c, col := range r.Cols {
					row[col.Name] = r.Batch.Cols[c].Value(i)
				}
				old := out[row[key]]
				switch {
				case old == nil || old[order].(int64) < row[order].(int64):
					out[row[key]] = row
				case old[order].(int64) == row[order].(int64):
					t.Fatalf("%s: two rows of %v with the same %s", table, row[key], order)
				}
			}
		}
	}
	return out
}

// TestTheNewestRowIsTheCurrentState: whatever happens to incidents and alerts, arg_max over the rows is what people see.
func TestTheNewestRowIsTheCurrentState(t *testing.T) {
	if raceDetector {
		t.Skip("one goroutine: the race detector has nothing to find")
	}
	base := service(t)
	space := 0
	rapid.Check(t, func(rt *rapid.T) {
		space++
		id := fmt.Sprintf("rows-%d", space)
		s := New(base.db, nil)
		s.AddWorkspace(Workspace{ID: id, Name: "soc", URL: "https://soc.example/"})
		k, f, version := s.Sink(id), &flaky{}, int64(0)
		pick := func() string { return fmt.Sprint(100 + rapid.IntRange(1, 3).Draw(rt, "incident")) }
		here := func() int64 {
			list, err := s.List(t.Context(), id, Filter{Redirected: true, Sort: "number"})
			if err != nil {
				rt.Fatal(err)
			}
			if len(list) == 0 {
				return 0
			}
			return list[rapid.IntRange(0, len(list)-1).Draw(rt, "which")].Number
		}
		actions := []func() error{
			func() error {
				version++
				_, err := k.MergeIncidents(t.Context(), []model.TenantIncident{tenantIncident(pick(), version, func(r *model.TenantIncident) {
					r.Severity = rapid.SampledFrom([]string{"Low", "High"}).Draw(rt, "severity")
					r.Disposition.Status = rapid.SampledFrom([]string{"New", "Active", "Closed"}).Draw(rt, "status")
					if rapid.IntRange(0, 5).Draw(rt, "merged") == 0 {
						r.RedirectTo = pick()
					}
				})}, false)
				return err
			},
			func() error {
				version++
				a := tenantAlert("da"+fmt.Sprint(rapid.IntRange(1, 4).Draw(rt, "alert")), pick(), version)
				_, err := k.MergeAlerts(t.Context(), []model.Alert{a}, time.Time{})
				return err
			},
			func() error {
				n := here()
				if n == 0 {
					return nil
				}
				_, _ = s.Update(t.Context(), id, n, Change{Severity: ptr("Medium"), AddLabels: []string{fmt.Sprint("l", version)}}, ana) // a merged one refuses
				_, err := s.Comment(t.Context(), id, n, "hi", ana)
				return err
			},
			func() error {
				if n := here(); n > 0 {
					_, err := s.AddTask(t.Context(), id, n, "do it", "", ana)
					return err
				}
				return nil
			},
			func() error { return s.Pump(f).Drain(t.Context()) },
		}
		for range rapid.IntRange(3, 25).Draw(rt, "steps") {
			if err := actions[rapid.IntRange(0, len(actions)-1).Draw(rt, "action")](); err != nil {
				rt.Fatal(err)
			}
		}
		if err := s.Pump(f).Drain(t.Context()); err != nil {
			rt.Fatal(err)
		}
		s.compareIncidents(t, rt, f, id)
		s.compareAlerts(t, rt, f, id)
	})
}

func (s *Service) compareIncidents(t *testing.T, rt *rapid.T, f *flaky, id string) {
	rows := newestRows(rt, f, incidentTable, "IncidentNumber", "LastModifiedTime")
	list, err := s.List(t.Context(), id, Filter{Redirected: true})
	if err != nil {
		rt.Fatal(err)
	}
	if len(rows) != len(list) {
		rt.Fatalf("rows of %d incidents for %d", len(rows), len(list))
	}
	for _, in := range list {
		row, err := s.db.Incidents().Incident(t.Context(), id, in.Number)
		if err != nil {
			rt.Fatal(err)
		}
		rec, err := open(row)
		if err != nil {
			rt.Fatal(err)
		}
		alerts, err := s.Alerts(t.Context(), id, in.Number)
		if err != nil {
			rt.Fatal(err)
		}
		var ids []string
		for _, a := range alerts {
			ids = append(ids, a.SystemAlertID)
		}
		compare(rt, Values(s.workspace(id), in, commentsOf(rec.st), ids, 0), rows[in.Number])
	}
}

func (s *Service) compareAlerts(t *testing.T, rt *rapid.T, f *flaky, id string) {
	for sys, row := range newestRows(rt, f, alertTable, "SystemAlertId", "TimeGenerated") {
		a, err := s.Alert(t.Context(), id, sys.(string))
		if err != nil {
			rt.Fatal(err)
		}
		compare(rt, AlertValues(s.workspace(id), a, 0), row)
	}
}

// compare checks a row against the values it must have; when it was written is its own affair.
func compare(t *rapid.T, want, row map[string]any) {
	for name, v := range want {
		if name == "TimeGenerated" {
			continue
		}
		if diff := cmp.Diff(v, row[name]); diff != "" {
			t.Fatalf("%s of the newest row (-state +row):\n%s", name, diff)
		}
	}
}

// TestAnIncidentOfFiveThousandAlerts is beyond every cap of the portals: all of them are kept, and told in the rows.
func TestAnIncidentOfFiveThousandAlerts(t *testing.T) {
	if raceDetector {
		t.Skip("one goroutine: the race detector has nothing to find")
	}
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil))
	const alerts, page = 5000, 100
	began := time.Now()
	for i := 0; i < alerts; i += page {
		list := make([]model.Alert, 0, page)
		for j := range page {
			n := i + j
			list = append(list, withEntities(fmt.Sprintf("da%d", n), "27", int64(n), anIP, fmt.Sprintf(`{"Type":"url","Url":"https://example.com/%d"}`, n)))
		}
		s.mustMergeAlerts(t, list...)
	}
	in, err := s.Get(t.Context(), ws, 1)
	if err != nil || in.AlertCount != alerts {
		t.Fatalf("%d alerts, %v", in.AlertCount, err)
	}
	if some, err := s.AlertPage(t.Context(), ws, 1, 100, 4950); err != nil || len(some) != 50 || some[49].ID != "da4999" {
		t.Errorf("the last page has %d alerts, %v", len(some), err)
	}
	entities, total, _, err := s.EntitiesFrom(t.Context(), ws, 1, "", 100, "")
	if err != nil || total != alerts+1 || len(entities) != 100 || entities[0].Label != "203.0.113.7" || entities[0].Alerts != alerts {
		t.Errorf("%d entities, the first of %d alerts, %v", total, entities[0].Alerts, err)
	}
	f := &flaky{}
	if err := s.Pump(f).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	var last column.Raw
	for _, frame := range f.frames {
		for _, r := range frame.Tables {
			if i := slices.Index(columnNames(r.Cols), "AlertIds"); i >= 0 {
				last, _ = r.Batch.Cols[i].Value(r.Batch.N - 1).(column.Raw)
			}
		}
	}
	var ids []string
	if err := json.Unmarshal([]byte(last), &ids); err != nil || len(ids) != alerts {
		t.Errorf("the newest row names %d alerts, %v", len(ids), err)
	}
	t.Logf("%d alerts in %s", alerts, time.Since(began).Round(time.Millisecond))
}

func columnNames(cols []schema.Column) (out []string) {
	for _, c := range cols {
		out = append(out, c.Name)
	}
	return out
}
