package eventhub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/vedette-siem/vedette/internal/connector/intaketest"
	"github.com/vedette-siem/vedette/internal/connector/kafkatest"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/store"
)

// sharedConfig is the configuration of one of the processes that share the hub.
func sharedConfig(cfg Config, node string) Config {
	cfg.Shared, cfg.Node, cfg.Session = true, node, 6*time.Second
	return cfg
}

// sharedChild is one of the processes that share the hub. It stops in order when it is asked to.
func sharedChild(c childSetting) {
	t := intaketest.ChildTB{}
	p := openAt(context.Background(), t, c.Dir, *c.Shared, killOptions())
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	intaketest.Running()
	stop := p.run()
	<-asked
	stop()
	p.Close()
}

// TestSharedHub has two workspaces of different stores divide a hub, without anything going wrong.
func TestSharedHub(t *testing.T) {
	h := newHub(t)
	h.start()
	cfg := Config{Brokers: []string{h.broker()}, ConnectionStringFile: h.secretFile(), CAFile: h.caFile()}
	h.send(0, alert("a"))
	h.send(1, alert("b"))
	one := openAt(t.Context(), t, t.TempDir(), sharedConfig(cfg, "one"), store.Options{})
	t.Cleanup(one.Close)
	one.Tick("AlertInfo")
	stop := one.run()
	one.Wait("AlertInfo", "AlertId", "a", "b")
	one.Health(health.OK, "2 partitions are this process's")

	two := openAt(t.Context(), t, t.TempDir(), sharedConfig(cfg, "two"), store.Options{})
	t.Cleanup(two.Close)
	two.Tick("AlertInfo")
	two.run()
	two.Health(health.OK, "; 1 partitions are this process's")
	one.Health(health.OK, "; 1 partitions are this process's")
	h.send(0, alert("c"))
	h.send(1, alert("d"))
	both(t, []*place{one, two}, "a", "b", "c", "d")
	if got := len(two.Column("AlertInfo", "AlertId")); got != 1 {
		t.Errorf("the second process has %d rows, want 1", got)
	}

	stop()
	two.Health(health.OK, "2 partitions are this process's")
	h.send(0, alert("e"))
	h.send(1, alert("f"))
	both(t, []*place{one, two}, "a", "b", "c", "d", "e", "f")
	one.run()
	one.Health(health.OK, "; 1 partitions are this process's")
	h.send(0, alert("g"))
	h.send(1, alert("h"))
	both(t, []*place{one, two}, "a", "b", "c", "d", "e", "f", "g", "h")
	for _, p := range []*place{one, two} {
		p.Wait("GapRecord_CL", "Reason")
	}
}

// both waits until the places together hold exactly the alerts.
func both(t *testing.T, places []*place, want ...string) {
	t.Helper()
	eventually(t, func() (bool, string) {
		var got []string
		for _, p := range places {
			got = append(got, p.Column("AlertInfo", "AlertId")...)
		}
		slices.Sort(got)
		return slices.Equal(got, want), fmt.Sprintf("the places hold %v, want %v", got, want)
	})
}

// A process stores what it claimed and did not store, though another owns the partition by now.
func TestDebtsAreSettled(t *testing.T) {
	h := newHub(t)
	h.start()
	cfg := Config{Brokers: []string{h.broker()}, ConnectionStringFile: h.secretFile(), CAFile: h.caFile()}
	for i := range 5 {
		h.send(0, alert(fmt.Sprint("a", i)))
	}
	one := openAt(t.Context(), t, t.TempDir(), sharedConfig(cfg, "one"), store.Options{})
	t.Cleanup(one.Close)
	one.Tick("AlertInfo")
	// It claims, but is stopped before it stores.
	claimed := make(chan struct{}, 100)
	one.stream.deps.Appender = &troubled{Appender: one.Store, answer: func(store.Frame) error {
		claimed <- struct{}{}
		return fmt.Errorf("the disk is full")
	}}
	stop := one.run()
	<-claimed
	stop()
	two := openAt(t.Context(), t, t.TempDir(), sharedConfig(cfg, "two"), store.Options{})
	t.Cleanup(two.Close)
	two.Tick("AlertInfo")
	two.run()
	two.Health(health.OK, "2 partitions are this process's")
	h.send(0, alert("b"))
	two.Wait("AlertInfo", "AlertId", "b")
	one.stream.deps.Appender = one.Store
	one.run()
	one.Wait("AlertInfo", "AlertId", "a0", "a1", "a2", "a3", "a4")
	two.Wait("AlertInfo", "AlertId", "b")
}

