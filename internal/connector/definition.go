package connector

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/vedette-siem/vedette/data"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Definition is a connector of the catalogue: what it is, before anybody connects it.
type Definition struct {
	ID            string        `json:"id"`
	Title         string        `json:"title"`
	Provider      string        `json:"provider"`
	Description   string        `json:"description"`
	SampleQueries []SampleQuery `json:"sampleQueries"`
}

// SampleQuery is a query that the connector page offers.
type SampleQuery struct {
	Title string `json:"title"`
	Query string `json:"query"`
}

// Definitions returns the catalogue, read once from the program's data files.
// It panics if a shipped file is broken: that is a build error, found by every test.
var Definitions = sync.OnceValue(func() []Definition {
	files, err := data.Connectors.ReadDir("connectors")
	if err != nil {
		panic(err)
	}
	var out []Definition
	for _, f := range files {
		raw, err := data.Connectors.ReadFile("connectors/" + f.Name())
		if err != nil {
			panic(err)
		}
		var d Definition
		if err := json.Unmarshal(raw, &d); err != nil {
			panic(fmt.Sprintf("reading connector file %s: %v", f.Name(), err))
		}
		out = append(out, d)
	}
	return out
})

// definition returns the catalogue's entry of a connector.
func definition(id string) Definition {
	for _, d := range Definitions() {
		if d.ID == id {
			return d
		}
	}
	return Definition{ID: id}
}

// Selectable returns the tables that an owner can tick, by name.
func Selectable() []*schema.Table {
	var out []*schema.Table
	for _, t := range schema.Builtin().Tables() {
		if t.Streamed {
			out = append(out, t)
		}
	}
	return out
}
