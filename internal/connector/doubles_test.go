package connector

import (
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
)

// TestEitherConnectorOfDefenderForCloudFills: the incidents are filled by the tenant-based connector, by the legacy one, and
// by both; they stay filled until the last of the two is disconnected.
func TestEitherConnectorOfDefenderForCloudFills(t *testing.T) {
	const product = "Azure Security Center"
	for _, xdr := range []bool{true, false} {
		g := &gate{}
		s := newService(t, &memory{}, Config{Gate: g})
		if xdr {
			did(t)(s.Connect(t.Context(), "w", DefenderXDR, Request{Incidents: yes()}, "ann"))
		}
		filled := func(when string, want bool) {
			t.Helper()
			reason, listed := g.held[product]
			_, all := g.held[Everything]
			if got := !all && !listed || listed && reason == ""; got != want {
				t.Errorf("Defender XDR %v, %s: filled %v, want %v; %v is held", xdr, when, got, want, g.held)
			}
			if !want && (!strings.Contains(reason, "connect defender-cloud") || strings.Contains(reason, "legacy")) {
				t.Errorf("Defender XDR %v, %s: the reason is %q", xdr, when, reason)
			}
		}
		did(t)(s.Connect(t.Context(), "w", "defender-cloud-legacy", Request{}, "ann"))
		filled("legacy alone", true)
		did(t)(s.Connect(t.Context(), "w", "defender-cloud", Request{}, "ann"))
		filled("both", true)
		did(t)(s.Disconnect(t.Context(), "w", "defender-cloud-legacy", Request{}, "ann"))
		filled("tenant-based alone", true)
		did(t)(s.Disconnect(t.Context(), "w", "defender-cloud", Request{}, "ann"))
		filled("none", false)
	}
}

// TestBothConnectorsOfDefenderForCloudWarn on both pages and in health, after a restart too, until one is disconnected.
func TestBothConnectorsOfDefenderForCloudWarn(t *testing.T) {
	m, board := &memory{}, &health.Board{}
	s := newService(t, m, Config{Board: board})
	stream := func() {
		NewRunner(s, board, nil).Add(Job{Workspace: "w", Stream: fakeStream{name: "alerts"}, Title: "Alerts", Wanted: func(c model.Connection) bool { return len(c.Own) > 0 }})
		NewReporter(board, "w", "alerts").OK("")
	}
	stream()
	told := func(when string, status health.Status) {
		t.Helper()
		for _, id := range []string{"defender-cloud", "defender-cloud-legacy"} {
			v, err := s.Show(t.Context(), "w", id, Person{})
			if err != nil {
				t.Fatal(err)
			}
			warned := strings.Contains(v.Message, "vedette connector disconnect defender-cloud-legacy")
			if want := status == health.Warning; warned != want || (v.State == Degraded) != want {
				t.Errorf("%s: %s is %s and says %q", when, id, v.State, v.Message)
			}
		}
		var got health.Report
		for _, r := range board.All() {
			if r.Component == "connector/defender-cloud/duplicates" {
				got = r
			}
		}
		if got.Status != status || (status == health.Warning) != (got.Reason == "connected_twice") {
			t.Errorf("%s: health is %+v", when, got)
		}
	}
	did(t)(s.Connect(t.Context(), "w", "defender-cloud", Request{}, "ann"))
	told("one", "")
	did(t)(s.Connect(t.Context(), "w", "defender-cloud-legacy", Request{}, "ann"))
	told("both", health.Warning)
	board = &health.Board{}
	s = newService(t, m, Config{Board: board})
	if err := s.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	stream()
	told("both after a restart", health.Warning)
	did(t)(s.Disconnect(t.Context(), "w", "defender-cloud-legacy", Request{}, "ann"))
	told("one again", health.OK)
	did(t)(s.Disconnect(t.Context(), "w", "defender-cloud", Request{}, "ann"))
	told("none", health.OK)
}
