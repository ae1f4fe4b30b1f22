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
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
)

const (
	testHub    = "insights-logs-advancedhunting"
	testSecret = "Endpoint=sb://contoso.example/;SharedAccessKeyName=vedette;SharedAccessKey=c2VjcmV0"
	testSpace  = "ws-1"
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

// record is a record of a table whose id column holds the id.
func record(table, column, id string) string {
	return fmt.Sprintf(`{"time":"2026-07-18T14:08:10.0236840Z","category":"AdvancedHunting-%s","properties":{"Timestamp":"2026-07-18T14:05:00.1234567Z","%s":"%s"}}`, table, column, id)
}

func message(records ...string) string { return `{"records":[` + strings.Join(records, ",") + `]}` }

// alert is a message with one AlertInfo record.
func alert(id string) string { return message(record("AlertInfo", "AlertId", id)) }

// place is a workspace: state, store, service and the stream under test.
type place struct {
	t       testing.TB
	db      *meta.DB
	store   *store.Store
	board   *health.Board
	service *connector.Service
	meter   *connector.Meter
	stream  *Stream
	budget  *ingest.Budget
}

func openPlace(ctx context.Context, t testing.TB, dir string, h *hub, opts store.Options) *place {
	t.Helper()
	p := &place{t: t, board: &health.Board{}, budget: ingest.NewBudget(0)}
	var err error
	p.db, err = meta.Open(ctx, filepath.Join(dir, "state.db"))
	must(t, err)
	opts.Dir, opts.Manifest = dir, p.db
	p.store, err = store.Open(ctx, opts)
	must(t, err)
	p.meter = connector.NewMeter(p.db, nil)
	p.service, err = connector.NewService(ctx, connector.Config{Connections: p.db, Meter: p.meter, Board: p.board}, testSpace)
	must(t, err)
	p.stream, err = New(Config{
		Workspace: testSpace, Brokers: []string{h.broker()}, Hub: testHub, ConsumerGroup: "vedette", ConnectionStringFile: h.secretFile(), CAFile: h.caFile(),
		Probe: 500 * time.Millisecond,
	}, Deps{
		Appender: p.store, Intake: ingest.NewIntake(testSpace, p.store.Catalog(testSpace)), Budget: p.budget, Ticks: p.db, Meter: p.meter,
		Report: connector.NewReporter(p.board, testSpace, StreamName(testHub)), Watch: func() (model.Connection, <-chan struct{}) { return p.service.Watch(testSpace) },
		Pause: func(ctx context.Context, reason, text string) error {
			return p.service.Pause(ctx, testSpace, StreamName(testHub), reason, text, "")
		},
	})
	must(t, err)
	return p
}

// newPlace returns a place that is closed with the test.
func newPlace(t *testing.T, h *hub) *place {
	t.Helper()
	p := openPlace(t.Context(), t, t.TempDir(), h, store.Options{})
	t.Cleanup(p.close)
	return p
}

func (p *place) close() {
	if err := errors.Join(p.store.Close(), p.db.Close()); err != nil {
		p.t.Error(err)
	}
}

// run runs the stream under the runner until the returned function is called, or the test ends.
func (p *place) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	r := connector.NewRunner(p.service, p.board, nil)
	r.Add(connector.Job{Workspace: testSpace, Stream: p.stream, Title: "Events", Wanted: Wanted, Always: true})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			p.t.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	p.t.Cleanup(stop)
	return stop
}

func (p *place) tick(tables ...string) {
	p.t.Helper()
	_, err := p.service.SetTables(context.Background(), testSpace, connector.DefenderXDR, tables, "ann")
	must(p.t, err)
}

// column returns the values of a string column of a table, sorted.
func (p *place) column(table, column string) []string {
	p.t.Helper()
	out := []string{}
	p.scan(table, []string{column}, func(v []string) { out = append(out, v[0]) })
	slices.Sort(out)
	return out
}

// scan calls f with the string columns of every row.
func (p *place) scan(table string, columns []string, f func([]string)) {
	p.t.Helper()
	snap := p.store.Snapshot(testSpace)
	defer snap.Close()
	r, err := snap.Scan(context.Background(), store.ScanSpec{Table: table, Columns: columns})
	if err != nil {
		return // the table is not there yet
	}
	defer r.Close()
	for {
		b, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return
		}
		must(p.t, err)
		for i := range b.N {
			row := make([]string, len(columns))
			for k := range columns {
				row[k] = fmt.Sprint(b.Cols[k].Value(i))
			}
			f(row)
		}
	}
}

// wait waits until the column has exactly these values.
func (p *place) wait(table, column string, want ...string) {
	p.t.Helper()
	slices.Sort(want)
	eventually(p.t, func() (bool, string) {
		got := p.column(table, column)
		return slices.Equal(got, want), fmt.Sprintf("%s.%s is %v, want %v; health %+v", table, column, got, want, p.board.All())
	})
}

// health waits until the stream's health has the status and a description that contains the text.
func (p *place) health(status health.Status, text string) {
	p.t.Helper()
	eventually(p.t, func() (bool, string) {
		all := p.board.All()
		ok := len(all) == 1 && all[0].Status == status && strings.Contains(all[0].Description, text)
		return ok, fmt.Sprintf("health is %+v, want %s: %s", all, status, text)
	})
}

func eventually(t testing.TB, f func() (bool, string)) {
	t.Helper()
	deadline := time.Now().Add(40 * time.Second)
	for {
		ok, text := f()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(text)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
