package evidencebench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/query"
)

// ask runs a query and returns how many rows it answers and how long it took.
func (w *world) ask(t testing.TB, text, engine string) (int64, time.Duration) {
	t.Helper()
	began := time.Now()
	res, err := w.queries.Run(t.Context(), query.Request{Workspace: workspace, Text: text, Engine: engine, Actor: "bench"})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	took := time.Since(began)
	n := int64(0)
	for _, b := range res.Tables[0].Batches {
		n += int64(b.N)
	}
	return n, took
}

// TestEvidence asks over few days, by both engines.
func TestEvidence(t *testing.T) {
	w := open(t, t.TempDir(), 3, 2000)
	found := 0
	for i, id := range w.alerts {
		if i%5 != 0 {
			continue
		}
		text := fmt.Sprintf("AlertEvents(%q)", id)
		n, _ := w.ask(t, text, "auto")
		other, _ := w.ask(t, text, "go")
		if n != other {
			t.Errorf("%s: %d rows, in Go %d", text, n, other)
		}
		if n > 0 {
			found++
		}
	}
	if found == 0 {
		t.Error("no alert has events")
	}
	found = 0
	for n := range w.stories {
		text := fmt.Sprintf("IncidentEvents(%d)", n+1)
		rows, _ := w.ask(t, text, "auto")
		if other, _ := w.ask(t, text, "go"); other != rows {
			t.Errorf("%s: %d rows, in Go %d", text, rows, other)
		}
		if rows > 0 {
			found++
		}
	}
	if found < w.stories/2 {
		t.Errorf("%d of %d incidents have events", found, w.stories)
	}
	if n, _ := w.ask(t, `IncidentEvents(100000)`, "auto"); n != 0 {
		t.Errorf("%d events of no incident", n)
	}
	if n, _ := w.ask(t, `AlertEvents("nothing")`, "auto"); n != 0 {
		t.Errorf("%d events of no alert", n)
	}
	device := `toscalar(AlertEvidence | where isnotempty(DeviceId) | summarize max(DeviceId))`
	if n, _ := w.ask(t, `EntityTimeline(`+device+`, datetime(2026-10-29), datetime(2026-11-01))`, "auto"); n == 0 {
		t.Error("a device of an alert has no timeline")
	}
}

// TestBenchEvidence prints how long the way from an alert to its events takes over 90 days.
func TestBenchEvidence(t *testing.T) {
	if os.Getenv("VEDETTE_BENCH") == "" {
		t.Skip("measures for minutes; set VEDETTE_BENCH")
	}
	w := open(t, filepath.Join("..", "..", ".cache", "bench", fmt.Sprintf("evidence-%d", form)), 90, 30_000)
	t.Logf("%d rows in 90 days, %d alerts", w.rows, len(w.alerts))
	measure := func(name string, texts []string) {
		var took []time.Duration
		rows := int64(0)
		for _, text := range texts {
			n, d := w.ask(t, text, "auto")
			rows += n
			took = append(took, d)
		}
		slices.Sort(took)
		t.Logf("%-16s %3d questions, %6.0f rows each: p50 %s, p95 %s, slowest %s", name, len(took), float64(rows)/float64(len(took)),
			took[len(took)/2].Round(time.Millisecond), took[len(took)*95/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
	}
	var alerts, timelines []string
	for i := 0; i < len(w.alerts); i += max(1, len(w.alerts)/60) {
		alerts = append(alerts, fmt.Sprintf("AlertEvents(%q)", w.alerts[i]))
		timelines = append(timelines, fmt.Sprintf("EntityTimeline(toscalar(AlertEvidence | where AlertId == %q and isnotempty(DeviceId) | summarize max(DeviceId)), datetime(2026-10-25), datetime(2026-11-01))", w.alerts[i]))
	}
	var incidents []string
	for n := 1; n <= w.stories; n += max(1, w.stories/60) {
		incidents = append(incidents, fmt.Sprintf("IncidentEvents(%d)", n))
	}
	measure("AlertEvents", alerts)
	measure("IncidentEvents", incidents)
	measure("EntityTimeline", timelines)
}
