// Package content is the content hub: the solutions that come with the program, and which of them a workspace has installed.
//
// A solution is data: rules, hunting queries, workbooks, functions and the connectors that it brings. Nothing here runs a
// query or connects anything; installing makes the items visible, and the functions callable, in one workspace.
package content

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/vedette-siem/vedette/data"
	"github.com/vedette-siem/vedette/internal/fault"
)

// Solution is one package of the catalogue. All of it is read-only.
type Solution struct {
	ID          string   `yaml:"id"`        // short and stable: defender-xdr
	ContentID   string   `yaml:"contentId"` // as Microsoft.SecurityInsights/contentPackages names it
	Title       string   `yaml:"title"`
	Publisher   string   `yaml:"publisher"`
	Version     string   `yaml:"version"`
	Description string   `yaml:"description"`
	Categories  []string `yaml:"categories"`
	Connectors  []string `yaml:"connectors"`

	Rules     []Rule     `yaml:"-"`
	Hunting   []Hunting  `yaml:"-"`
	Workbooks []Workbook `yaml:"-"`
	Functions []Function `yaml:"-"`
}

// Rule is a template of a scheduled analytics rule. Durations are ISO 8601.
type Rule struct {
	ID               string          `yaml:"id" json:"id"`
	Title            string          `yaml:"title" json:"title"`
	Description      string          `yaml:"description" json:"description"`
	Severity         string          `yaml:"severity" json:"severity"`
	Tactics          []string        `yaml:"tactics" json:"tactics"`
	Techniques       []string        `yaml:"techniques" json:"techniques"`
	Query            string          `yaml:"query" json:"query"`
	QueryFrequency   string          `yaml:"queryFrequency" json:"queryFrequency"`
	QueryPeriod      string          `yaml:"queryPeriod" json:"queryPeriod"`
	TriggerOperator  string          `yaml:"triggerOperator" json:"triggerOperator"`
	TriggerThreshold int             `yaml:"triggerThreshold" json:"triggerThreshold"`
	EntityMappings   []EntityMapping `yaml:"entityMappings" json:"entityMappings"`
}

// EntityMapping says which columns of a rule's result name an entity.
type EntityMapping struct {
	EntityType    string         `yaml:"entityType" json:"entityType"`
	FieldMappings []FieldMapping `yaml:"fieldMappings" json:"fieldMappings"`
}

// FieldMapping is one identifier of an entity and the column that holds it.
type FieldMapping struct {
	Identifier string `yaml:"identifier" json:"identifier"`
	ColumnName string `yaml:"columnName" json:"columnName"`
}

// Hunting is a query for people who look for something.
type Hunting struct {
	ID          string   `yaml:"id" json:"id"`
	Solution    string   `yaml:"-" json:"solution"`
	Title       string   `yaml:"title" json:"title"`
	Description string   `yaml:"description" json:"description"`
	Tactics     []string `yaml:"tactics" json:"tactics"`
	Techniques  []string `yaml:"techniques" json:"techniques"`
	Query       string   `yaml:"query" json:"query"`
}

// Workbook is a page of tiles, each with one query. Timespan is the ISO 8601 duration that its queries look back by default.
type Workbook struct {
	ID          string `yaml:"id" json:"id"`
	Solution    string `yaml:"-" json:"solution"`
	Title       string `yaml:"title" json:"title"`
	Description string `yaml:"description" json:"description"`
	Timespan    string `yaml:"timespan" json:"timespan"`
	Tiles       []Tile `yaml:"tiles" json:"tiles"`
}

// Tile is one query of a workbook and how it is drawn: number, table, bar, column, line, area or pie. Width is of 12.
type Tile struct {
	Title  string `yaml:"title" json:"title"`
	Visual string `yaml:"visual" json:"visual"`
	Width  int    `yaml:"width" json:"width"`
	Query  string `yaml:"query" json:"query"`
}

// Function is a parser: a function that queries may call once its solution is installed. Parameters are KQL, "n:long=1".
type Function struct {
	Name        string `yaml:"name" json:"name"`
	Parameters  string `yaml:"parameters" json:"parameters"`
	Description string `yaml:"description" json:"description"`
	Query       string `yaml:"query" json:"query"`
	// Example is a query that calls the function; empty where the bare name is one.
	Example string `yaml:"example" json:"example,omitempty"`
}

// Source is the function as the binder takes it.
func (f Function) Source() string { return "(" + f.Parameters + ") {\n" + f.Query + "\n}" }

// Catalogue returns the solutions that come with the program, the one of Defender XDR first, then by title. It panics if a
// shipped file is broken: that is a build error, found by every test.
var Catalogue = sync.OnceValue(func() []*Solution {
	dirs, err := data.Solutions.ReadDir("solutions")
	if err != nil {
		panic(err)
	}
	var out []*Solution
	for _, d := range dirs {
		s, err := load(path.Join("solutions", d.Name()))
		if err != nil {
			panic(err)
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b *Solution) int { return strings.Compare(rank(a)+a.Title, rank(b)+b.Title) })
	return out
})

func rank(s *Solution) string {
	if s.ID == "defender-xdr" {
		return "0"
	}
	return "1"
}

// Find returns the solution by its id or content id; letter case does not matter.
func Find(id string) (*Solution, error) {
	var ids []string
	for _, s := range Catalogue() {
		if strings.EqualFold(s.ID, id) || strings.EqualFold(s.ContentID, id) {
			return s, nil
		}
		ids = append(ids, s.ID)
	}
	return nil, fault.New(fault.NotFound, "solution_not_found", "There is no solution %q. The solutions are: %s.", id, strings.Join(ids, ", "))
}

// Of returns the solution that brings a connector, nil if none does.
func Of(connector string) *Solution {
	for _, s := range Catalogue() {
		if slices.Contains(s.Connectors, connector) {
			return s
		}
	}
	return nil
}

// load reads one solution's folder.
func load(dir string) (*Solution, error) {
	s := &Solution{}
	if err := read(path.Join(dir, "solution.yaml"), s); err != nil {
		return nil, err
	}
	var err error
	if s.Rules, err = items[Rule](dir, "rules"); err != nil {
		return nil, err
	}
	if s.Hunting, err = items[Hunting](dir, "hunting"); err != nil {
		return nil, err
	}
	if s.Workbooks, err = items[Workbook](dir, "workbooks"); err != nil {
		return nil, err
	}
	if s.Functions, err = items[Function](dir, "functions"); err != nil {
		return nil, err
	}
	for i := range s.Hunting {
		s.Hunting[i].Solution = s.ID
	}
	for i := range s.Workbooks {
		s.Workbooks[i].Solution = s.ID
	}
	return s, nil
}

// items reads the files of one kind, by name; a solution may have none.
func items[T any](dir, kind string) ([]T, error) {
	files, err := fs.Glob(data.Solutions, path.Join(dir, kind, "*.yaml"))
	if err != nil {
		return nil, err
	}
	out := make([]T, len(files))
	for i, f := range files {
		if err := read(f, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func read(file string, v any) error {
	raw, err := data.Solutions.ReadFile(file)
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	return nil
}
