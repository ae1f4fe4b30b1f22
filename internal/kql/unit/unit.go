// Package unit runs tests of queries: given tables, a query, and the rows it must give. So detections can be tested
// where they are kept, without a server.
//
// A file is YAML; see docs/kql-tests.md. Everything in it is checked strictly: an unknown key, table or column is an
// error, since a test that tests nothing is worse than none.
package unit

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// File is a file of tests. What stands above the tests is given to all of them; a test may replace a table.
type File struct {
	Tables    map[string]Table  `yaml:"tables"`
	Functions map[string]string `yaml:"functions"` // name: "(parameters) { body }"
	Files     map[string]string `yaml:"files"`     // what externaldata finds at an address
	Tests     []Test            `yaml:"tests"`

	dir string
}

// Table is the rows of a table: values by column; a column that is left out is null. Columns declares a table that the
// product does not know.
type Table struct {
	Columns yaml.Node        `yaml:"columns"` // name: type, in order
	Rows    []map[string]any `yaml:"rows"`
}

// Test is one query with what it must give.
type Test struct {
	Name      string           `yaml:"name"`
	Now       string           `yaml:"now"` // what now() is; default 2026-01-01
	Query     string           `yaml:"query"`
	QueryFile string           `yaml:"queryFile"` // relative to the file of the tests
	Tables    map[string]Table `yaml:"tables"`
	Expect    Expect           `yaml:"expect"`
}

// Expect is what a query must give: all of its rows, in any order unless Ordered, compared in the columns that they name.
type Expect struct {
	Columns []string         `yaml:"columns"` // names of all columns, in order; not compared when absent
	Rows    []map[string]any `yaml:"rows"`
	Count   *int             `yaml:"count"` // only the number of rows
	Ordered bool             `yaml:"ordered"`
	Error   string           `yaml:"error"` // a part of the error's text
}

// Outcome is how a test went. Problem is empty when it passed.
type Outcome struct {
	Name    string        `json:"name"`
	Passed  bool          `json:"passed"`
	Problem string        `json:"problem,omitempty"`
	Elapsed time.Duration `json:"-"`
}

// Load reads a file of tests.
func Load(path string) (*File, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fault.New(fault.NotFound, "file_missing", "reading the tests: %w", err)
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	f := &File{dir: filepath.Dir(path)}
	if err := d.Decode(f); err != nil {
		return nil, fault.New(fault.Invalid, "tests_invalid", "%s: %w", path, err)
	}
	if len(f.Tests) == 0 {
		return nil, fault.New(fault.Invalid, "tests_none", "%s has no tests", path)
	}
	return f, nil
}

// Run runs all tests of a file, each within a minute.
func (f *File) Run(ctx context.Context) []Outcome {
	var out []Outcome
	for i, t := range f.Tests {
		if t.Name == "" {
			t.Name = fmt.Sprintf("test %d", i+1)
		}
		start := time.Now()
		o := Outcome{Name: t.Name}
		if err := f.run(ctx, t); err != nil {
			o.Problem = err.Error()
		}
		o.Passed, o.Elapsed = o.Problem == "", time.Since(start)
		out = append(out, o)
	}
	return out
}

func (f *File) run(ctx context.Context, t Test) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	text, err := f.query(t)
	if err != nil {
		return err
	}
	given, catalog, err := f.given(t)
	if err != nil {
		return err
	}
	now := column.Date(2026, 1, 1)
	if t.Now != "" {
		ticks, ok := column.ParseDatetime(t.Now)
		if !ok {
			return fault.New(fault.Invalid, "tests_invalid", "now: %q is not a time", t.Now)
		}
		now = ticks
	}
	run := exec.Env{Source: given, Now: now, Fetch: f.fetch}
	q, ds := kql.Compile(text, bind.Env{
		Catalog: catalog, Functions: f.Functions, Runnable: exec.Runnable,
		Discover: func(n *plan.Plugin) (*plan.Held, error) { return exec.Discover(ctx, n, run) },
	})
	if ds.HasErrors() {
		return t.Expect.failed(ds)
	}
	if len(q.Results) == 0 {
		return fault.New(fault.Invalid, "tests_invalid", "the query gives no result")
	}
	res, err := exec.Collect(ctx, q.Results[0].Root, run)
	if err != nil {
		return t.Expect.failed(err)
	}
	if t.Expect.Error != "" {
		return fault.New(fault.Invalid, "test_failed", "the query ran; an error with %q was expected", t.Expect.Error)
	}
	return t.Expect.compare(res)
}

func (f *File) query(t Test) (string, error) {
	switch {
	case t.Query != "" && t.QueryFile != "":
		return "", fault.New(fault.Invalid, "tests_invalid", "a test has either query or queryFile")
	case t.Query != "":
		return t.Query, nil
	case t.QueryFile == "":
		return "", fault.New(fault.Invalid, "tests_invalid", "the test has no query")
	}
	raw, err := os.ReadFile(filepath.Join(f.dir, t.QueryFile)) //nolint:gosec // the user names the file
	if err != nil {
		return "", fault.New(fault.NotFound, "file_missing", "reading the query: %w", err)
	}
	return string(raw), nil
}

func (f *File) fetch(_ context.Context, address string) ([]byte, error) {
	if body, ok := f.Files[address]; ok {
		return []byte(body), nil
	}
	return nil, fault.New(fault.NotFound, "fetch_not_given", "the tests give no file for %s; add it under files", address)
}

// failed accepts an error that was expected.
func (e *Expect) failed(err error) error {
	if e.Error != "" && strings.Contains(err.Error(), e.Error) {
		return nil
	}
	return err
}

// catalogue adds the tables that the tests declare to those the product knows.
func catalogue(declared []*schema.Table) schema.Catalog {
	byName := map[string]bool{}
	all := declared
	for _, t := range declared {
		byName[t.Name] = true
	}
	for _, t := range schema.Builtin().Tables() {
		if !byName[t.Name] {
			all = append(all, t)
		}
	}
	return schema.NewStatic(all...)
}
