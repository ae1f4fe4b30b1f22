package simtenant

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type incidentTruth struct {
	ID         string  `json:"id"`
	RedirectTo *string `json:"redirectTo"`
	Status     string  `json:"status"`
	Alerts     []struct {
		ID       string `json:"id"`
		Evidence []struct {
			Type  string            `json:"type"`
			Table string            `json:"table"`
			Keys  map[string]string `json:"keys"`
		} `json:"evidence"`
	} `json:"alerts"`
}

func lines[T any](t *testing.T, b []byte) []T {
	t.Helper()
	var out []T
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 1<<24)
	for {
		if !sc.Scan() {
			return out
		}
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
}

func (s *sim) incidentTruth() []incidentTruth {
	s.t.Helper()
	_, _, b := s.call("GET", s.Control+"/truth/incidents", "")
	return lines[incidentTruth](s.t, b)
}

func TestEvidenceFindsItsEvents(t *testing.T) {
	t.Parallel()
	cfg := small(t.TempDir())
	cfg.Size.Incidents, cfg.Size.Span = 60, 40*time.Hour // all within the window
	s := start(t, cfg)
	s.truth(3000)
	incidents := s.incidentTruth()
	rows, alertRows := s.consumed()
	// Stories of the last minutes deliver late.
	for deadline := time.Now().Add(30 * time.Second); !complete(incidents, alertRows) && time.Now().Before(deadline); time.Sleep(time.Second) {
		rows, alertRows = s.consumed()
	}
	all, found, linked := 0, 0, 0
	for _, i := range incidents {
		for _, a := range i.Alerts {
			if alertRows["AlertInfo"][a.ID] != 1 || alertRows["AlertEvidence"][a.ID] != len(a.Evidence) {
				t.Errorf("alert %s has %d AlertInfo and %d AlertEvidence rows for %d pieces of evidence", a.ID, alertRows["AlertInfo"][a.ID], alertRows["AlertEvidence"][a.ID], len(a.Evidence))
			}
			for _, e := range a.Evidence {
				all++
				if e.Table == "" {
					continue
				}
				linked++
				if has(rows[e.Table], e.Keys) {
					found++
				} else {
					t.Logf("alert %s: %s has no %s row with %v", a.ID, e.Type, e.Table, e.Keys)
				}
			}
		}
	}
	if all < 300 || float64(found) < 0.95*float64(all) {
		t.Errorf("%d of %d pieces of evidence find their events (%d name some), want 95 %%", found, all, linked)
	}
}

// consumed returns the hub's events by table, and how many rows the alerts' tables have of each alert.
func (s *sim) consumed() (rows map[string][]map[string]any, alertRows map[string]map[string]int) {
	s.t.Helper()
	events, _ := s.consume()
	rows = map[string][]map[string]any{}
	alertRows = map[string]map[string]int{"AlertInfo": {}, "AlertEvidence": {}}
	for _, e := range events {
		table := strings.TrimPrefix(e.Category, "AdvancedHunting-")
		d := json.NewDecoder(bytes.NewReader(e.Properties))
		d.UseNumber()
		m := map[string]any{}
		if err := d.Decode(&m); err != nil {
			s.t.Fatal(err)
		}
		rows[table] = append(rows[table], m)
		if n := alertRows[table]; n != nil {
			n[m["AlertId"].(string)]++
		}
	}
	return rows, alertRows
}

// complete reports whether every alert has its rows.
func complete(incidents []incidentTruth, alertRows map[string]map[string]int) bool {
	for _, i := range incidents {
		for _, a := range i.Alerts {
			if alertRows["AlertInfo"][a.ID] != 1 || alertRows["AlertEvidence"][a.ID] != len(a.Evidence) {
				return false
			}
		}
	}
	return true
}

func has(rows []map[string]any, keys map[string]string) bool {
	for _, r := range rows {
		ok := true
		for k, v := range keys {
			ok = ok && r[k] != nil && fmt.Sprint(r[k]) == v
		}
		if ok {
			return true
		}
	}
	return false
}

func TestASeedAndAStartDecideTheHistory(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(-time.Second)
	read := func() (string, string) {
		cfg := small(t.TempDir())
		cfg.Start = at
		s := start(t, cfg)
		defer s.stop()
		truth, _ := json.Marshal(s.truth(2000)["events"].(object)["DeviceFileEvents"])
		s.json(204, "POST", s.Control+"/pause", "")
		_, _, b := s.call("GET", s.Control+"/truth/incidents", "")
		return string(b), string(truth)
	}
	a, _ := read()
	b, _ := read()
	if diff := cmp.Diff(strings.Split(a, "\n")[:40], strings.Split(b, "\n")[:40]); diff != "" {
		t.Errorf("the same seed and start made another history (-first +second)\n%s", diff)
	}
}