// TestFaults has two processes share a real hub while they are killed, paused beyond their session and stopped in order, and
// the broker is killed: every record is in exactly one of their stores, once.
func TestFaults(t *testing.T) {
	c, cfg := kafka(t, kafkatest.Options{}, 4)
	length := 40 * time.Second
	if soak := os.Getenv("VEDETTE_SOAK"); soak != "" {
		length = 30 * time.Minute
		if d, err := time.ParseDuration(soak); err == nil {
			length = d
		}
	}
	dirs := map[string]string{"one": t.TempDir(), "two": t.TempDir()}
	for node, dir := range dirs {
		p := openAt(t.Context(), t, dir, sharedConfig(cfg, node), killOptions())
		p.Tick("AlertInfo", "DeviceProcessEvents")
		p.Close()
	}
	start := func(node string) *exec.Cmd {
		conf := sharedConfig(cfg, node)
		return intaketest.Start(t, childSetting{Dir: dirs[node], Shared: &conf})
	}
	running := map[string]*exec.Cmd{"one": start("one"), "two": start("two")}
	ctx, stop := context.WithCancel(t.Context())
	var sent atomic.Int64
	producing := make(chan struct{})
	go func() {
		defer close(producing)
		produce(ctx, t, c.Client(kgo.ProducerLinger(5*time.Millisecond), kgo.RecordDeliveryTimeout(5*time.Minute)), 4, &sent)
	}()
	counts := map[string]int{}
	for i, end := 0, time.Now().Add(length); time.Now().Before(end); i++ {
		time.Sleep(time.Duration(1500+rand.IntN(2500)) * time.Millisecond)
		node := []string{"one", "two"}[rand.IntN(2)]
		child := running[node]
		switch i % 5 {
		case 0, 3:
			counts["kill"]++
			intaketest.Kill(t, child)
			running[node] = start(node)
		case 1:
			counts["stop in order"]++
			must(t, child.Process.Signal(syscall.SIGTERM))
			if err := child.Wait(); err != nil {
				t.Fatalf("a process did not stop in order: %v", err)
			}
			running[node] = start(node)
		case 2:
			counts["pause"]++
			must(t, child.Process.Signal(syscall.SIGSTOP))
			time.Sleep(8 * time.Second) // longer than its session: the other process takes over
			must(t, child.Process.Signal(syscall.SIGCONT))
		default:
			counts["kill the broker"]++
			c.Kill(0)
			c.Restart(0)
		}
	}
	for _, child := range running {
		intaketest.Kill(t, child)
	}
	stop()
	<-producing

	want := readLog(t, c.Client)
	places := map[string]*place{}
	early := 0
	for node, dir := range dirs {
		p := openAt(t.Context(), t, dir, sharedConfig(cfg, node), killOptions())
		t.Cleanup(p.Close)
		n := len(p.Column("AlertInfo", "_src"))
		t.Logf("process %s stored %d alerts before the last kill", node, n)
		early += n
		places[node] = p
		p.run()
	}
	t.Logf("%v; %d records sent; %d of %d alerts stored before the last kill", counts, sent.Load(), early, len(want["AlertInfo"]))
	if early < len(want["AlertInfo"])/4 {
		t.Error("too few for this test to say anything")
	}
	for table, keys := range want {
		if table == "DeviceInfo" {
			continue // not ticked
		}
		var got map[string]int
		count := func() {
			got = map[string]int{}
			for _, p := range places {
				p.Scan(table, []string{"_src"}, func(row []string) { got[row[0]]++ })
			}
		}
		eventually(t, func() (bool, string) {
			count()
			return len(got) >= len(keys), fmt.Sprintf("%s has %d records, want %d", table, len(got), len(keys))
		})
		time.Sleep(500 * time.Millisecond) // anything doubled would come now
		count()
		missing, doubled := 0, 0
		for k := range keys {
			if got[k] == 0 {
				missing++
			}
		}
		for k, n := range got {
			if n > 1 || !keys[k] {
				doubled++
			}
		}
		if missing+doubled > 0 {
			t.Errorf("%s: %d of %d records are missing, %d are doubled or unknown", table, missing, len(keys), doubled)
		}
		t.Logf("%s: %d records, %d missing, %d doubled", table, len(keys), missing, doubled)
	}
	for node, p := range places {
		if gaps := p.Column("GapRecord_CL", "Reason"); len(gaps) > 0 {
			t.Errorf("process %s has gaps %v", node, gaps)
		}
	}
}
