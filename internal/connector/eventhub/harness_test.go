package eventhub

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/vedette-siem/vedette/internal/connector/intaketest"
	"github.com/vedette-siem/vedette/internal/store"
)

const (
	testHub    = "insights-logs-advancedhunting"
	testSecret = "Endpoint=sb://contoso.example/;SharedAccessKeyName=vedette;SharedAccessKey=c2VjcmV0"
	testSpace  = intaketest.Space
)

var (
	must       = intaketest.Must
	eventually = intaketest.Eventually
	record     = intaketest.Record
	message    = intaketest.Message
)

// hub is a broker with TLS and SASL, as the Event Hubs endpoint is one.
type hub struct {
	t       testing.TB
	dir     string
	port    int
	cert    tls.Certificate
	cluster *kfake.Cluster
}

// newHub makes a hub's certificate and directory; start starts it.
func newHub(t testing.TB) *hub {
	t.Helper()
	h := &hub{t: t, dir: t.TempDir(), port: freePort(t)}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hub"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	must(t, err)
	h.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	must(t, os.WriteFile(h.caFile(), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(h.secretFile(), []byte(testSecret+"\n"), 0o600))
	return h
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (h *hub) caFile() string     { return filepath.Join(h.dir, "ca.pem") }
func (h *hub) secretFile() string { return filepath.Join(h.dir, "connection-string") }
func (h *hub) broker() string     { return net.JoinHostPort("127.0.0.1", strconv.Itoa(h.port)) }

func (h *hub) start() {
	h.t.Helper()
	var err error
	h.cluster, err = kfake.NewCluster(
		kfake.NumBrokers(1), kfake.Ports(h.port), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{h.cert}}), kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "$ConnectionString", testSecret), kfake.DataDir(filepath.Join(h.dir, "log")), kfake.SeedTopics(2, testHub),
	)
	must(h.t, err)
	h.t.Cleanup(h.stop)
}

func (h *hub) stop() {
	if h.cluster != nil {
		h.cluster.Close()
		h.cluster = nil
	}
}

// client returns a Kafka client of the hub for the test's own use.
func (h *hub) client(opts ...kgo.Opt) *kgo.Client {
	h.t.Helper()
	pool := x509.NewCertPool()
	raw, err := os.ReadFile(h.caFile())
	must(h.t, err)
	pool.AppendCertsFromPEM(raw)
	c, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(h.broker()), kgo.DialTLSConfig(&tls.Config{RootCAs: pool}), kgo.SASL(plain.Auth{User: "$ConnectionString", Pass: testSecret}.AsMechanism()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	}, opts...)...)
	must(h.t, err)
	h.t.Cleanup(c.Close)
	return c
}

// send puts messages into a partition.
func (h *hub) send(partition int32, msgs ...string) {
	h.t.Helper()
	c := h.client()
	defer c.Close()
	var records []*kgo.Record
	for _, m := range msgs {
		records = append(records, &kgo.Record{Topic: testHub, Partition: partition, Value: []byte(m)})
	}
	must(h.t, c.ProduceSync(h.t.Context(), records...).FirstErr())
}

// alert is a message with one AlertInfo record.
func alert(id string) string { return message(record("AlertInfo", "AlertId", id)) }

// place is a workspace with the stream under test.
type place struct {
	*intaketest.Place
	stream *Stream
}

func openPlace(ctx context.Context, t testing.TB, dir string, h *hub, opts store.Options) *place {
	t.Helper()
	return openAt(ctx, t, dir, Config{Brokers: []string{h.broker()}, ConnectionStringFile: h.secretFile(), CAFile: h.caFile()}, opts)
}

// openAt returns a place whose stream reads the test's hub where the configuration says.
func openAt(ctx context.Context, t testing.TB, dir string, cfg Config, opts store.Options) *place {
	t.Helper()
	p := &place{Place: intaketest.Open(ctx, t, dir, opts)}
	cfg.Workspace, cfg.Hub, cfg.ConsumerGroup, cfg.Probe = testSpace, testHub, "vedette", 500*time.Millisecond
	var err error
	p.stream, err = New(cfg, Deps{
		Appender: p.Store, Intake: p.Intake, Budget: p.Budget, Ticks: p.DB, Meter: p.Meter,
		Report: p.Report(StreamName(testHub)), Watch: p.Watch, Pause: p.Pause(StreamName(testHub)),
	})
	must(t, err)
	return p
}

// newPlace returns a place that is closed with the test.
func newPlace(t *testing.T, h *hub) *place {
	t.Helper()
	p := openPlace(t.Context(), t, t.TempDir(), h, store.Options{})
	t.Cleanup(p.Close)
	return p
}

func (p *place) run() (stop func()) { return p.Run(p.stream, Wanted) }
