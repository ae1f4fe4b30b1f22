package eventhub

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/health"
)

// TestRetentionOfTheHub asks a hub how long it keeps messages, and tells of losses that are near.
func TestRetentionOfTheHub(t *testing.T) {
	h := newHub(t)
	h.start()
	c := h.client()
	defer c.Close()
	ms := "7200000"
	_, err := kadm.NewClient(c).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &ms}}, testHub)
	must(t, err)
	h.send(0, alert("a"))
	p := newPlace(t, h)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "a")
	eventually(t, func() (bool, string) {
		v, err := p.Service.Intake(t.Context(), testSpace)
		must(t, err)
		if len(v.Sources) != 1 || v.Sources[0].RetentionHours == nil {
			return false, "no retention is known"
		}
		s := v.Sources[0]
		return *s.RetentionHours == 2 && s.HoursToLoss == nil && s.Messages == 1 && s.Rows == 1 && s.State == connector.Green, "not as wanted"
	})
	board := &health.Board{}
	n := &session{Stream: &Stream{cfg: Config{Hub: "h"}, health: condition{report: connector.NewReporter(board, "w", "events/h")}}}
	for i, step := range []struct {
		l    connector.Lag
		want health.Status
	}{
		{connector.Lag{Partition: 0, Events: 9, Behind: time.Hour, Retention: 24 * time.Hour}, health.OK},
		{connector.Lag{Partition: 0, Events: 9, Behind: 20 * time.Hour, Retention: 24 * time.Hour}, health.Warning},
		{connector.Lag{Partition: 1, Retention: 24 * time.Hour}, health.Warning},
		{connector.Lag{Partition: 0, Retention: 24 * time.Hour}, health.OK},
	} {
		n.warnOfLoss(step.l)
		got := health.OK
		if all := board.All(); len(all) > 0 {
			got = all[0].Status
		}
		if got != step.want {
			t.Errorf("step %d: %s", i, got)
		}
	}
}
