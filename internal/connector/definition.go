package connector

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/vedette-siem/vedette/data"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// The kinds of connectors: Defender XDR itself, the products that come through it or on their own, and Defender for Cloud,
// which fills incidents that come through it.
const (
	KindXDR       = "xdr"
	KindComponent = "component"
	KindCloud     = "cloud"
)

// Definition is a connector of the catalogue: what it is, before anybody connects it.
type Definition struct {
	ID            string        `json:"id"`
	Kind          string        `json:"kind"`
	ARMKind       string        `json:"armKind"`    // of Microsoft.SecurityInsights/dataConnectors
	Product       string        `json:"product"`    // SecurityAlert.ProductName of its alerts; "" for Defender XDR
	ReplacedBy    string        `json:"replacedBy"` // the connector that brings the same and is the one to use; "" for all but a legacy one
	Title         string        `json:"title"`
	Provider      string        `json:"provider"`
	Description   string        `json:"description"`
	Categories    []string      `json:"categories"`
	SampleQueries []SampleQuery `json:"sampleQueries"`
	ExportGuide   *Guide        `json:"exportGuide"`
	Clouds        []Cloud       `json:"clouds"`
	Stops         []string      `json:"stops"` // what a disconnection stops
	Stays         []string      `json:"stays"` // and what it keeps
}

// SampleQuery is a query that the connector page offers.
type SampleQuery struct {
	Title string `json:"title"`
	Query string `json:"query"`
}

// Guide says where in the tenant something is set that no program can set.
type Guide struct {
	Title string   `json:"title"`
	Path  string   `json:"path"`
	Steps []string `json:"steps"`
	Needs string   `json:"needs"`
}

// Cloud says what the connector brings in one cloud.
type Cloud struct {
	Cloud     string   `json:"cloud"`
	Title     string   `json:"title"`
	Current   bool     `json:"current"` // the workspace's tenant is there
	Available []string `json:"available"`
	Missing   []string `json:"missing"`
}

// Definitions returns the catalogue, Defender XDR first, a legacy connector after the one that replaces it, read once from the program's data files.
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
	rank := map[string]int{KindXDR: 0, KindCloud: 1, KindComponent: 2}
	slices.SortStableFunc(out, func(a, b Definition) int {
		return cmp.Or(rank[a.Kind]-rank[b.Kind], cmp.Compare(a.ReplacedBy, b.ReplacedBy))
	})
	return out
})

// Find returns the catalogue's entry of a connector.
func Find(id string) (Definition, error) {
	var ids []string
	for _, d := range Definitions() {
		if d.ID == id {
			return d, nil
		}
		ids = append(ids, d.ID)
	}
	return Definition{}, fault.New(fault.NotFound, "connector_not_found", "There is no connector %q. The connectors are: %s.", id, strings.Join(ids, ", "))
}

// components are the connectors of single products.
func components() []Definition {
	return slices.DeleteFunc(slices.Clone(Definitions()), func(d Definition) bool { return d.Kind != KindComponent })
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
