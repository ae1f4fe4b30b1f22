package blob

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/connector/intaketest"
	"github.com/vedette-siem/vedette/internal/store"
)

func killOptions() store.Options {
	return store.Options{SealRows: 500, SealAge: 300 * time.Millisecond, SegmentBytes: 1 << 20, JournalBytes: 4 << 20}
}

// childSetting says what a child works on.
type childSetting struct{ Dir, AccountDir string }

// child is the process that is killed.
func child(c childSetting) {
	t := intaketest.ChildTB{}
	p := openPlace(context.Background(), t, c.Dir, &account{t: t, dir: c.AccountDir}, killOptions())
	intaketest.Running()
	p.run()
	select {}
}

// TestKill kills an intake process again and again while the blobs grow: every line is stored once, none twice.
func TestKill(t *testing.T) {
	kills := 4
	if os.Getenv("VEDETTE_SOAK") != "" {
		kills = 100
	}
	a := newAccount(t)
	dir := t.TempDir()
	p := openPlace(t.Context(), t, dir, a, killOptions())
	p.Tick("AlertInfo")
	p.Close()
	var want []string
	for range kills {
		c := intaketest.Start(t, childSetting{Dir: dir, AccountDir: a.dir})
		for until := time.Now().Add(300*time.Millisecond + time.Duration(rand.IntN(900))*time.Millisecond); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
			id := fmt.Sprintf("%06d", len(want))
			want = append(want, id)
			line := alert(id)
			cut := rand.IntN(len(line))
			at := name(len(want) % 3)
			a.write(alerts, at, line[:cut])
			a.write(alerts, at, line[cut:])
		}
		intaketest.Kill(t, c)
	}
	p = openPlace(t.Context(), t, dir, a, killOptions())
	t.Cleanup(p.Close)
	early := len(p.Column("AlertInfo", "AlertId"))
	if early < len(want)/4 {
		t.Errorf("the killed processes stored %d of %d lines; too few for this test to say anything", early, len(want))
	}
	p.run()
	p.Wait("AlertInfo", "AlertId", want...)
	time.Sleep(300 * time.Millisecond) // anything doubled would come now
	if got := p.Column("AlertInfo", "AlertId"); !slices.Equal(got, want) {
		t.Errorf("%d rows, want %d", len(got), len(want))
	}
	t.Logf("%d kills, %d lines, %d of them stored before the last kill", kills, len(want), early)
}
