package journal

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type harness struct {
	dir   string
	epoch uint64
	after uint64
	floor uint64
}

// open opens the journal as a new writer and returns the frames it replayed.
func (h *harness) open(segment int64) (*Journal, map[uint64]string, Recovery, error) {
	h.epoch++
	got := map[uint64]string{}
	last := uint64(0)
	j, rec, err := Open(Options{Dir: filepath.Join(h.dir, "journal"), Epoch: h.epoch, After: h.after, Floor: h.floor, SegmentBytes: segment, Logger: slog.New(slog.DiscardHandler)},
		func(seq uint64, p []byte) error {
			if seq <= last {
				return fmt.Errorf("frame %d after %d", seq, last)
			}
			last = seq
			got[seq] = string(p)
			return nil
		})
	return j, got, rec, err
}

func mustAppend(t *testing.T, j *Journal, payload string) uint64 {
	t.Helper()
	seq, _, err := j.Append([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// TestCrashes drives a journal through appends, crashes in the middle of a write, clean starts and cuts: what was
// acknowledged is there exactly, what was not is absent or whole.
func TestCrashes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "journal")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		h := &harness{dir: dir}
		segment := rapid.Int64Range(200, 3000).Draw(t, "segment size")
		j, _, _, err := h.open(segment)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = j.Close() }()
		acked := map[uint64]string{}
		payload := rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 300), func(b []byte) string { return string(b) })
		reopen := func(unacked string) {
			t.Helper()
			seq := j.Seq()
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			var got map[uint64]string
			var rec Recovery
			if j, got, rec, err = h.open(segment); err != nil {
				t.Fatal(err)
			}
			if len(rec.Damaged) > 0 || len(rec.Fenced) > 0 {
				t.Fatalf("a crash was taken for damage: %+v", rec)
			}
			if p, ok := got[seq+1]; ok {
				if p != unacked {
					t.Fatalf("frame %d is torn: %q", seq+1, p)
				}
				acked[seq+1] = p
			}
			if !maps.Equal(got, acked) {
				t.Fatalf("replayed %d frames %v, acknowledged were %d %v", len(got), slices.Sorted(maps.Keys(got)), len(acked), slices.Sorted(maps.Keys(acked)))
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				p := payload.Draw(t, "payload")
				half := len(p) / 2
				seq, _, err := j.Append([]byte(p[:half]), []byte(p[half:]))
				if err != nil {
					t.Fatal(err)
				}
				acked[seq] = p
			},
			"start": func(t *rapid.T) { reopen("") },
			"crash in a write": func(t *rapid.T) {
				p := payload.Draw(t, "payload")
				raw := append(frameHeader(j.salt, j.seq+1, [][]byte{[]byte(p)}), p...)
				raw = raw[:rapid.IntRange(0, len(raw)).Draw(t, "written")]
				if len(raw) > 0 && rapid.Bool().Draw(t, "garbled") {
					raw[rapid.IntRange(0, len(raw)-1).Draw(t, "at")] ^= 0x41
				}
				if _, err := j.file.WriteAt(raw, j.size); err != nil {
					t.Fatal(err)
				}
				reopen(p)
			},
			"crash in a new segment": func(t *rapid.T) {
				head := segmentHeader{epoch: h.epoch, first: j.seq + 1}.encode()
				head = head[:rapid.IntRange(0, len(head)-1).Draw(t, "written")]
				path := ""
				for range rapid.IntRange(1, 2).Draw(t, "crashes") {
					h.epoch++
					path = filepath.Join(dir, "journal", segmentName(h.epoch, j.seq+1))
					if err := os.WriteFile(path, head, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				reopen("")
				if rapid.Bool().Draw(t, "its removal is undone") { // by a loss of power before the folder was synced
					if err := os.WriteFile(path, head, 0o600); err != nil {
						t.Fatal(err)
					}
					reopen("")
				}
			},
			"cut": func(t *rapid.T) {
				if len(acked) == 0 {
					return
				}
				h.after = rapid.SampledFrom(slices.Sorted(maps.Keys(acked))).Draw(t, "sequence")
				maps.DeleteFunc(acked, func(seq uint64, _ string) bool { return seq <= h.after })
				j.Cut(h.after)
			},
		})
	})
}

