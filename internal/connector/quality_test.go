package connector

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedette-siem/vedette/internal/ingest"
)

func TestQuality(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit BadLimit
		good  int64 // of the flood
		dead  int64
		want  bool
	}{
		{"by default, more than half of 5,000", BadLimit{}, 2499, 2501, true},
		{"by default, half of 5,000", BadLimit{}, 2500, 2500, false},
		{"by default, all of fewer", BadLimit{}, 0, 4999, false},
		{"a lower limit", BadLimit{Share: 0.01, Records: 200}, 190, 10, true},
		{"a lower limit not reached", BadLimit{Share: 0.06, Records: 200}, 190, 10, false},
		{"few records", BadLimit{Share: 0.2, Records: 3}, 2, 1, true},
		{"never", BadLimit{Share: 1}, 0, 100_000, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var told string
				q := &Quality{What: "event hub h", Source: "hub/h", Stream: "events/h", Limit: c.limit, Warn: func(string) {}, Pause: func(_ context.Context, reason, text string) error {
					told = reason + " " + text
					cancel()
					return nil
				}}
				err := q.Observe(ctx, ingest.Counts{"A": {Rows: c.good, Dead: c.dead}})
				if (told != "") != c.want || (err != nil) != c.want {
					t.Errorf("paused %q, %v", told, err)
				}
				if c.want && (!strings.HasPrefix(told, ReasonBad) || !strings.Contains(told, "resume defender-xdr events/h") || !strings.Contains(told, "--source hub/h")) {
					t.Errorf("told %s", told)
				}
			})
		})
	}
}

// Warnings come and go with the share of the last ten minutes; somebody who resumes a stream has an hour.
func TestQualityOverTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		warned, paused := "", 0
		q := &Quality{What: "event hub h", Warn: func(s string) { warned = s }, Pause: func(context.Context, string, string) error { paused++; cancel(); return nil }}
		observe := func(step string, good, dead int64, warns bool, pauses int) {
			t.Helper()
			err := q.Observe(ctx, ingest.Counts{"A": {Rows: good, Dead: dead}})
			if (warned != "") != warns || paused != pauses || (err != nil) != (ctx.Err() != nil) {
				t.Errorf("%s: warned %q, %d pauses, %v", step, warned, paused, err)
			}
		}
		observe("few records", 0, 50, false, 0)
		observe("few of many", 5000, 0, false, 0)
		observe("many", 0, 1000, true, 0)
		time.Sleep(qualityWindow + time.Second)
		observe("all is well again", 1000, 0, false, 0)
		q.Free()
		observe("a flood that somebody expects", 0, 6000, true, 0)
		time.Sleep(PauseFree + time.Second)
		observe("a flood", 0, 6000, true, 1)
	})
}

// A choice that cannot be kept does not let the flood through.
func TestPauseIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		tries := 0
		q := &Quality{Warn: func(string) {}, Logger: slog.New(slog.DiscardHandler), Pause: func(context.Context, string, string) error {
			if tries++; tries < 3 {
				return errors.New("disk full")
			}
			cancel()
			return nil
		}}
		err := q.Observe(ctx, ingest.Counts{"": {Dead: DefaultBadLimit.Records}})
		if !errors.Is(err, context.Canceled) || tries != 3 {
			t.Errorf("%d tries: %v", tries, err)
		}
	})
}

func TestUpToDate(t *testing.T) {
	m := NewMeter(&memory{}, nil)
	step := func(name string, want bool) {
		t.Helper()
		if got := m.UpToDate("w"); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	step("nothing is known", false)
	m.SetLag("w", Lag{Source: "hub/h", Events: 9, Behind: time.Hour})
	step("behind", false)
	m.SetLag("w", Lag{Source: "hub/h", Events: 9, Behind: time.Second})
	step("as good as read", true)
	m.SetReplaying("w", "events/h", true)
	step("reads again", false)
	m.SetReplaying("v", "events/h", false)
	step("another one does not", false)
	m.SetReplaying("w", "events/h", false)
	step("has read again", true)
}
