package eventhub

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
)

// Where a setting comes from.
const (
	service = "learn.microsoft.com/azure/event-hubs/apache-kafka-configurations (17 December 2025)" // recommended of the service
	ours    = "delivery contract"                                                                   // asked by what Vedette promises
)

// TestClientSettings reads the options that the clients are really made with and compares them with what the service recommends, under the
// name that its documentation has for each.
func TestClientSettings(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "connection-string")
	must(t, os.WriteFile(secret, []byte(testSecret), 0o600))
	s, err := New(Config{Workspace: testSpace, Hub: testHub, Brokers: []string{"ns1.servicebus.windows.net:9093"}, ConnectionStringFile: secret, Shared: true, Node: "one", ConsumerGroup: "vedette"},
		Deps{Pause: func(context.Context, string, string) error { return nil }})
	must(t, err)
	c, err := s.dial(testSecret, s.groupOptions()...)
	must(t, err)
	defer c.Close()
	for _, row := range []struct {
		name   string
		option any
		want   any
		source string
		why    string
	}{
		{"metadata.max.age.ms", kgo.MetadataMaxAge, 180 * time.Second, service, "must be below 240 s"},
		{"connections.max.idle.ms", kgo.ConnIdleTimeout, 180 * time.Second, service, "the service drops connections that are idle for 240 s"},
		{"request.timeout.ms", kgo.RequestTimeoutOverhead, 60 * time.Second, service, "must be above 20 s"},
		{"session.timeout.ms", kgo.SessionTimeout, 30 * time.Second, service, "between 6 and 300 s"},
		{"heartbeat.interval.ms", kgo.HeartbeatInterval, 3 * time.Second, service, "not to be changed"},
		{"max.poll.interval.ms", kgo.RebalanceTimeout, 300 * time.Second, service, "not to be changed; above the session timeout"},
		{"fetch.max.bytes", kgo.FetchMaxBytes, int32(16 << 20), ours, "bounded memory: what a broker answers at once"},
		{"max.partition.fetch.bytes", kgo.FetchMaxPartitionBytes, int32(4 << 20), ours, "no partition crowds out the others"},
		{"fetch.max.wait.ms", kgo.FetchMaxWait, time.Second, ours, "fresh messages within seconds"},
		{"unpacked batch", kgo.MaxDecompressBatchBytes, 64 << 20, ours, "bounded memory: a small batch may unpack to a large one"},
		{"largest answer", kgo.BrokerMaxReadBytes, int32(100 << 20), ours, "more than a fetch, less than the memory"},
		{"enable.auto.commit", kgo.DisableAutoCommit, true, ours, "positions are in the store; true means disabled"},
		{"auto.offset.reset", kgo.ConsumeResetOffset, kgo.NoResetOffset(), ours, "positions that are gone are a gap record, never skipped silently"},
		{"allow.auto.create.topics", kgo.AllowAutoTopicCreation, false, ours, "hubs are made by their owner"},
		{"group.id", kgo.ConsumerGroup, "vedette", ours, ""},
		{"rebalance while polling", kgo.BlockRebalanceOnPoll, true, ours, "a partition does not leave while its messages are handed over"},
		{"client.id", kgo.ClientID, "vedette", ours, "the service's metrics name it"},
	} {
		got := c.OptValue(row.option)
		if !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s is %v, want %v (%s: %s)", row.name, got, row.want, row.source, row.why)
		}
	}
	if b, ok := c.OptValue(kgo.Balancers).([]kgo.GroupBalancer); !ok || len(b) != 1 || b[0].ProtocolName() != "cooperative-sticky" {
		t.Errorf("partition.assignment.strategy is %v, want cooperative-sticky alone", b)
	}

	// security.protocol=SASL_SSL, TLS 1.2 or newer, with proof of who answers.
	if conf, ok := c.OptValue(kgo.DialTLSConfig).(*tls.Config); !ok || conf == nil || conf.MinVersion != tls.VersionTLS12 || conf.InsecureSkipVerify {
		t.Errorf("TLS is %+v", conf)
	}
	mechanisms, _ := c.OptValue(kgo.SASL).([]sasl.Mechanism)
	if len(mechanisms) != 1 || mechanisms[0].Name() != "PLAIN" {
		t.Fatalf("sasl.mechanism is %v, want PLAIN alone", mechanisms)
	}
	if _, first, err := mechanisms[0].Authenticate(t.Context(), "ns1.servicebus.windows.net"); err != nil || string(first) != "\x00$ConnectionString\x00"+testSecret {
		t.Errorf("PLAIN begins with %q, %v", first, err)
	}
	s.cfg.Identity = &someone{}
	if m := s.mechanism(c, ""); m.Name() != "OAUTHBEARER" {
		t.Errorf("sasl.mechanism with an identity is %s", m.Name())
	}

	// Retries never end by themselves, and wait for longer and longer.
	backoff, ok := c.OptValue(kgo.RetryBackoffFn).(func(int) time.Duration)
	if !ok || backoff(1) > time.Second || backoff(20) != 5*time.Second || backoff(1000) != 5*time.Second {
		t.Errorf("retry.backoff.ms is not 0.1 to 5 s")
	}
}

// keepAlive notes whether the connections of a client are kept alive by TCP.
type keepAlive struct{ on chan bool }

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (k keepAlive) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, conn net.Conn, err error) {
	if err != nil {
		return
	}
	on := false
	if secure, ok := conn.(*tls.Conn); ok {
		if raw, err := secure.NetConn().(*net.TCPConn).SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { // on stays false
				n, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE)
				on = err == nil && n != 0
			})
		}
	}
	select {
	case k.on <- on:
	default:
	}
}

// TestConnectionsAreKeptAlive: socket.keepalive.enable=true, which the service's documentation asks of clients that do not do it by themselves.
func TestConnectionsAreKeptAlive(t *testing.T) {
	h := newHub(t)
	h.start()
	p := newPlace(t, h)
	k := keepAlive{on: make(chan bool, 1)}
	c, err := p.stream.dial(testSecret, kgo.WithHooks(k))
	must(t, err)
	defer c.Close()
	must(t, c.Ping(t.Context()))
	if !<-k.on {
		t.Error("connections to the hub are not kept alive")
	}
}

// TestHeartbeatsFitAnySession: whatever session somebody configures, ten heartbeats are in it.
func TestHeartbeatsFitAnySession(t *testing.T) {
	s := &Stream{cfg: Config{Hub: testHub, ConsumerGroup: "vedette", Session: 60 * time.Second, Brokers: strings.Fields("127.0.0.1:1")}}
	c, err := s.dial(testSecret, s.groupOptions()...)
	must(t, err)
	defer c.Close()
	if beat := c.OptValue(kgo.HeartbeatInterval); beat != 6*time.Second {
		t.Errorf("a heartbeat every %v", beat)
	}
}
