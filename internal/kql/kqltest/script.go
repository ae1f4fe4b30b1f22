package kqltest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected outcomes in scripts")

// RunScripts runs every .kqlt script of a folder. A script is a list of cases:
//
//	== verb name of the case
//	query text
//	--
//	expected outcome
//
// run gets the verb and the query and returns the outcome. With -update the outcomes are rewritten in place.
func RunScripts(t *testing.T, dir string, run func(t *testing.T, verb, query string) string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.kqlt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in %s", dir)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".kqlt"), func(t *testing.T) { runScript(t, file, run) })
	}
}

type scriptCase struct{ verb, name, query, want string }

func runScript(t *testing.T, file string, run func(t *testing.T, verb, query string) string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, cases := parseScript(t, string(raw))
	out := head
	for _, c := range cases {
		got := ""
		t.Run(c.name, func(t *testing.T) {
			got = strings.TrimRight(run(t, c.verb, c.query), "\n") + "\n"
			if d := cmp.Diff(c.want, got); d != "" && !*update {
				t.Errorf("%s: %s: (-want +got)\n%s", file, c.name, d)
			}
		})
		out += "== " + c.verb + " " + c.name + "\n" + c.query + "\n--\n" + got + "\n"
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.TrimRight(out, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func parseScript(t *testing.T, text string) (head string, cases []scriptCase) {
	t.Helper()
	parts := strings.Split("\n"+text, "\n== ")
	head = strings.TrimPrefix(parts[0], "\n")
	if head != "" {
		head += "\n"
	}
	for _, p := range parts[1:] {
		title, body, _ := strings.Cut(p, "\n")
		verb, name, ok := strings.Cut(title, " ")
		query, want, sep := strings.Cut(body, "\n--\n")
		if !ok || !sep {
			query = strings.TrimSuffix(strings.TrimRight(body, "\n"), "\n--")
			if !*update {
				t.Fatalf("the case %q has no outcome; run with -update", title)
			}
		}
		cases = append(cases, scriptCase{verb, name, strings.TrimRight(query, "\n"), strings.TrimRight(want, "\n") + "\n"})
	}
	return head, cases
}
