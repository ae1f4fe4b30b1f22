package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// event is one record of a table that has a documented key, and of one that has none.
func event(table string, n int) []byte {
	at := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC).Add(time.Duration(n) * 7 * time.Second).Format("2006-01-02T15:04:05.0000000Z")
	return fmt.Appendf(nil, `{"time":%q,"category":"AdvancedHunting-%s","properties":{"Timestamp":%q,"DeviceId":"d%d","ReportId":%d,"ActionType":"A%d","AdditionalFields":"{\"n\":%d}"}}`, at, table, at, n%3, n+1, n%2, n)
}

// delivery is one way with its decoder and next position.
type delivery struct {
	dec  *Decoder
	st   *store.Store
	next int64
}

func (d *delivery) send(t *testing.T, records ...[]byte) (dropped int64) {
	t.Helper()
	var msgs []Message
	for i, r := range records {
		msgs = append(msgs, Message{Offset: d.next + int64(i), Value: r})
	}
	f, counts := d.dec.Decode(d.next, msgs, All())
	if _, err := d.st.Append(context.Background(), f); err != nil {
		t.Error(err)
	}
	d.next += int64(len(records))
	for _, c := range counts {
		dropped += c.Repeated
		if c.Rows < 0 {
			t.Errorf("%+v", counts)
		}
	}
	return dropped
}

// onceIntake returns an intake that looks into the store, as after a start.
func onceIntake(st *store.Store) *Intake {
	in := NewIntake("ws", st.Catalog("ws"))
	in.Once = NewOnce("ws", st, slog.New(slog.DiscardHandler))
	return in
}

// storedEvents counts the rows of each event of a table.
func storedEvents(t *testing.T, st *store.Store, table string) map[int64]int {
	t.Helper()
	snap := st.Snapshot("ws")
	defer snap.Close()
	r, err := snap.Scan(t.Context(), store.ScanSpec{Table: table, Columns: []string{"ReportId"}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out := map[int64]int{}
	for {
		b, err := r.Next(t.Context())
		if err != nil {
			return out
		}
		for i := range b.N {
			id, ok := b.Cols[0].Value(i).(int64)
			if !ok {
				fmt.Sscan(b.Cols[0].Value(i).(string), &id)
			}
			out[id]++
		}
	}
}

// TestOneEventOneRow takes events by a hub, a blob that holds some of them too, the same blob under another name, and files, with the rows
// in files and in memory and after a new start. Each is there once; what one way repeats itself stays.
func TestOneEventOneRow(t *testing.T) {
	for _, table := range []string{"DeviceEvents", "CloudAppEvents"} {
		t.Run(table, func(t *testing.T) {
			st := openStore(t)
			in := onceIntake(st)
			way := func(source string) *delivery { return &delivery{dec: in.Decoder(source, 0), st: st} }
			var all [][]byte
			for n := range 60 {
				all = append(all, event(table, n))
			}
			hub := way("hub/h")
			if n := hub.send(t, all[:40]...); n != 0 {
				t.Errorf("%d of the first way are left out", n)
			}
			if err := st.SealAll(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := hub.send(t, all[5], all[40]); n != 0 { // the hub repeats one
				t.Errorf("%d of one way are left out", n)
			}
			if n := way("blob/a/c/f").send(t, all[20:50]...); n != 21 {
				t.Errorf("%d of the blob are left out, want 21", n)
			}
			if n := way("blob/a/c/copy").send(t, all[20:50]...); n != 30 {
				t.Errorf("%d of the copy are left out, want 30", n)
			}
			if n := hub.send(t, all[45:50]...); n != 5 {
				t.Errorf("%d of the hub are left out, want 5", n)
			}
			in = onceIntake(st)
			if n := way("file/x").send(t, all...); n != 50 {
				t.Errorf("%d of the file are left out, want 50", n)
			}
			want := map[int64]int{}
			for n := range 60 {
				want[int64(n)+1] = 1
			}
			want[6] = 2
			if d := cmp.Diff(want, storedEvents(t, st, table)); d != "" {
				t.Errorf("rows by event (-want +got)\n%s", d)
			}
		})
	}
}

// TestWhatLooksAlikeStays keeps rows that have the columns of a key alike but are other events.
func TestWhatLooksAlikeStays(t *testing.T) {
	st := openStore(t)
	in := onceIntake(st)
	hub, blob := &delivery{dec: in.Decoder("hub/h", 0), st: st}, &delivery{dec: in.Decoder("blob/a/c/f", 0), st: st}
	first, second := event("DeviceEvents", 1), event("CloudAppEvents", 1)
	hub.send(t, first, second)
	for name, r := range map[string]string{
		"another device":            strings.Replace(string(first), `"d1"`, `"d2"`, 1),
		"another time":              strings.Replace(string(first), `.0000000Z","DeviceId"`, `.0000001Z","DeviceId"`, 1),
		"no device, nothing alike":  strings.NewReplacer(`"DeviceId":"d1"`, `"DeviceId":""`, `"A1"`, `"A9"`).Replace(string(first)),
		"another value without key": strings.Replace(string(second), `\"n\":1`, `\"n\":2`, 1),
	} {
		if n := blob.send(t, []byte(r)); n != 0 {
			t.Errorf("%s is left out", name)
		}
	}
	if n := blob.send(t, first, second); n != 2 {
		t.Errorf("%d of the same are left out, want 2", n)
	}
}

// TestWaysAtOnce lets three ways deliver overlapping halves of the events at the same moment, in small and large batches.
func TestWaysAtOnce(t *testing.T) {
	st := openStore(t)
	in := onceIntake(st)
	const events = 900
	for _, source := range []string{"hub/h", "blob/a/c/f", "file/x"} {
		in.Once.way(source) // known from the beginning, as after a start
	}
	var wg sync.WaitGroup
	for k, source := range []string{"hub/h", "blob/a/c/f", "file/x"} {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(7, uint64(k)))
			d := &delivery{dec: in.Decoder(source, 0), st: st}
			for n := k * 100; n < k*100+700; {
				var batch [][]byte
				for range 1 + rnd.IntN(60) {
					if n < k*100+700 {
						batch = append(batch, event("DeviceEvents", n))
						n++
					}
				}
				d.send(t, batch...)
			}
		})
	}
	wg.Wait()
	got := storedEvents(t, st, "DeviceEvents")
	for n := range events {
		if got[int64(n)+1] != 1 {
			t.Errorf("event %d has %d rows", n, got[int64(n)+1])
		}
	}
}

