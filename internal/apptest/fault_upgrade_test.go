package apptest

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/inject"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/store"
)

// TestKilledWhileUpgrading opens data folders that earlier versions wrote and lets the command die or fail while it brings the state up to
// date: at every call site, at random calls, and in the soak at every call. The next start completes the work, and every row is there.
func TestKilledWhileUpgrading(t *testing.T) {
	t.Parallel()
	fixtures, err := filepath.Glob(filepath.Join(Root(t), "internal", "store", "testdata", "formats", "*.tar.gz"))
	if err != nil || len(fixtures) == 0 {
		t.Fatal(fixtures, err)
	}
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, f := range fixtures {
		t.Run(filepath.Base(f), func(t *testing.T) {
			data := memoryDir(t)
			unpack(t, f, data)
			rec := verifyTry(t, data, inject.Fault{})
			if rec.Code != 0 || len(rec.Calls) < 20 {
				t.Fatalf("status %d, %d calls: %s", rec.Code, len(rec.Calls), rec.Stderr)
			}
			points := append(sitePoints(rec.Calls), everyPoint(sample(rng, rec.Calls, 20))...)
			if os.Getenv("VEDETTE_SOAK") != "" {
				points = append(points, everyPoint(rec.Calls)...)
			}
			t.Logf("%d calls, %d points, seed %d", len(rec.Calls), len(points), seed)
			for _, p := range points {
				t.Run(p.name, func(t *testing.T) {
					data := memoryDir(t)
					unpack(t, f, data)
					judge(t, verifyTry(t, data, p.fault), p.fault)
					checkUpgraded(t, data)
				})
			}
		})
	}
}

func sample(rng *rand.Rand, calls []inject.Call, n int) (out []inject.Call) {
	for range n {
		out = append(out, calls[rng.IntN(len(calls))])
	}
	return out
}

func verifyTry(t *testing.T, data string, f inject.Fault) inject.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	r, err := inject.Run(ctx, inject.Program{Args: []string{Binary(t), "verify", "--data", data}, Dir: data, Fault: f})
	if errors.Is(err, inject.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil || ctx.Err() != nil {
		t.Fatal(err, ctx.Err())
	}
	return r
}

// checkUpgraded opens the folder without a fault: nothing is damaged, and the rows that the fixture holds are there.
func checkUpgraded(t *testing.T, data string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), Binary(t), "verify", "--data", data).CombinedOutput(); err != nil {
		t.Fatalf("the next start: %v: %s", err, out)
	}
	db, err := meta.Open(t.Context(), filepath.Join(data, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := store.Open(t.Context(), store.Options{Dir: data, Manifest: db, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	snap := s.Snapshot("soc")
	defer snap.Close()
	if n := len(columnOf(t, snap, "T_CL", "N")); n != 60 {
		t.Errorf("%d rows, want 60", n)
	}
}

// unpack writes the files of a fixture into a folder.
func unpack(t *testing.T, fixture, dir string) {
	t.Helper()
	f, err := os.Open(fixture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil || strings.Contains(h.Name, "..") {
			t.Fatal(h, err)
		}
		to := filepath.Join(dir, h.Name)
		if h.FileInfo().IsDir() {
			err = os.MkdirAll(to, 0o700)
		} else if err = os.MkdirAll(filepath.Dir(to), 0o700); err == nil {
			var raw []byte
			if raw, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(to, raw, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
