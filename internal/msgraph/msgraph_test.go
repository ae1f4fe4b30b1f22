package msgraph

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
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
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type fixed struct{ asked atomic.Int32 }

func (f *fixed) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	f.asked.Add(1)
	return azcore.AccessToken{Token: "a.b.c", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// serve returns a client of a TLS server with the handler.
func serve(t *testing.T, h http.HandlerFunc, change func(*Config)) *Client {
	t.Helper()
	srv := httptest.NewTLSServer(h)
	t.Cleanup(srv.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := Config{TenantID: "contoso", Cloud: "custom", Authority: srv.URL, Graph: srv.URL, CAFile: ca, ClientID: "app", Credential: &fixed{}}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestErrorsSayWhatToDo(t *testing.T) {
	graphBody := func(code string) string {
		return `{"error":{"code":"` + code + `","message":"no luck","innerError":{"request-id":"r-1","date":"2026-03-01T12:00:00"}}}`
	}
	for _, tt := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		kind   fault.Kind
		code   string
		says   string
		after  time.Duration
	}{
		{"wrong token", 401, nil, graphBody("InvalidAuthenticationToken"), fault.Unauthenticated, "graph_unauthenticated", "client id and secret", 0},
		{"missing permission", 403, nil, graphBody("Authorization_RequestDenied"), fault.Permission, "graph_permission", NeedIncidentRead, 0},
		{"not there", 404, nil, graphBody("itemNotFound"), fault.NotFound, "graph_not_found", "incident 7", 0},
		{"conflict", 409, nil, graphBody("resourceModified"), fault.Conflict, "graph_conflict", "same moment", 0},
		{"refused", 400, nil, graphBody("invalidRequest"), fault.Invalid, "graph_refused", "no luck", 0},
		{"throttled with seconds", 429, map[string]string{"Retry-After": "7"}, "", fault.Throttled, "graph_throttled", "slow down", 7 * time.Second},
		{"throttled without a time", 429, nil, graphBody("TooManyRequests"), fault.Throttled, "graph_throttled", "slow down", 0},
		{"down", 503, nil, "", fault.Unavailable, "graph_unavailable", "tried again", 0},
		{"a proxy's page", 502, nil, "<html>bad gateway</html>", fault.Unavailable, "graph_unavailable", "502", 0},
		{"a proxy's page that says ok", 200, nil, "<!doctype html><p>sign in", fault.Unavailable, "graph_not_json", "proxy", 0},
		{"half an answer", 200, nil, `{"id":"7","title":"x`, fault.Unavailable, "graph_malformed", "not complete JSON", 0},
		{"a redirect", 302, map[string]string{"Location": "https://evil.example/"}, "", fault.Unavailable, "graph_redirect", "not followed", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range tt.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			}, nil)
			_, err := c.Get(t.Context(), Incidents, "7", UserWrite)
			if fault.KindOf(err) != tt.kind || fault.CodeOf(err) != tt.code {
				t.Fatalf("got %v (%s), want %v (%s): %v", fault.KindOf(err), fault.CodeOf(err), tt.kind, tt.code, err)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q does not say %q", err, tt.says)
			}
			if re, ok := errors.AsType[*ResponseError](err); ok {
				if re.After != tt.after || strings.Contains(tt.body, "r-1") && re.RequestID != "r-1" {
					t.Errorf("response error %+v", re)
				}
			}
		})
	}
}

func TestSignInErrors(t *testing.T) {
	for _, tt := range []struct{ aadsts, code, says string }{
		{"7000215", "secret_wrong", "is wrong"}, {"7000222", "secret_expired", "expired"}, {"700016", "app_unknown", "has no app"},
		{"90002", "tenant_unknown", "no tenant"}, {"50000", "sign_in", "refused"},
	} {
		err := signInError("... AADSTS"+tt.aadsts+": something", Config{TenantID: "contoso", ClientID: "app", ClientSecretFile: "secret"})
		if fault.CodeOf(err) != tt.code || fault.KindOf(err) != fault.Unauthenticated || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), tt.aadsts) {
			t.Errorf("%s: %v", tt.aadsts, err)
		}
	}
}

