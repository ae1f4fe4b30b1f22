package schema

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/vedette-siem/vedette/data"
)

// MarshalText writes the KQL name of the type.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a KQL type name.
func (t *Type) UnmarshalText(b []byte) error {
	v, err := ParseType(string(b))
	*t = v
	return err
}

// Builtin returns the catalogue of the tables this program ships, read once from its data files.
// It panics if a shipped file is broken: that is a build error, found by every test.
var Builtin = sync.OnceValue(func() *Static {
	files, err := data.Tables.ReadDir("tables")
	if err != nil {
		panic(err)
	}
	var tables []*Table
	for _, f := range files {
		raw, err := data.Tables.ReadFile("tables/" + f.Name())
		if err != nil {
			panic(err)
		}
		t := new(Table)
		if err := json.Unmarshal(raw, t); err != nil {
			panic(fmt.Sprintf("reading table file %s: %v", f.Name(), err))
		}
		tables = append(tables, t)
	}
	return NewStatic(tables...)
})
