// Package hub is the tenant's event hub: a Kafka broker inside the process, durable in a folder, spoken to over TLS with SASL PLAIN
// exactly as a client speaks to an Event Hubs namespace.
package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/vedette-siem/vedette/internal/simtenant/faults"
)

// Topic is the one hub all tables are exported to.
const Topic = "insights-logs-advancedhunting"

// Partitions is how many partitions the hub has.
const Partitions = 4

// User is the SASL user; the password is the connection string.
const User = "$ConnectionString"

// rack marks the simulator's own fetches, which no fault touches.
const rack = "simulator"

const (
	headerSource = "source"
	headerSeq    = "sequence"
)

// Config says where the hub lives.
type Config struct {
	Dir, Host        string
	Port             int // 0 chooses one
	Certificate      tls.Certificate
	CA               *x509.CertPool
	ConnectionString string
	Faults           *faults.Set
}

// Hub is a running broker with a producer. Close it.
type Hub struct {
	cfg     Config
	cluster *kfake.Cluster
	client  *kgo.Client
}

// Message is one message for the hub. Source and Seq name it forever: the same pair always has the same content.
type Message struct {
	Source string
	Seq    int64
	Body   []byte
}

// Open starts the broker on the data kept in its folder.
func Open(cfg Config) (*Hub, error) {
	opts := []kfake.Opt{
		kfake.NumBrokers(1), kfake.Ports(cfg.Port), kfake.DataDir(cfg.Dir), kfake.SyncWrites(),
		kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cfg.Certificate}, MinVersion: tls.VersionTLS12}),
		kfake.EnableSASL(), kfake.Superuser("PLAIN", User, cfg.ConnectionString),
		kfake.BrokerConfigs(map[string]string{"log.retention.ms": "-1", "log.segment.bytes": strconv.Itoa(16 << 20)}),
		kfake.ListenFn(func(network, address string) (net.Listener, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return net.Listen(network, net.JoinHostPort(cfg.Host, port))
		}),
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		return nil, fmt.Errorf("starting the event hub: %w", err)
	}
	h := &Hub{cfg: cfg, cluster: cluster}
	h.control()
	if cluster.TopicInfo(Topic) == nil {
		err := cluster.CreateTopic(Topic, Partitions, map[string]string{"retention.ms": "-1", "segment.bytes": strconv.Itoa(16 << 20)})
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			cluster.Close()
			return nil, fmt.Errorf("creating the hub %s: %w", Topic, err)
		}
	}
	h.client, err = h.newClient(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.ProducerLinger(0))
	if err != nil {
		cluster.Close()
		return nil, err
	}
	return h, nil
}

// Addr returns the broker's address.
func (h *Hub) Addr() string { return h.cluster.ListenAddrs()[0] }

// Close stops the producer and the broker.
func (h *Hub) Close() {
	h.client.Close()
	h.cluster.Close()
}

func (h *Hub) newClient(opts ...kgo.Opt) (*kgo.Client, error) {
	base := []kgo.Opt{
		kgo.SeedBrokers(h.Addr()), kgo.DialTLSConfig(&tls.Config{RootCAs: h.cfg.CA, MinVersion: tls.VersionTLS12}),
		kgo.SASL(plain.Auth{User: User, Pass: h.cfg.ConnectionString}.AsMechanism()), kgo.Rack(rack), kgo.DisableClientMetrics(),
	}
	c, err := kgo.NewClient(append(base, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("connecting to the event hub: %w", err)
	}
	return c, nil
}

// control hooks the ordered disturbances into the broker; the simulator's own requests are left alone.
func (h *Hub) control() {
	for _, key := range []kmsg.Key{kmsg.Fetch, kmsg.JoinGroup, kmsg.OffsetCommit, kmsg.ConsumerGroupHeartbeat} {
		h.cluster.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
			h.cluster.KeepControl()
			fetch, isFetch := req.(*kmsg.FetchRequest)
			if isFetch && fetch.Rack == rack || h.cfg.Faults == nil {
				return nil, nil, false
			}
			known := []string{"drop"}
			if isFetch {
				known = append(known, "500", "429")
			}
			kind, ok := h.cfg.Faults.Take(time.Now(), "kafka", Topic, known...)
			if !ok {
				return nil, nil, false
			}
			if kind == "drop" {
				return nil, errors.New("connection dropped on request"), true
			}
			resp := req.ResponseKind().(*kmsg.FetchResponse)
			resp.Version = req.GetVersion()
			if kind == "429" {
				resp.ThrottleMillis = 2000
			} else {
				resp.ErrorCode = kerr.UnknownServerError.Code
			}
			return resp, nil, true
		})
	}
}

// Publish puts the messages into the hub, each into the partition its sequence number chooses, and returns once the broker holds them all.
func (h *Hub) Publish(ctx context.Context, messages []Message) error {
	records := make([]*kgo.Record, len(messages))
	for i, m := range messages {
		records[i] = &kgo.Record{Topic: Topic, Partition: int32(m.Seq % Partitions), Value: m.Body, Headers: []kgo.RecordHeader{
			{Key: headerSource, Value: []byte(m.Source)}, {Key: headerSeq, Value: strconv.AppendInt(nil, m.Seq, 10)},
		}}
	}
	if err := h.client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return fmt.Errorf("publishing %d messages to the event hub: %w", len(messages), err)
	}
	return nil
}
