package eventhub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Settings that the Event Hubs documentation asks of Kafka clients.
const (
	idleTimeout    = 180 * time.Second // the service drops connections that are idle for 240 s
	metadataAge    = 180 * time.Second
	requestTimeout = 60 * time.Second
	dialTimeout    = 10 * time.Second
)

const (
	fetchBytes          = 16 << 20
	fetchPartitionBytes = 4 << 20
)

// client is a connection to the namespace. lastDial keeps why a broker could not be reached, which requests that time out
// do not tell; hungUp is set while the last broker to be shown the connection string closed the connection instead of
// answering.
type client struct {
	*kgo.Client
	lastDial atomic.Pointer[error]
	hungUp   atomic.Bool
	login    loginState
}

// saslAuthenticate is the Kafka request that carries the connection string.
const saslAuthenticate = 36

// OnBrokerRead implements kgo.HookBrokerRead.
func (c *client) OnBrokerRead(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	if key == saslAuthenticate {
		c.hungUp.Store(err != nil)
	}
}

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (c *client) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err == nil {
		c.lastDial.Store(nil)
		return
	}
	c.lastDial.Store(&err)
}

func (s *Stream) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.cfg.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(s.cfg.CAFile)
	if err != nil {
		return nil, fault.New(fault.Invalid, "hub_ca_unreadable", "The trusted authorities of event hub %s cannot be read: %w. Correct streaming.eventHubs.caFile.", s.cfg.Hub, err)
	}
	c.RootCAs, err = x509.SystemCertPool()
	if err != nil {
		c.RootCAs = x509.NewCertPool()
	}
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Invalid, "hub_ca_empty", "The file %s holds no certificate. Correct streaming.eventHubs.caFile.", s.cfg.CAFile)
	}
	return c, nil
}

// dial returns a client of the namespace that has not connected yet.
func (s *Stream) dial(secret string, more ...kgo.Opt) (*client, error) {
	conf, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	c := &client{}
	opts := []kgo.Opt{
		kgo.SeedBrokers(s.cfg.Brokers...),
		kgo.DialTLSConfig(conf),
		kgo.DialTimeout(dialTimeout),
		kgo.SASL(s.mechanism(c, secret)),
		kgo.ClientID("vedette"),
		kgo.ConnIdleTimeout(idleTimeout),
		kgo.MetadataMaxAge(metadataAge),
		kgo.RequestTimeoutOverhead(requestTimeout),
		kgo.FetchMaxBytes(fetchBytes),
		kgo.FetchMaxPartitionBytes(fetchPartitionBytes),
		kgo.FetchMaxWait(time.Second),
		kgo.MaxDecompressBatchBytes(unpackedBytes),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.RetryBackoffFn(func(n int) time.Duration { return min(100*time.Millisecond<<min(n, 6), 5*time.Second) }),
		kgo.WithHooks(c),
	}
	c.Client, err = kgo.NewClient(append(opts, more...)...)
	if err != nil {
		return nil, fault.New(fault.Invalid, "hub_config", "The event hub %s at %s cannot be used: %w. Correct streaming.eventHubs.", s.cfg.Hub, s.namespace(), err)
	}
	return c, nil
}

// explain turns an error of the client into one that says what to do.
func (s *Stream) explain(c *client, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if dial := c.lastDial.Load(); dial != nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, kgo.ErrClientClosed)) {
		err = *dial
	}
	if refused := s.explainLogin(c, err); refused != nil {
		return refused
	}
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var expired x509.CertificateInvalidError
	switch {
	case errors.Is(err, kerr.UnknownTopicOrPartition) || errors.Is(err, kerr.UnknownTopicID):
		return fault.New(fault.NotFound, "hub_not_found", "There is no event hub %s at %s: %w. Correct streaming.eventHubs.hubs, or set up the tenant's streaming to that hub.", s.cfg.Hub, s.namespace(), err)
	case errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &expired):
		return fault.New(fault.Invalid, "hub_certificate", "The namespace %s does not prove who it is: %w. Set streaming.eventHubs.caFile if it has an authority of its own.", s.namespace(), err)
	}
	return fault.New(fault.Unavailable, "hub_unreachable", "The event hub %s at %s cannot be reached: %w. Check name, port and network; it is tried again until it answers.", s.cfg.Hub, s.namespace(), err)
}
