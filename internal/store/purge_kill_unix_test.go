//go:build unix

package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/store"
)

// childPurges makes the child of a killed process purge what it stores.
const childPurges = "VEDETTE_STORE_TEST_PURGE"

func gone(n int64) bool { return n%2 == 0 }

// purgeForEver stores rows and purges those with an even number, round by round; it acknowledges what was purged.
func purgeForEver(dir string) error {
	ctx := context.Background()
	s, _, err := openKilled(dir)
	if err != nil {
		return err
	}
	n, _ := s.Next("soc", "hub/test", 0)
	for {
		const rows = 300
		if _, err := s.Append(ctx, covered(frame(events("T_CL", int(n), rows)), int(n), int(n)+rows)); err != nil {
			return err
		}
		n += rows
		mark, err := s.Mark(ctx, "soc", "T_CL")
		if err != nil {
			return err
		}
		if _, err := s.Purge(ctx, "soc", "T_CL", byNumber(gone), mark, yes); err != nil {
			return err
		}
		fmt.Println("acked", n)
	}
}

// TestKilledPurge kills a process that purges, again and again: what it said is purged is gone, the rest of a purge is done whole or
// not at all, and no other row is lost.
func TestKilledPurge(t *testing.T) {
	t.Setenv(childPurges, "1")
	dir := t.TempDir()
	cut := 0
	for range max(4, soak(300)) {
		purged, _ := runChild(t, dir, true, time.Duration(rand.IntN(60))*time.Millisecond, os.Args[0])
		s, db, err := openKilled(dir)
		if err != nil {
			t.Fatal(err)
		}
		next, _ := s.Next("soc", "hub/test", 0)
		all := want(0, int(next))
		got := rowsOf(t, &testStore{Store: s}, "T_CL", allColumns...)
		whole := without(t, all, gone)
		if !slices.Equal(got, whole) {
			cut++
			same(t, without(t, all, func(n int64) bool { return gone(n) && n < int64(purged) }), got)
		}
		closeStore(t, s)
		r, err := store.Verify(t.Context(), store.VerifyOptions{Dir: dir, Manifest: db})
		if err != nil || len(r.Problems) > 0 {
			t.Fatalf("damage: %+v %v", r, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills before a purge was done", cut)
}
