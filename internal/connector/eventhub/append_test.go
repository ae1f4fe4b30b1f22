package eventhub

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
)

func TestQuality(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := &health.Board{}
		n := &session{Stream: &Stream{cfg: Config{Hub: "h"}, health: condition{report: connector.NewReporter(board, "w", "events/h")}}}
		status := func() health.Status {
			if all := board.All(); len(all) > 0 {
				return all[0].Status
			}
			return ""
		}
		observe := func(step string, good, dead int64, want health.Status, held time.Duration) {
			t.Helper()
			began := time.Now()
			must(t, n.quality.observe(t.Context(), n, ingest.Counts{"A": {Rows: good, Dead: dead}}))
			if took := time.Since(began); took != held || status() != want {
				t.Errorf("%s: held for %v, status %s; want %v, %s", step, took, status(), held, want)
			}
		}
		n.health.start("")
		observe("few records", 0, 50, health.OK, 0)
		observe("few of many", 5000, 0, health.OK, 0)
		observe("many", 0, 1000, health.Warning, 0)
		observe("a flood", 0, 6000, health.Warning, holdFor)
		observe("held only once", 0, 6000, health.Warning, 0)
		time.Sleep(qualityWindow + time.Second)
		observe("all is well again", 1000, 0, health.OK, 0)
	})
}
