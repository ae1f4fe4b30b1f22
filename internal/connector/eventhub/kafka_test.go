package eventhub

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/vedette-siem/vedette/internal/connector/kafkatest"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/store"
)

// kafka is an Apache Kafka cluster with the test's hub, and how to reach it.
func kafka(t *testing.T, opts kafkatest.Options, partitions int) (*kafkatest.Cluster, Config) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a broker")
	}
	c := kafkatest.Start(t, opts)
	c.Create(testHub, partitions, nil)
	secret := filepath.Join(t.TempDir(), "connection-string")
	must(t, os.WriteFile(secret, []byte(kafkatest.ConnectionString), 0o600))
	return c, Config{Brokers: c.Brokers(), ConnectionStringFile: secret, CAFile: c.CAFile()}
}

// TestKafka reads a real broker through what happens to one: every form of message and encoding, a crash, more partitions,
// what was dropped, what was compacted away, another hub of the same name.
func TestKafka(t *testing.T) {
	c, cfg := kafka(t, kafkatest.Options{}, 2)
	p := openAt(t.Context(), t, t.TempDir(), cfg, store.Options{})
	t.Cleanup(p.Close)
	p.Tick("AlertInfo", "DeviceInfo")

	// Forms.
	c.Send(testHub, 0, message(record("AlertInfo", "AlertId", "a"), record("DeviceInfo", "DeviceId", "d")), record("AlertInfo", "AlertId", "b"), "garbage", "",
		message(record("AlertInfo", "AlertId", "c"), "17"), "\xef\xbb\xbf"+alert("d"))
	alerts := []string{"a", "b", "c", "d"}
	for i, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()} {
		client := c.Client(kgo.ProducerBatchCompression(codec))
		id := fmt.Sprintf("codec%d", i)
		must(t, client.ProduceSync(t.Context(), &kgo.Record{Topic: testHub, Partition: 1, Value: []byte(alert(id))}).FirstErr())
		alerts = append(alerts, id)
	}
	stop := p.run()
	p.Wait("AlertInfo", "AlertId", alerts...)
	p.Wait("DeviceInfo", "DeviceId", "d")
	p.Wait("DeadLetter_CL", "Reason", "empty", "notARecord", "notJSON")
	p.Health(health.OK, "2 partitions")

	// Larger than one fetch, and larger than what is decoded.
	client := c.Client(kgo.ProducerBatchMaxBytes(39<<20), kgo.ProducerBatchCompression(kgo.GzipCompression()))
	big := strings.Repeat("x", 5<<20)
	must(t, client.ProduceSync(t.Context(),
		&kgo.Record{Topic: testHub, Partition: 0, Value: []byte(message(record("AlertInfo", "AlertId", "big"), record("AlertInfo", "Title", big)))},
		&kgo.Record{Topic: testHub, Partition: 0, Value: []byte(alert(strings.Repeat("y", ingest.MaxMessage)))},
		&kgo.Record{Topic: testHub, Partition: 0, Value: []byte(alert("behind"))}).FirstErr())
	alerts = append(alerts, "big", "", "behind")
	p.Wait("AlertInfo", "AlertId", alerts...)
	p.Wait("DeadLetter_CL", "Reason", "empty", "notARecord", "notJSON", "tooLarge")

	// A batch that unpacks to more than anybody should have to hold.
	bomb(t, c, 0)
	c.Send(testHub, 0, alert("behind the bomb"))
	alerts = append(alerts, "behind the bomb")
	p.Wait("AlertInfo", "AlertId", alerts...)
	p.Wait("GapRecord_CL", "Reason", "tooLarge")
	p.Health(health.Warning, "larger than 64 MB when it is unpacked")
	p.stream.health.clear(slotGap)

	// A crash.
	c.Kill(0)
	p.Health(health.Failure, "cannot be reached")
	c.Restart(0)
	c.Send(testHub, 1, alert("after"))
	alerts = append(alerts, "after")
	p.Wait("AlertInfo", "AlertId", alerts...)
	p.Health(health.OK, "")

	// More partitions.
	adm := kadm.NewClient(c.Client())
	_, err := adm.CreatePartitions(t.Context(), 1, testHub)
	must(t, err)
	c.Send(testHub, 2, alert("third"))
	alerts = append(alerts, "third")
	p.Wait("AlertInfo", "AlertId", alerts...)

	// Dropped while nobody read.
	stop()
	c.Send(testHub, 2, alert("dropped1"), alert("dropped2"), alert("kept"))
	drop := kadm.Offsets{}
	drop.AddOffset(testHub, 2, 3, -1)
	_, err = adm.DeleteRecords(t.Context(), drop)
	must(t, err)
	stop = p.run()
	alerts = append(alerts, "kept")
	p.Wait("AlertInfo", "AlertId", alerts...)
	p.Wait("GapRecord_CL", "Reason", "retention", "tooLarge")
	p.Health(health.Warning, "no longer holds positions 1 to 2")
	stop()

	// Made anew, and at once with as many messages as were read of the old one.
	_, err = adm.DeleteTopics(t.Context(), testHub)
	must(t, err)
	c.Create(testHub, 3, nil)
	c.Send(testHub, 2, alert("new hub"))
	p.run()
	alerts = append(alerts, "new hub")
	p.Wait("AlertInfo", "AlertId", alerts...)
}