func TestSecretIsReadAgain(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var url string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/openid-configuration"):
			_ = json.NewEncoder(w).Encode(map[string]string{"issuer": url + "/contoso/v2.0", "authorization_endpoint": url + "/contoso/oauth2/v2.0/authorize", "token_endpoint": url + "/contoso/oauth2/v2.0/token"})
		case strings.HasSuffix(r.URL.Path, "/token"):
			if r.FormValue("client_secret") != "new" {
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.","error_codes":[7000215]}`))
				return
			}
			_, _ = w.Write([]byte(`{"token_type":"Bearer","expires_in":3599,"access_token":"x.eyJyb2xlcyI6WyJBIl0sInRpZCI6InQifQ.z"}`))
		}
	}, func(cfg *Config) {
		cfg.Credential, cfg.ClientSecretFile = nil, secret
		url = cfg.Graph
	})
	if _, err := c.Token(t.Context()); fault.CodeOf(err) != "secret_wrong" {
		t.Fatalf("got %v, want secret_wrong", err)
	}
	if err := os.WriteFile(secret, []byte("new\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tok, err := c.Token(t.Context())
	if err != nil || len(tok.Roles) != 1 || tok.TenantID != "t" {
		t.Errorf("token %+v, %v", tok, err)
	}
}

func TestPaging(t *testing.T) {
	var self string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Prefer") != "include-unknown-enum-members" || r.Header.Get("Authorization") != "Bearer a.b.c" {
			t.Errorf("headers %v", r.Header)
		}
		switch {
		case r.URL.Query().Get("$skiptoken") == "2":
			w.Header().Set("Warning", `199 - "a provider is missing"`)
			_, _ = w.Write([]byte(`{"value":[{"id":"2"}],"@odata.nextLink":"https://evil.example/v1.0/x"}`))
		case r.URL.Query().Get("$filter") == "lastUpdateDateTime ge 2026-03-01T12:00:00.0000001Z and lastUpdateDateTime lt 2026-03-01T13:00:00.0000000Z":
			_, _ = w.Write([]byte(`{"@odata.count":2,"value":[{"id":"1"}],"@odata.nextLink":"` + self + `/v1.0/security/incidents?$skiptoken=2"}`))
		default:
			t.Errorf("query %s", r.URL.RawQuery)
		}
	}, func(cfg *Config) { self = cfg.Graph })
	p, err := c.List(t.Context(), Incidents, time.Date(2026, 3, 1, 12, 0, 0, 100, time.UTC), time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC), 0, Inbound)
	if err != nil || p.Count != 2 || len(p.Rows) != 1 || p.Partial || p.Date.IsZero() {
		t.Fatalf("page %+v, %v", p, err)
	}
	if _, err := c.Next(t.Context(), Incidents, p, Inbound); fault.CodeOf(err) != "graph_next_link" {
		t.Errorf("got %v, want that another host is not followed", err)
	}
}

func TestATokenThatIsRefusedIsRenewedOnce(t *testing.T) {
	var calls atomic.Int32
	cred := &fixed{}
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"id":"1"}`))
	}, func(cfg *Config) { cfg.Credential = cred })
	if _, err := c.Get(t.Context(), Incidents, "1", UserWrite); err != nil || calls.Load() != 2 {
		t.Errorf("%d calls, %v", calls.Load(), err)
	}
}

func TestNothingIsRepeatedByItself(t *testing.T) {
	var calls atomic.Int32
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}, nil)
	if _, err := c.CommentIncident(t.Context(), "1", "x", UserWrite); err == nil || calls.Load() != 1 {
		t.Errorf("%d calls, %v; a comment may be posted twice", calls.Load(), err)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id":"` + strings.Repeat("x", 2000) + `"}`))
	}, func(cfg *Config) { cfg.MaxResponse = 1000 })
	if _, err := c.Get(t.Context(), Incidents, "1", UserWrite); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("got %v, want too large", err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		value string
		want  time.Duration
	}{
		{"", 0}, {"5", 5 * time.Second}, {"0", time.Second}, {"-1", 0}, {"99999999", time.Hour}, {"soon", 0}, {"1.5", 0},
		{now.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		{now.Add(-time.Hour).Format(http.TimeFormat), time.Second},
		{now.Add(48 * time.Hour).Format(http.TimeFormat), time.Hour},
	} {
		h := http.Header{}
		h.Set("Retry-After", tt.value)
		// our clock is a day off; the server's own counts
		if got := retryAfter(h, now, now.Add(24*time.Hour)); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.value, got, tt.want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for _, tt := range []struct {
		cfg  Config
		code string
	}{
		{Config{Cloud: "mars"}, "unknown_cloud"},
		{Config{Cloud: "custom", Graph: "http://plain.example"}, "graph_endpoint"},
		{Config{CAFile: "/does/not/exist"}, "ca_file"},
		{Config{TenantID: "t"}, "credential_missing"},
	} {
		if _, err := New(tt.cfg); fault.CodeOf(err) != tt.code {
			t.Errorf("%+v: got %v, want %s", tt.cfg, err, tt.code)
		}
	}
}
