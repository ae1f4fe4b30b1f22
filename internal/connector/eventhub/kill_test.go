package eventhub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/vedette-siem/vedette/internal/connector/intaketest"
	"github.com/vedette-siem/vedette/internal/normalize"
	"github.com/vedette-siem/vedette/internal/store"
)

// childSetting says what a child works on.
type childSetting struct {
	Dir, HubDir string
	Port        int
	Shared      *Config // of one of several processes, in place of the hub
}

// killOptions seal early and often, so that kills hit sealing and compaction too.
func killOptions() store.Options {
	return store.Options{SealRows: 4000, SealAge: time.Second, SegmentBytes: 1 << 20, JournalBytes: 4 << 20}
}

// child is the process that is killed: state, store and intake, as the server has them.
func child(c childSetting) {
	t := intaketest.ChildTB{}
	if c.Shared != nil {
		sharedChild(c)
		return
	}
	p := openPlace(context.Background(), t, c.Dir, &hub{t: t, dir: c.HubDir, port: c.Port}, killOptions())
	intaketest.Running()
	p.run()
	select {}
}

// TestKill kills an intake process again and again while events come in, and then compares what is stored with the hub's
// log: every record once, none twice.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for half a minute")
	}
	kills := 20
	if os.Getenv("VEDETTE_SOAK") != "" {
		kills = 300
	}
	h := newHub(t)
	h.start()
	dir := t.TempDir()
	choose(t, dir, h, "AlertInfo", "DeviceProcessEvents")

	ctx, stop := context.WithCancel(t.Context())
	var sent atomic.Int64
	producing := make(chan struct{})
	go func() {
		defer close(producing)
		produce(ctx, t, h.client(kgo.ProducerLinger(5*time.Millisecond)), 2, &sent)
	}()
	setting := childSetting{Dir: dir, HubDir: h.dir, Port: h.port}
	for i := range kills {
		if i == kills/2 {
			choose(t, dir, h, "AlertInfo", "DeviceProcessEvents", "DeviceInfo") // what was skipped is read again
		}
		killOne(t, setting)
	}
	stop()
	<-producing

	want := readLog(t, h.client)
	p := openPlace(t.Context(), t, dir, h, killOptions())
	t.Cleanup(p.Close)
	early := len(p.Column("AlertInfo", "_src"))
	if early < len(want["AlertInfo"])/4 {
		t.Errorf("the killed processes stored %d of %d alerts; too few for this test to say anything", early, len(want["AlertInfo"]))
	}
	t.Logf("%d kills, %d records sent, %d of %d alerts stored before the last kill", kills, sent.Load(), early, len(want["AlertInfo"]))
	p.run()
	for table, keys := range want {
		eventually(t, func() (bool, string) {
			n := 0
			p.Scan(table, nil, func([]string) { n++ })
			return n >= len(keys), fmt.Sprintf("%s has %d rows, want %d; health %+v", table, n, len(keys), p.Board.All())
		})
	}
	time.Sleep(time.Second) // anything doubled would come now
	for table, keys := range want {
		got := map[string]int{}
		p.Scan(table, []string{"_src"}, func(row []string) { got[row[0]]++ })
		lost, doubled := 0, 0
		for k := range keys {
			if got[k] == 0 {
				lost++
			}
		}
		for k, n := range got {
			if n > 1 || !keys[k] {
				doubled++
			}
		}
		if lost+doubled > 0 {
			t.Errorf("%s: %d of %d records are lost, %d are doubled or unknown", table, lost, len(keys), doubled)
		}
		t.Logf("%s: %d records", table, len(keys))
	}
}

// choose ticks tables while no process runs.
func choose(t *testing.T, dir string, h *hub, tables ...string) {
	t.Helper()
	p := openPlace(t.Context(), t, dir, h, killOptions())
	p.Tick(tables...)
	p.Close()
}

// killOne starts a child and kills it at a random moment.
func killOne(t *testing.T, setting childSetting) {
	t.Helper()
	c := intaketest.Start(t, setting)
	time.Sleep(time.Duration(rand.IntN(1200)) * time.Millisecond)
	intaketest.Kill(t, c)
}

// produce sends 2,000 records a second to the partitions, four tables in turn, with some garbage between.
func produce(ctx context.Context, t *testing.T, c *kgo.Client, partitions int32, sent *atomic.Int64) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			if err := c.Flush(context.WithoutCancel(ctx)); err != nil {
				t.Error(err)
			}
			return
		}
		var records []string
		for i := range 10 {
			id := fmt.Sprintf("%d-%d", n, i)
			switch i % 4 {
			case 0:
				records = append(records, record("AlertInfo", "AlertId", id))
			case 1:
				records = append(records, record("DeviceProcessEvents", "DeviceId", id))
			case 2:
				records = append(records, record("DeviceInfo", "DeviceId", id))
			case 3:
				records = append(records, record("NewThing", "Name", id))
			}
		}
		value := message(records...)
		if n%100 == 99 {
			value = "garbage " + value
		}
		c.Produce(context.WithoutCancel(ctx), &kgo.Record{Topic: testHub, Partition: int32(n) % partitions, Value: []byte(value)}, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Error(err)
			}
		})
		sent.Add(10)
	}
}

// readLog reads the whole hub and returns the provenance of every record, by the table it must be in.
func readLog(t *testing.T, dial func(...kgo.Opt) *kgo.Client) map[string]map[string]bool {
	t.Helper()
	c := dial(kgo.ConsumeTopics(testHub), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	ends, err := kadm.NewClient(c).ListEndOffsets(t.Context(), testHub)
	must(t, err)
	left := int64(0)
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	out := map[string]map[string]bool{}
	for left > 0 {
		fetches := c.PollFetches(t.Context())
		must(t, fetches.Err())
		fetches.EachRecord(func(m *kgo.Record) {
			left--
			normalize.Decode(m.Value, func(r normalize.Record) {
				table := r.Table
				if r.Reason != "" {
					table = "DeadLetter_CL"
				}
				if out[table] == nil {
					out[table] = map[string]bool{}
				}
				out[table][fmt.Sprintf("hub/%s/%d/%d/%d", testHub, m.Partition, m.Offset, r.Ordinal)] = true
			})
		})
	}
	return out
}
