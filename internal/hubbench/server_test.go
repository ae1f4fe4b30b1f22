package hubbench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/apptest"
)

// server is a running `vedette serve` that reads one hub.
type server struct {
	t      *testing.T
	dir    string
	config string
	cmd    *exec.Cmd
	done   chan struct{}
}

// serve starts a server in a new folder; it stores nothing until connect.
func serve(t *testing.T, b broker, hub string) *server {
	t.Helper()
	dir, err := os.MkdirTemp("", "vedette-bench-") // short: the socket is in it
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, dir: dir, config: filepath.Join(dir, "vedette.yaml"), done: make(chan struct{})}
	text := fmt.Sprintf(`listen: 127.0.0.1:0
data: %s/data
workspaces:
  - name: bench
    streaming:
      eventHubs: [{brokers: [%q], hubs: [%s], connectionStringFile: %s, caFile: %s}]
`, dir, strings.Join(b.Brokers(), `", "`), hub, b.secret, b.CAFile())
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "serve.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.cmd = exec.Command(apptest.Binary(t), "serve", "--config", s.config)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.cmd.Wait(); close(s.done) }() // it is told to end
	t.Cleanup(s.stop)
	apptest.Eventually(t, time.Minute, "the server answers", func() error {
		_, err := apptest.Metric(t.Context(), filepath.Join(dir, "data"), "vedette_store_appended_rows_total")
		return err
	})
	return s
}

// stop ends the server and removes its folder.
func (s *server) stop() {
	if s.dir == "" {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-s.done:
	case <-time.After(time.Minute):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	if s.t.Failed() {
		raw, _ := os.ReadFile(filepath.Join(s.dir, "serve.log"))
		s.t.Logf("the server said: %s", raw[max(0, len(raw)-3000):])
	}
	if err := os.RemoveAll(s.dir); err != nil {
		s.t.Error(err)
	}
	s.dir = ""
}

// connect ticks all tables, so that the reading of the backlog begins.
func (s *server) connect() {
	s.t.Helper()
	s.vedette("connector", "connect", "defender-xdr", "--tables", "all")
}

// vedette runs a command against the server.
func (s *server) vedette(args ...string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, apptest.Binary(s.t), append(args, "--config", s.config)...).CombinedOutput(); err != nil {
		s.t.Fatalf("vedette %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func (s *server) cpu() time.Duration       { return apptest.CPU(s.t, s.cmd.Process.Pid) }
func (s *server) memory(what string) int64 { return apptest.Memory(s.t, s.cmd.Process.Pid, what) }

// records is how many records came in so far, whatever became of them.
func (s *server) records() int64 {
	s.t.Helper()
	n, err := apptest.Metric(s.t.Context(), filepath.Join(s.dir, "data"), "vedette_intake_records_total")
	if err != nil && !errors.Is(err, apptest.ErrNoMetric) {
		s.t.Fatal(err)
	}
	return int64(n)
}
