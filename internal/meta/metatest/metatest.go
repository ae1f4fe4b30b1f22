// Package metatest is the contract suite of the state database: whatever the query layer of package meta runs on must pass it. It takes an opener, so a
// second database needs nothing but one.
package metatest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/store/manifest"
	"github.com/vedette-siem/vedette/internal/store/manifest/manifesttest"
)

// Opener opens the same state each time it is called, so that the suite sees what survives and what another handle sees. The test closes it.
type Opener func(t *testing.T) *meta.DB

// Run checks a database. fresh returns an opener over a new, empty state.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	for name, test := range map[string]func(*testing.T, Opener){
		"rollback":           testRollback,
		"concurrent writers": testConcurrentWriters,
		"readers":            testReaders,
		"cancelled":          testCancelled,
		"values":             testValues,
		"times":              testTimes,
		"large":              testLarge,
		"incidents":          testIncidents,
		"incident lists":     testIncidentLists,
		"text search":        testTextSearch,
		"unique":             testUnique,
		"logs":               testLogs,
		"outbox":             testOutbox,
		"event rows":         testEventRows,
		"counters":           testCounters,
		"alerts":             testAlerts,
		"entities":           testEntities,
		"identities":         testIdentities,
		"accounts":           testAccounts,
		"links":              testLinks,
		"connections":        testConnections,
		"counts":             testCounts,
		"jobs":               testJobs,
		"choices":            testChoices,
		"table settings":     testTableSettings,
		"watchlists":         testWatchlists,
		"rules":              testRules,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
	t.Run("manifest", func(t *testing.T) {
		manifesttest.Run(t, func(t *testing.T) manifesttest.Opener {
			open := fresh(t)
			return func(t *testing.T) manifest.Manifest { return open(t) }
		})
	})
}

const ws = "soc"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// got unwraps a read that must not fail.
func got[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

func same(t *testing.T, want, have any, opts ...cmp.Option) {
	t.Helper()
	if d := cmp.Diff(want, have, append(opts, cmpopts.EquateEmpty())...); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
