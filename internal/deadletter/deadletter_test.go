package deadletter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ws = "w1"

func record(table, props string) string {
	return `{"time":"2026-07-18T11:59:00Z","category":"AdvancedHunting-` + table + `","properties":` + props + `}`
}

// world is a store with its dead letters.
type world struct {
	*Service
	t   *testing.T
	dir string
	man *manifest.Memory
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: filepath.Join(t.TempDir(), "data"), man: manifest.NewMemory()}
	w.open()
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) open() {
	w.t.Helper()
	st, err := store.Open(context.Background(), store.Options{Dir: w.dir, Manifest: w.man})
	if err != nil {
		w.t.Fatal(err)
	}
	w.Service = New(st)
}

// refuse makes dead letters of whole messages, as when the store cannot take their rows.
func (w *world) refuse(source string, first int64, msgs ...string) {
	w.t.Helper()
	dec := ingest.NewIntake(ws, w.store.Catalog(ws)).Decoder(source, 0)
	for i, m := range msgs {
		at := first + int64(i)
		f, _ := dec.Discard(at, ingest.Message{Offset: at, Value: []byte(m)}, "refused by the test")
		if _, err := w.store.Append(w.t.Context(), f); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) decode(source string, first int64, msg string) {
	w.t.Helper()
	f, _ := ingest.NewIntake(ws, w.store.Catalog(ws)).Decoder(source, 0).Decode(first, []ingest.Message{{Offset: first, Value: []byte(msg)}}, ingest.All())
	if _, err := w.store.Append(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// stored returns a column of the rows of a table, sorted.
func (w *world) stored(table, col string) []string {
	w.t.Helper()
	snap := w.store.Snapshot(ws)
	defer snap.Close()
	var out []string
	err := rows(w.t.Context(), snap, store.ScanSpec{Table: table, Columns: []string{col, "_src"}}, func(b *column.Batch, i int) error {
		out = append(out, fmt.Sprint(b.Cols[0].Value(i))+" "+b.Cols[1].Strings[i])
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func TestReplayStoresEachLetterOnce(t *testing.T) {
	w := newWorld(t)
	w.refuse("hub/a", 7, `{"records":[`+record("AlertInfo", `{"AlertId":"one"}`)+`,`+record("AlertInfo", `{"AlertId":"two"}`)+`]}`, record("DeviceInfo", `{"DeviceId":"d"}`))
	w.decode("hub/b", 0, `{"records":[`+record("AlertInfo", `{"AlertId":"good"}`)+`,{"category":"AuditLogs","properties":{}}]}`)

	for i := range 3 {
		got, err := w.Replay(t.Context(), ws, Filter{}, "ada")
		if err != nil {
			t.Fatal(err)
		}
		want := Outcome{Letters: 1, Stay: 1, Tables: map[string]int64{}, Trouble: got.Trouble}
		if i == 0 {
			want = Outcome{Letters: 3, Stored: 2, Rows: 3, Stay: 1, Tables: map[string]int64{"AlertInfo": 2, "DeviceInfo": 1}, Trouble: got.Trouble}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("replay %d (-want +got):\n%s", i, diff)
		}
		if len(got.Trouble) != 1 || got.Trouble[0].Reason != "unknownKind" {
			t.Errorf("trouble %+v", got.Trouble)
		}
		// A server that starts again knows what was stored.
		if err := w.store.Close(); err != nil {
			t.Fatal(err)
		}
		w.open()
	}
	// The rows have the provenance that they would have had at once.
	want := []string{"good hub/b/0/0/0", "one hub/a/0/7/0", "two hub/a/0/7/1"}
	if diff := cmp.Diff(want, w.stored("AlertInfo", "AlertId")); diff != "" {
		t.Error(diff)
	}
	if got := w.stored(ReplayTable, "Actor"); len(got) != 2 || got[0] != "ada deadletter/hub/a/0/7/0" {
		t.Errorf("marks %v", got)
	}
}

func TestFilterChooses(t *testing.T) {
	w := newWorld(t)
	w.refuse("hub/a", 0, record("AlertInfo", `{"AlertId":"1"}`), record("AlertInfo", `{"AlertId":"2"}`))
	w.refuse("hub/ab", 0, record("AlertInfo", `{"AlertId":"3"}`))
	w.decode("file/x", 0, "garbage")
	for _, tc := range []struct {
		name string
		f    Filter
		want int64
	}{
		{"all", Filter{}, 4},
		{"source", Filter{Source: "hub/a"}, 2},
		{"prefix", Filter{Source: "hub"}, 3},
		{"reason", Filter{Reason: "notJSON"}, 1},
		{"id", Filter{IDs: []string{store.ItemID("hub/a/0/1/0")}}, 1},
		{"id in capitals", Filter{IDs: []string{strings.ToUpper(store.ItemID("hub/a/0/1/0"))}}, 1},
		{"table", Filter{Table: "AlertInfo"}, 0}, // a message refused whole has no table
		{"later", Filter{Since: time.Now().Add(time.Hour)}, 0},
	} {
		p, err := w.List(t.Context(), ws, tc.f, 100, false)
		if err != nil {
			t.Fatal(err)
		}
		if p.Total != tc.want || int64(len(p.Items)) != tc.want {
			t.Errorf("%s: %d letters and %d items, want %d", tc.name, p.Total, len(p.Items), tc.want)
		}
	}
	if out, err := w.Replay(t.Context(), ws, Filter{Source: "hub/ab"}, "ada"); err != nil || out.Stored != 1 {
		t.Fatalf("%+v %v", out, err)
	}
	p, err := w.List(t.Context(), ws, Filter{}, 2, false)
	if err != nil {
		t.Fatal(err)
	}
	want := []Group{
		{Source: "hub/a", Reason: "tooLarge", Letters: 2, Bytes: 2 * int64(len(record("AlertInfo", `{"AlertId":"1"}`)))},
		{Source: "file/x", Reason: "notJSON", Letters: 1, Bytes: 7},
		{Source: "hub/ab", Reason: "tooLarge", Letters: 1, Replayed: 1, Bytes: int64(len(record("AlertInfo", `{"AlertId":"1"}`)))},
	}
	if diff := cmp.Diff(want, p.Groups); diff != "" || p.Total != 4 {
		t.Errorf("total %d (-want +got):\n%s", p.Total, diff)
	}
	if len(p.Items) != 2 || p.Items[0].Source != "file/x" || p.Items[1].Position != 1 {
		t.Errorf("the newest two: %+v", p.Items)
	}
	if p, err = w.List(t.Context(), ws, Filter{}, 10, true); err != nil || len(p.Items) != 4 {
		t.Errorf("with the stored: %d items, %v", len(p.Items), err)
	}
}

// TestCutLetterStays keeps a letter that is not whole from becoming half a row.
func TestCutLetterStays(t *testing.T) {
	w := newWorld(t)
	w.refuse("hub/a", 0, record("AlertInfo", `{"AlertId":"`+strings.Repeat("x", 70<<10)+`"}`), record("AlertInfo", "{\"AlertId\":\"\xff\"}"))
	out, err := w.Replay(t.Context(), ws, Filter{}, "ada")
	if err != nil || out.Cut != 2 || out.Stored != 0 || out.Stay != 2 {
		t.Fatalf("%+v %v", out, err)
	}
	if got := w.stored("AlertInfo", "AlertId"); len(got) != 0 {
		t.Errorf("stored %d rows", len(got))
	}
	l, err := w.Show(t.Context(), ws, store.ItemID("hub/a/0/0/0"))
	if err != nil || len(l.Content) != 64<<10 || l.Size < 70<<10 || l.Position != 0 {
		t.Errorf("%d bytes of %d: %v", len(l.Content), l.Size, err)
	}
	if _, err := w.Show(t.Context(), ws, "nope"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}

// TestHalfALetterIsNotStored: one record of a message can be a row, the other cannot.
func TestHalfALetterIsNotStored(t *testing.T) {
	w := newWorld(t)
	w.refuse("hub/a", 0, `{"records":[`+record("AlertInfo", `{"AlertId":"one"}`)+`,7]}`)
	out, err := w.Replay(t.Context(), ws, Filter{}, "ada")
	if err != nil || out.Stay != 1 || out.Rows != 0 || len(w.stored("AlertInfo", "AlertId")) != 0 {
		t.Fatalf("%+v %v", out, err)
	}
}

// TestManyLettersInFrames goes over the bounds of a frame.
func TestManyLettersInFrames(t *testing.T) {
	w := newWorld(t)
	const n = frameLetters + 7
	msgs := make([]ingest.Message, n)
	for i := range msgs {
		msgs[i] = ingest.Message{Offset: int64(i), Value: []byte(fmt.Sprintf(`{"category":"AdvancedHunting-AlertInfo","properties":{"AlertId":"%d"},"time":"x"}`, i))}
	}
	f, _ := ingest.NewIntake(ws, w.store.Catalog(ws)).Decoder("hub/a", 0).Decode(0, msgs, ingest.All())
	// As if the parser that refused them had learned to do without a time.
	for i, v := range f.Tables[0].Batch.Cols[10].Strings {
		good := strings.Replace(v, `"time":"x"`, `"time":"2026-07-18T11:59:00Z"`, 1)
		f.Tables[0].Batch.Cols[10].Strings[i] = good
		sum := sha256.Sum256([]byte(good))
		f.Tables[0].Batch.Cols[9].Ints[i], f.Tables[0].Batch.Cols[11].Strings[i] = int64(len(good)), hex.EncodeToString(sum[:])
	}
	if _, err := w.store.Append(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	out, err := w.Replay(t.Context(), ws, Filter{Reason: "noTime"}, "ada")
	if err != nil || out.Stored != n {
		t.Fatalf("%+v %v", out, err)
	}
	if got := w.stored("AlertInfo", "AlertId"); len(slices.Compact(got)) != n {
		t.Errorf("%d rows", len(got))
	}
}
