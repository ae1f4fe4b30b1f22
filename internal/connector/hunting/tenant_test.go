package hunting

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// graph answers queries by a function and remembers them.
type graph struct {
	asked  []string
	at     []time.Time
	answer func(query string) string // a JSON list of rows
}

func (g *graph) Hunt(_ context.Context, query, _ string, _ msgraph.Priority) ([]map[string]json.RawMessage, error) {
	g.asked, g.at = append(g.asked, query), append(g.at, time.Now())
	var rows []map[string]json.RawMessage
	return rows, json.Unmarshal([]byte(g.answer(query)), &rows)
}

var from = time.Date(2026, 7, 18, 12, 0, 0, 0, time.UTC)

func TestCountByHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &graph{answer: func(string) string {
			return `[{"Timestamp":"2026-07-18T13:00:00Z","count_":7},{"Timestamp":"2026-07-18T12:00:00.0000000Z","count_":1}]`
		}}
		tenant := New(g)
		for range 2 {
			got, err := tenant.CountByHour(t.Context(), "AlertInfo", from, from.Add(2*time.Hour))
			if diff := cmp.Diff(map[time.Time]int64{from: 1, from.Add(time.Hour): 7}, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		}
		want := "AlertInfo | where Timestamp >= datetime(2026-07-18T12:00:00.0000000Z) and Timestamp < datetime(2026-07-18T14:00:00.0000000Z) | summarize count() by bin(Timestamp, 1h)"
		if g.asked[0] != want {
			t.Errorf("asked %s", g.asked[0])
		}
		if d := g.at[1].Sub(g.at[0]); d < between {
			t.Errorf("asked again after %v", d)
		}
		for _, odd := range []string{`[{"Timestamp":"soon","count_":7}]`, `[{"Timestamp":"2026-07-18T13:00:00Z"}]`} {
			g.answer = func(string) string { return odd }
			if _, err := tenant.CountByHour(t.Context(), "AlertInfo", from, from.Add(time.Hour)); fault.CodeOf(err) != "hunting_answer" {
				t.Errorf("%s: %v", odd, err)
			}
		}
	})
}
