package eventhub

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/golang-jwt/jwt/v5"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/vedette-siem/vedette/internal/connector/kafkatest"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/store"
)

const (
	testTenant = "11111111-1111-1111-1111-111111111111"
	testApp    = "22222222-2222-2222-2222-222222222222"
)

// entra is a directory that signs tokens in at its token endpoint.
type entra struct {
	srv      *httptest.Server
	jwks     string
	lifetime time.Duration
	asked    atomic.Int64
	audience atomic.Pointer[string] // of the tokens, "" for the one asked for
}

func newEntra(t *testing.T, lifetime time.Duration) *entra {
	t.Helper()
	e := &entra{lifetime: lifetime, jwks: filepath.Join(t.TempDir(), "jwks.json")}
	e.audience.Store(new(string))
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	raw, err := json.Marshal(map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256", "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}}})
	must(t, err)
	must(t, os.WriteFile(e.jwks, raw, 0o600))
	e.srv = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		base := "https://" + r.Host + "/" + testTenant
		if strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration") {
			fmt.Fprintf(w, `{"issuer":"%[1]s/v2.0","token_endpoint":"%[1]s/oauth2/v2.0/token","authorization_endpoint":"%[1]s/oauth2/v2.0/authorize"}`, base)
			return
		}
		e.asked.Add(1)
		if r.FormValue("client_secret") != "right" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}`)
			return
		}
		audience := *e.audience.Load()
		if audience == "" {
			scope, _, _ := strings.Cut(r.FormValue("scope"), " ")
			audience = strings.TrimSuffix(scope, "/.default")
		}
		now := time.Now()
		token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"iss": kafkatest.Issuer, "aud": audience, "sub": "app", "iat": now.Unix(), "exp": now.Add(e.lifetime).Unix()})
		token.Header["kid"] = "k1"
		text, err := token.SignedString(key)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":%d,"access_token":%q}`, int(e.lifetime.Seconds()), text)
	}))
	t.Cleanup(e.srv.Close)
	return e
}

// app returns the app as which the stream signs in, and the file of its secret.
func (e *entra) app(t *testing.T) (*msgraph.Identity, string) {
	t.Helper()
	dir := t.TempDir()
	ca, secret := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "secret")
	must(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: e.srv.Certificate().Raw}), 0o600))
	must(t, os.WriteFile(secret, []byte("right\n"), 0o600))
	id, err := msgraph.NewIdentity(msgraph.Config{Cloud: "custom", Authority: e.srv.URL + "/", TenantID: testTenant, ClientID: testApp, ClientSecretFile: secret, CAFile: ca})
	must(t, err)
	return id, secret
}

// TestKafkaByToken logs in to a broker that checks tokens: again and again within connections, with a refused token and with a
// wrong secret, each told apart and mended without a restart.
func TestKafkaByToken(t *testing.T) {
	e := newEntra(t, 4*time.Second)
	c, cfg := kafka(t, kafkatest.Options{JWKS: e.jwks, Audience: "https://127.0.0.1", Session: time.Minute}, 1)
	id, secret := e.app(t)
	cfg.ConnectionStringFile, cfg.Identity = "", id
	p := openAt(t.Context(), t, t.TempDir(), cfg, store.Options{})
	t.Cleanup(p.Close)
	p.Tick("AlertInfo")
	stop := p.run()
	var want []string
	for i := 0; e.asked.Load() < 8; i++ { // two connections: the tokens of each end several times
		id := fmt.Sprint("a", i)
		want = append(want, id)
		c.Send(testHub, 0, alert(id))
		p.Wait("AlertInfo", "AlertId", want...)
		for _, r := range p.Board.All() {
			if r.Status != health.OK {
				t.Errorf("health while tokens are renewed: %+v", r)
			}
		}
	}
	stop()

	other := "https://elsewhere"
	e.audience.Store(&other)
	p.run()
	p.Health(health.Failure, "Azure Event Hubs Data Receiver")
	e.audience.Store(new(string))
	must(t, os.WriteFile(secret, []byte("wrong secret"), 0o600))
	p.Health(health.Failure, "The client secret of app "+testApp+" is wrong")
	must(t, os.WriteFile(secret, []byte("right"), 0o600))
	c.Send(testHub, 0, alert("z"))
	p.Wait("AlertInfo", "AlertId", append(want, "z")...)
	p.Health(health.OK, "")
}

// someone signs in with what the test says.
type someone struct{ renewed int }

func (*someone) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, nil
}
func (s *someone) Renew()            { s.renewed++ }
func (*someone) Fingerprint() string { return "" }
func (*someone) Name() string        { return "app x" }

func TestRefusalsOfTokensAreToldApart(t *testing.T) {
	past, future := time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	refusal := `"{\"status\":\"invalid_token\"}"`
	var expired error = fault.New(fault.Unauthenticated, "secret_expired", "The secret has expired.")
	tests := []struct {
		name    string
		login   func(*loginState)
		err     error
		code    string
		text    string
		renewed int
	}{
		{"no token", func(l *loginState) { l.signIn.Store(&expired) }, errors.New("broken pipe"), "secret_expired", "has expired", 1},
		{"refused", func(l *loginState) { l.refusal.Store(&refusal); l.expires.Store(&future) }, kerr.SaslAuthenticationFailed, tokenRefusedCode, "Azure Event Hubs Data Receiver", 1},
		{"what the namespace says", func(l *loginState) { l.refusal.Store(&refusal) }, kerr.SaslAuthenticationFailed, tokenRefusedCode, "invalid_token", 1},
		{"expired", func(l *loginState) { l.expires.Store(&past) }, kerr.SaslAuthenticationFailed, "hub_token_expired", "clock", 1},
		{"no right", func(l *loginState) { l.expires.Store(&future) }, kerr.TopicAuthorizationFailed, "hub_not_allowed", "some minutes", 1},
		{"something else", func(*loginState) {}, errors.New("broken pipe"), "hub_unreachable", "broken pipe", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			who := &someone{}
			s := &Stream{cfg: Config{Hub: "h", Brokers: []string{"ns:9093"}, Identity: who}}
			c := &client{}
			tt.login(&c.login)
			err := s.explain(c, tt.err)
			if fault.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.text) || who.renewed != tt.renewed {
				t.Errorf("%s: %v, renewed %d times", fault.CodeOf(err), err, who.renewed)
			}
		})
	}
}
