package eventhub

import (
	"context"
	"errors"
	"log/slog"
	"strings"
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
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		paused := 0
		n := &session{Stream: &Stream{cfg: Config{Hub: "h", Name: "h"}, health: condition{report: connector.NewReporter(board, "w", "events/h")}, deps: Deps{
			Pause: func(context.Context, string, string) error { paused++; cancel(); return nil },
		}}}
		status := func() health.Status {
			if all := board.All(); len(all) > 0 {
				return all[0].Status
			}
			return ""
		}
		observe := func(step string, good, dead int64, want health.Status, pauses int) {
			t.Helper()
			err := n.quality.observe(ctx, n, ingest.Counts{"A": {Rows: good, Dead: dead}})
			if status() != want || paused != pauses || (err != nil) != (ctx.Err() != nil) {
				t.Errorf("%s: status %s, %d pauses, %v; want %s, %d", step, status(), paused, err, want, pauses)
			}
		}
		n.health.start("")
		observe("few records", 0, 50, health.OK, 0)
		observe("few of many", 5000, 0, health.OK, 0)
		observe("many", 0, 1000, health.Warning, 0)
		time.Sleep(qualityWindow + time.Second)
		observe("all is well again", 1000, 0, health.OK, 0)
		n.quality.freeUntil = time.Now().Add(pauseFree)
		observe("a flood that somebody expects", 0, 6000, health.Warning, 0)
		time.Sleep(pauseFree + time.Second)
		observe("a flood", 0, 6000, health.Warning, 1)
	})
}

// TestFloodOfBadRecordsPauses: the stream stops and is red, nothing of the flood is stored until somebody resumes it, and
// then all of it is.
func TestFloodOfBadRecordsPauses(t *testing.T) {
	h := newHub(t)
	h.start()
	h.send(0, alert("a"))
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "a")
	h.send(0, message(strings.Split(strings.Repeat("7,", 3*pauseFrom)+"7", ",")...), alert("b"))
	p.Health(health.Failure, "cannot be stored, so the tenant's export has probably changed its form")
	if got := p.Column("DeadLetter_CL", "Reason"); len(got) != 0 {
		t.Fatalf("%d bad records were stored", len(got))
	}
	view, err := p.Service.Show(t.Context(), testSpace, connector.DefenderXDR, connector.Person{})
	must(t, err)
	if part := view.Streams[0]; view.State != connector.Errored || part.Paused == nil || part.Paused.Reason != "many_dead_letters" || part.Paused.By != "" {
		t.Errorf("state %s, %+v", view.State, part)
	}
	must(t, p.Service.Resume(t.Context(), testSpace, p.stream.Name()))
	p.Wait("AlertInfo", "AlertId", "a", "b")
	if got := p.Column("DeadLetter_CL", "Reason"); len(got) != 3*pauseFrom+1 {
		t.Errorf("%d dead letters", len(got))
	}
	p.Health(health.Warning, "More than one record in twenty")
}

// TestPauseIsTriedAgain: a choice that cannot be kept does not let the flood through.
func TestPauseIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		tries := 0
		n := &session{Stream: &Stream{cfg: Config{Hub: "h"}, deps: Deps{Logger: slog.New(slog.DiscardHandler), Pause: func(context.Context, string, string) error {
			if tries++; tries < 3 {
				return errors.New("disk full")
			}
			cancel()
			return nil
		}}}}
		err := n.quality.observe(ctx, n, ingest.Counts{"": {Dead: pauseFrom}})
		if !errors.Is(err, context.Canceled) || tries != 3 {
			t.Errorf("%d tries: %v", tries, err)
		}
	})
}
