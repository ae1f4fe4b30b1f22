package apptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/inject"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/store"
)

// Rows of the archives that the fault tests store: file k holds rowsPerFile events of one table and a record that is none.
const (
	faultFiles  = 3
	rowsPerFile = 60
)

// archives writes Streaming-API files and returns their folder.
func archives(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for k := range faultFiles {
		var b strings.Builder
		for i := range rowsPerFile {
			n := k*rowsPerFile + i
			at := time.Date(2026, 11, 20+k, 8, 0, i, 1234567, time.UTC).Format(time.RFC3339Nano)
			fmt.Fprintf(&b, `{"time":%q,"category":"AdvancedHunting-DeviceProcessEvents","properties":{"Timestamp":%q,"DeviceId":"d%d","ReportId":%d,"FileName":"f%d.exe","ProcessCommandLine":"run %d"}}`+"\n", at, at, n%7, n, n%11, n)
		}
		fmt.Fprintf(&b, `{"category":"no event %d"`+"\n", k)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.json", k)), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// ingestTry is one run of `vedette ingest` with a fault in it.
func ingestTry(t *testing.T, data, in string, f inject.Fault) inject.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	r, err := inject.Run(ctx, inject.Program{Args: []string{Binary(t), "ingest", "--data", data, "--json", in}, Dir: data, Fault: f})
	if errors.Is(err, inject.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil || ctx.Err() != nil {
		t.Fatal(err, ctx.Err())
	}
	return r
}

// checkIngested runs the same command again, without a fault, and reads what is there then: each record once, and nothing is damaged.
func checkIngested(t *testing.T, data, in string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), Binary(t), "ingest", "--data", data, in).CombinedOutput(); err != nil {
		t.Fatalf("the next start: %v: %s", err, out)
	}
	ctx := t.Context()
	db, err := meta.Open(ctx, filepath.Join(data, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ws, err := db.Workspaces(ctx)
	if err != nil || len(ws) != 1 {
		t.Fatalf("workspaces %+v, %v", ws, err)
	}
	if problems, err := db.Check(ctx); err != nil || len(problems) > 0 {
		t.Errorf("state: %v %v", problems, err)
	}
	r, err := store.Verify(ctx, store.VerifyOptions{Dir: data, Manifest: db})
	if err != nil || len(r.Problems) > 0 {
		t.Errorf("damage: %+v %v", r.Problems, err)
	}
	s, err := store.Open(ctx, store.Options{Dir: data, Manifest: db, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	snap := s.Snapshot(ws[0].ID)
	defer snap.Close()
	var want []string
	for n := range faultFiles * rowsPerFile {
		want = append(want, fmt.Sprint(n))
	}
	slices.Sort(want)
	if got := columnOf(t, snap, "DeviceProcessEvents", "ReportId"); !slices.Equal(got, want) {
		t.Errorf("%d rows, want %d: %v", len(got), len(want), got)
	}
	sources := columnOf(t, snap, "DeviceProcessEvents", "_src")
	if n := len(slices.Compact(slices.Clone(sources))); n != len(sources) {
		t.Errorf("%d sources of %d rows", n, len(sources))
	}
	if n := len(columnOf(t, snap, "DeadLetter_CL", "_src")); n != faultFiles {
		t.Errorf("%d dead letters, want %d", n, faultFiles)
	}
}

// columnOf reads a column of a table, sorted.
func columnOf(t *testing.T, snap *store.Snapshot, table, column string) (out []string) {
	t.Helper()
	r, err := snap.Scan(t.Context(), store.ScanSpec{Table: table, Columns: []string{column}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		b, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			slices.Sort(out)
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			out = append(out, fmt.Sprint(b.Cols[0].Value(i)))
		}
	}
}

// faultPoint is where a run fails, and how.
type faultPoint struct {
	name  string
	fault inject.Fault
}

func pointName(c inject.Call, f inject.Fault) string {
	how := "killed"
	if f.Errno != 0 {
		how = f.Errno.Error()
	}
	if f.Onward {
		how += " from then on"
	}
	return fmt.Sprintf("%s before %s %s, %d", how, c.Name, cmpOr(inject.Kind(c.Path), "."), c.N)
}

func cmpOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// sitePoints are the first call of every site, killed and with the errors that such a call can have.
func sitePoints(calls []inject.Call) (out []faultPoint) {
	seen := map[uint64]bool{}
	for _, c := range calls {
		if seen[c.Site] {
			continue
		}
		seen[c.Site] = true
		at := func(o inject.Call) bool { return o.Site == c.Site }
		errnos := []syscall.Errno{0, syscall.EIO}
		switch c.Name {
		case "unlink", "unlinkat", "rmdir", "ftruncate":
		default:
			errnos = append(errnos, syscall.ENOSPC)
		}
		for _, e := range errnos {
			f := inject.Fault{At: at, Errno: e}
			out = append(out, faultPoint{pointName(c, f), f})
		}
	}
	return out
}

// randomPoints are calls by number: half of them on files of the store, which the many on the state would hide.
func randomPoints(rng *rand.Rand, calls []inject.Call, n int) (out []faultPoint) {
	var own []inject.Call
	for _, c := range calls {
		if !strings.HasPrefix(c.Path, "state.db") {
			own = append(own, c)
		}
	}
	for k := range n {
		from := calls
		if k%2 == 0 {
			from = own
		}
		c := from[rng.IntN(len(from))]
		f := inject.Fault{At: func(o inject.Call) bool { return o.N == c.N }, Onward: rng.IntN(2) == 0}
		f.Errno = []syscall.Errno{0, syscall.EIO, syscall.ENOSPC}[rng.IntN(3)]
		out = append(out, faultPoint{pointName(c, f), f})
	}
	return out
}

// everyPoint is every call, in every way.
func everyPoint(calls []inject.Call) (out []faultPoint) {
	for _, c := range calls {
		for _, e := range []syscall.Errno{0, syscall.EIO, syscall.ENOSPC} {
			f := inject.Fault{At: func(o inject.Call) bool { return o.N == c.N }, Errno: e}
			out = append(out, faultPoint{pointName(c, f), f})
		}
	}
	return out
}

// TestEverySystemCall lets `vedette ingest` die or fail at the calls that change its data folder: at every call site, at random calls, and in
// the soak at every call. It ends by itself with a status that fits, a failed fsync with 74; the same command then completes the work,
// and each record is there once.
func TestEverySystemCall(t *testing.T) {
	t.Parallel()
	in := archives(t)
	base := filepath.Join(memoryDir(t), "data")
	rec := ingestTry(t, base, in, inject.Fault{})
	if rec.Code != 0 || len(rec.Calls) < 100 {
		t.Fatalf("status %d, %d calls: %s", rec.Code, len(rec.Calls), rec.Stderr)
	}
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	points := append(sitePoints(rec.Calls), randomPoints(rng, rec.Calls, 60)...)
	if os.Getenv("VEDETTE_SOAK") != "" {
		points = append(points, everyPoint(rec.Calls)...)
	}
	// What a kill leaves is the start of another try: its recovery meets faults too.
	for range 12 {
		p := faultPoint{name: "twice: ", fault: inject.Fault{}}
		p.name += fmt.Sprint(rng.IntN(len(rec.Calls)))
		points = append(points, p)
	}
	t.Logf("%d calls, %d points, seed %d", len(rec.Calls), len(points), seed)
	next := make(chan faultPoint)
	go func() {
		defer close(next)
		for _, p := range points {
			next <- p
		}
	}()
	t.Run("points", func(t *testing.T) {
		for range 2 {
			t.Run("lane", func(t *testing.T) {
				t.Parallel()
				for p := range next {
					t.Run(p.name, func(t *testing.T) { tryPoint(t, in, p, len(rec.Calls)) })
				}
			})
		}
	})
}

func tryPoint(t *testing.T, in string, p faultPoint, calls int) {
	data := filepath.Join(memoryDir(t), "data")
	tries := []faultPoint{p}
	if at, ok := strings.CutPrefix(p.name, "twice: "); ok {
		tries = nil
		for k := range 2 {
			var n int
			if _, err := fmt.Sscan(at, &n); err != nil {
				t.Fatal(err)
			}
			n = 1 + (n+k*k*31)%calls
			tries = append(tries, faultPoint{"", inject.Fault{At: func(c inject.Call) bool { return c.N == n }}})
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the folder: %s", listing(data))
		}
	})
	for _, p := range tries {
		r := ingestTry(t, data, in, p.fault)
		t.Logf("status %d, fault at %+v, %d calls, it said: %s", r.Code, r.Hit, len(r.Calls), r.Stderr)
		judge(t, r, p.fault)
	}
	checkIngested(t, data, in)
}

// listing names the files of a folder with their sizes.
func listing(dir string) string {
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			rel, _ := filepath.Rel(dir, path) // both are below dir
			fmt.Fprintf(&b, "%s %d; ", filepath.ToSlash(rel), info.Size())
		}
		return err
	})
	if err != nil {
		fmt.Fprint(&b, err)
	}
	return b.String()
}

