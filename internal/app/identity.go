package app

import (
	"github.com/vedette-siem/vedette/internal/config"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// credential is a client's configuration with who it is in which directory.
func credential(cfg *config.Workspace, tenant string, c config.Credential) msgraph.Config {
	return msgraph.Config{
		TenantID: tenant, Cloud: cfg.Tenant.Cloud, Authority: cfg.Tenant.Endpoints.Authority, Graph: cfg.Tenant.Endpoints.Graph, CAFile: cfg.Tenant.CAFile,
		ClientID: c.ClientID, ClientSecretFile: c.ClientSecretFile, CertificateFile: c.CertificateFile, CertificatePasswordFile: c.CertificatePasswordFile,
		FederatedTokenFile: c.FederatedTokenFile, ManagedIdentity: c.ManagedIdentity,
	}
}

// identity returns who signs in to a namespace or an account, nil when a connection string does.
func identity(cfg *config.Workspace, a config.Auth) (*msgraph.Identity, error) {
	if a.Method != config.ByEntra {
		return nil, nil // nobody signs in
	}
	return msgraph.NewIdentity(credential(cfg, a.TenantID, a.Credential))
}
