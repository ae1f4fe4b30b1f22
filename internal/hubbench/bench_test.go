package hubbench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/vedette-siem/vedette/internal/apptest"
)

// liveRate is how many events a second the tenant of these measurements exports at its full rate: the steady load that the server is made for.
const liveRate = 10_000

// sized skips a test that measures unless it is asked for, and makes a size smaller by VEDETTE_BENCH_DIVISOR.
func sized(t *testing.T) func(size int64) int64 {
	t.Helper()
	if os.Getenv("VEDETTE_BENCH") == "" {
		t.Skip("measures for minutes; run: BENCH=hub scripts/bench.sh")
	}
	divisor := int64(1)
	if n, err := strconv.ParseInt(os.Getenv("VEDETTE_BENCH_DIVISOR"), 10, 64); err == nil && n > 0 {
		divisor = n
	}
	return func(size int64) int64 { return size / divisor }
}

// machine is what the processors did: in all, for the server, for the broker and for this process.
type machine struct {
	at                       time.Time
	all, server, broker, own time.Duration
}

func look(t *testing.T, s *server, b broker) machine {
	t.Helper()
	m := machine{at: time.Now(), server: s.cpu(), broker: apptest.CPU(t, apptest.PID(t, "kafka.Kafka", b.Properties(0)))}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	m.own = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	for i, f := range strings.Fields(string(line))[1:9] { // guests are in user already
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if i != 3 && i != 4 { // idle, waiting for disks
			m.all += time.Duration(n) * (time.Second / 100)
		}
	}
	return m
}

// since tells how the processors were shared.
func (m machine) since(old machine) string {
	wall := m.at.Sub(old.at)
	part := func(d time.Duration) float64 { return d.Seconds() / wall.Seconds() }
	server, broker, own := m.server-old.server, m.broker-old.broker, m.own-old.own
	return fmt.Sprintf("processors: server %.2f, broker %.2f, this test %.2f, others %.2f", part(server), part(broker), part(own), max(0, part(m.all-old.all-server-broker-own)))
}

// reading is what it took to read so many records. highest is the most memory the server had in each quarter of the records, of which it maps some
// from files.
type reading struct {
	wall, used time.Duration
	highest    [4]int64
}

// read waits until so many records came in.
func (s *server) read(rows func() int64, began time.Time, cpu time.Duration) (r reading) {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Minute); ; <-time.After(200 * time.Millisecond) {
		have, all := s.records(), rows()
		if have >= all {
			break
		}
		quarter := &r.highest[min(3, 4*have/all)]
		*quarter = max(*quarter, s.memory("VmRSS"))
		if time.Now().After(deadline) {
			s.t.Fatalf("%d of %d records are there after half an hour", have, all)
		}
	}
	r.wall, r.used = time.Since(began), s.cpu()-cpu
	r.highest[3] = max(r.highest[3], s.memory("VmRSS"))
	return r
}

// mb are the quarters in MB.
func (r reading) mb() [4]int64 {
	out := r.highest
	for i := range out {
		out[i] >>= 20
	}
	return out
}

