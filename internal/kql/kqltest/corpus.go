// Package kqltest holds what tests of the language share: the corpora of real queries, floors below which a measured
// figure must not fall, and scripts of queries with their expected outcome.
package kqltest

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// corpusDir finds the corpora: VEDETTE_CORPUS, or shared/corpus beside the checkout. It skips the test where there are none.
func corpusDir(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("VEDETTE_CORPUS"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		candidate := filepath.Join(dir, "..", "shared", "corpus")
		if _, err := os.Stat(filepath.Join(candidate, "queries.jsonl")); err == nil {
			return candidate
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skip("the corpora are not here: set VEDETTE_CORPUS to their folder")
		}
		dir = parent
	}
}

// Query is a real query with the official verdict about it.
type Query struct {
	ID       string      `json:"id"`
	Text     string      `json:"query"`
	SyntaxOK bool        `json:"syntax_ok"`
	BindOK   bool        `json:"bind_ok"`
	Columns  [][2]string `json:"columns"`
}

// Mutant is a query with one token changed, and whether it is still one.
type Mutant struct {
	ID   string `json:"id"`
	Text string `json:"query"`
	OK   bool   `json:"ok"`
}

// Queries returns the real queries.
func Queries(t testing.TB) []Query { return lines[Query](t, "queries.jsonl") }

// Mutants returns the mutated queries.
func Mutants(t testing.TB) []Mutant { return lines[Mutant](t, "mutants.jsonl") }

// TablesFile opens the list of tables that the verdicts were made with.
func TablesFile(t testing.TB) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join(corpusDir(t), "tables.json"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func lines[T any](t testing.TB, name string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join(corpusDir(t), name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []T
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<24)
	for sc.Scan() {
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatalf("reading %s line %d: %v", name, len(out)+1, err)
		}
		out = append(out, v)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Floors are figures that may rise but never fall. They live in a JSON file {"name": number}.
type Floors struct {
	mu     sync.Mutex
	values map[string]float64
}

// ReadFloors reads the file of floors.
func ReadFloors(t testing.TB, file string) *Floors {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f := &Floors{values: map[string]float64{}}
	if err := json.Unmarshal(raw, &f.values); err != nil {
		t.Fatalf("reading floors %s: %v", file, err)
	}
	return f
}

// Check prints a share of n and fails the test if it is below its floor. A figure without a floor fails too.
func (f *Floors) Check(t testing.TB, name string, good, n int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	share := 100 * float64(good) / float64(max(n, 1))
	t.Logf("%s: %d of %d (%.2f %%)", name, good, n, share)
	floor, ok := f.values[name]
	switch {
	case !ok:
		t.Errorf("%s has no floor; add it to the floors file", name)
	case share < floor:
		t.Errorf("%s fell to %.2f %%, below its floor of %.2f %%", name, share, floor)
	}
}

// Builtins returns the official list of the language's symbols, as JSON by kind.
func Builtins(t testing.TB) []byte {
	raw, err := os.ReadFile(filepath.Join(corpusDir(t), "builtins.json"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
