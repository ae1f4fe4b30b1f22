package meta

import (
	"strings"
	"testing"
)

// TestIdentityQueriesUseTheirIndexes keeps the questions that are asked once a person from reading the whole table.
func TestIdentityQueriesUseTheirIndexes(t *testing.T) {
	db := openTest(t)
	for query, index := range map[string]string{
		`SELECT * FROM identity_records WHERE workspace = 'w' AND (object_id <> '' AND object_id = 'x')`:                "identity_records_object",
		`SELECT * FROM identity_records WHERE workspace = 'w' AND (sid <> '' AND sid = 'x')`:                            "identity_records_sid",
		`SELECT * FROM identity_records WHERE workspace = 'w' AND dirty ORDER BY source, id LIMIT 200`:                  "identity_records_dirty",
		`SELECT * FROM identities WHERE workspace = 'w' AND deleted = 0 AND emitted < 7 ORDER BY emitted, id LIMIT 200`: "identities_emitted",
	} {
		var steps []struct {
			ID, Parent, Notused int
			Detail              string
		}
		if err := db.read.NewRaw("EXPLAIN QUERY PLAN "+query).Scan(t.Context(), &steps); err != nil {
			t.Fatal(err)
		}
		plan := ""
		for _, s := range steps {
			plan += s.Detail + "\n"
		}
		if !strings.Contains(plan, index) {
			t.Errorf("%s does not use %s:\n%s", query, index, plan)
		}
	}
}