// child starts this test binary as a tenant of its own, to be killed.
func child(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^$")
	c.Env = append(os.Environ(), "SIMTENANT_CHILD="+dir, "SIMTENANT_SPEED=20")
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestKilledAtAnyTimeItGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, after := range []time.Duration{350 * time.Millisecond, 700 * time.Millisecond, 150 * time.Millisecond, 1200 * time.Millisecond, 500 * time.Millisecond} {
		c := child(t, dir)
		time.Sleep(after)
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
	}
	before, _ := os.ReadFile(dir + "/sim.json")
	s := start(t, small(dir))
	m := s.truth(2000)
	after, _ := os.ReadFile(dir + "/sim.json")
	if string(before) != string(after) {
		t.Errorf("sim.json changed over the kills:\n%s\n%s", before, after)
	}
	s.settle()
	events, messages := s.consume()
	seen := map[string]int{}
	for _, e := range events {
		seen[string(e.Properties)+e.Category]++
	}
	doubled := 0
	for _, n := range seen {
		if n > 1 {
			doubled++
		}
	}
	if doubled > 0 {
		t.Errorf("%d of %d events in %d messages stand twice in the log", doubled, len(events), messages)
	}
	ids := map[string]bool{}
	for _, i := range s.incidentTruth() {
		if ids[i.ID] {
			t.Errorf("incident %s twice", i.ID)
		}
		ids[i.ID] = true
		if i.RedirectTo != nil && (i.Status != "redirected" || len(i.Alerts) > 0) {
			t.Errorf("merged incident %s is %s with %d alerts", i.ID, i.Status, len(i.Alerts))
		}
	}
	if len(ids) != len(m["incidents"].([]any)) {
		t.Errorf("%d incidents, the truth says %d", len(ids), len(m["incidents"].([]any)))
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(200 * time.Millisecond) { // the next checkpoint
		n := s.json(200, "GET", s.Control+"/status", "")["sources"].(object)["backfill"]
		if n == 400.0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("backfill reached message %v, want 400", n)
		}
	}
}

func TestTruthCountsDistinctEvents(t *testing.T) {
	t.Parallel()
	s := start(t, small(t.TempDir()))
	s.truth(2000)
	s.settle()
	want := s.json(200, "GET", s.Control+"/truth", "")["events"].(object)
	for table, n := range want {
		_, _, b := s.call("GET", s.Control+"/truth/events?table="+table, "")
		keys, places := map[string]bool{}, map[string]bool{}
		for _, l := range lines[struct {
			Partition int32  `json:"partition"`
			Offset    int64  `json:"offset"`
			Ordinal   int    `json:"ordinal"`
			Key       string `json:"key"`
		}](t, b) {
			keys[l.Key] = true
			place := fmt.Sprint(l.Partition, "/", l.Offset, "/", l.Ordinal)
			if places[place] {
				t.Errorf("%s: position %s twice", table, place)
			}
			places[place] = true
		}
		if float64(len(keys)) != n.(float64) || len(places) != len(keys) {
			t.Errorf("%s: %d keys at %d positions, the truth says %v", table, len(keys), len(places), n)
		}
	}
	if status, _, _ := s.call("GET", s.Control+"/truth/events?table=Nope", ""); status != 400 {
		t.Errorf("an unknown table answers %d", status)
	}
}

func TestRateAddsNumberedEvents(t *testing.T) {
	t.Parallel()
	s := start(t, small(t.TempDir()))
	s.truth(2000)
	s.json(204, "POST", s.Control+"/rate", `{"eventsPerSecond":2000}`)
	time.Sleep(1500 * time.Millisecond)
	s.settle()
	events, _ := s.consume()
	numbers, top := map[int64]bool{}, int64(0)
	for _, e := range events {
		var p struct{ ReportId json.Number }
		if !strings.HasPrefix(e.Category, "AdvancedHunting-Device") || json.Unmarshal(e.Properties, &p) != nil {
			continue
		}
		if n, err := p.ReportId.Int64(); err == nil && n >= 1_000_000_000_000 && n < 2_000_000_000_000 {
			numbers[n] = true
			top = max(top, n-1_000_000_000_000)
		}
	}
	if len(numbers) < 1000 || int64(len(numbers)) != top+1 {
		t.Errorf("%d numbers up to %d, want more than 1,000 without a gap", len(numbers), top)
	}
}
