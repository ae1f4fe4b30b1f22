package schema

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"sync"

	"github.com/vedette-siem/vedette/data"
)

// Key is the natural key of a table: the columns that, with the time, tell one event from another, whichever way each came.
type Key struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	// Required are those of Columns without which the others tell nothing. A table that has none has no documented key: its columns are those that all
	// ways write alike, so two rows with one key may be two events, and are counted rather than joined.
	Required []string `json:"required"`
}

// Joining returns the columns by which two rows are one event; nil when the table has no documented key.
func (k Key) Joining() []string {
	if len(k.Required) == 0 {
		return nil
	}
	return k.Columns
}

var keys = sync.OnceValue(func() []Key {
	var all []Key
	if err := json.Unmarshal(data.Keys, &all); err != nil {
		panic(fmt.Sprintf("data/keys.json: %v", err)) // a mistake of the build, which a test finds
	}
	return all
})

// KeyOf returns the natural key of a table, built in or not. The caller must not change it.
func KeyOf(table string) Key {
	all := keys()
	i := slices.IndexFunc(all, func(k Key) bool { return k.Table == table })
	if i < 0 {
		i = slices.IndexFunc(all, func(k Key) bool {
			ok, err := path.Match(k.Table, table)
			return ok && err == nil
		})
	}
	return all[i] // the last one stands for all
}
