package connector

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
)

// gate notes what is held, and that it was released after that.
type gate struct {
	held     map[string]string
	released int
	failing  bool
}

func (g *gate) Hold(_ context.Context, _ string, held map[string]string) error {
	if g.failing {
		return errors.New("disk full")
	}
	g.held = held
	return nil
}
func (g *gate) Release(context.Context, string) error { g.released++; return nil }
func (g *gate) LastAlert(_ context.Context, _, product string) (time.Time, error) {
	if product == "Azure Security Center" {
		return time.Unix(9, 0), nil
	}
	return time.Time{}, nil
}

// shop is a content hub with one solution per connector.
type shop struct{ have []string }

func (h *shop) Of(id string) (string, string)  { return id, "Solution " + id }
func (h *shop) Installed(_, id string) bool    { return slices.Contains(h.have, id) }
func (h *shop) Workbooks(string, string) []Ref { return []Ref{{"b", "Book"}} }
func (h *shop) Rules(string, string) []RuleRef { return nil }
func (h *shop) Install(_ context.Context, _, id, _ string) (string, error) {
	h.have = append(h.have, id)
	return "Installed " + id + ".", nil
}

func state(t *testing.T, s *Service, id string) string {
	t.Helper()
	g, err := s.List(t.Context(), "w")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range g.All() {
		if c.ID == id {
			return c.State
		}
	}
	t.Fatalf("no connector %s", id)
	return ""
}

// TestComponentsComeThroughXDR walks the article: a product is connected on its own, then Defender XDR, which takes it over;
// disconnecting the product first is refused; disconnecting Defender XDR says what stops.
func TestComponentsComeThroughXDR(t *testing.T) {
	m, g, h, board := &memory{}, &gate{}, &shop{}, &health.Board{}
	s := newService(t, m, Config{Gate: g, Solutions: h, Board: board})
	r := NewRunner(s, board, nil)
	r.Add(Job{Workspace: "w", Stream: fakeStream{name: "alerts"}, Title: "Alerts", Wanted: func(c model.Connection) bool { return c.Incidents || len(c.Own) > 0 }})
	NewReporter(board, "w", "alerts").OK("")
	if err := s.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	if reason, ok := g.held[Everything]; !ok || reason == "" || g.released != 1 {
		t.Errorf("at first %v is held", g.held)
	}

	text, err := s.Connect(t.Context(), "w", "defender-endpoint", Request{}, "ann")
	if err != nil || text != "Installed defender-endpoint." {
		t.Fatal(text, err)
	}
	if reason, ok := g.held["Microsoft Defender Advanced Threat Protection"]; !ok || reason != "" || g.held[Everything] == "" {
		t.Errorf("with one product connected %v is held", g.held)
	}
	if got := state(t, s, "defender-endpoint"); got != Connected {
		t.Errorf("the product is %s", got)
	}
	if got := state(t, s, DefenderXDR); got != NotConnected {
		t.Errorf("Defender XDR is %s", got)
	}

	text, err = s.Connect(t.Context(), "w", DefenderXDR, Request{Incidents: yes()}, "ann")
	if err != nil || !strings.Contains(text, "Installed defender-xdr.") || !strings.Contains(text, "Endpoint is now connected through") {
		t.Errorf("%q %v", text, err)
	}
	for _, d := range components() {
		if got := state(t, s, d.ID); got != ConnectedThroughXDR {
			t.Errorf("%s is %s", d.ID, got)
		}
	}
	if _, all := g.held[Everything]; all || len(g.held) != 1 || !strings.Contains(g.held["Azure Security Center"], "defender-cloud") {
		t.Errorf("with Defender XDR connected %v is held", g.held)
	}
	if c := m.choices["w/defender-endpoint"]; c.Incidents || !c.ConnectedAt.IsZero() {
		t.Errorf("the product is still connected on its own: %+v", c)
	}
	if text, err := s.Connect(t.Context(), "w", "defender-identity", Request{}, "ann"); err != nil || !strings.Contains(text, "already") {
		t.Errorf("connecting a product beside: %q %v", text, err)
	}
	if _, err := s.Disconnect(t.Context(), "w", "defender-endpoint", Request{}, "ann"); fault.CodeOf(err) != "connected_through_xdr" || !strings.Contains(err.Error(), "disconnect defender-xdr") {
		t.Errorf("disconnecting a product first: %v", err)
	}
	if err := s.InUse(t.Context(), "w", []string{DefenderXDR}); fault.CodeOf(err) != "solution_in_use" {
		t.Errorf("removing the solution: %v", err)
	}

	text, err = s.Disconnect(t.Context(), "w", DefenderXDR, Request{}, "ann")
	if err != nil || !strings.Contains(text, "Stopped: ") || !strings.Contains(text, "Kept: ") {
		t.Errorf("%q %v", text, err)
	}
	if got := state(t, s, "defender-endpoint"); got != NotConnected {
		t.Errorf("after that the product is %s", got)
	}
	if err := s.InUse(t.Context(), "w", []string{DefenderXDR}); err != nil {
		t.Error(err)
	}
}

