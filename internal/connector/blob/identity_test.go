package blob

import (
	"context"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/vedette-siem/vedette/internal/connector/intaketest"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	storage "github.com/vedette-siem/vedette/internal/simtenant/blob"
	"github.com/vedette-siem/vedette/internal/store"
)

// app signs in with a token that the test chooses.
type app struct{ token, scope, fingerprint string }

func (a *app) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if a.token == "" {
		return azcore.AccessToken{}, fault.New(fault.Unauthenticated, "secret_expired", "The client secret of app x has expired.")
	}
	a.scope = o.Scopes[0]
	return azcore.AccessToken{Token: a.token, ExpiresOn: time.Now().Add(time.Hour)}, nil
}
func (*app) Renew()                {}
func (a *app) Fingerprint() string { return a.fingerprint }
func (*app) Name() string          { return "app x" }

// TestSignsInByEntra reads an account as an app: without the role to read, with it, with a token that is refused.
func TestSignsInByEntra(t *testing.T) {
	for _, tt := range []struct {
		name, token string
		reader      bool
		want        string
	}{
		{"good", "good", true, ""},
		{"no role", "good", false, "does not let app x read"},
		{"refused", "bad", true, "app x"},
		{"no token", "", true, "The client secret of app x has expired"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount(t)
			a.reader.Store(tt.reader)
			a.write(alerts, name(0), alert("a"))
			who := &app{token: tt.token}
			p := &place{Place: intaketest.Open(t.Context(), t, t.TempDir(), store.Options{})}
			t.Cleanup(p.Close)
			p.attach(Config{Workspace: testSpace, Account: storage.Account, URL: a.address, Identity: who, CAFile: a.caFile(), Poll: 100 * time.Millisecond})
			p.Tick("AlertInfo")
			stop := p.run()
			defer stop()
			if tt.want != "" {
				p.Health(health.Failure, tt.want)
				return
			}
			p.Wait("AlertInfo", "AlertId", "a")
			p.Health(health.OK, "Reading storage account")
			stop()
			if who.scope != "https://storage.azure.com/.default" {
				t.Errorf("scope %q", who.scope)
			}
		})
	}
}
