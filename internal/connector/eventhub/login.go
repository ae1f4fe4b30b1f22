package eventhub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Identity signs in to the directory of a namespace. It must be safe for concurrent use and keep tokens while they are good.
type Identity interface {
	azcore.TokenCredential
	// Renew forgets the tokens: one was refused.
	Renew()
	// Fingerprint changes when what the identity signs in with does.
	Fingerprint() string
	// Name is for people.
	Name() string
}

// Codes of refusals.
const (
	// hungUpCode is the code of a refusal that may have been something else.
	hungUpCode = "hub_authentication_closed"
	// tokenRefusedCode is the code of a refused token. Somebody may be giving its app the role right now.
	tokenRefusedCode = "hub_token_refused"
)

// loginState is what a client knows of its last login by token.
type loginState struct {
	signIn  atomic.Pointer[error]     // why there is no token
	refusal atomic.Pointer[string]    // what the namespace said of the token
	expires atomic.Pointer[time.Time] // when that token ends
}

// secret reads the connection string. With an identity it is what that signs in with.
func (s *Stream) secret() (string, error) {
	if s.cfg.Identity != nil {
		return s.cfg.Identity.Fingerprint(), nil
	}
	raw, err := os.ReadFile(s.cfg.ConnectionStringFile)
	if err != nil {
		return "", fault.New(fault.Unauthenticated, "hub_secret_unreadable", "The connection string of event hub %s cannot be read: %w. Put it into the file, readable for this user.", s.cfg.Hub, err)
	}
	text := strings.TrimSpace(string(raw))
	if text == "" {
		return "", fault.New(fault.Unauthenticated, "hub_secret_empty", "The file %s is empty. Put the connection string of event hub %s into it.", s.cfg.ConnectionStringFile, s.cfg.Hub)
	}
	return text, nil
}

// mechanism is how a client logs in to the brokers: again with every connection, and within one when its session ends.
func (s *Stream) mechanism(c *client, secret string) sasl.Mechanism {
	if s.cfg.Identity == nil {
		return plain.Auth{User: "$ConnectionString", Pass: secret}.AsMechanism()
	}
	return tokenLogin{s: s, c: c}
}

// scope is what a token for the namespace is asked for: the service names it by its host.
func (s *Stream) scope() string {
	host, _, err := net.SplitHostPort(s.cfg.Brokers[0])
	if err != nil {
		host = s.cfg.Brokers[0]
	}
	return "https://" + host + "/.default"
}

// tokenLogin is SASL OAUTHBEARER with tokens of the identity.
type tokenLogin struct {
	s *Stream
	c *client
}

// Name implements sasl.Mechanism.
func (tokenLogin) Name() string { return "OAUTHBEARER" }

// Authenticate implements sasl.Mechanism.
func (l tokenLogin) Authenticate(ctx context.Context, host string) (sasl.Session, []byte, error) {
	t, err := l.s.cfg.Identity.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{l.s.scope()}, EnableCAE: true})
	if err != nil {
		if ctx.Err() == nil {
			l.c.login.signIn.Store(&err)
		}
		return nil, nil, err
	}
	l.c.login.signIn.Store(nil)
	l.c.login.expires.Store(&t.ExpiresOn)
	_, first, err := oauth.Auth{Token: t.Token}.AsMechanism().Authenticate(ctx, host)
	return tokenSession{l}, first, err
}

// tokenSession is one login.
type tokenSession struct{ l tokenLogin }

// Challenge implements sasl.Session. A broker that accepts a token answers nothing; one that does not may say why.
func (t tokenSession) Challenge(answer []byte) (bool, []byte, error) {
	if len(answer) == 0 {
		t.l.c.login.refusal.Store(nil)
		return true, nil, nil
	}
	text := fmt.Sprintf("%.300q", answer)
	t.l.c.login.refusal.Store(&text)
	return false, nil, fmt.Errorf("%w: %s", kerr.SaslAuthenticationFailed, text)
}

// explainLogin explains an error that is one of logging in, nil for others.
func (s *Stream) explainLogin(c *client, err error) error {
	if s.cfg.Identity != nil {
		return s.explainToken(c, err)
	}
	switch {
	case c.hungUp.Load():
		return fault.New(fault.Unauthenticated, hungUpCode, "The namespace %s closed the connection when it was shown the connection string of event hub %s, which most often means SASL_AUTHENTICATION_FAILED: %w. Put a valid one, with the right to listen, into %s; it is read again at once.", s.namespace(), s.cfg.Hub, err, s.cfg.ConnectionStringFile)
	case refusedLogin(err):
		return fault.New(fault.Unauthenticated, "hub_authentication_failed", "The namespace %s refused the connection string of event hub %s: %w. Put a valid one, with the right to listen, into %s; it is read again at once.", s.namespace(), s.cfg.Hub, err, s.cfg.ConnectionStringFile)
	case refusedRight(err):
		return fault.New(fault.Permission, "hub_not_allowed", "The connection string in %s does not permit to read event hub %s at %s: %w. Give its policy the right to listen.", s.cfg.ConnectionStringFile, s.cfg.Hub, s.namespace(), err)
	}
	return nil
}

// explainToken explains an error of logging in by token. What comes next begins with a fresh token.
func (s *Stream) explainToken(c *client, err error) error {
	who := s.cfg.Identity.Name()
	if signIn := c.login.signIn.Load(); signIn != nil {
		s.cfg.Identity.Renew()
		return *signIn
	}
	refusal := c.login.refusal.Load()
	switch {
	case refusal != nil || c.hungUp.Load() || refusedLogin(err):
		s.cfg.Identity.Renew()
		said := ""
		if refusal != nil {
			said = " It says: " + *refusal + "."
		}
		if end := c.login.expires.Load(); end != nil && time.Now().After(*end) {
			return fault.New(fault.Unauthenticated, "hub_token_expired", "The namespace %s refused the token of %s for event hub %s, which expired at %s: %w.%s A new one is asked for at once; if that is refused too, check this host's clock.", s.namespace(), who, s.cfg.Hub, end.UTC().Format(time.RFC3339), err, said)
		}
		return fault.New(fault.Unauthenticated, tokenRefusedCode, "The namespace %s refused the token of %s for event hub %s: %w.%s Give it the role Azure Event Hubs Data Receiver on the hub or its namespace, check that streaming.eventHubs.auth.tenantId is the namespace's tenant, and this host's clock; a new token is tried every minute.", s.namespace(), who, s.cfg.Hub, err, said)
	case refusedRight(err):
		s.cfg.Identity.Renew() // roles are in the token
		return fault.New(fault.Permission, "hub_not_allowed", "The roles of %s do not permit to read event hub %s at %s: %w. Give it the role Azure Event Hubs Data Receiver; that takes some minutes to be known.", who, s.cfg.Hub, s.namespace(), err)
	}
	return nil
}

func refusedLogin(err error) bool {
	return errors.Is(err, kerr.SaslAuthenticationFailed) || errors.Is(err, kerr.IllegalSaslState) || errors.Is(err, kerr.UnsupportedSaslMechanism)
}

func refusedRight(err error) bool {
	return errors.Is(err, kerr.TopicAuthorizationFailed) || errors.Is(err, kerr.ClusterAuthorizationFailed) || errors.Is(err, kerr.GroupAuthorizationFailed)
}
