package apptest

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

// spoil sends the hub a message that is no record.
func spoil(t *testing.T, d *Demo) {
	t.Helper()
	sim := d.Info.Simulator
	secret, err := os.ReadFile(sim.ConnectionStringFile)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(sim.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	c, err := kgo.NewClient(kgo.SeedBrokers(sim.Kafka), kgo.DialTLSConfig(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}),
		kgo.SASL(plain.Auth{User: "$ConnectionString", Pass: strings.TrimSpace(string(secret))}.AsMechanism()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.ProduceSync(t.Context(), &kgo.Record{Topic: sim.Hubs[0], Value: []byte("this is no record")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// TestIntakeByButtons looks at how events come in and keeps, previews and replays originals, all by the pages.
func TestIntakeByButtons(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	d := StartDemo(t)
	spoil(t, d)
	browse(t, d, "intake")
}
