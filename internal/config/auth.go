package config

import "github.com/google/uuid"

// Ways to sign in to an event hub or a storage account.
const (
	ByConnectionString = "connectionString"
	ByEntra            = "entra"
)

// Auth is how a namespace or a storage account is signed in to.
type Auth struct {
	// Method is connectionString or entra; default: entra where a credential is given here, else connectionString.
	Method string `yaml:"method"`
	// TenantID is the directory of the namespace or account; default: the workspace's tenant.
	TenantID string `yaml:"tenantId"`
	// Credential is who signs in; default: the tenant's.
	Credential Credential `yaml:"credential"`
}

// resolve makes the paths of the files absolute.
func (c *Credential) resolve(base string) {
	for _, f := range []*string{&c.ClientSecretFile, &c.CertificateFile, &c.CertificatePasswordFile, &c.FederatedTokenFile} {
		*f = resolve(base, *f)
	}
}

// defaults fills in what the workspace's tenant says; its own credential is resolved already.
func (a *Auth) defaults(base string, w *Workspace) {
	own := a.Credential != Credential{}
	a.Credential.resolve(base)
	if a.Method == "" {
		a.Method = ByConnectionString
		if own {
			a.Method = ByEntra
		}
	}
	if a.Method == ByEntra {
		set(&a.TenantID, w.Tenant.ID)
		if !own {
			a.Credential = w.Tenant.Credential
		}
	}
}

// validate wants exactly one way; secret says what the file of the connection string holds.
func (a *Auth) validate(p, file, secret string, w *Workspace, add func(path, format string, args ...any)) {
	switch a.Method {
	case ByConnectionString, "":
		if file == "" {
			add(p+".connectionStringFile", "missing; put %s into a file (0600) and name it here, or sign in by Entra ID with auth: {method: entra}", secret)
		}
		if a.TenantID != "" || a.Credential != (Credential{}) {
			add(p+".auth", "tenantId and credential belong to method: entra")
		}
	case ByEntra:
		if file != "" {
			add(p+".connectionStringFile", "not used with auth.method entra; leave one of them out")
		}
		if uuid.Validate(a.TenantID) != nil {
			add(p+".auth.tenantId", "%q is not a GUID; it is the directory in which the app signs in", a.TenantID)
		}
		if w.Tenant.Cloud == "china" {
			return // refused with the tenant
		}
		a.Credential.validate(p+".auth.credential", add)
	default:
		add(p+".auth.method", "%q is neither %s nor %s", a.Method, ByEntra, ByConnectionString)
	}
}
