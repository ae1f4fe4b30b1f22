//go:build unix

package apptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/store"
)

// TestKillLoop kills a server again and again while a tenant streams to it. In the end each record of the hub is one row: the positions of
// every table's rows are those that the tenant wrote, none missing and none twice. In the soak it is 300 kills at 5,000 events a second.
func TestKillLoop(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	kills, rate := 20, 1000
	if os.Getenv("VEDETTE_SOAK") != "" {
		kills, rate = 300, 5000
	}
	d := StartDemo(t, "--fresh")
	d.Run("connector", "connect", "defender-xdr", "--tables", "all")
	control(t, d, "/rate", fmt.Sprintf(`{"eventsPerSecond": %d}`, rate))
	// The demo would end with its server; paused it sees nothing, and the tenant goes on.
	pid := d.ServerPID()
	if err := syscall.Kill(d.cmd.Process.Pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for range kills - 1 {
		s := startServer(t, d)
		<-time.After(time.Duration(100+rand.IntN(1200)) * time.Millisecond)
		_ = s.Process.Kill()
		_ = s.Wait() // it was killed
	}
	s := startServer(t, d)
	control(t, d, "/pause", "")
	want := truth(t, d)
	Eventually(t, 10*time.Minute, "every event is stored", func() error {
		for table, n := range want {
			if got := count(t, d, table); got < n {
				return fmt.Errorf("%s: %d of %d", table, got, n)
			}
		}
		return nil
	})
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Errorf("the server stopped with %v", err)
	}

	db, err := meta.Open(t.Context(), filepath.Join(d.Dir, "data", "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	st, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(d.Dir, "data"), Manifest: db, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	snap := st.Snapshot(d.Info.WorkspaceID)
	defer snap.Close()
	total := 0
	for table := range want {
		wrote, got := written(t, d, table), []string{}
		for _, src := range columnOf(t, snap, table, store.SrcColumn) {
			if at := strings.Split(src, "/"); len(at) > 3 && at[0] == "hub" {
				got = append(got, strings.Join(at[len(at)-3:], "/"))
			}
		}
		slices.Sort(got)
		if !slices.Equal(wrote, got) {
			t.Errorf("%s: the tenant wrote %d events, %d rows of the hub are there, %d of them different", table, len(wrote), len(got), len(slices.Compact(slices.Clone(got))))
		}
		total += len(got)
	}
	t.Logf("%d kills, %d rows in %d tables", kills, total, len(want))
}

// startServer runs the demo's server as a process of its own and waits until it answers.
func startServer(t *testing.T, d *Demo) *exec.Cmd {
	t.Helper()
	c := exec.Command(Binary(t), "serve", "--config", filepath.Join(d.Dir, "vedette.yaml"))
	log, err := os.OpenFile(filepath.Join(d.Dir, "logs", "serve.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait() // it was killed
		}
	})
	Eventually(t, 2*time.Minute, "the server answers", func() error {
		resp, err := http.Get(d.Portal + "/healthz")
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
	return c
}

// written lists the hub's positions of a table's events: partition, offset and place in the message.
func written(t *testing.T, d *Demo, table string) (out []string) {
	t.Helper()
	resp, err := http.Get(strings.TrimRight(d.Info.Simulator.Control, "/") + "/truth/events?table=" + url.QueryEscape(table))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for dec := json.NewDecoder(resp.Body); ; {
		var e struct {
			Partition, Ordinal int
			Offset             int64
		}
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			slices.Sort(out)
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%d/%d/%d", e.Partition, e.Offset, e.Ordinal))
	}
}
