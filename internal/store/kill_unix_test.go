//go:build unix

package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/store"
)

// childDir names the data directory of a child process that appends until it is killed.
const childDir = "VEDETTE_STORE_TEST_CHILD"

// childMain runs the child's side of TestKilledProcess; it reports whether this process is the child.
func childMain() bool {
	dir := os.Getenv(childDir)
	if dir == "" {
		return false
	}
	if frames, err := strconv.Atoi(os.Getenv(childFrames)); err == nil {
		if err := appendSome(dir, frames); err != nil {
			fmt.Println("error", err)
		}
		return true
	}
	work := appendForEver
	if os.Getenv(childPurges) != "" {
		work = purgeForEver
	}
	if err := work(dir); err != nil {
		fmt.Println("error", err)
	}
	return true
}

func openKilled(dir string) (*store.Store, *meta.DB, error) {
	db, err := meta.Open(context.Background(), filepath.Join(dir, "state.db"))
	if err != nil {
		return nil, nil, err
	}
	fatal := func(error) { os.Exit(74) }
	s, err := store.Open(context.Background(), store.Options{Dir: dir, Manifest: db, SealRows: 200, SegmentBytes: 100_000, JournalBytes: 200_000, Fatal: fatal})
	return s, db, err
}

func appendForEver(dir string) error {
	s, _, err := openKilled(dir)
	if err != nil {
		return err
	}
	go func() {
		for {
			if err := s.Compact(context.Background()); err != nil {
				fmt.Println("error", err)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	n, _ := s.Next("soc", "hub/test", 0)
	for {
		rows := 1 + int(n)%37
		f := covered(frame(events("T_CL", int(n), rows), events(fmt.Sprintf("T%d_CL", n%5), int(n), 1)), int(n), int(n)+rows)
		if _, err := s.Append(context.Background(), f); err != nil {
			return err
		}
		n += int64(rows)
		fmt.Println("acked", n)
	}
}

// childFrames makes a child store so many small frames and end; everything is sealed and merged early, so that little is written in all.
const childFrames = "VEDETTE_STORE_TEST_FRAMES"

func appendSome(dir string, frames int) error {
	ctx := context.Background()
	db, err := meta.Open(ctx, filepath.Join(dir, "state.db"))
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{Dir: dir, Manifest: db, SealRows: 25, SegmentBytes: 6000, JournalBytes: 20_000, Fatal: func(error) { os.Exit(74) }})
	if err != nil {
		return err
	}
	n, _ := s.Next("soc", "hub/test", 0)
	for k := range frames {
		rows := 1 + int(n)%3
		f := covered(frame(events("T_CL", int(n), rows)), int(n), int(n)+rows)
		if n%5 == 0 {
			f.Tables = append(f.Tables, events("U_CL", int(n), 1))
		}
		if _, err := s.Append(ctx, f); err != nil {
			return err
		}
		n += int64(rows)
		fmt.Println("acked", n)
		if k%10 == 9 {
			if err := s.Compact(ctx); err != nil {
				return err
			}
		}
	}
	return nil // without closing anything
}

// soak returns how often the slow form of a test does its round: never, unless VEDETTE_SOAK is set; to 1 means full, to a
// greater number that often.
func soak(full int) int {
	n, err := strconv.Atoi(os.Getenv("VEDETTE_SOAK"))
	if err == nil && n > 1 {
		return n
	}
	if os.Getenv("VEDETTE_SOAK") != "" {
		return full
	}
	return 0
}

// TestKilledProcess kills a process that stores rows, again and again: every acknowledged row is there exactly once.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	kills := max(20, soak(500))
	dir := t.TempDir()
	acked := 0
	for i := range kills {
		// Every fourth dies anywhere, also while it starts; the others while they store.
		last, _ := runChild(t, dir, i%4 != 0, time.Duration(20+rand.IntN(150))*time.Millisecond, os.Args[0])
		acked = max(acked, last)
		if i%5 == 4 || i == kills-1 {
			checkAfterDeath(t, dir, acked)
		}
	}
	t.Logf("%d kills, %d rows", kills, acked)
}

// TestFailingSystemCalls lets the n-th fsync, and then all writes from the n-th on, fail under a process that stores rows. It ends
// with code 74 or goes on; every row it acknowledged is there exactly once. It needs strace.
func TestFailingSystemCalls(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if err := exec.Command(strace, "-f", "-o", os.DevNull, "-e", "inject=fsync:error=EIO:when=1", "true").Run(); err != nil {
		t.Skipf("strace does not work here: %v", err)
	}
	tries := []string{"fsync:error=EIO:when=12", "fsync:error=EIO:when=40", "pwrite64:error=ENOSPC:when=60+", "fsync:error=EIO:when=90"}
	for n := range soak(150) {
		tries = append(tries, fmt.Sprintf("fsync:error=EIO:when=%d", n+1), fmt.Sprintf("pwrite64:error=ENOSPC:when=%d+", n+1), fmt.Sprintf("fsync:signal=SIGKILL:when=%d", n+1), fmt.Sprintf("unlinkat:signal=SIGKILL:when=%d", n+1))
	}
	// These need not end the process: it is killed after a while.
	passing := []string{"renameat:error=EIO:when=1+", "unlinkat:error=EIO:when=1+", "mkdirat:error=ENOSPC:when=3"}
	tries = append(tries, passing...)
	dir := t.TempDir()
	acked := 0
	codes := map[int]int{}
	for _, inject := range tries {
		call, _, _ := strings.Cut(inject, ":")
		limit := 20 * time.Second
		if slices.Contains(passing, inject) {
			limit = 1500 * time.Millisecond
		}
		last, code := runChild(t, dir, false, limit, strace, "-f", "-q", "-o", os.DevNull, "-e", "trace="+call, "-e", "inject="+inject, os.Args[0])
		codes[code]++
		acked = max(acked, last)
		checkAfterDeath(t, dir, acked)
	}
	t.Logf("exit codes %v, %d rows", codes, acked)
	if codes[74] == 0 {
		t.Error("no failed fsync ended the process with code 74")
	}
}

// checkAfterDeath opens what a dead process left: the acknowledged rows are there, each once, and no file is damaged.
func checkAfterDeath(t *testing.T, dir string, acked int) {
	t.Helper()
	s, db, err := openKilled(dir)
	if err != nil {
		t.Fatal(err)
	}
	next, _ := s.Next("soc", "hub/test", 0)
	if int(next) < acked {
		t.Fatalf("%d rows were acknowledged, %d are there", acked, next)
	}
	if next > 0 {
		same(t, want(0, int(next)), rowsOf(t, &testStore{Store: s}, "T_CL", allColumns...))
	}
	if _, ok := s.Catalog("soc").Table(store.GapTable); ok {
		if gaps := rowsOf(t, &testStore{Store: s}, store.GapTable, "Source", "From", "To"); len(gaps) > 0 {
			t.Errorf("losses are recorded that are none: %v", gaps)
		}
	}
	closeStore(t, s)
	r, err := store.Verify(t.Context(), store.VerifyOptions{Dir: dir, Manifest: db})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if len(r.Problems) > 0 {
		t.Fatalf("damage: %+v", r)
	}
}

// runChild runs a child, kills it a time after it began, or after it first acknowledged something, and returns the last position it acknowledged and its exit code.
func runChild(t *testing.T, dir string, onceStoring bool, after time.Duration, command ...string) (acked, code int) {
	t.Helper()
	c := exec.Command(command[0], append(command[1:], "-test.run=^$")...)
	c.Env = append(os.Environ(), childDir+"="+dir)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	limit := after
	if onceStoring {
		limit += 30 * time.Second
	}
	timer := time.AfterFunc(limit, func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) })
	defer timer.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if msg, ok := strings.CutPrefix(lines.Text(), "error "); ok && len(command) == 1 {
			t.Errorf("the child says: %s", msg)
		}
		if n, ok := strings.CutPrefix(lines.Text(), "acked "); ok {
			if onceStoring && acked == 0 {
				timer.Reset(after)
			}
			if v, err := strconv.Atoi(n); err == nil {
				acked = v
			}
		}
	}
	_ = c.Wait() // it was killed, or failed as it should
	return acked, c.ProcessState.ExitCode()
}