// TestDamageIsFound flips or cuts bytes anywhere in a journal: no wrong frame is ever replayed, and one that is missing
// is either named as lost or was at the very end.
func TestDamageIsFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 400 {
		h := &harness{dir: t.TempDir()}
		j, _, _, err := h.open(600)
		if err != nil {
			t.Fatal(err)
		}
		want := map[uint64]string{}
		for i := range 12 {
			p := strings.Repeat(fmt.Sprintf("payload %d ", i), 1+rng.IntN(12))
			want[mustAppend(t, j, p)] = p
		}
		last := j.Seq()
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		names, err := segmentNames(filepath.Join(h.dir, "journal"))
		if err != nil {
			t.Fatal(err)
		}
		name := names[rng.IntN(len(names))].name
		path := filepath.Join(h.dir, "journal", name)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := rng.IntN(len(raw))
		switch round % 3 {
		case 0:
			raw[at] ^= 1 << rng.IntN(8)
		case 1:
			raw = raw[:at]
		case 2:
			clear(raw[at:min(len(raw), at+1+rng.IntN(200))])
		}
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		check := func(rec Recovery, got map[uint64]string) {
			t.Helper()
			lost := map[uint64]bool{}
			for _, d := range rec.Damaged {
				for s := d.From; s <= d.To; s++ {
					lost[s] = true
				}
			}
			tail := true // walking back, everything so far is missing
			for s := last; s >= 1; s-- {
				p, ok := got[s]
				if ok && p != want[s] {
					t.Fatalf("round %d: frame %d is wrong", round, s)
				}
				if !ok && !lost[s] && !tail {
					t.Fatalf("round %d: frame %d is missing and nobody knows: %+v", round, s, rec)
				}
				tail = tail && !ok
			}
		}
		j, got, rec, err := h.open(600)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		check(rec, got)
		mustAppend(t, j, "after")
		for _, d := range rec.Damaged {
			if d.Segment != "" && !slices.Contains(segmentFiles(t, h.dir), d.Segment+badSuffix) {
				if err := j.Quarantine(d.Segment); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func segmentFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		out = append(out, f.Name())
	}
	return out
}

func TestReplacedWriterCountsForNothing(t *testing.T) {
	h := &harness{dir: t.TempDir()}
	old, _, _, err := h.open(300)
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, old, "before the takeover")
	fresh, got, _, err := h.open(300)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 {
		t.Fatalf("the new writer sees %v", got)
	}
	mustAppend(t, old, "after the takeover")
	for range 8 {
		mustAppend(t, old, strings.Repeat("in a segment of its own ", 10))
	}
	mustAppend(t, fresh, "by the new writer")
	if err := errors.Join(old.Close(), fresh.Close()); err != nil {
		t.Fatal(err)
	}
	j, got, rec, err := h.open(300)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[uint64]string{1: "before the takeover", 2: "by the new writer"}; !maps.Equal(got, want) {
		t.Errorf("replayed %v, want %v", got, want)
	}
	if len(rec.Fenced) == 0 || len(rec.Damaged) > 0 {
		t.Errorf("recovery %+v", rec)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestPayloadCannotPassForFrame tears a frame whose payload holds the bytes of a whole frame with another salt.
func TestPayloadCannotPassForFrame(t *testing.T) {
	h := &harness{dir: t.TempDir()}
	j, _, _, err := h.open(0)
	if err != nil {
		t.Fatal(err)
	}
	evil := []byte("forged")
	forged := append(frameHeader([8]byte{1, 2, 3}, 7, [][]byte{evil}), evil...)
	mustAppend(t, j, "good")
	at := j.size
	mustAppend(t, j, string(bytes.Repeat(forged, 5)))
	if _, err := j.file.WriteAt([]byte{0xff}, at+frameBytes+1); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j, got, rec, err := h.open(0)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || len(rec.Damaged) != 0 || rec.Torn == 0 {
		t.Errorf("replayed %v, recovery %+v", got, rec)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFullDiskIsNotFinal(t *testing.T) {
	h := &harness{dir: t.TempDir()}
	j, _, _, err := h.open(0)
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, "one")
	real := j.file
	ro, err := os.Open(real.Name())
	if err != nil {
		t.Fatal(err)
	}
	j.file = ro // writes fail, and so does taking them back
	if _, _, err := j.Append([]byte("two")); !errors.Is(err, ErrFailed) {
		t.Errorf("a write that could not be taken back gave %v", err)
	}
	if _, _, err := j.Append([]byte("three")); !errors.Is(err, ErrFailed) {
		t.Errorf("an append after a failure gave %v", err)
	}
	if err := errors.Join(ro.Close(), real.Close()); err != nil {
		t.Fatal(err)
	}
}

func FuzzSegment(f *testing.F) {
	dir := f.TempDir()
	h := &harness{dir: dir}
	j, _, _, err := h.open(0)
	if err != nil {
		f.Fatal(err)
	}
	for i := range 3 {
		if _, _, err := j.Append([]byte(strings.Repeat("x", i*20))); err != nil {
			f.Fatal(err)
		}
	}
	raw, err := os.ReadFile(j.file.Name())
	if err != nil {
		f.Fatal(err)
	}
	if err := j.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:40])
	f.Fuzz(func(t *testing.T, raw []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, segmentName(1, 1)), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		seen := uint64(0)
		rec, err := Check(dir, 0, func(seq uint64, _ []byte) error {
			if seq <= seen {
				t.Fatalf("frame %d after %d", seq, seen)
			}
			seen = seq
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range rec.Damaged {
			if d.From > d.To {
				t.Fatalf("a loss of nothing: %+v", d)
			}
		}
	})
}
