package blob

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/simtenant"
	"github.com/vedette-siem/vedette/internal/store"
)

// elsewhere signs in as its app does, but for another service.
type elsewhere struct {
	*msgraph.Identity
	scope string
}

func (e elsewhere) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	o.Scopes = []string{e.scope}
	return e.Identity.GetToken(ctx, o)
}

// simulated starts the smallest simulated tenant, which ends with the test.
func simulated(t *testing.T) simtenant.Info {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan simtenant.Info, 1), make(chan error, 1)
	go func() {
		done <- simtenant.Run(ctx, simtenant.Config{Dir: t.TempDir(), Seed: 7, Size: simtenant.Size{People: 10, Devices: 10, Incidents: 5, Span: 5 * 24 * time.Hour, Events: 100}, Ready: func(i simtenant.Info) { ready <- i }})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the simulated tenant ended: %v", err)
		}
	})
	select {
	case i := <-ready:
		return i
	case err := <-done:
		done <- nil
		t.Fatalf("the simulated tenant ended: %v", err)
		return simtenant.Info{}
	}
}

// TestAzuriteByEntra signs in to an account that checks the tokens of a directory: a good one reads, one for another service, an
// expired one and a refused app are told apart, and each is mended without a restart.
func TestAzuriteByEntra(t *testing.T) {
	e := azurite(t, "--oauth", "basic")
	sim := simulated(t)
	now := name(0)
	e.create(now)
	e.append(now, alert("a"))
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte(sim.ClientSecret), 0o600))
	who, err := msgraph.NewIdentity(msgraph.Config{TenantID: sim.TenantID, Cloud: "custom", Authority: sim.Token, Graph: sim.Graph, CAFile: sim.CAFile, ClientID: sim.ClientID, ClientSecretFile: secret})
	must(t, err)
	open := func(dir string, who Identity) *place {
		p := e.place(dir, store.Options{}, func(c *Config) { c.ConnectionStringFile, c.Identity = "", who })
		t.Cleanup(p.Close)
		p.Tick("AlertInfo")
		p.run()
		return p
	}
	p := open(t.TempDir(), who)
	p.Wait("AlertInfo", "AlertId", "a")
	p.Health(health.OK, "Reading storage account")

	// A clock that is wrong somewhere: tokens have expired when they come.
	modes := func(body string) {
		t.Helper()
		res, err := http.Post(sim.Control+"/modes", "application/json", bytes.NewReader([]byte(body)))
		must(t, err)
		must(t, res.Body.Close())
		if res.StatusCode != http.StatusNoContent {
			t.Fatalf("modes %s: %s", body, res.Status)
		}
	}
	modes(`{"tokenAge": "2h"}`)
	must(t, os.WriteFile(secret, []byte(sim.ClientSecret+"\n"), 0o600)) // signs in anew
	p.Health(health.Failure, "refuses the token of app "+sim.ClientID)
	e.append(now, alert("b"))
	modes(`{"tokenAge": ""}`)
	p.Wait("AlertInfo", "AlertId", "a", "b")
	p.Health(health.OK, "Reading storage account")

	must(t, os.WriteFile(secret, []byte("another"), 0o600))
	p.Health(health.Failure, "The client secret of app "+sim.ClientID+" is wrong")
	e.append(now, alert("c"))
	must(t, os.WriteFile(secret, []byte(sim.ClientSecret), 0o600))
	p.Wait("AlertInfo", "AlertId", "a", "b", "c")

	other := open(t.TempDir(), elsewhere{who, "https://graph.microsoft.com/.default"})
	other.Health(health.Failure, "refuses the token of app "+sim.ClientID)
	if got := other.Column("AlertInfo", "AlertId"); len(got) > 0 {
		t.Errorf("read %v with a token for another service", got)
	}
}
