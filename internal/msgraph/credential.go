package msgraph

import (
	"context"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/vedette-siem/vedette/internal/fault"
)

// credential makes the real credential when it is first needed, and again after renew: a refused token is thrown away
// with the cache it came from, and a secret that was replaced in its file is read.
type credential struct {
	make func() (azcore.TokenCredential, error)

	mu  sync.Mutex
	now azcore.TokenCredential
}

func newCredential(cfg Config, authority string, hc *http.Client) (*credential, error) {
	if cfg.Credential != nil {
		return &credential{make: func() (azcore.TokenCredential, error) { return cfg.Credential, nil }}, nil
	}
	if cfg.TenantID == "" || cfg.ClientID == "" || cfg.ClientSecretFile == "" {
		return nil, fault.New(fault.Invalid, "credential_missing", "The tenant has no credential: set tenant.id, tenant.credential.clientId and tenant.credential.clientSecretFile.")
	}
	return &credential{make: func() (azcore.TokenCredential, error) {
		secret, err := os.ReadFile(cfg.ClientSecretFile)
		if err != nil {
			return nil, fault.New(fault.Unauthenticated, "secret_file", "The client secret file %s cannot be read: %w.", cfg.ClientSecretFile, err)
		}
		c, err := azidentity.NewClientSecretCredential(cfg.TenantID, cfg.ClientID, strings.TrimSpace(string(secret)), &azidentity.ClientSecretCredentialOptions{
			ClientOptions: azcore.ClientOptions{
				Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: authority},
				Transport: hc,
				Retry:     policy.RetryOptions{MaxRetries: 1},
			},
			DisableInstanceDiscovery: cfg.Cloud == "custom",
		})
		if err != nil {
			return nil, fault.New(fault.Invalid, "credential", "The credential of tenant %s cannot be used: %w.", cfg.TenantID, err)
		}
		return c, nil
	}}, nil
}

// GetToken implements azcore.TokenCredential.
func (c *credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.mu.Lock()
	if c.now == nil {
		made, err := c.make()
		if err != nil {
			c.mu.Unlock()
			return azcore.AccessToken{}, err
		}
		c.now = made
	}
	cred := c.now
	c.mu.Unlock()
	t, err := cred.GetToken(ctx, o)
	if err != nil {
		c.renew()
	}
	return t, err
}

func (c *credential) renew() {
	c.mu.Lock()
	c.now = nil
	c.mu.Unlock()
}
