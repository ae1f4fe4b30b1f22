package connector

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
)

func TestIntake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := &health.Board{}
		meter := NewMeter(&memory{}, nil)
		s := newService(t, &memory{}, Config{Board: board, Meter: meter})
		did(t)(s.SetTables(t.Context(), "w", DefenderXDR, []string{"AlertInfo", "DeviceInfo"}, "ann"))
		NewReporter(board, "w", "events/h").Warn("loss_ahead", "Soon.")
		sent := time.Now().UTC()
		for range 10 {
			meter.AddSource("w", model.SourceUsage{Source: "hub/h", Messages: 1, Bytes: 100, Rows: 4, Dead: 1, Sent: sent, Event: sent.Add(-time.Hour), Tables: []string{"AlertInfo"}})
			meter.Add("w", ingest.Counts{"AlertInfo": {Rows: 4, Bytes: 80, Seen: sent, Event: sent.Add(-time.Hour), Late: ingest.Lateness{0, 0, 0, 4}}, "": {Dead: 1}})
			meter.Flush(t.Context())
			time.Sleep(time.Minute)
		}
		meter.AddSource("w", model.SourceUsage{Source: "hub/h", Duplicates: 3, Gaps: 2})
		meter.AddSource("w", model.SourceUsage{Source: "hub/h~1", Messages: 1})
		meter.SetLag("w", Lag{Source: "hub/h", Partition: 0, Events: 5, Behind: time.Hour, Retention: 24 * time.Hour})
		meter.SetLag("w", Lag{Source: "hub/h", Partition: 1, Events: 7, Behind: 20 * time.Hour, Retention: 24 * time.Hour})
		meter.Flush(t.Context())
		v, err := s.Intake(t.Context(), "w")
		must(t, err)
		event, four, day := sent.Add(-time.Hour), 4.0, 24.0
		want := []SourceHealth{
			{
				Source: "hub/h", Stream: "events/h", State: Amber, Reason: "loss_ahead", Description: "Soon.", LastMessage: &sent, LastEvent: &event, Rate: Rate{5, 100},
				LagEvents: 12, LagSeconds: 20 * 3600, HoursToLoss: &four, RetentionHours: &day, Messages: 10, Rows: 40, DeadLetters: 10, Duplicates: 3, Gaps: 2,
			},
			{Source: "hub/h~1", Stream: "events/h", State: Amber, Reason: "loss_ahead", Description: "Soon.", Messages: 1},
		}
		if diff := cmp.Diff(want, v.Sources); diff != "" {
			t.Errorf("sources (-want +got):\n%s", diff)
		}
		if len(v.Tables) != 2 {
			t.Fatalf("tables %+v", v.Tables)
		}
		a, d := v.Tables[0], v.Tables[1]
		if a.Table != "AlertInfo" || a.State != Green || a.Events != 4 || a.Bytes != 80 || a.SilentAfterSeconds != nil || a.Lateness[3].Rows != 40 || *a.Lateness[3].UpToSeconds != 3600 || a.Lateness[7].UpToSeconds != nil {
			t.Errorf("%+v", a)
		}
		if a.Gaps != 2 || a.LagEvents != 12 || a.LagSeconds != 20*3600 || a.HoursToLoss == nil || *a.HoursToLoss != 4 {
			t.Errorf("what its source lacks: %+v", a)
		}
		if d.Gaps != 0 || d.LagEvents != 0 || d.HoursToLoss != nil {
			t.Errorf("what another's source lacks: %+v", d)
		}
		if d.Table != "DeviceInfo" || d.State != Grey || d.LastSeen != nil {
			t.Errorf("%+v", d)
		}
	})
}

func TestStreamOf(t *testing.T) {
	for source, want := range map[string]string{"hub/a": "events/a", "hub/a~3": "events/a", "blob/acct/container~1": "events/acct", "pull/x": "pull/x"} {
		if got := StreamOf(source); got != want {
			t.Errorf("%s is read by %s, want %s", source, got, want)
		}
	}
}

func TestLossIn(t *testing.T) {
	for _, tc := range []struct {
		l    Lag
		want time.Duration
		ok   bool
	}{
		{Lag{Events: 1, Behind: time.Hour, Retention: 3 * time.Hour}, 2 * time.Hour, true},
		{Lag{Events: 1, Behind: 9 * time.Hour, Retention: 3 * time.Hour}, 0, true},
		{Lag{Behind: time.Hour, Retention: 3 * time.Hour}, 0, false}, // all is read
		{Lag{Events: 1, Behind: time.Hour}, 0, false},                // kept for ever
	} {
		if got, ok := tc.l.LossIn(); got != tc.want || ok != tc.ok {
			t.Errorf("%+v: %v %v", tc.l, got, ok)
		}
	}
}
