//go:build unix

package store_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/store"
)

// TestPausedWriterIsReplaced pauses a process that stores rows, lets another take its folder over as an operator would who thinks the first
// one dead, and lets the first one go on. It ends with code 74 and acknowledges nothing that does not count; the rows of both are
// there once, now and after a start.
func TestPausedWriterIsReplaced(t *testing.T) {
	t.Parallel()
	for round := range 5 {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c := exec.Command(os.Args[0], "-test.run=^$")
			c.Env = append(os.Environ(), childDir+"="+dir)
			out, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			limit := time.AfterFunc(3*time.Minute, func() { _ = c.Process.Kill() })
			defer limit.Stop()
			lines := bufio.NewScanner(out)
			acked := 0
			read := func() bool {
				if !lines.Scan() {
					return false
				}
				if n, ok := strings.CutPrefix(lines.Text(), "acked "); ok {
					acked, _ = strconv.Atoi(n)
				}
				return true
			}
			for acked < 200+37*round && read() {
			}
			lock := filepath.Join(dir, "LOCK")
			var s *store.Store
			var db *meta.DB
			for tries := 0; s == nil; tries++ {
				if err := c.Process.Signal(syscall.SIGSTOP); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(lock, lock+".old"); err != nil {
					t.Fatal(err)
				}
				if s, db, err = openKilled(dir); err == nil {
					break
				}
				// It was paused within a change of the state, which nobody can take over then.
				if tries == 5 {
					t.Fatal(err)
				}
				if db != nil {
					_ = db.Close() // nothing was written
				}
				if err := errors.Join(os.Rename(lock+".old", lock), c.Process.Signal(syscall.SIGCONT)); err != nil {
					t.Fatal(err)
				}
				read()
			}
			next, _ := s.Next("soc", "hub/test", 0)
			last := int(next)
			ts := &testStore{Store: s}
			for k := range 20 {
				if k == 3 {
					if err := c.Process.Signal(syscall.SIGCONT); err != nil {
						t.Fatal(err)
					}
				}
				appendFrame(t, ts, covered(frame(events("T_CL", last, 50)), last, last+50))
				last += 50
			}
			for read() {
			}
			_ = c.Wait() // it failed, as it should
			if code := c.ProcessState.ExitCode(); code != 74 {
				t.Errorf("the replaced process ended with %d", code)
			}
			if acked > int(next) {
				t.Errorf("it acknowledged %d rows, %d count", acked, next)
			}
			same(t, want(0, last), rowsOf(t, ts, "T_CL", allColumns...))
			closeStore(t, s)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			checkAfterDeath(t, dir, last)
		})
	}
}
