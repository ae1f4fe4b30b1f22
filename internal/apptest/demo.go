// Package apptest drives the real binary from outside, as its users do: by command line, API and browser.
//
// The binary is bin/vedette of the checkout (make builds it), or the one VEDETTE_BIN names.
package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Binary returns the path of the built program; without one the test fails in CI and skips elsewhere.
func Binary(t testing.TB) string {
	t.Helper()
	p := os.Getenv("VEDETTE_BIN")
	if p == "" {
		p = filepath.Join(Root(t), "bin", "vedette")
	}
	if _, err := os.Stat(p); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not built", p)
		}
		t.Skipf("%s is not built; run: make build", p)
	}
	return p
}

// Root returns the folder of the checkout.
func Root(t testing.TB) string {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatalf("no go.mod above %s", wd)
		}
	}
}

// Info is demo.json.
type Info struct {
	URL, CAFile, ConfigFile, TenantID, WorkspaceName, WorkspaceID string
	Principals                                                    []struct{ Role, ClientID, ClientSecret string }
	Simulator                                                     Simulator
	Users                                                         []struct{ Name, Password, Role string }
}

// Simulator is sim.json: how to reach the simulated tenant.
type Simulator struct {
	Graph, Token, Kafka, Control, Portal string
	CAFile                               string
	Hubs                                 []string
	ConnectionStringFile                 string
	Blob                                 string // address of the storage account
	StorageConnectionStringFile          string
}

// Demo is a running `vedette demo`.
type Demo struct {
	t         testing.TB
	Dir       string
	Portal    string // base address of the plain-http portal
	SignIn    string // one-time link
	Info      Info
	cmd       *exec.Cmd
	mu        sync.Mutex
	out       bytes.Buffer
	done      chan struct{} // closed when the demo ended
	exit      error         // how; read it after done
	listen    string
	portal    string
	extraArgs []string
}

// StartDemo starts a demo in a new folder on free ports and waits until its portal answers. It is stopped with the test.
func StartDemo(t testing.TB, args ...string) *Demo {
	t.Helper()
	d := NewDemo(t, args...)
	d.Start()
	return d
}

// NewDemo is StartDemo without starting.
func NewDemo(t testing.TB, args ...string) *Demo {
	t.Helper()
	d := &Demo{t: t, Dir: filepath.Join(t.TempDir(), "demo"), listen: freeAddr(t), portal: freeAddr(t), extraArgs: args}
	t.Cleanup(func() {
		d.Kill()
		if t.Failed() {
			for _, name := range []string{"serve", "sim"} {
				raw, _ := os.ReadFile(filepath.Join(d.Dir, "logs", name+".log"))
				if len(raw) > 4000 {
					raw = raw[len(raw)-4000:]
				}
				t.Logf("%s.log ends with:\n%s", name, raw)
			}
		}
	})
	return d
}

// freeAddr returns a loopback address nobody listens on.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

var link = regexp.MustCompile(`http://\S+/signin\?token=\S+`)

// Start starts the demo in its folder, continuing what is there.
func (d *Demo) Start() {
	d.t.Helper()
	args := append([]string{"demo", "--dir", d.Dir, "--listen", d.listen, "--portal", d.portal, "--size", "small"}, d.extraArgs...)
	d.cmd = exec.Command(Binary(d.t), args...)
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	d.out.Reset()
	d.cmd.Stdout, d.cmd.Stderr = d, d
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.done = make(chan struct{})
	cmd, done := d.cmd, d.done
	go func() { d.exit = cmd.Wait(); close(done) }()
	deadline := time.After(90 * time.Second)
	for !strings.Contains(d.Output(), "Stop with Ctrl-C") {
		select {
		case <-d.done:
			d.t.Fatalf("the demo ended: %v\n%s", d.exit, d.Output())
		case <-deadline:
			d.t.Fatalf("the demo is not ready after 90 s:\n%s", d.Output())
		case <-time.After(50 * time.Millisecond):
		}
	}
	d.SignIn = link.FindString(d.Output())
	d.Portal = "http://" + d.portal
	raw, err := os.ReadFile(filepath.Join(d.Dir, "demo.json"))
	if err != nil {
		d.t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &d.Info); err != nil {
		d.t.Fatal(err)
	}
}

// Write collects the demo's output.
func (d *Demo) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.out.Write(b)
}

// Output returns what the demo printed so far.
func (d *Demo) Output() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.out.String()
}

// Kill ends all three processes with SIGKILL, as a power cut would.
func (d *Demo) Kill() {
	if d.cmd == nil {
		return
	}
	_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL) // the group may be gone already
	<-d.done
}

// Stop presses Ctrl-C and returns the exit error.
func (d *Demo) Stop() error {
	d.t.Helper()
	_ = syscall.Kill(d.cmd.Process.Pid, syscall.SIGINT)
	select {
	case <-d.done:
		return d.exit
	case <-time.After(30 * time.Second):
		d.t.Fatalf("the demo does not stop:\n%s", d.Output())
		return nil
	}
}

// Run executes a command of the binary against the demo and returns its output; it fails the test unless it succeeds.
func (d *Demo) Run(args ...string) string {
	d.t.Helper()
	out, err := d.Try(args...)
	if err != nil {
		d.t.Fatalf("vedette %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// Try is Run for commands that may fail; the error holds what they said.
func (d *Demo) Try(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, Binary(d.t), args...)
	cmd.Env = append(os.Environ(), "VEDETTE_CONFIG="+filepath.Join(d.Dir, "vedette.yaml"))
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%w: %s", err, errOut.String())
	}
	return out.String(), nil
}

// Query runs KQL and decodes the rows.
func (d *Demo) Query(kql string) []map[string]any {
	d.t.Helper()
	var rows []map[string]any
	out := d.Run("query", "--format", "json", kql)
	if err := json.Unmarshal([]byte(out), &rows); err != nil {
		d.t.Fatalf("%s: %v\n%s", kql, err, out)
	}
	return rows
}

// Eventually tries until ok, at most for the time given.
func Eventually(t testing.TB, within time.Duration, what string, ok func() error) {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		err := ok()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after %s: %v", what, within, err)
		}
		<-time.After(250 * time.Millisecond)
	}
}
