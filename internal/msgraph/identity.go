package msgraph

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Identity is an app that signs in to other services of the cloud than Microsoft Graph: to event hubs and storage accounts.
// It implements azcore.TokenCredential and is safe for concurrent use. Tokens are kept until shortly before they expire.
type Identity struct {
	cfg  Config
	cred *credential
}

// NewIdentity returns the identity that a configuration names; of it only the tenant, the cloud, the trusted authorities
// and the credential count. It makes no request.
func NewIdentity(cfg Config) (*Identity, error) {
	authority := cfg.Authority
	if cfg.Cloud != "custom" {
		ends, ok := endpoints[cfg.Cloud]
		if !ok {
			return nil, fault.New(fault.Invalid, "unknown_cloud", "The cloud %q is not known. Use public, usgov, usgovdod or custom.", cfg.Cloud)
		}
		authority = ends[0]
	}
	hc, err := transport(cfg.CAFile)
	if err != nil {
		return nil, err
	}
	i := &Identity{cfg: cfg}
	if i.cred, err = newCredential(cfg, authority, hc); err != nil {
		return nil, err
	}
	return i, nil
}

// GetToken implements azcore.TokenCredential. Its errors say what to do.
func (i *Identity) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	t, err := i.cred.GetToken(ctx, o)
	if err == nil || ctx.Err() != nil {
		return t, err
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return t, err
	}
	cfg := i.cfg
	cfg.resource = strings.TrimSuffix(strings.Join(o.Scopes, " "), "/.default")
	if e := signIn(err, cfg); e != nil {
		return t, e
	}
	return t, fault.New(fault.Unavailable, "sign_in_unavailable", "Signing in to tenant %s is not possible now: %s. Check the network, the proxy and tenant.caFile; it is tried again.", cfg.TenantID, clip(firstLine(err.Error())))
}

// Renew forgets the tokens, and has the credential's files read again: for when a service refused a token.
func (i *Identity) Renew() { i.cred.renew() }

// Name says who signs in, for people.
func (i *Identity) Name() string {
	if i.cfg.ClientID == "" {
		return "the managed identity of this host"
	}
	return "app " + i.cfg.ClientID
}

// Fingerprint changes when one of the credential's files does.
func (i *Identity) Fingerprint() string {
	var b strings.Builder
	for _, f := range []string{i.cfg.ClientSecretFile, i.cfg.CertificateFile, i.cfg.CertificatePasswordFile, i.cfg.FederatedTokenFile} {
		if f == "" {
			continue
		}
		if st, err := os.Stat(f); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", f, st.Size(), st.ModTime().UnixNano())
		} else {
			fmt.Fprintf(&b, "%s -\n", f)
		}
	}
	return b.String()
}
