package unit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/kql/unit"
)

func load(t *testing.T, text string) (*unit.File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tests.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return unit.Load(path)
}

const head = `
tables:
  SecurityIncident:
    rows:
      - {TimeGenerated: 2026-01-01T10:00:00Z, IncidentNumber: 1, Title: Phish, Labels: [{labelName: a}]}
      - {TimeGenerated: 2026-01-01T11:00:00Z, IncidentNumber: 2, Title: "", Severity: High}
  Mine_CL:
    columns: {When: datetime, N: long, Score: real, Tags: dynamic}
    rows:
      - {When: "2026-01-01 09:00", N: 7, Score: 1.5, Tags: {k: 1}}
functions:
  Big: "(n:long) { Mine_CL | where N > n }"
files:
  https://lists.example.com/a.csv: "x,1\ny,2\n"
`

func TestRun(t *testing.T) {
	for _, tt := range []struct{ name, test, problem string }{
		{"rows in any order", "{query: 'SecurityIncident | project Title, IncidentNumber', expect: {rows: [{IncidentNumber: 2}, {IncidentNumber: 1, Title: Phish}]}}", ""},
		{"rows in order", "{query: 'SecurityIncident | sort by IncidentNumber desc', expect: {ordered: true, rows: [{IncidentNumber: 2}, {IncidentNumber: 1}]}}", ""},
		{"the wrong order", "{query: 'SecurityIncident | sort by IncidentNumber desc', expect: {ordered: true, rows: [{IncidentNumber: 1}, {IncidentNumber: 2}]}}", "2 of 2 expected rows are missing"},
		{"a row too many", "{query: 'SecurityIncident | project Title', expect: {rows: [{Title: Phish}]}}", "1 were not expected\n  got: Title: "},
		{"a row too few", "{query: 'SecurityIncident | where IncidentNumber > 1 | project Title', expect: {rows: [{Title: ''}, {Title: Other}]}}", "1 of 2 expected rows are missing, 0 were not expected\n  missing: Title: Other"},
		{"no rows", "{query: 'SecurityAlert', expect: {rows: []}}", ""},
		{"a number of rows", "{query: 'SecurityIncident', expect: {count: 3}}", "there are 2 rows; expected 3"},
		{"columns", "{query: 'SecurityIncident | project Title', expect: {columns: [Title], count: 2}}", ""},
		{"other columns", "{query: 'SecurityIncident | project Title', expect: {columns: [Name]}}", "the columns are Title; expected Name"},
		{"both names of the time", "{query: 'SecurityIncident | where TimeGenerated < datetime(2026-01-01 10:30) | project IncidentNumber', expect: {rows: [{IncidentNumber: 1}]}}", ""},
		{"types of its own table", "{query: 'Mine_CL | project When, Tags, r = Score * 2', expect: {rows: [{When: 2026-01-01T09:00:00Z, Tags: {k: 1}, r: 3}]}}", ""},
		{"a function", "{query: 'Big(5) | count', expect: {rows: [{Count: 1}]}}", ""},
		{"a file", "{query: 'externaldata(a:string, b:long)[\"https://lists.example.com/a.csv\"] | where b > 1', expect: {rows: [{a: y}]}}", ""},
		{"a file not given", "{query: 'externaldata(a:string)[\"https://other/a.csv\"]', expect: {rows: []}}", "the tests give no file for https://other/a.csv"},
		{"the instant", "{now: 2026-01-01T12:00:00Z, query: 'SecurityIncident | where TimeGenerated > ago(90m) | project IncidentNumber', expect: {rows: [{IncidentNumber: 2}]}}", ""},
		{"a table of the test's own", "{tables: {SecurityIncident: {rows: []}}, query: 'SecurityIncident', expect: {count: 0}}", ""},
		{"an error that is expected", "{query: 'SecurityIncident | where Nope == 1', expect: {error: \"'Nope'\"}}", ""},
		{"an error that is not", "{query: 'SecurityIncident | where Titel == 1', expect: {count: 1}}", "Did you mean 'Title'?"},
		{"no error though expected", "{query: 'SecurityIncident', expect: {error: Nope}}", "the query ran"},
		{"a column that is not there", "{query: 'SecurityIncident | project Title', expect: {rows: [{Nope: 1}]}}", "names the column Nope"},
		{"a plugin that looks at rows", "{query: 'Mine_CL | evaluate bag_unpack(Tags) | project k', expect: {rows: [{k: 1}]}}", ""},
		{"no query", "{expect: {count: 1}}", "the test has no query"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := load(t, head+"tests:\n  - "+tt.test+"\n")
			if err != nil {
				t.Fatal(err)
			}
			out := f.Run(t.Context())
			if len(out) != 1 || out[0].Passed != (tt.problem == "") || !strings.Contains(out[0].Problem, tt.problem) {
				t.Errorf("got %+v, want %q", out, tt.problem)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"an unknown key", "tests: [{querry: x}]", "querry"},
		{"nothing to test", "tables: {}", "has no tests"},
		{"no YAML", "\t", "tests.yaml"},
	} {
		if _, err := load(t, tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for _, tt := range []struct{ name, tables, want string }{
		{"an unknown table", "{Nope: {rows: []}}", "there is no table Nope"},
		{"an unknown column", "{SecurityIncident: {rows: [{Nope: 1}]}}", "there is no column Nope"},
		{"a value of another type", "{SecurityIncident: {rows: [{IncidentNumber: abc}]}}", "is not of type"},
		{"an unknown type", "{X_CL: {columns: {a: number}}}", "column a"},
	} {
		f, err := load(t, "tables: "+tt.tables+"\ntests: [{query: 'print 1', expect: {count: 1}}]")
		if err != nil {
			t.Fatal(err)
		}
		if out := f.Run(t.Context()); !strings.Contains(out[0].Problem, tt.want) {
			t.Errorf("%s: %+v", tt.name, out)
		}
	}
}

// The examples that ship pass.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("../../../docs/examples/kql-tests/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, path := range files {
		f, err := unit.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range f.Run(t.Context()) {
			if !o.Passed {
				t.Errorf("%s: %s: %s", path, o.Name, o.Problem)
			}
		}
	}
}
