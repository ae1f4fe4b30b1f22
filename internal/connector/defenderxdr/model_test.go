package defenderxdr

import (
	"flag"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// seeds is how many lives the model is given: 2,000, or VEDETTE_SEEDS; fewer under the race detector, which is slow and
// looks for something else.
func seeds(t *testing.T) int {
	t.Helper()
	if v := os.Getenv("VEDETTE_SEEDS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatalf("VEDETTE_SEEDS=%q is not a number", v)
		}
		return n
	}
	switch {
	case os.Getenv("VEDETTE_SOAK") != "":
		return 1_000_000
	case raceDetector:
		return 50
	}
	return 2000
}

// checks makes rapid try a property n times.
func checks(t *testing.T, n int) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	was := f.Value.String()
	if err := f.Value.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(was); err != nil {
			t.Error(err)
		}
	})
}

// rare are the paths that the lives together must have gone: a property that never meets them proves nothing about them.
var rare = []string{
	"a list of a replica that is behind", "a list shows an old version", "a row of an alert proved nothing", "a row proved nothing", "a write landed late", "alert investigated under one stamp", "alert joined an incident later",
	"alert moved by a merge", "alert moved to another incident", "alert without an incident", "alerts resolved under one stamp", "automation yielded", "bulk edit under one stamp", "chain of merges",
	"changed between read and write", "clash: local wins", "clash: merged", "clash: rejected", "clash: remote wins", "clock jumped back", "comment came in",
	"comment went to the target", "determination reset", "expired link", "killed: after commit", "killed: after merge", "killed: after patch", "killed: before checkpoint",
	"killed: before commit", "killed: list", "killed: patch", "late comment", "late write", "lost answer", "lost answer to a comment", "malformed page", "merged with edits pending",
	"more than one page", "old row of an alert", "own write seen late", "partial page", "refused value", "row dated ahead", "reopened in the tenant", "stale row", "two versions of an alert under one stamp", "two versions of one stamp", "vanished",
}

// TestBothSidesConverge gives the synchroniser thousands of lives with every fault and checks that in the end both sides
// agree and nobody's edit is lost (C1 to C8).
func TestBothSidesConverge(t *testing.T) {
	n := seeds(t)
	checks(t, n)
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		if bad := live(t, mutant{}, seen); len(bad) > 0 {
			t.Fatalf("%s", strings.Join(bad, "\n"))
		}
	})
	for _, path := range rare {
		if seen[path] == 0 && n >= 2000 {
			t.Errorf("in %d lives the rare path %q was never gone", n, path)
		}
	}
	if testing.Verbose() {
		for _, path := range slices.Sorted(maps.Keys(seen)) {
			t.Logf("%9d %s", seen[path], path)
		}
	}
}

// TestEveryRuleIsNeeded takes the rules of the synchroniser away one by one. Each loss must show, so that the rule is
// needed and the properties can see it missing.
func TestEveryRuleIsNeeded(t *testing.T) {
	if raceDetector {
		t.Skip("the rules do not depend on the race detector")
	}
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			seen := map[string]int{}
			lives := rapid.Custom(func(t *rapid.T) []string { return live(t, m, seen) })
			caught := 0
			for seed := range 2000 {
				bad := lives.Example(seed)
				if len(bad) == 0 {
					continue
				}
				if caught++; caught == 1 {
					t.Logf("caught by seed %d: %s", seed, bad[0])
				}
				if os.Getenv("VEDETTE_SOAK") == "" {
					return
				}
			}
			if t.Logf("%d of 2,000 lives show it", caught); caught == 0 {
				t.Errorf("2,000 lives without this rule and nothing is missing")
			}
		})
	}
}
