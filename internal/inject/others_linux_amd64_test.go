package inject

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestLeavesOtherChildrenAlone traces a program on a thread that has another child, which has ended: who started that one still learns how.
func TestLeavesOtherChildrenAlone(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	other := exec.Command("true")
	if err := other.Start(); err != nil {
		t.Skip(err)
	}
	ended := func() bool {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", other.Process.Pid))
		return err == nil && strings.Contains(string(raw), ") Z ")
	}
	for end := time.Now().Add(time.Minute); !ended(); <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the other child does not end")
		}
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	tr := &tracer{p: Program{Args: []string{sh, "-c", "exit 3"}, Dir: t.TempDir()}, known: map[int]bool{}, broken: map[int]syscall.Errno{}}
	if err := tr.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if tr.res.Code != 3 {
		t.Errorf("status %d, want 3", tr.res.Code)
	}
	if err := other.Wait(); err != nil {
		t.Errorf("the other child: %v", err)
	}
}
