// Package hunt describes the hunting tables a Defender XDR tenant streams, as they look on the wire, and builds their rows.
//
// The column list is the simulator's own (columns.txt); nothing of the product's catalogue is used, so that a mistake there cannot hide here.
package hunt

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed columns.txt
var columnsText string

// Column is one property of a record.
type Column struct {
	Name string
	Kind byte   // s string, i integer, b boolean, j JSON in a string, o object, a array
	Null bool   // null is a value this column has on the wire
	Type string // type name of the hunting schema: string, datetime, int, long, bool, dynamic
}

// Table is a streamed table. Tables are shared and must not be changed.
type Table struct {
	Name    string
	Columns []Column
	index   map[string]int
}

// Col returns the position of the named column, or -1. Names are matched as KQL matches them: exactly.
func (t *Table) Col(name string) int {
	if i, ok := t.index[name]; ok {
		return i
	}
	return -1
}

var load = sync.OnceValues(func() ([]*Table, map[string]*Table) {
	var list []*Table
	byName := map[string]*Table{}
	for line := range strings.SplitSeq(columnsText, "\n") {
		switch {
		case line == "" || line[0] == '#':
		case line[0] != '\t':
			t := &Table{Name: line, index: map[string]int{}}
			list, byName[line] = append(list, t), t
		default:
			f := strings.Fields(line)
			t := list[len(list)-1]
			t.index[f[0]] = len(t.Columns)
			t.Columns = append(t.Columns, Column{Name: f[0], Kind: f[1][0], Null: strings.HasSuffix(f[1], "?"), Type: f[2]})
		}
	}
	return list, byName
})

// Tables returns every streamed table in the order of the connector page.
func Tables() []*Table {
	list, _ := load()
	return slices.Clone(list)
}

// ByName returns the named table; the name is matched exactly, as hunting does.
func ByName(name string) (*Table, bool) {
	_, m := load()
	t, ok := m[name]
	return t, ok
}

// must returns the named table of the embedded list; a missing one is a mistake in this program.
func must(name string) *Table {
	t, ok := ByName(name)
	if !ok {
		panic(fmt.Sprintf("hunt: no table %q", name))
	}
	return t
}