// TestDefenderForCloud turns the connector on and off beside Defender XDR, and starts the server again between.
func TestDefenderForCloud(t *testing.T) {
	m, g := &memory{}, &gate{}
	s := newService(t, m, Config{Gate: g})
	did(t)(s.Connect(t.Context(), "w", DefenderXDR, Request{Incidents: yes()}, "ann"))
	did(t)(s.Connect(t.Context(), "w", "defender-cloud", Request{}, "ann"))
	if len(g.held) != 0 {
		t.Errorf("%v is held", g.held)
	}
	s = newService(t, m, Config{Gate: g})
	g.held, g.released = nil, 0
	if err := s.Apply(t.Context()); err != nil || len(g.held) != 0 || g.released != 1 {
		t.Errorf("after a restart %v is held, released %d times; %v", g.held, g.released, err)
	}
	v, err := s.Show(t.Context(), "w", "defender-cloud", Person{})
	if err != nil || v.ConnectedBy != "ann" || v.XDRView != nil || v.LastData == nil || len(v.Disconnect.Stays) == 0 {
		t.Errorf("%+v %v", v, err)
	}
	did(t)(s.Disconnect(t.Context(), "w", "defender-cloud", Request{}, "ann"))
	if len(g.held) != 1 {
		t.Errorf("off again, %v is held", g.held)
	}
	g.failing = true
	if _, err := s.Connect(t.Context(), "w", "defender-cloud", Request{}, "ann"); err == nil || state(t, s, "defender-cloud") != NotConnected {
		t.Errorf("connected though the gate failed: %v", err)
	}
}

func TestGalleryFollowsSolutions(t *testing.T) {
	h := &shop{}
	s := newService(t, &memory{}, Config{Solutions: h})
	ids := func(items []Item) (out []string) {
		for _, c := range items {
			out = append(out, c.ID)
		}
		return out
	}
	g, err := s.List(t.Context(), "w")
	if err != nil || len(g.Items) != 0 || len(g.Available) != len(Definitions()) || g.Available[0].ID != DefenderXDR {
		t.Errorf("fresh: %v, %v, %v", ids(g.Items), ids(g.Available), err)
	}
	h.have = []string{DefenderXDR}
	if g, err = s.List(t.Context(), "w"); err != nil || !cmp.Equal(ids(g.Items), []string{DefenderXDR}) {
		t.Errorf("installed: %v, %v", ids(g.Items), err)
	}
	did(t)(s.SetTables(t.Context(), "w", DefenderXDR, []string{"AlertInfo"}, "ann"))
	if g, err = s.List(t.Context(), "w"); err != nil || g.Items[0].Tables != 1 {
		t.Errorf("tables ticked: %+v, %v", g.Items, err)
	}
	if _, err := s.SetTables(t.Context(), "w", "defender-cloud", []string{"AlertInfo"}, "ann"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("tables of another connector: %v", err)
	}
	if _, err := s.Show(t.Context(), "w", "nope", Person{}); fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), DefenderXDR) {
		t.Errorf("an unknown connector: %v", err)
	}
	v, err := s.Show(t.Context(), "w", DefenderXDR, Person{})
	if err != nil || v.ExportGuide == nil || len(v.ExportGuide.Steps) == 0 || len(v.NextSteps.Workbooks) != 1 || len(v.NextSteps.Queries) == 0 {
		t.Errorf("%+v %v", v, err)
	}
	current := 0
	for _, c := range v.Clouds {
		if c.Current {
			current++
		}
	}
	if len(v.Clouds) < 3 || current != 1 {
		t.Errorf("clouds are %+v", v.Clouds)
	}
}

// TestDisconnectingSomeTables leaves the rest as it was.
func TestDisconnectingSomeTables(t *testing.T) {
	s := newService(t, &memory{}, Config{})
	did(t)(s.Connect(t.Context(), "w", DefenderXDR, Request{Incidents: yes(), Tables: []string{"AlertInfo", "DeviceInfo"}}, "ann"))
	did(t)(s.Disconnect(t.Context(), "w", DefenderXDR, Request{Tables: []string{"DeviceInfo"}}, "ann"))
	if c, _ := s.Watch("w"); !c.Incidents || !cmp.Equal(c.Tables, []string{"AlertInfo"}) {
		t.Errorf("the choice is %+v", c)
	}
}
