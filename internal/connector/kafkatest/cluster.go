package kafkatest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

// ConnectionString is what PLAIN logs in with.
const ConnectionString = "Endpoint=sb://ns1.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=c2VjcmV0LWtleS0xMjM0NTY3ODkwYWJjZGVmZ2hpag=="

// Issuer is whose tokens are accepted.
const Issuer = "https://sts.example/"

// Options say what a cluster is like.
type Options struct {
	// Nodes is how many brokers there are; 0 means one. The first is the controller too.
	Nodes int
	// JWKS is a file of the keys whose tokens are accepted; "" for none. The audience of tokens must be Audience, their issuer
	// Issuer.
	JWKS, Audience string
	// Session is after how long logins by token must be made again; 0 for never.
	Session time.Duration
	// Measured is set where the broker's speed matters: it compiles all it can, so that it encrypts as fast as a real one, and takes more
	// memory for that.
	Measured bool
}

// Cluster is a running cluster. It belongs to the test's goroutine.
type Cluster struct {
	t     testing.TB
	opts  Options
	dir   string
	jars  string
	java  string
	nodes []*node
}

// Start starts a cluster that ends with the test.
func Start(t testing.TB, opts Options) *Cluster {
	t.Helper()
	c := &Cluster{t: t, opts: opts, dir: t.TempDir()}
	c.jars, c.java = installed(t)
	if c.opts.Nodes == 0 {
		c.opts.Nodes = 1
	}
	c.certify()
	control := freePort(t)
	for id := 1; id <= c.opts.Nodes; id++ {
		c.nodes = append(c.nodes, &node{c: c, id: id, port: freePort(t), control: control})
	}
	t.Cleanup(func() {
		for _, n := range c.nodes {
			n.kill()
		}
	})
	for _, n := range c.nodes {
		n.start()
	}
	c.Ready()
	return c
}

// installed returns where the broker's files are, or skips the test.
func installed(t testing.TB) (jars, java string) {
	t.Helper()
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skip("no Java: Apache Kafka cannot run here")
	}
	dir, err := os.Getwd()
	must(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skip("not in the repository: no Apache Kafka")
		}
		dir = up
	}
	jars = filepath.Join(dir, ".cache", "kafka", "lib")
	if _, err := os.Stat(filepath.Join(jars, ".complete")); err != nil {
		t.Skip("Apache Kafka is not installed; scripts/setup.sh does that where Maven is")
	}
	return jars, java
}

// Brokers are the addresses to begin with.
func (c *Cluster) Brokers() []string {
	var out []string
	for _, n := range c.nodes {
		out = append(out, n.address())
	}
	return out
}

// CAFile holds the authority that the brokers' certificate is of.
func (c *Cluster) CAFile() string { return filepath.Join(c.dir, "ca.pem") }

// Client returns a client for the test's own use, which is closed with the test.
func (c *Cluster) Client(opts ...kgo.Opt) *kgo.Client {
	c.t.Helper()
	client, err := c.client(opts...)
	must(c.t, err)
	c.t.Cleanup(client.Close)
	return client
}

func (c *Cluster) client(opts ...kgo.Opt) (*kgo.Client, error) {
	raw, err := os.ReadFile(c.CAFile())
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(raw)
	return kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(c.Brokers()...), kgo.DialTLSConfig(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}),
		kgo.SASL(plain.Auth{User: "$ConnectionString", Pass: ConnectionString}.AsMechanism()), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.MetadataMinAge(100 * time.Millisecond),
	}, opts...)...)
}

// Properties is the file that a broker, counted from 0, is configured by; it is the last argument on its command line.
func (c *Cluster) Properties(i int) string { return c.nodes[i].props() }

// Kill kills a broker, counted from 0, as a crash does.
func (c *Cluster) Kill(i int) { c.nodes[i].kill() }

// Restart starts a killed broker again and waits until the cluster works.
func (c *Cluster) Restart(i int) {
	c.nodes[i].start()
	c.Ready()
}

// Ready waits until all brokers are in the cluster.
func (c *Cluster) Ready() {
	c.t.Helper()
	deadline := time.Now().Add(4 * time.Minute) // other work may load the machine
	for {
		client, err := c.client() // a new one: they keep what they know of the brokers
		must(c.t, err)
		ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Second)
		m, err := kadm.NewClient(client).BrokerMetadata(ctx)
		cancel()
		client.Close()
		if err == nil && len(m.Brokers) == len(c.nodes) {
			return
		}
		for _, n := range c.nodes {
			if n.ended() {
				c.t.Fatalf("broker %d ended: %s", n.id, n.log())
			}
		}
		if time.Now().After(deadline) {
			for _, n := range c.nodes {
				c.t.Logf("broker %d: %s", n.id, n.log())
			}
			c.t.Fatalf("the cluster does not work: %d brokers, %v", len(m.Brokers), err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Create makes a topic on the first broker alone.
func (c *Cluster) Create(topic string, partitions int, configs map[string]string) {
	c.t.Helper()
	client := c.Client()
	values := map[string]*string{}
	for k, v := range configs {
		values[k] = &v
	}
	deadline := time.Now().Add(time.Minute)
	for {
		_, err := kadm.NewClient(client).CreateTopic(c.t.Context(), int32(partitions), 1, values, topic)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond) // a topic of that name is still being deleted
	}
}

// Send puts messages into a partition.
func (c *Cluster) Send(topic string, partition int32, values ...string) {
	c.t.Helper()
	client, err := c.client()
	must(c.t, err)
	defer client.Close()
	var records []*kgo.Record
	for _, v := range values {
		records = append(records, &kgo.Record{Topic: topic, Partition: partition, Value: []byte(v)})
	}
	must(c.t, client.ProduceSync(c.t.Context(), records...).FirstErr())
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(fmt.Sprint(err))
	}
}
