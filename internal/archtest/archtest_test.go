// Package archtest holds the rules of the house as tests: who may import whom, how long a file may be, and that every
// package says what it is for.
package archtest

import (
	"bufio"
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/vedette-siem/vedette/"

// root is the checkout, two levels up.
const root = "../.."

// rules says which internal packages a package (or everything under it, with /...) may import, and why.
// A package that matches no rule may import anything: app, cli and tests construct.
var rules = []struct {
	pkg   string
	allow []string
	why   string
}{
	{"internal/fault", nil, "everybody imports it"},
	{"internal/model", nil, "domain types stand alone"},
	{"internal/terms", nil, "language and store agree on it"},
	{"internal/health", nil, "reports are plain data"},
	{"internal/pki", nil, "certificates know nothing of the product"},
	{"internal/schema", []string{"data"}, "the catalogue is pure data"},
	{"internal/column", []string{"internal/schema"}, "columns know types only"},
	{"internal/config", []string{"internal/fault"}, "configuration is read before anything exists"},
	{"internal/auth", []string{"internal/fault"}, "state is behind its Repo"},
	{"internal/fetch", []string{"internal/fault"}, "reads files from outside, knows nothing of what they are for"},
	{"internal/kql/...", []string{"internal/kql/...", "internal/terms", "internal/schema", "internal/column", "internal/fault", "data"}, "the language knows no store and no server"},
	{"internal/store/manifest/...", []string{"internal/store/manifest"}, "standard library only"},
	{"internal/store/...", []string{"internal/store/...", "internal/terms", "internal/schema", "internal/column", "internal/fault"}, "the store knows no language and no connector"},
	{"internal/engine/...", []string{"internal/engine/...", "internal/kql/...", "internal/store/...", "internal/terms", "internal/schema", "internal/column", "internal/fault"}, "engines run plans over snapshots"},
	{"internal/backup/bucket", []string{"internal/backup", "internal/fault"}, "object stores know nothing of what a backup holds"},
	{"internal/backup", []string{"internal/store/...", "internal/fault"}, "copies a store and a state file; state is behind its interface"},
	{"internal/memory", []string{"internal/fault"}, "a budget of bytes knows nothing of what they are"},
	{"internal/geoip", []string{"internal/column", "internal/fault"}, "a file that answers addresses"},
	{"internal/tables", []string{"internal/store", "internal/schema", "internal/column", "internal/model", "internal/health", "internal/fault"}, "plans and retention over the store; settings are behind Repo"},
	{"internal/normalize", []string{"internal/schema", "internal/column", "internal/model", "internal/fault"}, "pure functions"},
	{"internal/backfill", []string{"internal/schema", "internal/ingest", "internal/model", "internal/store", "internal/column", "internal/fault"}, "tenant, comparison and state are behind interfaces"},
	{"internal/rawkeep", []string{"internal/ingest", "internal/model", "internal/column", "internal/store", "internal/health", "internal/fault"}, "messages as they came, through intake into the store"},
	{"internal/transform", []string{"internal/kql/...", "internal/ingest", "internal/normalize", "internal/model", "internal/schema", "internal/store", "internal/column", "internal/health", "internal/fault"}, "the language applied to rows on their way in; state is behind its interface"},
	{"internal/snapshot", []string{"internal/ingest", "internal/normalize", "internal/model", "internal/schema", "internal/store", "internal/column", "internal/health", "internal/fault"}, "tenant and state are behind interfaces"},
	{"internal/completeness", []string{"internal/model", "internal/fault", "internal/health"}, "tenant, store and state are behind interfaces"},
	{"internal/connector/hunting", []string{"internal/msgraph", "internal/column", "internal/fault"}, "the tenant is asked, nothing is stored"},
	{"internal/connector/kafkatest", nil, "brokers for tests know nothing of ours"},
	{"internal/connector/intaketest", []string{"internal/connector", "internal/ingest", "internal/health", "internal/meta", "internal/model", "internal/store"}, "what tests of the event streams share"},
	{"internal/connector/blob", []string{"internal/connector", "internal/ingest", "internal/model", "internal/schema", "internal/store", "internal/fault"}, "blobs go through intake into the store"},
	{"internal/deadletter", []string{"internal/ingest", "internal/normalize", "internal/store", "internal/schema", "internal/column", "internal/fault"}, "letters are read from the store and go back into it"},
	{"internal/watchlist", []string{"internal/meta", "internal/model", "internal/schema", "internal/column", "internal/fault"}, "lists are state; who queries them is behind Rows"},
	{"internal/content", []string{"data", "internal/fault", "internal/model"}, "solutions are data; state is behind its Store"},
	{"internal/rule", []string{"internal/fault", "internal/meta", "internal/model"}, "a rule is a function of one alert"},
	{"internal/msgraph", []string{"internal/fault"}, "a client of the tenant, nothing else"},
	{"internal/ueba", []string{"internal/meta", "internal/model", "internal/fault", "internal/health", "internal/schema", "internal/column"}, "state, tenant and directories are behind interfaces"},
	{"internal/assume", []string{"internal/msgraph", "internal/fault"}, "it asks the tenant and knows nothing of the product"},
	{"internal/connector/directory", []string{"internal/ueba", "internal/msgraph", "internal/model", "internal/fault"}, "directories are read, nothing is stored"},
	{"internal/odata", []string{"internal/fault"}, "a syntax that knows no properties"},
	{"internal/web", nil, "the UI imports nothing of ours"},
	{"internal/inject", nil, "it runs programs and knows none"},
	{"internal/simtenant/...", []string{"internal/simtenant/..."}, "one bug must not hide on both sides"},
	{"internal/query", []string{"internal/kql/...", "internal/engine/...", "internal/store/...", "internal/memory", "internal/schema", "internal/column", "internal/fault"}, "queries are a service over language, engine and store"},
	{"web", nil, "the UI imports nothing of ours"},
}

type file struct {
	path, pkg string
	lines     int
	test      bool
	generated bool
}

func goFiles(t *testing.T) []file {
	t.Helper()
	var out []file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name == "testdata" || name == "node_modules" || (strings.HasPrefix(name, ".") && path != root) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		out = append(out, file{
			path: rel, pkg: filepath.ToSlash(filepath.Dir(rel)), lines: bytes.Count(raw, []byte("\n")),
			test: strings.HasSuffix(name, "_test.go"), generated: bytes.HasPrefix(raw, []byte("// Code generated")),
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func match(pattern, pkg string) bool {
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == base || strings.HasPrefix(pkg, base+"/")
	}
	return pkg == pattern
}

func TestDependencyDirection(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		i := slices.IndexFunc(rules, func(r struct {
			pkg   string
			allow []string
			why   string
		}) bool {
			return match(r.pkg, f.pkg)
		})
		if i < 0 {
			continue
		}
		ast, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, f.path), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, im := range ast.Imports {
			name, _ := strconv.Unquote(im.Path.Value)
			dep, ours := strings.CutPrefix(name, module)
			if ours && !slices.ContainsFunc(rules[i].allow, func(a string) bool { return match(a, dep) }) {
				t.Errorf("%s imports %s: not allowed for %s (%s)", f.path, dep, rules[i].pkg, rules[i].why)
			}
		}
	}
}

func TestFileLength(t *testing.T) {
	const limit = 600
	for _, f := range goFiles(t) {
		if f.lines > limit && !f.generated {
			t.Errorf("%s has %d lines; the limit is %d: split it by what its parts are for", f.path, f.lines, limit)
		}
	}
	err := filepath.WalkDir(filepath.Join(root, "web"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist") {
			return filepath.SkipDir
		}
		if ext := filepath.Ext(path); ext == ".ts" || ext == ".tsx" || ext == ".mjs" {
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if n := bytes.Count(raw, []byte("\n")); n > limit {
				t.Errorf("%s has %d lines; the limit is %d", path, n, limit)
			}
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}

func TestPackageComments(t *testing.T) {
	said := map[string]bool{}
	for _, f := range goFiles(t) {
		if _, ok := said[f.pkg]; !ok {
			said[f.pkg] = false
		}
		fh, err := os.Open(filepath.Join(root, f.path))
		if err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(fh)
		sc.Buffer(nil, 1<<22)
		for sc.Scan() {
			if strings.HasPrefix(sc.Text(), "// Package ") || strings.HasPrefix(sc.Text(), "// Command ") {
				said[f.pkg] = true
				break
			}
			if strings.HasPrefix(sc.Text(), "package ") {
				break
			}
		}
		fh.Close()
	}
	for pkg, ok := range said {
		if !ok {
			t.Errorf("%s has no package comment: say what it is for and what it must not do", pkg)
		}
	}
}
