package msgraph

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/vedette-siem/vedette/internal/fault"
)

const tenantID = "11111111-1111-1111-1111-111111111111"

// authority is a server that is the token endpoint and Microsoft Graph at once; token decides about a request for a token.
func authority(t *testing.T, token func(r *http.Request) (ok bool, refusal string), change func(*Config)) *Client {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		base := "https://" + r.Host + "/" + tenantID
		switch {
		case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
			fmt.Fprintf(w, `{"issuer":"%[1]s/v2.0","token_endpoint":"%[1]s/oauth2/v2.0/token","authorization_endpoint":"%[1]s/oauth2/v2.0/authorize"}`, base)
		case strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token"):
			if ok, refusal := token(r); !ok {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"error":"invalid_client","error_description":%q}`, refusal)
				return
			}
			fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"a.e30.c"}`)
		case r.URL.Path == "/v1.0/organization" && r.Header.Get("Authorization") == "Bearer a.e30.c":
			fmt.Fprintf(w, `{"value":[{"id":%q}]}`, tenantID)
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}, func(c *Config) {
		c.Credential, c.TenantID, c.ClientID = nil, tenantID, "22222222-2222-2222-2222-222222222222"
		change(c)
	})
}

// certificate writes a new certificate with its key and returns the file and the key.
func certificate(t *testing.T, file string) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pk, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pk})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return key
}

// TestCertificate signs in with a certificate, and with the one that replaces it in its file when the old one is refused.
func TestCertificate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.pem")
	trusted := certificate(t, file)
	c := authority(t, func(r *http.Request) (bool, string) {
		_, err := jwt.Parse(r.FormValue("client_assertion"), func(*jwt.Token) (any, error) { return &trusted.PublicKey, nil }, jwt.WithValidMethods([]string{"PS256", "RS256"}))
		return err == nil && r.FormValue("client_secret") == "", "AADSTS700027: The certificate used to sign the client assertion is not registered."
	}, func(c *Config) { c.CertificateFile = file })
	if _, err := c.Organization(t.Context()); err != nil {
		t.Fatal(err)
	}
	old := trusted
	trusted = certificate(t, filepath.Join(t.TempDir(), "other.pem"))
	c.cred.renew()
	if _, err := c.Token(t.Context()); fault.CodeOf(err) != "assertion_refused" {
		t.Errorf("a certificate that the app does not have: %v", err)
	}
	trusted = certificate(t, file)
	if _, err := c.Token(t.Context()); err != nil || trusted == old {
		t.Errorf("the new certificate: %v", err)
	}
}

// TestFederatedToken signs in with another issuer's token, as it stands in its file at the time.
func TestFederatedToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(s string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("good")
	c := authority(t, func(r *http.Request) (bool, string) {
		return r.FormValue("client_assertion") == "good", "AADSTS700213: No matching federated identity record found for presented assertion subject."
	}, func(c *Config) { c.FederatedTokenFile = file })
	if _, err := c.Organization(t.Context()); err != nil {
		t.Fatal(err)
	}
	write("bad")
	c.cred.renew()
	if _, err := c.Token(t.Context()); fault.CodeOf(err) != "federation_refused" || !strings.Contains(err.Error(), file) {
		t.Errorf("a token that is not trusted: %v", err)
	}
}

// TestManagedIdentity signs in as the identity of the host.
func TestManagedIdentity(t *testing.T) {
	var asked string
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Query().Get("client_id") + " " + r.URL.Query().Get("resource") + " " + r.Header.Get("X-IDENTITY-HEADER")
		fmt.Fprintf(w, `{"access_token":"a.e30.c","expires_on":"%d","resource":"x","token_type":"Bearer"}`, time.Now().Add(time.Hour).Unix())
	}))
	t.Cleanup(host.Close)
	t.Setenv("IDENTITY_ENDPOINT", host.URL)
	t.Setenv("IDENTITY_HEADER", "secret")
	var graph string
	c := authority(t, func(*http.Request) (bool, string) { t.Error("the authority was asked"); return false, "" },
		func(c *Config) { c.ManagedIdentity, graph = true, c.Graph })
	if _, err := c.Organization(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := "22222222-2222-2222-2222-222222222222 " + graph + " secret"; asked != want {
		t.Errorf("asked for %q, want %q", asked, want)
	}
}

func TestCredentialsThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.pem")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := Config{TenantID: tenantID, ClientID: "x"}
	for _, tc := range []struct {
		name   string
		change func(*Config)
		code   string
		says   string
	}{
		{"none", func(*Config) {}, "credential_missing", "exactly one"},
		{"two", func(c *Config) { c.ClientSecretFile, c.ManagedIdentity = junk, true }, "credential_missing", "exactly one"},
		{"no client id", func(c *Config) { c.ClientID, c.CertificateFile = "", junk }, "credential_missing", "clientId"},
		{"china", func(c *Config) { c.Cloud, c.ClientSecretFile = "china", junk }, "cloud_unsupported", "21Vianet"},
		{"unknown cloud", func(c *Config) { c.Cloud, c.ClientSecretFile = "moon", junk }, "unknown_cloud", "usgovdod"},
		{"not a certificate", func(c *Config) { c.CertificateFile = junk }, "certificate_file", junk},
		{"no certificate", func(c *Config) { c.CertificateFile = junk + "x" }, "certificate_file", "cannot be read"},
		{"no password file", func(c *Config) { c.CertificateFile, c.CertificatePasswordFile = junk, junk+"x" }, "certificate_file", "password file"},
		{"no federated token", func(c *Config) { c.FederatedTokenFile = junk + "x" }, "federated_token_file", "cannot be read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := base
			tc.change(&cfg)
			c, err := New(cfg)
			if err == nil {
				t.Cleanup(c.Close)
				_, err = c.Token(t.Context())
			}
			if fault.CodeOf(err) != tc.code || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v; want %s saying %q", err, tc.code, tc.says)
			}
		})
	}
}

// TestClouds asks each cloud's own addresses, for tokens of that cloud.
func TestClouds(t *testing.T) {
	for cloud, want := range map[string][2]string{
		"":         {"https://graph.microsoft.com/v1.0/organization", "https://graph.microsoft.com/.default"},
		"usgov":    {"https://graph.microsoft.us/v1.0/organization", "https://graph.microsoft.us/.default"},
		"usgovdod": {"https://dod-graph.microsoft.us/v1.0/organization", "https://dod-graph.microsoft.us/.default"},
	} {
		c, err := New(Config{TenantID: tenantID, Cloud: cloud, Credential: &fixed{}})
		if err != nil {
			t.Fatal(err)
		}
		rq, err := c.request(t.Context(), call{method: "GET", path: "/organization"})
		if err != nil || rq.Raw().URL.String() != want[0] || c.scopes[0] != want[1] {
			t.Errorf("%q: %v %v %v", cloud, rq.Raw().URL, c.scopes, err)
		}
		c.Close()
	}
}
