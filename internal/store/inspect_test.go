package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

var quiet = slog.New(slog.DiscardHandler)

// harm is one way a file gets damaged.
type harm struct {
	at   int
	bit  int // -1: cut off here; -2: a sector of zeros
	what string
}

func harms(rng *rand.Rand, size, n int) []harm {
	var out []harm
	for i := range n {
		h := harm{at: rng.IntN(size)}
		switch i % 5 {
		case 3:
			h.bit, h.what = -1, "cut"
		case 4:
			h.bit, h.what = -2, "zeros"
		default:
			h.bit, h.what = rng.IntN(8), "bit"
		}
		out = append(out, h)
	}
	return out
}

func (h harm) do(good []byte) []byte {
	bad := slices.Clone(good)
	switch h.bit {
	case -1:
		return bad[:h.at]
	case -2:
		clear(bad[h.at:min(h.at+512, len(bad))])
	default:
		bad[h.at] ^= 1 << h.bit
	}
	return bad
}

// tries is how many places of a file are harmed.
func tries() int {
	if os.Getenv("VEDETTE_SOAK") != "" {
		return 1000
	}
	return 50
}

// scanAll reads a table until its end or an error.
func scanAll(s *testStore, table string, cols ...string) (lines []string, err error) {
	snap := s.Snapshot("soc")
	defer snap.Close()
	r, err := snap.Scan(context.Background(), store.ScanSpec{Table: table, Columns: cols})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		b, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			slices.Sort(lines)
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		for i := range b.N {
			var line []string
			for _, c := range b.Cols {
				line = append(line, fmt.Sprint(c.Value(i)))
			}
			lines = append(lines, strings.Join(line, "|"))
		}
	}
}

// TestDamagedPart harms one of two parts at many places. Every damage is found by verify and by the server, which sets the part aside,
// records exactly what is lost and serves the rest; a reader sees an error or right rows, never wrong ones.
func TestDamagedPart(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	base := open(t, store.Options{})
	appendFrame(t, base, frame(events("T_CL", 0, 700)))
	if err := base.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	appendFrame(t, base, frame(events("T_CL", 700, 300)))
	if err := base.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	state, err := base.opts.Manifest.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	part := state.Parts[0]
	file := filepath.Join(base.opts.Dir, filepath.FromSlash(part.Path))
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all, rest := want(0, 1000), want(700, 300)
	closeStore(t, base.Store)
	for _, h := range harms(rng, len(good), tries()) {
		bad := h.do(good)
		if bytes.Equal(good, bad) {
			continue
		}
		t.Run(fmt.Sprintf("%s at %d", h.what, h.at), func(t *testing.T) {
			dir := t.TempDir()
			copyTree(t, base.opts.Dir, dir)
			m := copyOf(t, state)
			if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(part.Path)), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := store.Verify(t.Context(), store.VerifyOptions{Dir: dir, Manifest: m})
			if err != nil || len(r.Problems) != 1 || r.Problems[0].Path != part.Path {
				t.Fatalf("verify found %+v, %v", r.Problems, err)
			}
			told := make(chan store.Problem, 4)
			s := open(t, store.Options{Dir: dir, Manifest: m, Logger: quiet, Damaged: func(p store.Problem) { told <- p }})
			if got, err := scanAll(s, "T_CL", allColumns...); err == nil && !slices.Equal(got, rest) && !slices.Equal(got, all) {
				t.Errorf("a reader got %d rows that were never there as such", len(got))
			} else if err != nil && fault.CodeOf(err) != "part_damaged" && fault.CodeOf(err) != "part_read" {
				t.Errorf("a reader got %v", err)
			}
			s.Inspect(t.Context(), manifest.TableID{Workspace: "soc", Table: "T_CL"}, part.ID)
			select {
			case p := <-told:
				if p.Path != part.Path {
					t.Errorf("told of %+v", p)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the part was not set aside")
			}
			same(t, rest, rowsOf(t, s, "T_CL", allColumns...))
			gaps := rowsOf(t, s, store.GapTable, "Source", "From", "To")
			if d := fmt.Sprintf("part/%s|0|700", part.Path); len(gaps) != 1 || gaps[0] != d {
				t.Errorf("gaps %v, want %s", gaps, d)
			}
			s = s.reopen(t)
			same(t, rest, rowsOf(t, s, "T_CL", allColumns...))
			if n := len(rowsOf(t, s, store.GapTable)); n != 1 {
				t.Errorf("%d gaps after a restart", n)
			}
			if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(part.Path)) + ".bad"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMissingPartIsNotGivenUp keeps a part in the list whose file is not there: a disk may be mounted later.
func TestMissingPartIsNotGivenUp(t *testing.T) {
	told := make(chan store.Problem, 4)
	s := open(t, store.Options{Logger: quiet, Damaged: func(p store.Problem) { told <- p }})
	appendFrame(t, s, frame(events("T_CL", 0, 10)))
	if err := s.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	file := files(t, s.opts.Dir)[0]
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	s = s.reopen(t)
	<-told
	if _, err := scanAll(s, "T_CL", "N"); fault.CodeOf(err) != "part_read" {
		t.Errorf("got %v", err)
	}
	if err := os.Rename(file+".away", file); err != nil {
		t.Fatal(err)
	}
	same(t, want(0, 10), rowsOf(t, s, "T_CL", allColumns...))
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// copyOf returns a manifest that holds a state.
func copyOf(t *testing.T, s manifest.State) *manifest.Memory {
	t.Helper()
	m := manifest.NewMemory()
	for id, fs := range s.Fields {
		if _, err := m.AddFields(t.Context(), id, fs); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Commit(t.Context(), manifest.Change{Add: s.Parts, Sealed: s.Sealed, Positions: s.Positions, Trim: s.Trim}); err != nil {
		t.Fatal(err)
	}
	return m
}