// TestOnceForgets holds a bounded number of keys and finds what it forgot in the store.
func TestOnceForgets(t *testing.T) {
	st := openStore(t)
	in := onceIntake(st)
	hub, blob := &delivery{dec: in.Decoder("hub/h", 0), st: st}, &delivery{dec: in.Decoder("blob/a/c/f", 0), st: st}
	in.Once.way("blob/a/c/f")
	a, b := event("DeviceEvents", 1), event("DeviceEvents", 5000)
	hub.send(t, a)
	in.Once.entries = onceEntries + 1 // as if very many came
	hub.send(t, b)
	if held := in.Once.tables["DeviceEvents"]; len(held) != 1 {
		t.Errorf("%d minutes are held", len(held))
	}
	in.Once.entries = 1
	if n := blob.send(t, a, b); n != 2 {
		t.Errorf("%d are left out, want 2", n)
	}
}

// BenchmarkOnce decodes batches with one way, and with two of which the other delivered the same minutes.
func BenchmarkOnce(b *testing.B) {
	for _, ways := range []int{1, 2} {
		b.Run(fmt.Sprintf("ways=%d", ways), func(b *testing.B) {
			st, err := store.Open(b.Context(), store.Options{Dir: b.TempDir(), Manifest: manifest.NewMemory()})
			if err != nil {
				b.Fatal(err)
			}
			defer st.Close()
			in := onceIntake(st)
			if ways == 2 {
				in.Once.way("blob/a/c/f")
			}
			d := in.Decoder("hub/h", 0)
			filler := strings.Repeat(`,"InitiatingProcessCommandLine":"`+strings.Repeat("x", 900)+`","FileName":"cmd.exe","FolderPath":"C:\\Windows\\System32"`, 1)
			n := 0
			var rows int64
			for b.Loop() {
				var msgs []Message
				for range 2000 {
					v := string(event("DeviceEvents", n))
					msgs = append(msgs, Message{Offset: int64(n), Value: []byte(strings.Replace(v, `,"ActionType"`, filler+`,"ActionType"`, 1))})
					n++
				}
				_, counts := d.Decode(msgs[0].Offset, msgs, All())
				rows += counts["DeviceEvents"].Rows
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
