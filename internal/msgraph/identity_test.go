package msgraph

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/vedette-siem/vedette/internal/fault"
)

// TestIdentity signs in for another service, asks it for its own scope, and explains refusals.
func TestIdentity(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	var refusal, scope string
	c := authority(t, func(r *http.Request) (bool, string) {
		scope = r.FormValue("scope")
		return refusal == "", refusal
	}, func(c *Config) { c.ClientSecretFile = secret })
	id, err := NewIdentity(c.cfg)
	if err != nil {
		t.Fatal(err)
	}
	ask := func() error {
		id.Renew()
		_, err := id.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://ns.servicebus.windows.net/.default"}})
		return err
	}
	if err := ask(); fault.CodeOf(err) != "secret_file" {
		t.Errorf("without a secret: %v", err)
	}
	before := id.Fingerprint()
	if err := os.WriteFile(secret, []byte("s3cr3t"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ask(); err != nil || !strings.HasPrefix(scope, "https://ns.servicebus.windows.net/.default") {
		t.Errorf("%v, scope %q", err, scope)
	}
	now := id.Fingerprint()
	if err := os.Chtimes(secret, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if before == now || now == id.Fingerprint() || strings.Contains(now, "s3cr3t") {
		t.Errorf("fingerprints %q, %q, %q", before, now, id.Fingerprint())
	}
	for number, want := range map[string]string{
		"7000215": "secret_wrong", "7000222": "secret_expired", "700027": "assertion_refused", "500011": "resource_unknown", "50173": "sign_in_revoked", "53003": "sign_in_blocked", "1": "sign_in",
	} {
		refusal = fmt.Sprintf("AADSTS%s: no.", number)
		err := ask()
		if fault.CodeOf(err) != want || fault.KindOf(err) != fault.Unauthenticated || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("AADSTS%s: %s, %v", number, fault.CodeOf(err), err)
		}
		if number == "500011" && !strings.Contains(err.Error(), "https://ns.servicebus.windows.net") {
			t.Errorf("the service is not named: %v", err)
		}
	}
	if _, err := NewIdentity(Config{Cloud: "mars"}); fault.CodeOf(err) != "unknown_cloud" {
		t.Errorf("unknown cloud: %v", err)
	}
}
