package engine

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// corpusFile finds a file of the corpus beside the checkout, or skips the test.
func corpusFile(t *testing.T, name string) string {
	dir := os.Getenv("VEDETTE_CORPUS")
	for at, _ := os.Getwd(); dir == "" && at != filepath.Dir(at); at = filepath.Dir(at) {
		if d := filepath.Join(filepath.Dir(at), "shared", "corpus"); exists(d) {
			dir = d
		}
	}
	file := filepath.Join(dir, name)
	if dir == "" || !exists(file) {
		t.Skip("the corpus of real queries is not here; set VEDETTE_CORPUS to its folder")
	}
	return file
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// choice is what leaves a result open in the language itself.
var choice = regexp.MustCompile(`(?i)\b(take|limit|sample|top|arg_max|arg_min|any|take_any|anyif|make_set|makeset|make_set_if|make_list|makelist|make_bag|join|lookup|rand|row_number|prev|next|scan|new_guid|serialize|make-series|avg|stdev|variance|sum|percentile|autocluster|basket)\b`)

// asked finds what queries compare a column with.
var asked = regexp.MustCompile(`\b(\w+)\s*(?:==|=~|has|has_cs|contains|startswith|endswith|has_any\s*\(|in~?\s*\()\s*[@"']+([^"'\n]{1,80})["']`)

// TestRealQueriesAgree runs the queries that people wrote over random rows, with both engines.
func TestRealQueriesAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	f, err := os.Open(corpusFile(t, "queries.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var queries []string
	words := map[string][]any{}
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var q struct {
			ID, Query string
			BindOK    bool `json:"bind_ok"`
		}
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		if !q.BindOK {
			continue
		}
		queries = append(queries, q.Query)
		for _, m := range asked.FindAllStringSubmatch(q.Query, -1) {
			words[m[1]] = append(words[m[1]], m[2])
		}
	}
	w := newWorld(t, 11)
	w.builtin(t, words)
	ran, pushed, open, filled := 0, 0, 0, 0
	for i, text := range queries {
		if i%4 != 0 && !testing.Verbose() {
			continue // a quarter every time; all with -v
		}
		snap := w.store.Snapshot("ws")
		q, diags := kql.Compile(text, bind.Env{Catalog: snap.Catalog()})
		snap.Close()
		if diags.HasErrors() {
			continue
		}
		for _, res := range q.Results {
			want, _, wantErr := w.run(t.Context(), res.Root, Go)
			got, st, err := w.run(t.Context(), res.Root, DuckDB)
			if (err != nil) != (wantErr != nil) {
				t.Errorf("Go: %v\nDuckDB: %v\n%s", wantErr, err, text)
				continue
			}
			if err != nil {
				continue
			}
			ran++
			if len(want) > 0 {
				filled++
			}
			if st.Engine == DuckDB {
				pushed++
			}
			if choice.MatchString(text) {
				open++
				continue
			}
			if d := cmp.Diff(texts(want, false), texts(got, false)); d != "" {
				t.Errorf("-Go +DuckDB\n%.2000s\n%s", d, text)
			}
		}
	}
	t.Logf("%d results, %d with rows, %d with DuckDB, %d with a choice and so only run", ran, filled, pushed, open)
	if filled == 0 {
		t.Error("no query found a row")
	}
}

// builtin fills every shipped table of the hunting schema with rows: some sealed, some not.
func (w *world) builtin(t *testing.T, words map[string][]any) {
	t.Helper()
	for _, table := range schema.Builtin().Tables() {
		for part := range 2 {
			const n = 150
			rows := store.Rows{Table: table.Name, Batch: &column.Batch{N: n}}
			rows.Cols = append(rows.Cols, schema.Column{Name: store.SrcColumn, Type: schema.String})
			src := column.New(schema.String, n)
			for i := range n {
				src.Append(fmt.Sprintf("test/%s/%d/%d", table.Name, part, i))
			}
			rows.Batch.Cols = append(rows.Batch.Cols, src)
			for _, c := range table.Columns {
				if c.Source != "" || strings.HasPrefix(c.Name, "_") {
					continue
				}
				v := column.New(c.Type, n)
				for range n {
					v.Append(w.plausible(c, words))
				}
				rows.Cols, rows.Batch.Cols = append(rows.Cols, c), append(rows.Batch.Cols, v)
			}
			if _, err := w.store.Append(t.Context(), store.Frame{Workspace: "ws", Tables: []store.Rows{rows}}); err != nil {
				t.Fatal(err)
			}
			if part == 0 && len(table.Name)%2 == 0 {
				w.seal(t)
			}
		}
	}
}

// plausible draws a value that queries ask for: their own literals, and times of the last days.
func (w *world) plausible(c schema.Column, words map[string][]any) any {
	switch {
	case c.Type == schema.Datetime:
		return instant - w.rng.Int64N(3*column.Day)
	case c.Type == schema.String && len(words[c.Name]) > 0 && w.rng.IntN(8) > 0:
		list := words[c.Name]
		return list[w.rng.IntN(len(list))]
	}
	return w.value(c)
}
