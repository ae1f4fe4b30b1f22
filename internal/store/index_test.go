package store_test

import (
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/terms"
)

// words are values that share terms and differ in case.
var words = []string{"", "powershell.exe", "PowerShell.EXE -enc AAAA", "cmd.exe", `C:\Users\Ünal\a b.docx`, "漢字 x", `{"a":"C:\\Temp\\über.dll","b":"line\nnext"}`, `{"b":"tab\u0041b \ud83d\ude42z"}`, "10.0.0.1", "a", "A-b"}

// texts appends rows of T_CL with the values in column s.
func texts(t testing.TB, s *testStore, values ...string) {
	t.Helper()
	n := len(values)
	src, when, text, num := column.New(schema.String, n), column.New(schema.Datetime, n), column.New(schema.String, n), column.New(schema.Long, n)
	for i, v := range values {
		src.Append(fmt.Sprintf("t/%p/%d", values, i))
		when.Append(column.FromTime(start))
		text.Append(v)
		num.Append(int64(i))
	}
	appendFrame(t, s, frame(store.Rows{Table: "T_CL",
		Cols:  []schema.Column{{Name: store.SrcColumn, Type: schema.String}, {Name: "TimeGenerated", Type: schema.Datetime}, {Name: "s", Type: schema.String}, {Name: "n", Type: schema.Long}},
		Batch: &column.Batch{N: n, Cols: []*column.Vector{src, when, text, num}}}))
}

func field(t testing.TB, n *store.Snapshot, name string) int32 {
	t.Helper()
	for _, f := range n.Fields("T_CL") {
		if f.Name == name {
			return f.ID
		}
	}
	t.Fatalf("no field %s", name)
	return 0
}

// kept reports whether the index lets the only row group of the only part stand.
func kept(t testing.TB, s *testStore, need func(f int32) store.Need) bool {
	t.Helper()
	n := s.Snapshot("soc")
	defer n.Close()
	parts := n.Parts("T_CL")
	if len(parts) != 1 {
		t.Fatalf("%d parts", len(parts))
	}
	g, ok := n.Narrow("T_CL", need(field(t, n, "s")), 0, math.MaxInt64)[parts[0].ID]
	return !ok || len(g.RG) > 0
}

func term(s string) func(int32) store.Need {
	return func(f int32) store.Need { return store.NeedHash(f, terms.HashTerm(f, s)) }
}

func whole(s string) func(int32) store.Need {
	return func(f int32) store.Need { return store.NeedHash(f, terms.HashValue(f, s)) }
}

func TestIndexKnowsTermsAndValues(t *testing.T) {
	s := open(t, store.Options{})
	texts(t, s, words...)
	seal(t, s)
	for _, w := range words {
		if w != "" && !kept(t, s, whole(strings.ToUpper(w))) {
			t.Errorf("the value %q is not found", w)
		}
		for _, x := range terms.Of(w) {
			if !kept(t, s, term(strings.ToLower(x.Text))) {
				t.Errorf("the term %q of %q is not found", x.Text, w)
			}
		}
	}
	for _, x := range []string{"über", "next", "tabAb", "z", "Temp"} {
		if !kept(t, s, term(x)) {
			t.Errorf("the term %q inside JSON is not found", x)
		}
	}
	wrong := 0
	for i := range 1000 {
		if kept(t, s, term(fmt.Sprintf("absent%d", i))) {
			wrong++
		}
	}
	if wrong > 30 {
		t.Errorf("%d of 1000 absent terms may be there", wrong)
	}
	absent, there := term("absent"), term("cmd")
	for name, tc := range map[string]struct {
		need func(f int32) store.Need
		want bool
	}{
		"all":          {func(f int32) store.Need { return store.NeedAll(there(f), absent(f)) }, false},
		"any":          {func(f int32) store.Need { return store.NeedAny(absent(f), there(f)) }, true},
		"any of none":  {func(f int32) store.Need { return store.NeedAny(absent(f), absent(f)) }, false},
		"any unknown":  {func(f int32) store.Need { return store.NeedAny(absent(f), store.Need{}) }, true},
		"all unknown":  {func(f int32) store.Need { return store.NeedAll(absent(f), store.Need{}) }, false},
		"nothing":      {func(int32) store.Need { return store.NeedAll() }, true},
		"nothing else": {func(int32) store.Need { return store.NeedAny() }, true},
	} {
		if got := kept(t, s, tc.need); got != tc.want {
			t.Errorf("%s: kept is %v", name, got)
		}
	}
	// A column that is not text is not in the index, so it excludes nothing.
	n := s.Snapshot("soc")
	defer n.Close()
	num := field(t, n, "n")
	if g := n.Narrow("T_CL", store.NeedHash(num, terms.HashTerm(num, "absent")), 0, math.MaxInt64); len(g) > 0 {
		t.Errorf("a column of numbers excludes %v", g)
	}
}

