package engine

import (
	"testing"

	"github.com/vedette-siem/vedette/internal/engine/duck"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Groups that do not fit the memory of a query go to disk, in a data folder where nothing else has made a folder for them.
func TestGroupsSpill(t *testing.T) {
	e, err := New(Options{Dir: t.TempDir(), Memory: 48 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	r, err := e.pool.Query(t.Context(), &duck.Query{SQL: "SELECT count(*) FROM (SELECT k, count(*) FROM (SELECT repeat(CAST(range AS VARCHAR), 20) AS k FROM range(600000)) GROUP BY k)", Types: []schema.Type{schema.Long}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := r.Next(t.Context())
	if err != nil || b.Cols[0].Ints[0] != 600_000 {
		t.Fatal(b, err)
	}
}
