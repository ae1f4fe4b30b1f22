package intaketest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// childEnv makes the test binary a child process; it holds what the child is to work on.
const childEnv = "VEDETTE_TEST_INTAKE_CHILD"

// Child reports whether this process is a child, and reads what it is to work on. A TestMain asks it first.
func Child(setting any) bool {
	text, ok := os.LookupEnv(childEnv)
	if !ok {
		return false
	}
	if err := json.Unmarshal([]byte(text), setting); err != nil {
		panic(err)
	}
	return true
}

// Running tells the parent that the child works; it must be the first that a child prints.
func Running() {
	if _, err := os.Stdout.WriteString("running\n"); err != nil {
		panic(err)
	}
}

// Start starts a child and returns when it works.
func Start(t testing.TB, setting any) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(setting)
	Must(t, err)
	c := exec.Command(os.Args[0], "-test.run=^$")
	c.Env = append(os.Environ(), childEnv+"="+string(text))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	Must(t, err)
	Must(t, c.Start())
	if _, err := out.Read(make([]byte, 64)); err != nil {
		t.Fatalf("the child did not start: %v", err)
	}
	return c
}

// Kill kills a child that must still be running.
func Kill(t testing.TB, c *exec.Cmd) {
	t.Helper()
	Must(t, c.Process.Kill())
	if err := c.Wait(); err == nil || c.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child ended before it was killed: %v", err)
	}
}

// ChildTB is the little of a test that a Place needs in a child.
type ChildTB struct{ testing.TB }

// Helper implements testing.TB.
func (ChildTB) Helper() {}

// Cleanup implements testing.TB; nothing is cleaned up, for the process is killed.
func (ChildTB) Cleanup(func()) {}

// Fatal implements testing.TB.
func (ChildTB) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// Error implements testing.TB.
func (ChildTB) Error(args ...any) { panic(fmt.Sprint(args...)) }
