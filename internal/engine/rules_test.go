package engine

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/rules"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

// TestRulesKeepAnswers: with any one rule off, or all of them, the answer is the same, whichever engine runs.
func TestRulesKeepAnswers(t *testing.T) {
	w := newWorld(t, 31)
	w.mixed(t, 30)
	names := append(rules.Names(), "all")
	fired := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		m := &maker{T: rt}
		n := m.rewritable(1 + m.pick(4, "depth"))
		off := one(m, names, "rule off")
		on, without := rules.Node(n), n
		if off != "all" {
			without = rules.Node(n, off)
		}
		if plan.Print(on) != plan.Print(without) {
			fired[off]++
		}
		mode := one(m, []Mode{Go, DuckDB}, "mode")
		want, _, wantErr := w.run(t.Context(), without, Go)
		got, _, err := w.run(t.Context(), on, mode)
		if (wantErr != nil) != (err != nil) {
			rt.Fatalf("without %s: %v\nwith, %s: %v\n%s", off, wantErr, mode, err, plan.Print(n))
		}
		if d := cmp.Diff(texts(want, ordered(n)), texts(got, ordered(n))); d != "" {
			rt.Fatalf("-without %s +with, %s\n%s\n%s\n%s", off, mode, d, plan.Print(without), plan.Print(on))
		}
	})
	t.Logf("answers compared where a rule made a difference: %v", fired)
}

// TestRulesOnRealQueries: the queries that people wrote give the same rows with and without all rules.
func TestRulesOnRealQueries(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	f, err := os.Open(corpusFile(t, "queries.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	every := 8
	if testing.Verbose() || os.Getenv("VEDETTE_SOAK") != "" {
		every = 1
	}
	w := newWorld(t, 32)
	w.builtin(t, nil)
	snap := w.store.Snapshot("ws")
	defer snap.Close()
	compared := 0
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for i := 0; in.Scan(); i++ {
		var q struct {
			Query  string
			BindOK bool `json:"bind_ok"`
		}
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		if !q.BindOK || i%every != 0 || choice.MatchString(q.Query) {
			continue
		}
		tree, diags := syntax.Parse(q.Query)
		if diags.HasErrors() {
			continue
		}
		bound, diags := bind.Bind(tree, bind.Env{Catalog: snap.Catalog(), Runnable: exec.Runnable})
		if diags.HasErrors() {
			continue
		}
		for _, r := range bound.Results {
			// Rules that change what a query means are not in question here.
			plain := plan.ProviderName(plan.Prune(r.Root))
			want, _, wantErr := w.run(t.Context(), plain, Go)
			got, _, err := w.run(t.Context(), rules.Node(r.Root), Go)
			if (wantErr != nil) != (err != nil) {
				t.Errorf("without rules: %v\nwith: %v\n%s", wantErr, err, q.Query)
				continue
			}
			if d := cmp.Diff(texts(want, false), texts(got, false)); d != "" {
				t.Errorf("-without +with rules\n%.2000s\n%s", d, q.Query)
			}
			compared++
		}
	}
	t.Logf("%d results compared", compared)
	if compared == 0 {
		t.Error("nothing was compared")
	}
}
