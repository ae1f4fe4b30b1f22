// Package help tells people what each construct of the language does, in words of our own, with an example that runs.
package help

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vedette-siem/vedette/data"
)

// Entry is what is told about one construct.
type Entry struct {
	// Kind is statement, operator, scalar operator, function, aggregate or plugin.
	Kind, Name string
	// Summary is a sentence.
	Summary string
	// Example is a short piece of a query; empty when a short one would not be clear.
	Example string
	// Query is a whole query with the construct in it, over rows of its own.
	Query string
}

// Kinds are the kinds of entries.
func Kinds() []string { return slices.Sorted(maps.Values(files)) }

var files = map[string]string{
	"statements": "statement", "operators": "operator", "scalar": "scalar operator", "functions": "function", "aggregates": "aggregate", "plugins": "plugin",
}

// macros stand in the examples for what would make them long.
var macros = strings.NewReplacer(
	"$T", `(datatable(t:datetime, u:string, s:string, v:long) [datetime(2026-01-01), "a", "x", 1, datetime(2026-01-02), "a", "y", 2, datetime(2026-01-02 12:00), "b", "x", 3, datetime(2026-01-04), "a", "x", 4])`,
	"$P", `dynamic({"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]})`,
	"$Q", `dynamic({"type": "Polygon", "coordinates": [[[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]]})`,
	"$L", `dynamic({"type": "LineString", "coordinates": [[0, 0], [1, 0], [1, 2]]})`,
)

var entries = sync.OnceValue(func() map[string]map[string]Entry {
	out := map[string]map[string]Entry{}
	for file, kind := range files {
		raw, err := data.Help.ReadFile("kql/help/" + file + ".tsv")
		if err != nil {
			panic(err)
		}
		out[kind] = map[string]Entry{}
		for line := range strings.Lines(string(raw)) {
			f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			if len(f) != 3 {
				panic(fmt.Sprintf("help about %s: a line has %d fields: %s", kind, len(f), line))
			}
			out[kind][f[0]] = entry(kind, f[0], f[1], f[2])
		}
	}
	return out
})

func entry(kind, name, summary, example string) Entry {
	e := Entry{Kind: kind, Name: name, Summary: summary, Query: macros.Replace(example)}
	if !strings.Contains(example, "$") {
		e.Example = example
	}
	whole := strings.Contains(example, " | ") || strings.HasPrefix(example, "set ") || strings.HasPrefix(example, "macro-expand ")
	switch {
	case kind == "aggregate" && !whole:
		e.Query = "range x from 1 to 5 step 1 | summarize " + e.Query
	case (kind == "function" || kind == "scalar operator") && !whole:
		e.Query = "print x = " + e.Query
	}
	return e
}

// About returns what is told about a construct.
func About(kind, name string) (Entry, bool) {
	e, ok := entries()[kind][name]
	return e, ok
}

// All lists the entries of a kind by name.
func All(kind string) []Entry {
	m := entries()[kind]
	out := make([]Entry, 0, len(m))
	for _, n := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[n])
	}
	return out
}
