package hunting

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
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

func TestPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &graph{answer: func(q string) string {
			if q == "DeviceTvmSoftwareInventory | count" {
				return `[{"Count":70001}]`
			}
			return `[{"DeviceId":"a","EndOfSupportDate":{},"OSVersion":null,"CveTags":["x"]}]`
		}}
		tenant := New(g)
		if n, err := tenant.Count(t.Context(), "DeviceTvmSoftwareInventory"); n != 70001 || err != nil {
			t.Error(n, err)
		}
		rows, err := tenant.Part(t.Context(), "DeviceTvmSoftwareInventory", "DeviceId", 1, 2)
		want := []map[string]json.RawMessage{{"DeviceId": json.RawMessage(`"a"`), "CveTags": json.RawMessage(`["x"]`)}}
		if diff := cmp.Diff(want, rows); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if got := g.asked[1]; got != "DeviceTvmSoftwareInventory | where hash(DeviceId, 2) == 1" {
			t.Errorf("asked %s", got)
		}
		long := `"` + strings.Repeat("x", 7<<20) + `"`
		g.answer = func(string) string {
			return `[{"a":` + long + `,"b":` + long + `},{"a":` + long + `,"b":` + long + `},{"a":` + long + `,"b":` + long + `,"c":` + long + `}]`
		}
		if _, err := tenant.Part(t.Context(), "T", "a", 0, 1); !errors.Is(err, ErrTooMany) {
			t.Errorf("an answer of the service's greatest size: %v", err)
		}
	})
}

// What the service refuses is a table that is not there, or any other trouble.
func TestGone(t *testing.T) {
	bad := fault.New(fault.Invalid, "graph_refused", "refused: %w", &msgraph.ResponseError{Status: 400, Message: "no such table"})
	if err := gone("T", bad); fault.CodeOf(err) != Missing {
		t.Error(err)
	}
	busy := fault.New(fault.Throttled, "graph_throttled", "wait: %w", &msgraph.ResponseError{Status: 429})
	if err := gone("T", busy); fault.CodeOf(err) == Missing {
		t.Error(err)
	}
}
