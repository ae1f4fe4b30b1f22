package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/fault"
)

var wsName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{1,61}[A-Za-z0-9]$`)

// Validate reports everything that is wrong at once, each with the path of the key.
func (c *Config) Validate(file string) error {
	var bad []string
	add := func(path, format string, args ...any) {
		bad = append(bad, fmt.Sprintf("%s: %s: %s", file, path, fmt.Sprintf(format, args...)))
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		add("listen", "%q is not host:port", c.Listen)
	}
	if c.Portal != "" {
		host, _, err := net.SplitHostPort(c.Portal)
		if ip, e := netip.ParseAddr(host); err != nil || (host != "localhost" && (e != nil || !ip.IsLoopback())) {
			add("portal", "%q is not a loopback address; plain http is served on this machine only", c.Portal)
		}
	}
	if c.State != "sqlite" {
		add("state", "%q is not supported; the state database is sqlite", c.State)
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		add("tls", "certFile and keyFile belong together")
	}
	for i, h := range c.Query.ExternalData.Allow {
		if base := strings.TrimPrefix(h, "*."); base == "" || strings.ContainsAny(base, "*/:@ ") {
			add(fmt.Sprintf("query.externalData.allow[%d]", i), "%q is not a host name, such as example.com or *.example.com", h)
		}
	}
	if len(c.Workspaces) == 0 {
		add("workspaces", "name at least one workspace")
	}
	seen := map[string]bool{}
	for i, w := range c.Workspaces {
		p := fmt.Sprintf("workspaces[%d]", i)
		if !wsName.MatchString(w.Name) {
			add(p+".name", "%q must be 3 to 63 letters, digits or inner hyphens", w.Name)
		}
		if key := strings.ToLower(w.Name); seen[key] {
			add(p+".name", "%q is used twice", w.Name)
		} else {
			seen[key] = true
		}
		for name, v := range map[string]string{".id": w.ID, ".subscriptionId": w.SubscriptionID, ".tenant.id": w.Tenant.ID} {
			if v != "" && uuid.Validate(v) != nil {
				add(p+name, "%q is not a GUID", v)
			}
		}
		w.validateTenant(p, add)
		if raw := w.Streaming.Raw; raw.Days < 0 || raw.Days > 4383 {
			add(p+".streaming.raw.days", "%d is not between 0 and 4383", raw.Days)
		} else if raw.MaxBytes < 0 || raw.MaxBytes > 0 && raw.MaxBytes < 256<<20 {
			add(p+".streaming.raw.maxBytes", "%d is less than 256 MB", raw.MaxBytes)
		}
		switch w.Streaming.Backfill {
		case "", "offer", "automatic", "off":
		default:
			add(p+".streaming.backfill", "%q is none of offer, automatic, off", w.Streaming.Backfill)
		}
		for j, h := range w.Streaming.EventHubs {
			q := fmt.Sprintf("%s.streaming.eventHubs[%d]", p, j)
			if len(h.Brokers) == 0 || len(h.Hubs) == 0 {
				add(q, "brokers and hubs must not be empty")
			}
			h.Bad.validate(q, add)
			if h.Retention < 0 {
				add(q+".retention", "%s is negative", h.Retention)
			}
			h.Auth.validate(q, h.ConnectionStringFile, "the connection string with Listen rights", &w, add)
		}
		w.validateStorage(p, add)
		w.validateDirectory(p, add)
		if w.Incidents.Conflict != "remote-wins" && w.Incidents.Conflict != "local-wins" {
			add(p+".incidents.conflict", "%q is neither remote-wins nor local-wins", w.Incidents.Conflict)
		}
		if r := w.Incidents.Limits.Raise; r < 0 || r > 10 {
			add(p+".incidents.limits.raise", "%g is not between 0 and 10", r)
		}
		for field, rule := range w.Incidents.ConflictFields {
			if !slices.Contains(conflictFields, field) {
				add(p+".incidents.conflictFields", "%q is not one of %s", field, strings.Join(conflictFields, ", "))
			}
			if rule != "remote-wins" && rule != "local-wins" {
				add(p+".incidents.conflictFields."+field, "%q is neither remote-wins nor local-wins", rule)
			}
		}
	}
	if c.Silence.Learn < 0 || c.Silence.Least < 0 || c.Silence.Factor < 0 || (c.Silence.Factor > 0 && c.Silence.Factor < 1) {
		add("silence", "learn and least must not be negative, and factor must be 1 or more")
	}
	if len(bad) > 0 {
		return fault.New(fault.Invalid, "config_invalid", "%s", strings.Join(bad, "\n"))
	}
	return nil
}

// conflictFields are the fields of an incident that may have a rule of their own.
var conflictFields = []string{"disposition", "severity", "owner", "title", "description"}

func (w *Workspace) validateTenant(p string, add func(path, format string, args ...any)) {
	t := w.Tenant
	if !knownCloud(t.Cloud) {
		add(p+".tenant.cloud", "%q is not one of %s", t.Cloud, strings.Join(clouds, ", "))
	}
	if t.Cloud == "custom" {
		for name, v := range map[string]string{"authority": t.Endpoints.Authority, "graph": t.Endpoints.Graph} {
			if u, err := url.Parse(v); err != nil || u.Scheme != "https" || u.Host == "" {
				add(p+".tenant.endpoints."+name, "%q is not an https address", v)
			}
		}
	} else if t.Endpoints != (Endpoints{}) {
		add(p+".tenant.endpoints", "only allowed with cloud: custom")
	}
	if t.Cloud == "china" {
		add(p+".tenant.cloud", "china is not supported: Microsoft Graph offers no security incidents, alerts or hunting in the cloud operated by 21Vianet; use public, usgov or usgovdod")
	}
	if t.ID != "" {
		t.Credential.validate(p+".tenant.credential", add)
	}
}

func (w *Workspace) validateDirectory(p string, add func(path, format string, args ...any)) {
	hosts := map[string]bool{}
	for j, dc := range w.Directory {
		q := fmt.Sprintf("%s.directory[%d]", p, j)
		u, err := url.Parse(dc.URL)
		switch {
		case err != nil || u.Scheme != "ldaps" || u.Hostname() == "":
			add(q+".url", "%q is not ldaps://host[:port]", dc.URL)
		case hosts[strings.ToLower(u.Hostname())]:
			add(q+".url", "%s is named twice", u.Hostname())
		default:
			hosts[strings.ToLower(u.Hostname())] = true
		}
		if dc.BindName == "" || dc.PasswordFile == "" {
			add(q, "bindName and passwordFile are needed; put the account's password into a file (0600) and name it")
		}
	}
}

// validate wants exactly one way to sign in.
func (c Credential) validate(p string, add func(path, format string, args ...any)) {
	ways := 0
	for _, given := range []bool{c.ClientSecretFile != "", c.CertificateFile != "", c.FederatedTokenFile != "", c.ManagedIdentity} {
		if given {
			ways++
		}
	}
	switch {
	case ways == 0:
		add(p, "one of clientSecretFile, certificateFile, federatedTokenFile or managedIdentity: true is needed to connect to the tenant")
	case ways > 1:
		add(p, "clientSecretFile, certificateFile, federatedTokenFile and managedIdentity exclude each other")
	case c.ClientID == "" && !c.ManagedIdentity:
		add(p+".clientId", "missing; it is the application (client) id of the app registration")
	}
	if c.CertificatePasswordFile != "" && c.CertificateFile == "" {
		add(p+".certificatePasswordFile", "only allowed with certificateFile")
	}
}
