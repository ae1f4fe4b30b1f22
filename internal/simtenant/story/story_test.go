package story

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

func env(seed int64) Env {
	return Env{Dir: directory.New(seed, directory.Size{People: 40, Devices: 50}), Seed: seed}
}

// properties are the rows of a plan as a consumer would read them.
func properties(t *testing.T, p *Plan) map[string][]map[string]any {
	t.Helper()
	out := map[string][]map[string]any{}
	for _, e := range p.Events {
		d := json.NewDecoder(bytes.NewReader(e.Row.AppendProperties(nil)))
		d.UseNumber()
		m := map[string]any{}
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		out[e.Row.Table.Name] = append(out[e.Row.Table.Name], m)
	}
	return out
}

func TestEveryStoryHoldsTogether(t *testing.T) {
	names, weights := Names()
	if len(names) != len(weights) || len(names) < 5 {
		t.Fatalf("%d stories", len(names))
	}
	ids := map[string]bool{}
	for seed := range int64(12) {
		e := env(seed)
		for n, name := range names {
			began := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC).Add(time.Duration(seed) * time.Hour)
			play := &state.Play{N: n + 1 + int(seed)*100, Story: name, Started: began, Speed: 1}
			p := Build(e, play)
			if len(p.Drops) == 0 {
				t.Fatalf("%s raises no alert", name)
			}
			rows := properties(t, p)
			linked, all := 0, 0
			for _, d := range p.Drops {
				if ids[d.Alert.ID] {
					t.Errorf("%s: alert %s twice", name, d.Alert.ID)
				}
				ids[d.Alert.ID] = true
				if d.At.Before(began) || d.Alert.First.After(d.Alert.Last) || d.Alert.Last.After(d.At) {
					t.Errorf("%s: alert %q at %v saw %v to %v", name, d.Alert.Title, d.At, d.Alert.First, d.Alert.Last)
				}
				for _, ev := range d.Alert.Evidence {
					all++
					if ev.Table == "" {
						continue
					}
					linked++
					if !has(rows[ev.Table], ev.Keys) {
						t.Errorf("%s: %s of %q has no %s row with %v", name, ev.Type, d.Alert.Title, ev.Table, ev.Keys)
					}
				}
			}
			if all == 0 || linked < all-2 {
				t.Errorf("%s: %d of %d pieces of evidence have events", name, linked, all)
			}
			for i, ev := range p.Events {
				if i > 0 && ev.Exported.Before(p.Events[i-1].Exported) || ev.Received.After(ev.Exported) || ev.Row.At.After(ev.Received) {
					t.Errorf("%s: event %d out of order", name, i)
				}
			}
		}
	}
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

func TestAPlayIsAFunctionOfItsValues(t *testing.T) {
	names, _ := Names()
	for _, name := range names {
		play := &state.Play{N: 5, Story: name, Started: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Speed: 3}
		read := func() (out []string) {
			p := Build(env(9), play)
			for _, e := range p.Events {
				out = append(out, string(hunt.AppendMessage(nil, "t", []hunt.Record{e})))
			}
			for _, d := range p.Drops {
				b, err := json.Marshal(d)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, string(b))
			}
			return out
		}
		if diff := cmp.Diff(read(), read()); diff != "" {
			t.Errorf("%s differs from itself:\n%s", name, diff)
		}
	}
}

func TestSpeedCompressesGaps(t *testing.T) {
	play := state.Play{N: 5, Story: "phish-to-ransomware", Started: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Speed: 1}
	length := func(speed float64) time.Duration {
		play.Speed = speed
		p := Build(env(9), &play)
		return p.Drops[len(p.Drops)-1].At.Sub(play.Started)
	}
	slow, fast := length(1), length(30)
	if slow < 20*time.Minute || fast > slow/8 {
		t.Errorf("the story takes %v, and %v at 30 times the speed", slow, fast)
	}
}

func TestIncidentNames(t *testing.T) {
	alert := func(title, product, category, severity string) *state.Alert {
		return &state.Alert{Title: title, ProductName: product, Category: category, Severity: severity}
	}
	a, b := alert("Impossible travel activity", "A", "InitialAccess", "medium"), alert("Mass download", "B", "Exfiltration", "high")
	for _, c := range []struct {
		alerts []*state.Alert
		want   string
	}{
		{nil, ""},
		{[]*state.Alert{a}, "Impossible travel activity"},
		{[]*state.Alert{a, a}, "Initial access incident"},
		{[]*state.Alert{a, b}, "Multi-stage incident involving Initial access & Exfiltration reported by multiple sources"},
	} {
		if got := IncidentName(c.alerts); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if got := Severity([]*state.Alert{a, b}); got != "high" {
		t.Errorf("severity %s", got)
	}
}
