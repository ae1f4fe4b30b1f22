package incident

import (
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/model"
)

func cloudAlert(id, incident string, v int64) model.Alert {
	a := withEntities(id, incident, v, anIP)
	a.ProductName = "Azure Security Center"
	return a
}

// TestWithheldAlertsFillTheirIncidentsWhenReleased: the alerts of a product that is not connected are kept, shown nowhere,
// and all of them appear when it is.
func TestWithheldAlertsFillTheirIncidentsWhenReleased(t *testing.T) {
	s := service(t)
	const why = "Connect Microsoft Defender for Cloud to see its alerts."
	if err := s.Hold(t.Context(), ws, map[string]string{"Azure Security Center": why}); err != nil {
		t.Fatal(err)
	}
	s.mustMerge(t, tenantIncident("27", 1, nil), tenantIncident("28", 1, nil))
	s.mustMergeAlerts(t, cloudAlert("dc1", "27", 2), tenantAlert("da1", "28", 2), cloudAlert("dc2", "28", 2))
	s.mustMergeAlerts(t, cloudAlert("dc1", "27", 3)) // a newer version is withheld as well
	rows := func() string {
		f := &flaky{}
		if err := s.Pump(f).Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		return strings.Join(f.sources(), " ")
	}
	in, err := s.Get(t.Context(), ws, 1)
	if err != nil || in.AlertCount != 0 || in.EmptyReason != why {
		t.Errorf("withheld: %d alerts, %q, %v", in.AlertCount, in.EmptyReason, err)
	}
	if entities, err := s.Entities(t.Context(), ws, 1); err != nil || len(entities) != 0 {
		t.Errorf("withheld: %d entities, %v", len(entities), err)
	}
	if got := rows(); strings.Contains(got, "alert/dc") || !strings.Contains(got, "alert/da1/1") {
		t.Errorf("withheld: rows %s", got)
	}
	if n, err := s.Sink(ws).Count(t.Context(), "alerts"); err != nil || n != 3 {
		t.Errorf("%d alerts are kept, want 3 so that nothing counts as missing; %v", n, err)
	}
	for range 2 { // releasing again changes nothing
		if err := s.Hold(t.Context(), ws, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Release(t.Context(), ws); err != nil {
			t.Fatal(err)
		}
	}
	in, err = s.Get(t.Context(), ws, 1)
	if err != nil || in.AlertCount != 1 || in.EmptyReason != "" {
		t.Errorf("released: %d alerts, %q, %v", in.AlertCount, in.EmptyReason, err)
	}
	if entities, err := s.Entities(t.Context(), ws, 1); err != nil || len(entities) != 1 {
		t.Errorf("released: %d entities, %v", len(entities), err)
	}
	if err := s.Hold(t.Context(), ws, map[string]string{"Azure Security Center": why}); err != nil {
		t.Fatal(err)
	}
	s.mustMergeAlerts(t, cloudAlert("dc1", "27", 9), cloudAlert("dc3", "27", 9))
	if in, err := s.Get(t.Context(), ws, 1); err != nil || in.AlertCount != 1 || in.EmptyReason != why {
		t.Errorf("withheld again: %d alerts, %q, %v; what was shown stays", in.AlertCount, in.EmptyReason, err)
	}
}

// TestHoldEverythingButOneProduct: a component that is connected on its own shows its alerts and nothing else; connecting
// everything later shows the rest, old ones too.
func TestHoldEverythingButOneProduct(t *testing.T) {
	s := service(t)
	if err := s.Hold(t.Context(), ws, map[string]string{Everything: "not connected", "Azure Security Center": ""}); err != nil {
		t.Fatal(err)
	}
	s.mustMergeAlerts(t, cloudAlert("dc1", "27", 2), tenantAlert("da1", "28", 2))
	rows := func() string {
		f := &flaky{}
		if err := s.Pump(f).Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		return strings.Join(f.sources(), " ")
	}
	if got := rows(); !strings.Contains(got, "alert/dc1") || strings.Contains(got, "alert/da1") {
		t.Errorf("one product is connected: rows %s", got)
	}
	if last, err := s.LastAlert(t.Context(), ws, "Azure Security Center"); err != nil || last.IsZero() {
		t.Errorf("its newest alert is of %v, %v", last, err)
	}
	if err := s.Hold(t.Context(), ws, map[string]string{"Azure Security Center": "off"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Release(t.Context(), ws); err != nil {
		t.Fatal(err)
	}
	if got := rows(); strings.Contains(got, "alert/dc1") || !strings.Contains(got, "alert/da1") {
		t.Errorf("all others are connected: rows %s", got)
	}
}
