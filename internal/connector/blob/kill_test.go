package blob

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/store"
)

// childEnv makes the test binary an intake process that is to be killed; it holds the directories of state and account.
const childEnv = "VEDETTE_TEST_BLOB_CHILD"

func killOptions() store.Options {
	return store.Options{SealRows: 500, SealAge: 300 * time.Millisecond, SegmentBytes: 1 << 20, JournalBytes: 4 << 20}
}

// child is the process that is killed.
func child() {
	var dirs [2]string
	if err := json.Unmarshal([]byte(os.Getenv(childEnv)), &dirs); err != nil {
		panic(err)
	}
	t := childTB{}
	p := openPlace(context.Background(), t, dirs[0], &account{t: t, dir: dirs[1]}, killOptions())
	fmt.Println("running")
	p.run()
	select {}
}

// childTB is the little of a test that the harness needs in the child.
type childTB struct{ testing.TB }

func (childTB) Helper()           {}
func (childTB) Cleanup(func())    {}
func (childTB) Fatal(args ...any) { panic(fmt.Sprint(args...)) }
func (childTB) Error(args ...any) { panic(fmt.Sprint(args...)) }

// TestKill kills an intake process again and again while the blobs grow: every line is stored once, none twice.
func TestKill(t *testing.T) {
	kills := 4
	if os.Getenv("VEDETTE_SOAK") != "" {
		kills = 100
	}
	a := newAccount(t)
	dir := t.TempDir()
	p := openPlace(t.Context(), t, dir, a, killOptions())
	p.tick("AlertInfo")
	p.close()
	setting, err := json.Marshal([2]string{dir, a.dir})
	must(t, err)
	var want []string
	for range kills {
		c := exec.Command(os.Args[0], "-test.run=^$")
		c.Env = append(os.Environ(), childEnv+"="+string(setting))
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		must(t, err)
		must(t, c.Start())
		if _, err := out.Read(make([]byte, 64)); err != nil {
			t.Fatalf("the child did not start: %v", err)
		}
		for until := time.Now().Add(300*time.Millisecond + time.Duration(rand.IntN(900))*time.Millisecond); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
			id := fmt.Sprintf("%06d", len(want))
			want = append(want, id)
			line := alert(id)
			cut := rand.IntN(len(line))
			at := name(len(want) % 3)
			a.write(alerts, at, line[:cut])
			a.write(alerts, at, line[cut:])
		}
		must(t, c.Process.Kill())
		if err := c.Wait(); err == nil || c.ProcessState.ExitCode() != -1 {
			t.Fatalf("the child ended before it was killed: %v", err)
		}
	}
	p = openPlace(t.Context(), t, dir, a, killOptions())
	t.Cleanup(p.close)
	early := len(p.column("AlertInfo", "AlertId"))
	if early < len(want)/4 {
		t.Errorf("the killed processes stored %d of %d lines; too few for this test to say anything", early, len(want))
	}
	p.run()
	p.wait("AlertInfo", "AlertId", want...)
	time.Sleep(300 * time.Millisecond) // anything doubled would come now
	if got := p.column("AlertInfo", "AlertId"); !slices.Equal(got, want) {
		t.Errorf("%d rows, want %d", len(got), len(want))
	}
	t.Logf("%d kills, %d lines, %d of them stored before the last kill", kills, len(want), early)
}
