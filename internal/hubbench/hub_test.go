package hubbench

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/vedette-siem/vedette/internal/connector/kafkatest"
)

// partitions is how many a hub has: what the README asks for.
const partitions = 4

// broker is Apache Kafka, and how to sign in to it.
type broker struct {
	*kafkatest.Cluster
	secret string
}

func startBroker(t *testing.T) broker {
	t.Helper()
	b := broker{Cluster: kafkatest.Start(t, kafkatest.Options{Measured: true}), secret: filepath.Join(t.TempDir(), "connection-string")}
	if err := os.WriteFile(b.secret, []byte(kafkatest.ConnectionString), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// fill makes a hub and puts the day's messages into it, again and again until they are so many bytes; it returns the records.
func (b broker) fill(t *testing.T, hub string, d day, size int64, codec kgo.CompressionCodec) (rows int64) {
	t.Helper()
	b.Create(hub, partitions, nil)
	c := b.Client(kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(5*time.Millisecond), kgo.MaxBufferedRecords(2000))
	for i := 0; size > 0; i++ {
		k := i % len(d.messages)
		c.Produce(t.Context(), &kgo.Record{Topic: hub, Partition: int32(i % partitions), Value: d.messages[k]}, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Errorf("filling %s: %v", hub, err)
			}
		})
		size -= int64(len(d.messages[k]))
		rows += int64(d.rows[k])
	}
	if err := c.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return rows
}

// stream sends the day's messages at a rate of records, on a schedule that does not wait for the broker, until ctx ends; sent counts the
// records that the broker has confirmed.
func (b broker) stream(ctx context.Context, t *testing.T, hub string, d day, perSecond float64, sent *atomic.Int64) {
	c := b.Client(kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerLinger(5*time.Millisecond))
	began, made := time.Now(), int64(0)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; {
		select {
		case <-ctx.Done():
			if err := c.Flush(context.WithoutCancel(ctx)); err != nil {
				t.Error(err)
			}
			return
		case <-tick.C:
		}
		for due := time.Since(began).Seconds() * perSecond; float64(made) < due && ctx.Err() == nil; i++ {
			k := i % len(d.messages)
			c.Produce(context.WithoutCancel(ctx), &kgo.Record{Topic: hub, Partition: int32(i % partitions), Value: d.messages[k]}, func(_ *kgo.Record, err error) {
				if err != nil {
					t.Errorf("sending to %s: %v", hub, err)
					return
				}
				sent.Add(int64(d.rows[k]))
			})
			made += int64(d.rows[k])
		}
	}
}
