package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/model"
)

// written returns the rows of SecurityIncident that were appended, in order, with the alerts that each names.
func written(t *testing.T, f *flaky) (numbers []int64, alerts [][]string) {
	t.Helper()
	for _, frame := range f.frames {
		for _, r := range frame.Tables {
			if r.Table != incidentTable {
				continue
			}
			names := columnNames(r.Cols)
			for i := range r.Batch.N {
				raw, _ := r.Batch.Cols[slices.Index(names, "AlertIds")].Value(i).(column.Raw)
				var ids []string
				if err := json.Unmarshal([]byte(raw), &ids); err != nil || ids == nil {
					t.Errorf("AlertIds %s is no list: %v", raw, err)
				}
				n, _ := r.Batch.Cols[slices.Index(names, "IncidentNumber")].Value(i).(int64)
				numbers, alerts = append(numbers, n), append(alerts, ids)
			}
		}
	}
	return numbers, alerts
}

// TestInsiderRiskIncidentsHaveNoAlerts: the tenant shows such an incident without its alerts. It comes, says why it is empty
// once alerts would have come, is edited, closed and reported like any other, and its rows name no alerts.
func TestInsiderRiskIncidentsHaveNoAlerts(t *testing.T) {
	s := service(t)
	at := start.Add(time.Minute)
	s.now = func() time.Time { return at }
	s.mustMerge(t, tenantIncident("61", 1, func(r *model.TenantIncident) { r.Title = "Data theft by a departing user" }))
	if in, err := s.Get(t.Context(), ws, 1); err != nil || in.AlertCount != 0 || in.EmptyReason != "" {
		t.Errorf("at first: %d alerts, %q, %v; its alerts may be on their way", in.AlertCount, in.EmptyReason, err)
	}
	at = start.Add(16 * time.Minute)
	in, err := s.Get(t.Context(), ws, 1)
	if err != nil || in.AlertCount != 0 || !strings.Contains(in.EmptyReason, "Insider Risk Management") || len(in.EmptyProducts) != 0 {
		t.Errorf("after a while: %d alerts, %q, %v, %v", in.AlertCount, in.EmptyReason, in.EmptyProducts, err)
	}
	if entities, err := s.Entities(t.Context(), ws, 1); err != nil || len(entities) != 0 {
		t.Errorf("%d entities, %v", len(entities), err)
	}
	if list, err := s.AlertPage(t.Context(), ws, 1, 100, 0); err != nil || len(list) != 0 {
		t.Errorf("%d alerts, %v", len(list), err)
	}
	in, err = s.Update(t.Context(), ws, 1, Change{Status: ptr("closed"), Classification: ptr("TruePositive"), ClassificationReason: ptr("SuspiciousActivity"), Owner: ptr("ana@contoso.com")}, ana)
	if err != nil || in.Status != "Closed" || in.Sync.State != model.Pending {
		t.Errorf("closed: %+v, %v", in, err)
	}
	var report strings.Builder
	if err := s.Report(t.Context(), ws, 1, &report); err != nil || !strings.Contains(report.String(), "departing user") {
		t.Errorf("report %q, %v", report.String(), err)
	}
	f := &flaky{}
	if err := s.Pump(f).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	numbers, alerts := written(t, f)
	if len(numbers) != 2 {
		t.Fatalf("%d rows, want one as it came and one as it was closed", len(numbers))
	}
	for i, ids := range alerts {
		if len(ids) != 0 {
			t.Errorf("row %d names the alerts %v", i, ids)
		}
	}
}

// TestDefenderForCloudFillsBackwards: incidents of half a year, more than one transaction releases, fill when the connector
// is connected: those that were closed meanwhile stay closed with what people wrote, those whose alerts came before them
// fill too, each tells of its alerts in a newer row, and no rule makes an incident of what is old.
func TestDefenderForCloudFillsBackwards(t *testing.T) {
	s := service(t)
	s.now = func() time.Time { return start.Add(180 * 24 * time.Hour) }
	s.mustRule(t, model.IncidentRule{ID: "a", Name: "Rule", Enabled: true, Product: "Azure Security Center"})
	const incidents, each, product = 60, 4, "Azure Security Center"
	if err := s.Hold(t.Context(), ws, map[string]string{product: "Connect it."}); err != nil {
		t.Fatal(err)
	}
	day := func(i int) int64 { return int64(i) * 3 * 24 * 60 } // minutes since start
	merge := func(i int) { s.mustMerge(t, tenantIncident(fmt.Sprint(i), day(i)+9, nil)) }
	alerts := func(i int) {
		var list []model.Alert
		for j := range each {
			list = append(list, cloudAlert(fmt.Sprintf("dc%d-%d", i, j), fmt.Sprint(i), day(i)+int64(j)))
		}
		s.mustMergeAlerts(t, list...)
	}
	for i := incidents - 1; i >= 0; i-- { // the history is read from its end
		if i%2 == 0 {
			alerts(i)
			merge(i)
		} else {
			merge(i)
			alerts(i)
		}
	}
	closed := Change{Status: ptr("closed"), Classification: ptr("BenignPositive"), ClassificationReason: ptr("SuspiciousButExpected"), AddLabels: []string{"known"}}
	if _, err := s.Update(t.Context(), ws, 7, closed, ana); err != nil {
		t.Fatal(err)
	}
	f := &flaky{}
	p := s.Pump(f)
	if err := p.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ids := written(t, f); slices.ContainsFunc(ids, func(ids []string) bool { return len(ids) > 0 }) {
		t.Error("a row names an alert that is kept aside")
	}
	f.frames = nil
	if err := s.Hold(t.Context(), ws, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Release(t.Context(), ws); err != nil {
		t.Fatal(err)
	}
	if err := p.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context(), ws, Filter{Sort: "number"})
	if err != nil || len(list) != incidents {
		t.Fatalf("%d incidents, want %d: no rule looks at old alerts; %v", len(list), incidents, err)
	}
	newest := map[int64][]string{}
	numbers, ids := written(t, f)
	for i, n := range numbers {
		newest[n] = ids[i]
	}
	for _, in := range list {
		if in.AlertCount != each || len(newest[in.Number]) != each {
			t.Errorf("incident %d has %d alerts, its newest row %d, want %d", in.Number, in.AlertCount, len(newest[in.Number]), each)
		}
		if (in.Number == 7) != (in.Status == "Closed") || in.Number == 7 && !slices.Equal(in.Labels, []string{"known"}) {
			t.Errorf("incident %d is %s with the labels %v", in.Number, in.Status, in.Labels)
		}
	}
	if one, err := s.Get(t.Context(), ws, 60); err != nil || one.EmptyReason != "" || len(one.EmptyProducts) != 0 {
		t.Errorf("%q %v %v", one.EmptyReason, one.EmptyProducts, err)
	}
	if entities, err := s.Entities(t.Context(), ws, 60); err != nil || len(entities) != 1 {
		t.Errorf("%d entities, %v", len(entities), err)
	}
	rows := strings.Join(f.sources(), " ")
	if got := strings.Count(rows, "alert/dc"); got != incidents*each {
		t.Errorf("%d rows of alerts, want %d", got, incidents*each)
	}
}
