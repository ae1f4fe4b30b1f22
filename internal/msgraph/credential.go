package msgraph

import (
	"bytes"
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
// with the cache it came from, and a secret or certificate that was replaced in its file is read.
type credential struct {
	make func() (azcore.TokenCredential, error)

	mu  sync.Mutex
	now azcore.TokenCredential
}

func newCredential(cfg Config, authority string, hc *http.Client) (*credential, error) {
	if cfg.Credential != nil {
		return &credential{make: func() (azcore.TokenCredential, error) { return cfg.Credential, nil }}, nil
	}
	ways := 0
	for _, given := range []bool{cfg.ClientSecretFile != "", cfg.CertificateFile != "", cfg.FederatedTokenFile != "", cfg.ManagedIdentity} {
		if given {
			ways++
		}
	}
	switch {
	case ways != 1:
		return nil, fault.New(fault.Invalid, "credential_missing", "The tenant needs exactly one credential under tenant.credential: clientSecretFile, certificateFile, federatedTokenFile, or managedIdentity: true.")
	case cfg.TenantID == "" || cfg.ClientID == "" && !cfg.ManagedIdentity:
		return nil, fault.New(fault.Invalid, "credential_missing", "The tenant has no credential: set tenant.id and tenant.credential.clientId.")
	}
	o := azcore.ClientOptions{
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: authority}, Transport: hc, Retry: policy.RetryOptions{MaxRetries: 1},
	}
	custom := cfg.Cloud == "custom" // its authority is no Microsoft cloud that could be looked up
	var build func() (azcore.TokenCredential, error)
	switch {
	case cfg.ClientSecretFile != "":
		build = func() (azcore.TokenCredential, error) { return bySecret(cfg, o, custom) }
	case cfg.CertificateFile != "":
		build = func() (azcore.TokenCredential, error) { return byCertificate(cfg, o, custom) }
	case cfg.FederatedTokenFile != "":
		build = func() (azcore.TokenCredential, error) { return byFederation(cfg, o, custom) }
	default:
		build = func() (azcore.TokenCredential, error) { return byManagedIdentity(cfg, o) }
	}
	return &credential{make: func() (azcore.TokenCredential, error) {
		c, err := build()
		if _, ok := err.(*fault.Error); err != nil && !ok { //nolint:errorlint // ours is never wrapped here
			err = fault.New(fault.Invalid, "credential", "The credential of tenant %s cannot be used: %w.", cfg.TenantID, err)
		}
		return c, err
	}}, nil
}

func bySecret(cfg Config, o azcore.ClientOptions, custom bool) (azcore.TokenCredential, error) {
	secret, err := os.ReadFile(cfg.ClientSecretFile)
	if err != nil {
		return nil, fault.New(fault.Unauthenticated, "secret_file", "The client secret file %s cannot be read: %w.", cfg.ClientSecretFile, err)
	}
	return azidentity.NewClientSecretCredential(cfg.TenantID, cfg.ClientID, strings.TrimSpace(string(secret)), &azidentity.ClientSecretCredentialOptions{ClientOptions: o, DisableInstanceDiscovery: custom})
}

// byCertificate signs in with a certificate and its private key from a file in PEM or PKCS#12.
func byCertificate(cfg Config, o azcore.ClientOptions, custom bool) (azcore.TokenCredential, error) {
	data, err := os.ReadFile(cfg.CertificateFile)
	if err != nil {
		return nil, fault.New(fault.Unauthenticated, "certificate_file", "The certificate file %s cannot be read: %w.", cfg.CertificateFile, err)
	}
	var password []byte
	if cfg.CertificatePasswordFile != "" {
		if password, err = os.ReadFile(cfg.CertificatePasswordFile); err != nil {
			return nil, fault.New(fault.Unauthenticated, "certificate_file", "The password file %s of the certificate cannot be read: %w.", cfg.CertificatePasswordFile, err)
		}
		password = bytes.TrimRight(password, "\r\n")
	}
	certs, key, err := azidentity.ParseCertificates(data, password)
	if err != nil {
		return nil, fault.New(fault.Invalid, "certificate_file", "The file %s does not hold a certificate and its private key in PEM or PKCS#12 that can be opened: %w.", cfg.CertificateFile, err)
	}
	return azidentity.NewClientCertificateCredential(cfg.TenantID, cfg.ClientID, certs, key, &azidentity.ClientCertificateCredentialOptions{ClientOptions: o, DisableInstanceDiscovery: custom})
}

// byFederation signs in with a token of another issuer, which something else keeps fresh in a file.
func byFederation(cfg Config, o azcore.ClientOptions, custom bool) (azcore.TokenCredential, error) {
	if _, err := os.Stat(cfg.FederatedTokenFile); err != nil {
		return nil, fault.New(fault.Unauthenticated, "federated_token_file", "The federated token file %s cannot be read: %w. Whatever projects it into this host must run first.", cfg.FederatedTokenFile, err)
	}
	return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: o, ClientID: cfg.ClientID, TenantID: cfg.TenantID, TokenFilePath: cfg.FederatedTokenFile, DisableInstanceDiscovery: custom,
	})
}

// byManagedIdentity signs in as the identity of the Azure machine or service this runs on.
func byManagedIdentity(cfg Config, o azcore.ClientOptions) (azcore.TokenCredential, error) {
	mo := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: o}
	if cfg.ClientID != "" {
		mo.ID = azidentity.ClientID(cfg.ClientID) // a user-assigned one
	}
	return azidentity.NewManagedIdentityCredential(mo)
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
