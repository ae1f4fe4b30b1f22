package apptest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

// TestBench prints the figures of `make bench`: what intake costs against a reader that throws the same records away, how
// long a row takes from the hub to a query's answer, memory, and the time to get ready. It judges nothing.
func TestBench(t *testing.T) {
	if os.Getenv("VEDETTE_BENCH") == "" {
		t.Skip("measures for minutes; run: make bench")
	}
	d := StartDemo(t, "--fresh")
	control(t, d, "/rate", `{"eventsPerSecond": 4000}`)
	<-time.After(45 * time.Second)
	control(t, d, "/pause", "")
	total := 0
	for _, n := range truth(t, d) {
		total += n
	}

	// The reference: franz-go reads the same records from the same hub and throws them away.
	refCPU, refRecords, refBytes := readAway(t, d)

	pid := d.ServerPID()
	cpu, began := CPU(t, pid), time.Now()
	d.Run("connector", "connect", "defender-xdr", "--tables", "all")
	want := truth(t, d)
	Eventually(t, 5*time.Minute, "everything is queryable", func() error {
		for table, n := range want {
			if got := count(t, d, table); got != n {
				return fmt.Errorf("%s: %d of %d", table, got, n)
			}
		}
		return nil
	})
	wall := time.Since(began)
	used := CPU(t, pid) - cpu
	perCPU := float64(total) / used.Seconds()
	ref := float64(total) / refCPU.Seconds()
	t.Logf("intake      %d rows (%d MB in %d messages) in %s wall, %s CPU: %.0f rows per CPU-second", total, refBytes>>20, refRecords, wall.Round(time.Millisecond), used.Round(time.Millisecond), perCPU)
	t.Logf("reference   franz-go reading the same messages and throwing them away: %.0f rows per CPU-second; intake costs %.1f times that", ref, ref/perCPU)
	t.Logf("memory      RSS %d MB, highest %d MB", Memory(t, pid, "VmRSS")>>20, Memory(t, pid, "VmHWM")>>20)

	control(t, d, "/rate", `{"eventsPerSecond": 20}`)
	control(t, d, "/resume", "")
	<-time.After(20 * time.Second)
	visibility(t, d)

	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	d.Start()
	t.Logf("ready       %s after starting on an existing folder, tenant included", time.Since(began).Round(time.Millisecond))
	control(t, d, "/pause", "")
	<-time.After(70 * time.Second)
	rss, tail := Memory(t, d.ServerPID(), "VmRSS"), unsealed(t, d)
	t.Logf("idle        RSS %d MB a minute after the last event, of which %d MB are unsealed rows", rss>>20, tail>>20)
}

// unsealed returns the bytes of rows that the server holds in memory until they are in files.
func unsealed(t *testing.T, d *Demo) int64 {
	t.Helper()
	n, err := Metric(t.Context(), filepath.Join(d.Dir, "data"), "vedette_store_unsealed_bytes")
	if err != nil {
		t.Fatal(err)
	}
	return int64(n)
}

func control(t *testing.T, d *Demo, path, body string) {
	t.Helper()
	resp, err := http.Post(strings.TrimRight(d.Info.Simulator.Control, "/")+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		t.Fatalf("control %s: %s", path, resp.Status)
	}
}

// visibility prints how long rows took from the hub to an answer: the age of the newest ingested row, by the hub's own stamp.
func visibility(t *testing.T, d *Demo) {
	var delays []time.Duration
	for range 40 {
		began := time.Now()
		rows := d.Query(`union DeviceProcessEvents, DeviceNetworkEvents, DeviceFileEvents, DeviceLogonEvents
			| extend i = ingestion_time() | where i > ago(30s) | summarize newest = max(i)`)
		if len(rows) == 1 && rows[0]["newest"] != nil {
			at, err := time.Parse(time.RFC3339Nano, rows[0]["newest"].(string))
			if err == nil {
				delays = append(delays, time.Since(at)-time.Since(began)/2)
			}
		}
		<-time.After(250 * time.Millisecond)
	}
	if len(delays) == 0 {
		t.Log("visibility  no row arrived to measure")
		return
	}
	slices.Sort(delays)
	t.Logf("visibility  age of the newest visible row: p50 %s, p95 %s", delays[len(delays)/2].Round(time.Millisecond), delays[len(delays)*95/100].Round(time.Millisecond))
}

// readAway reads the whole hub and throws it away; it returns this process's CPU time, the messages and their bytes.
func readAway(t *testing.T, d *Demo) (cpu time.Duration, records int, bytes int64) {
	t.Helper()
	sim := d.Info.Simulator
	cl := hubClient(t, d, kgo.ConsumeTopics(sim.Hubs...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer cl.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ends, err := kadm.NewClient(cl).ListEndOffsets(ctx, sim.Hubs...)
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	ends.Each(func(o kadm.ListedOffset) { left += int(o.Offset) })
	began := ownCPU()
	for records < left && ctx.Err() == nil {
		cl.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			records++
			bytes += int64(len(r.Value))
		})
	}
	return ownCPU() - began, records, bytes
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// hubClient connects to the tenant's hub with its connection string.
func hubClient(t *testing.T, d *Demo, more ...kgo.Opt) *kgo.Client {
	t.Helper()
	sim := d.Info.Simulator
	secret, err := os.ReadFile(sim.ConnectionStringFile)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(sim.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(sim.Kafka), kgo.DialTLSConfig(&tls.Config{RootCAs: pool}),
		kgo.SASL(plain.Auth{User: "$ConnectionString", Pass: strings.TrimSpace(string(secret))}.AsMechanism())}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	return cl
}
