// Package manifesttest is the contract suite of manifest.Manifest: every implementation runs it.
package manifesttest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// Opener opens the same manifest each time it is called, so that the suite sees what survives.
type Opener func(t *testing.T) manifest.Manifest

// Run checks an implementation. fresh returns an opener over a new, empty manifest.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	for name, test := range map[string]func(*testing.T, Opener){
		"empty": testEmpty, "commit": testCommit, "commit is atomic": testAtomic, "fields": testFields, "epochs": testEpochs,
	} {
		t.Run(name, func(t *testing.T) { test(t, fresh(t)) })
	}
}

var soc = manifest.TableID{Workspace: "soc", Table: "DeviceEvents"}

func part(id int64) manifest.Part {
	return manifest.Part{
		ID: id, Workspace: soc.Workspace, Table: soc.Table, Path: "tables/soc/DeviceEvents/" + string(rune('a'+id)) + ".parquet",
		Rows: 10 * id, Bytes: 1000, Checksum: 0xfedcba98, Footer: 0x89abcdef, MinTime: 638400000000000000, MaxTime: 638400000000000001, MaxIngested: 638400000000000007, FirstSeq: 3, LastSeq: 9, Day: "2024-01-01",
		FormatVersion: 1, Hours: []manifest.HourRows{{Hour: 17733333, Rows: 4}, {Hour: 17733334, Rows: 6}},
	}
}

func load(t *testing.T, m manifest.Manifest) manifest.State {
	t.Helper()
	s, err := m.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func commit(t *testing.T, m manifest.Manifest, c manifest.Change) {
	t.Helper()
	if err := m.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

var equal = cmp.Options{cmpopts.EquateEmpty(), cmpopts.SortSlices(func(a, b manifest.Position) bool {
	return a.Source < b.Source || a.Source == b.Source && a.Partition < b.Partition
})}

func diff(t *testing.T, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got, equal); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func testEmpty(t *testing.T, open Opener) {
	diff(t, manifest.State{}, load(t, open(t)))
}

func testCommit(t *testing.T, open Opener) {
	m := open(t)
	pos := func(p int32, n int64) manifest.Position {
		return manifest.Position{Workspace: "soc", Source: "hub/x", Partition: p, Next: n}
	}
	commit(t, m, manifest.Change{Add: []manifest.Part{part(2), part(1)}, Sealed: map[manifest.TableID]uint64{soc: 9},
		Positions: []manifest.Position{pos(0, 5), pos(1, 6)}, Trim: 8})
	want := manifest.State{Parts: []manifest.Part{part(1), part(2)}, Sealed: map[manifest.TableID]uint64{soc: 9},
		Positions: []manifest.Position{pos(0, 5), pos(1, 6)}, Trim: 8}
	diff(t, want, load(t, m))
	diff(t, want, load(t, open(t)))

	commit(t, m, manifest.Change{Add: []manifest.Part{part(3)}, Remove: []int64{1}, Sealed: map[manifest.TableID]uint64{soc: 12}, Positions: []manifest.Position{pos(1, 7)}})
	want = manifest.State{Parts: []manifest.Part{part(2), part(3)}, Sealed: map[manifest.TableID]uint64{soc: 12},
		Positions: []manifest.Position{pos(0, 5), pos(1, 7)}, Trim: 8}
	diff(t, want, load(t, open(t)))

	commit(t, m, manifest.Change{Trim: 4})
	if got := load(t, m).Trim; got != 8 {
		t.Errorf("trim went back to %d", got)
	}
}

func testAtomic(t *testing.T, open Opener) {
	m := open(t)
	commit(t, m, manifest.Change{Add: []manifest.Part{part(1)}})
	for name, c := range map[string]manifest.Change{
		"unknown part removed": {Add: []manifest.Part{part(2)}, Remove: []int64{7}, Trim: 3, Sealed: map[manifest.TableID]uint64{soc: 3}},
		"id taken":             {Add: []manifest.Part{part(2), part(1)}, Trim: 3, Positions: []manifest.Position{{Workspace: "w", Source: "s"}}},
	} {
		if err := m.Commit(t.Context(), c); err == nil {
			t.Errorf("%s: no error", name)
		}
		diff(t, manifest.State{Parts: []manifest.Part{part(1)}}, load(t, open(t)))
	}
}

func testFields(t *testing.T, open Opener) {
	m := open(t)
	add := func(fs ...manifest.Field) []manifest.Field {
		t.Helper()
		got, err := m.AddFields(t.Context(), soc, fs)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := []manifest.Field{{ID: 100, Name: "TimeGenerated", KQLType: "datetime"}, {ID: 101, Name: "ISP", KQLType: "string"}}
	diff(t, want, add(manifest.Field{Name: "TimeGenerated", KQLType: "datetime"}, manifest.Field{Name: "ISP", KQLType: "string"}))
	want = append(want, manifest.Field{ID: 102, Name: "Isp", KQLType: "long", Hidden: true})
	diff(t, want, add(manifest.Field{Name: "ISP", KQLType: "long"}, manifest.Field{Name: "Isp", KQLType: "long", Hidden: true}))

	got, err := open(t).Fields(t.Context(), soc)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, want, got)
	diff(t, map[manifest.TableID][]manifest.Field{soc: want}, load(t, open(t)).Fields)

	got, err = m.Fields(t.Context(), manifest.TableID{Workspace: "other", Table: soc.Table})
	if err != nil || len(got) != 0 {
		t.Errorf("an unknown table has fields %v, error %v", got, err)
	}
}

func testEpochs(t *testing.T, open Opener) {
	var last uint64
	for range 3 {
		m := open(t)
		e, err := m.Epoch(t.Context())
		if err != nil || e <= last {
			t.Fatalf("epoch %d after %d, error %v", e, last, err)
		}
		if last > 0 {
			if err := m.Commit(t.Context(), manifest.Change{Epoch: last, Trim: 5}); !errors.Is(err, manifest.ErrFenced) {
				t.Errorf("a change of epoch %d passed at epoch %d: %v", last, e, err)
			}
		}
		commit(t, m, manifest.Change{Epoch: e, Trim: 1})
		last = e
	}
	if got := load(t, open(t)).Trim; got != 1 {
		t.Errorf("trim is %d, want 1", got)
	}
}
