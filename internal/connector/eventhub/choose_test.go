package eventhub

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/model"
)

func TestRetick(t *testing.T) {
	at := func(next int64) model.Tick { return model.Tick{Source: "hub/h", Partition: 1, From: 3, Until: next} }
	tick := func(table string, n int, from, until, off int64) model.Tick {
		return model.Tick{Source: "hub/h", Partition: 1, Table: table, N: n, From: from, Until: until, Off: off}
	}
	tests := []struct {
		name   string
		ticks  []model.Tick
		chosen []string
		at     model.Tick
		want   []model.Tick
	}{
		{"the first", nil, []string{"A"}, at(3), []model.Tick{tick("A", 1, 3, 3, -1)}},
		{"later", nil, []string{"A"}, at(9), []model.Tick{tick("A", 1, 3, 9, -1)}},
		{"no change", []model.Tick{tick("A", 1, 3, 3, -1)}, []string{"A"}, at(9), nil},
		{"off", []model.Tick{tick("A", 1, 3, 3, -1)}, nil, at(9), []model.Tick{tick("A", 1, 3, 3, 9)}},
		{"on again", []model.Tick{tick("A", 1, 3, 3, 9)}, []string{"A"}, at(12), []model.Tick{tick("A", 2, 9, 12, -1)}},
		{"stays off", []model.Tick{tick("A", 1, 3, 3, 9)}, nil, at(12), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, retick(tt.ticks, tt.chosen, tt.at)); diff != "" {
				t.Errorf("ticks (-want +got):\n%s", diff)
			}
		})
	}
}

// However often tables are ticked and unticked while the reading goes on, once a table is ticked every position from the
// hub's first to the present is either in the live reading or in exactly one replay.
func TestTicksCoverEveryPositionOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"A", "B", "C"}
		start := rapid.Int64Range(0, 5).Draw(t, "start")
		next := start
		var ticks []model.Tick
		live := map[string][]int64{}
		var chosen []string
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			chosen = nil
			for _, n := range names {
				if rapid.Bool().Draw(t, n) {
					chosen = append(chosen, n)
				}
			}
			ticks = mergeTicks(ticks, retick(ticks, chosen, model.Tick{Source: "s", From: start, Until: next}))
			for range rapid.Int64Range(0, 4).Draw(t, "messages") {
				for _, n := range chosen {
					live[n] = append(live[n], next)
				}
				next++
			}
		}
		for _, n := range chosen {
			got := slices.Clone(live[n])
			for _, k := range ticks {
				if k.Table == n {
					for p := k.From; p < k.Until; p++ {
						got = append(got, p)
					}
				}
			}
			slices.Sort(got)
			want := []int64{}
			for p := start; p < next; p++ {
				want = append(want, p)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("table %s is read at %v, want %v; ticks %+v", n, got, want, ticks)
			}
		}
	})
}