// TestBenchBacklog prints how fast backlogs are read that grow and grow, and what memory that takes.
func TestBenchBacklog(t *testing.T) {
	size := sized(t)
	b := startBroker(t)
	d := ordinary(int(size(128<<20)), time.Now())
	for i, c := range []struct {
		name  string
		bytes int64
		codec kgo.CompressionCodec
	}{
		{"0.5 GB", 512 << 20, kgo.NoCompression()},
		{"2 GB", 2 << 30, kgo.NoCompression()},
		{"4 GB", 4 << 30, kgo.NoCompression()},
		{"8 GB", 8 << 30, kgo.NoCompression()},
		{"2 GB, gzip", 2 << 30, kgo.GzipCompression()},
	} {
		hub := fmt.Sprintf("backlog%d", i)
		rows := b.fill(t, hub, d, size(c.bytes), c.codec)
		s := serve(t, b, hub)
		idle := s.memory("VmRSS")
		before, began, cpu := look(t, s, b), time.Now(), s.cpu()
		s.connect()
		r := s.read(func() int64 { return rows }, began, cpu)
		rate := float64(rows) / r.wall.Seconds()
		t.Logf("%-10s %7d records in %4.0f s: %6.0f a second (%.1f MB/s, %.1f times the live rate of %d), %.0f per CPU-second; RSS before %d MB, highest %d MB, in each quarter %d. %s", c.name, rows, r.wall.Seconds(), rate,
			float64(size(c.bytes))/r.wall.Seconds()/(1<<20), rate/liveRate, liveRate, float64(rows)/r.used.Seconds(), idle>>20, s.memory("VmHWM")>>20, r.mb(), look(t, s, b).since(before))
		s.stop()
		if _, err := kadm.NewClient(b.Client()).DeleteTopics(t.Context(), hub); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBenchCatchUp prints how fast a server catches up while the tenant goes on at its full rate.
func TestBenchCatchUp(t *testing.T) {
	size := sized(t)
	b := startBroker(t)
	d := ordinary(int(size(128<<20)), time.Now())
	backlog := b.fill(t, "busy", d, size(1<<30), kgo.NoCompression())
	s := serve(t, b, "busy")
	ctx, cancel := context.WithCancel(t.Context())
	var sent atomic.Int64
	done := make(chan struct{})
	defer func() { cancel(); <-done }()
	before, began, cpu := look(t, s, b), time.Now(), s.cpu()
	go func() { defer close(done); b.stream(ctx, t, "busy", d, liveRate, &sent) }()
	s.connect()
	// A second's records are always on their way.
	r := s.read(func() int64 { return backlog + sent.Load() - liveRate }, began, cpu)
	all := backlog + sent.Load()
	share := look(t, s, b).since(before)
	rate := float64(all) / r.wall.Seconds()
	t.Logf("catching up %d records of a backlog and %d that came meanwhile, at %.0f a second, in %.0f s: %.0f a second, %.1f times the live rate of %d; %.0f per CPU-second; highest RSS %d MB. %s",
		backlog, sent.Load(), float64(sent.Load())/r.wall.Seconds(), r.wall.Seconds(), rate, rate/liveRate, liveRate, float64(all)/r.used.Seconds(), s.memory("VmHWM")>>20, share)
}

// kind is one kind of reading that is measured beside others. prepare, if set, is done before the reading begins.
type kind struct {
	name, hub string
	rows      int64
	prepare   func(*server)
}

// turns reads each kind in turns, three times, and prints the middle rate of each, the first being what the others are compared with.
func turns(t *testing.T, b broker, kinds []kind) {
	t.Helper()
	perCPU, perSecond := map[string][]float64{}, map[string][]float64{}
	for range 3 {
		for _, k := range kinds {
			s := serve(t, b, k.hub)
			if k.prepare != nil {
				k.prepare(s)
			}
			began, cpu := time.Now(), s.cpu()
			s.connect()
			r := s.read(func() int64 { return k.rows }, began, cpu)
			perCPU[k.name] = append(perCPU[k.name], float64(k.rows)/r.used.Seconds())
			perSecond[k.name] = append(perSecond[k.name], float64(k.rows)/r.wall.Seconds())
			s.stop()
		}
	}
	middle := func(v []float64) float64 {
		v = slices.Sorted(slices.Values(v))
		return v[len(v)/2]
	}
	first := kinds[0].name
	for _, k := range kinds {
		t.Logf("%-12s %6.0f records per CPU-second, %.2f of %s; %6.0f a second, %.2f; of three: %.0f", k.name, middle(perCPU[k.name]), middle(perCPU[k.name])/middle(perCPU[first]), first,
			middle(perSecond[k.name]), middle(perSecond[k.name])/middle(perSecond[first]), perCPU[k.name])
	}
}

// TestBenchBadAndDrifting prints the rate of bad and of changing records in parts of that of good ones.
func TestBenchBadAndDrifting(t *testing.T) {
	size := sized(t)
	b := startBroker(t)
	good := ordinary(int(size(128<<20)), time.Now())
	var kinds []kind
	for _, k := range []struct {
		name string
		day  day
	}{{"good", good}, {"bad", bad(good)}, {"drifting", drifting(good, driftEvery)}} {
		kinds = append(kinds, kind{name: k.name, hub: k.name, rows: b.fill(t, k.name, k.day, size(384<<20), kgo.NoCompression())})
	}
	turns(t, b, kinds)
}

// TestBenchTransformations prints the rate with a transformation of all tables that devices send most to, in parts of that without: with a filter
// that is asked of every row and keeps all, and with one that takes columns away.
func TestBenchTransformations(t *testing.T) {
	size := sized(t)
	b := startBroker(t)
	rows := b.fill(t, "plain", ordinary(int(size(128<<20)), time.Now()), size(384<<20), kgo.NoCompression())
	of := func(query string) func(*server) {
		return func(s *server) {
			for _, table := range []string{"DeviceProcessEvents", "DeviceNetworkEvents", "DeviceFileEvents", "DeviceImageLoadEvents", "DeviceRegistryEvents", "DeviceLogonEvents", "DeviceEvents"} {
				s.vedette("table", "transform", "set", table, query)
			}
		}
	}
	turns(t, b, []kind{
		{"none", "plain", rows, nil},
		{"filter", "plain", rows, of(`source | where InitiatingProcessFileName !~ "never.exe"`)},
		{"project-away", "plain", rows, of(`source | project-away InitiatingProcessAccountSid, InitiatingProcessAccountUpn, InitiatingProcessMD5`)},
	})
}