// bomb sends a batch that unpacks to three times what is unpacked.
func bomb(t *testing.T, c *kafkatest.Cluster, partition int32) {
	t.Helper()
	client := c.Client(kgo.ProducerBatchMaxBytes(4*unpackedBytes), kgo.ProducerBatchCompression(kgo.GzipCompression()), kgo.BrokerMaxWriteBytes(4*unpackedBytes))
	must(t, client.ProduceSync(t.Context(), &kgo.Record{Topic: testHub, Partition: partition, Value: []byte(alert(strings.Repeat("z", 3*unpackedBytes)))}).FirstErr())
}

// TestKafkaCompaction reads a hub from which messages were removed between others: each removed range is a gap record.
func TestKafkaCompaction(t *testing.T) {
	c, cfg := kafka(t, kafkatest.Options{}, 1)
	adm := kadm.NewClient(c.Client())
	_, err := adm.DeleteTopics(t.Context(), testHub)
	must(t, err)
	c.Create(testHub, 1, map[string]string{
		"cleanup.policy": "compact", "segment.ms": "500", "min.cleanable.dirty.ratio": "0.01", "max.compaction.lag.ms": "500", "min.compaction.lag.ms": "0", "delete.retention.ms": "0",
	})
	client := c.Client()
	send := func(key, id string) {
		must(t, client.ProduceSync(t.Context(), &kgo.Record{Topic: testHub, Key: []byte(key), Value: []byte(alert(id))}).FirstErr())
	}
	for i := range 5 {
		send("same", fmt.Sprint(i))
	}
	// Compaction leaves the newest of a key, in closed segments only.
	eventually(t, func() (bool, string) {
		send("tail", "t")
		reader := c.Client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{testHub: {0: kgo.NewOffset().AtStart()}}))
		defer reader.Close()
		fetches := reader.PollFetches(t.Context())
		must(t, fetches.Err())
		first := fetches.Records()[0].Offset
		time.Sleep(300 * time.Millisecond)
		return first >= 4, fmt.Sprintf("first position is %d", first)
	})
	p := openAt(t.Context(), t, t.TempDir(), cfg, store.Options{})
	t.Cleanup(p.Close)
	p.Tick("AlertInfo")
	p.run()
	eventually(t, func() (bool, string) {
		got := p.Column("AlertInfo", "AlertId")
		return len(got) > 1 && got[0] == "4", fmt.Sprint(got)
	})
	eventually(t, func() (bool, string) {
		got := p.Column("GapRecord_CL", "Reason")
		return len(got) > 0 && got[0] == "missing", fmt.Sprint(got)
	})
}

// TestKafkaPartitionMoves has a partition move to another broker, and back, while it is read.
func TestKafkaPartitionMoves(t *testing.T) {
	c, cfg := kafka(t, kafkatest.Options{Nodes: 2}, 1)
	p := openAt(t.Context(), t, t.TempDir(), cfg, store.Options{})
	t.Cleanup(p.Close)
	p.Tick("AlertInfo")
	p.run()
	adm := kadm.NewClient(c.Client())
	var want []string
	for i := range 6 {
		to := kadm.AlterPartitionAssignmentsReq{}
		to.Assign(testHub, 0, []int32{int32(1 + (i+1)%2)})
		_, err := adm.AlterPartitionAssignments(t.Context(), to)
		must(t, err)
		for k := range 5 {
			id := fmt.Sprintf("%d-%d", i, k)
			want = append(want, id)
			c.Send(testHub, 0, alert(id))
		}
		p.Wait("AlertInfo", "AlertId", want...)
	}
	p.Wait("GapRecord_CL", "Reason")
}