// judge says whether a run ended as it should.
func judge(t *testing.T, r inject.Result, f inject.Fault) {
	t.Helper()
	switch {
	case r.Hit == nil || f.Errno == 0:
		if r.Hit == nil && r.Code != 0 {
			t.Errorf("status %d without a fault: %s", r.Code, r.Stderr)
		}
	case strings.Contains(r.Stderr, "goroutine ") || r.Code == 2:
		t.Errorf("it fell over: %d %s", r.Code, r.Stderr)
	case r.Hit.Name == "fsync" || r.Hit.Name == "fdatasync":
		// When SQLite fails to move its log into the database it keeps the log, and the next one tries all of it again. When it fails to sync
		// the folder it goes on: then the folder must be synced later.
		bySQLite := strings.HasPrefix(r.Hit.Path, "state.db") || r.Hit.Path == "" && slices.ContainsFunc(r.Calls[r.Hit.N:], func(c inject.Call) bool { return c.Name == "fsync" && c.Path == "" })
		if r.Code != 74 && (r.Code != 0 || !bySQLite) {
			t.Errorf("status %d after a failed fsync of %s, want 74: %s", r.Code, r.Hit.Path, r.Stderr)
		}
	case r.Code != 0 && r.Code != 74 && strings.TrimSpace(r.Stderr) == "":
		t.Errorf("status %d, and it does not say why", r.Code)
	}
}

// TestArchivesAreValid keeps the input of the fault tests honest: it is what it says.
func TestArchivesAreValid(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(archives(t), "0.json"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	for i, l := range lines {
		if json.Valid([]byte(l)) != (i < rowsPerFile) {
			t.Errorf("line %d: %s", i, l)
		}
	}
}