func TestIndexNeverHidesARow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := open(t, store.Options{})
		values := rapid.SliceOfN(rapid.String(), 1, 50).Draw(rt, "values")
		texts(t, s, values...)
		seal(t, s)
		for _, v := range values {
			if v != "" && !kept(t, s, whole(v)) {
				rt.Fatalf("the value %q is hidden", v)
			}
			for _, x := range terms.Of(v) {
				if !kept(t, s, term(x.Text)) {
					rt.Fatalf("the term %q is hidden", x.Text)
				}
			}
		}
	})
}

// A row group is left out by itself, in scans too, and after merging.
func TestIndexByRowGroup(t *testing.T) {
	const group = 122_880
	s := open(t, store.Options{SealRows: 1 << 30, SealBytes: 1 << 40})
	values := make([]string, 5000)
	for i := range 27 { // 135,000 rows: two row groups
		for k := range values {
			values[k] = fmt.Sprintf("row %d", (i*len(values)+k)/100)
		}
		if i == 26 {
			values[17] = "needle"
		}
		texts(t, s, values...)
	}
	seal(t, s)
	n := s.Snapshot("soc")
	defer n.Close()
	id := n.Parts("T_CL")[0].ID
	f := field(t, n, "s")
	groups := n.Narrow("T_CL", term("needle")(f), 0, math.MaxInt64)
	if g := groups[id]; len(g.RG) != 1 || g.RG[0] != id<<12|1 || g.Count != 2 {
		t.Fatalf("the needle is in %+v", g)
	}
	r, err := n.Scan(t.Context(), store.ScanSpec{Table: "T_CL", Columns: []string{"s"}, Groups: groups})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows, found := 0, false
	for {
		b, err := r.Next(t.Context())
		if err != nil {
			break
		}
		rows += b.N
		for _, v := range b.Cols[0].Strings {
			found = found || v == "needle"
		}
	}
	if rows != 27*len(values)-group || !found {
		t.Errorf("the scan returns %d rows; needle found: %v", rows, found)
	}
}

// damage changes an index file; whatever it does, no row may be hidden, and the index must be as before in the end.
func TestDamagedIndexIsMadeAgain(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"flipped in a filter": func(b []byte) []byte { b[100] ^= 4; return b },
		"flipped in the head": func(b []byte) []byte { b[len(b)-20] ^= 1; return b },
		"cut short":           func(b []byte) []byte { return b[:len(b)-1] },
		"empty":               func([]byte) []byte { return nil },
		"of another part":     func(b []byte) []byte { return append(b[:4096:4096], b...) },
		"gone":                nil,
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, store.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
			texts(t, s, words...)
			seal(t, s)
			files, err := filepath.Glob(filepath.Join(s.opts.Dir, "tables", "*", "*", "*.terms"))
			if err != nil || len(files) != 1 {
				t.Fatalf("index files %v %v", files, err)
			}
			before, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if damage == nil {
				err = os.Remove(files[0])
			} else {
				err = os.WriteFile(files[0], damage(append([]byte(nil), before...)), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range words {
				if w != "" && !kept(t, s, whole(w)) {
					t.Errorf("the value %q is hidden", w)
				}
			}
			if err := s.Reindex(t.Context()); err != nil {
				t.Fatal(err)
			}
			if after, err := os.ReadFile(files[0]); err != nil || string(after) != string(before) {
				t.Errorf("the index made again differs: %v", err)
			}
			if kept(t, s, term("absent")) {
				t.Error("the new index is not used")
			}
		})
	}
}

func TestIndexFilesGoWithTheirParts(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir(), Now: func() time.Time { return start }}) // the day is still open
	for i := range 8 {
		texts(t, s, fmt.Sprintf("value%d", i))
		seal(t, s)
	}
	dir := filepath.Join(s.opts.Dir, "tables", "soc", "T_CL")
	if err := os.WriteFile(filepath.Join(dir, "2020-01-01-0000000000000001.terms"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	s = s.reopen(t)
	parts, _ := filepath.Glob(filepath.Join(dir, "*.parquet"))
	indexes, _ := filepath.Glob(filepath.Join(dir, "*.terms*"))
	if len(parts) != 1 || len(indexes) != 1 || !kept(t, s, term("value3")) || kept(t, s, term("absent")) {
		t.Errorf("%d parts and %d index files after merging", len(parts), len(indexes))
	}
}

func seal(t testing.TB, s *testStore) {
	t.Helper()
	if err := s.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
}
