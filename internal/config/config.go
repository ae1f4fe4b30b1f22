// Package config reads the server's configuration: strict YAML, an environment overlay, secrets by file only.
//
// An unknown key is an error that names the file, the line and the nearest known key. Relative paths are relative to
// the folder of the file they stand in.
package config

import (
	"time"
)

// Config is the whole configuration of one server.
type Config struct {
	// Listen is the address of the TLS listener, host:port.
	Listen string `yaml:"listen"`
	// Portal is an extra plain-http listener for the web UI; only loopback addresses are accepted. Empty: none.
	Portal string `yaml:"portal"`
	// Data is the folder of everything the server keeps.
	Data string `yaml:"data"`
	// Cold is the folder for rows past their table's interactive retention; it may be on a slower disk. Default: cold in Data.
	Cold string `yaml:"cold"`
	// State is "sqlite"; other state databases come with several nodes.
	State string `yaml:"state"`
	// TLS names a certificate and key of your own; without them a private CA is made on first start.
	TLS TLS `yaml:"tls"`
	// Names are further host names and addresses for the certificate made on first start.
	Names []string `yaml:"names"`
	// Query limits what one query may use.
	Query Query `yaml:"query"`
	// Workspaces lists at least one workspace.
	Workspaces []Workspace `yaml:"workspaces"`
	Memory     Memory      `yaml:"memory"`
	// Silence says when a table counts as silent.
	Silence Silence `yaml:"silence"`
}

// TLS names PEM files.
type TLS struct {
	CertFile string `yaml:"certFile"`
	KeyFile  string `yaml:"keyFile"`
}

// Memory bounds what the process takes for intake, unsealed rows and queries together.
type Memory struct {
	Limit int64 `yaml:"limit"` // bytes; default half of the machine's or the control group's, at least 256 MB
}

// Query holds limits of one query; zero means the default.
type Query struct {
	Timeout  time.Duration `yaml:"timeout"`  // default 10m
	MaxRows  int64         `yaml:"maxRows"`  // default 500000
	MaxBytes int64         `yaml:"maxBytes"` // default 64 MB
	Memory   int64         `yaml:"memory"`   // default 1 GB
	Parallel int           `yaml:"parallel"` // queries at once, default 4
	// GeoDatabase is a MaxMind database file (.mmdb) from which geo_info_from_ip_address answers; without one it knows nothing.
	GeoDatabase string `yaml:"geoDatabase"`
	// ExternalData says which files externaldata may read.
	ExternalData ExternalData `yaml:"externalData"`
}

// ExternalData lists the hosts whose files queries may read over https: example.com, or *.example.com. None by default.
type ExternalData struct {
	Allow    []string      `yaml:"allow"`
	MaxBytes int64         `yaml:"maxBytes"` // of a file, default 100 MB
	Timeout  time.Duration `yaml:"timeout"`  // of a file, default 10s
}

// Workspace is one workspace and the tenant it is connected to.
type Workspace struct {
	Name           string     `yaml:"name"`
	ID             string     `yaml:"id"`             // GUID; made once and kept when empty
	SubscriptionID string     `yaml:"subscriptionId"` // GUID; made once and kept when empty
	ResourceGroup  string     `yaml:"resourceGroup"`
	Tenant         Tenant     `yaml:"tenant"`
	Streaming      Streaming  `yaml:"streaming"`
	Incidents      Incidents  `yaml:"incidents"`
	Identities     Identities `yaml:"identities"`
	// Directory lists domain controllers whose people are read straight from them.
	Directory []DomainController `yaml:"directory"`
}

// Identities tunes how people of the directories are followed.
type Identities struct {
	PollInterval time.Duration `yaml:"pollInterval"` // default 15m
}

// DomainController is a domain controller of an Active Directory domain, read by LDAPS.
type DomainController struct {
	URL          string        `yaml:"url"`          // ldaps://host[:port]
	BindName     string        `yaml:"bindName"`     // user principal name or distinguished name
	PasswordFile string        `yaml:"passwordFile"` // read again for every connection
	BaseDN       string        `yaml:"baseDN"`       // default: the whole domain
	CAFile       string        `yaml:"caFile"`       // default: the system's authorities
	PollInterval time.Duration `yaml:"pollInterval"` // default 1m
}

// Tenant is the Entra directory the workspace belongs to.
type Tenant struct {
	ID         string     `yaml:"id"`
	Cloud      string     `yaml:"cloud"` // public | usgov | usgovdod | china | custom
	Endpoints  Endpoints  `yaml:"endpoints"`
	CAFile     string     `yaml:"caFile"`
	Credential Credential `yaml:"credential"`
}

// Endpoints are for cloud: custom only.
type Endpoints struct {
	Authority string `yaml:"authority"`
	Graph     string `yaml:"graph"`
}

// Credential is the app registration and one way to prove to be it. Files are read each time they are needed.
type Credential struct {
	ClientID                string `yaml:"clientId"`
	ClientSecretFile        string `yaml:"clientSecretFile"`
	CertificateFile         string `yaml:"certificateFile"`         // certificate and private key, PEM or PKCS#12
	CertificatePasswordFile string `yaml:"certificatePasswordFile"` // of a PKCS#12 file
	FederatedTokenFile      string `yaml:"federatedTokenFile"`      // token of an issuer that the app trusts
	ManagedIdentity         bool   `yaml:"managedIdentity"`         // of the Azure host; clientId names a user-assigned one
}

// Streaming lists where the tenant exports its hunting events.
type Streaming struct {
	EventHubs []EventHub `yaml:"eventHubs"`
	Storage   []Storage  `yaml:"storage"`
	// Backfill says what happens with the 30 days that the tenant keeps of a table when that is connected for the first time: offer
	// (default; people start it), automatic, off.
	Backfill string `yaml:"backfill"`
	// Raw says for how long messages are kept as they came; not at all by default.
	Raw Raw `yaml:"raw"`
}

// EventHub is one Event Hubs namespace by its Kafka endpoint.
type EventHub struct {
	Brokers              []string `yaml:"brokers"`
	Hubs                 []string `yaml:"hubs"`
	ConsumerGroup        string   `yaml:"consumerGroup"`
	ConnectionStringFile string   `yaml:"connectionStringFile"`
	// Auth signs in by Entra ID instead of by connection string.
	Auth   Auth   `yaml:"auth"`
	CAFile string `yaml:"caFile"`
	// Shared divides the hubs among the servers of the consumer group, each of which stores its part.
	Shared bool `yaml:"shared"`
	// Retention is how long the hubs keep messages; absent, they are asked. Only the forecast of losses uses it.
	Retention time.Duration `yaml:"retention"`
	Bad       BadLimit      `yaml:"bad"`
}

// Raw keeps messages of hubs and storage accounts as they came, compressed.
type Raw struct {
	Days     int   `yaml:"days"`     // 0: none are kept
	MaxBytes int64 `yaml:"maxBytes"` // of the folder, default 10 GB; the oldest go first
}

// BadLimit says when a source pauses itself: when more than Share of at least Records records of ten minutes cannot be stored.
type BadLimit struct {
	Share   float64 `yaml:"share"`   // default 0.5; 1 never pauses
	Records int64   `yaml:"records"` // default 5000
}

func (b BadLimit) validate(p string, add func(path, format string, args ...any)) {
	if b.Share < 0 || b.Share > 1 {
		add(p+".bad.share", "%g is not a share: it is more than 0 and at most 1", b.Share)
	}
	if b.Records < 0 {
		add(p+".bad.records", "%d is negative", b.Records)
	}
}

// Silence says when a table that usually has data counts as silent: when nothing came for Factor times the longest quiet of
// the last 15 days, at least Least, once records came for Learn. Zero fields have defaults.
type Silence struct {
	Learn  time.Duration `yaml:"learn"`  // default 24h
	Least  time.Duration `yaml:"least"`  // default 15m
	Factor float64       `yaml:"factor"` // default 3
}

// Incidents tunes the incident synchronisation.
type Incidents struct {
	PollInterval time.Duration `yaml:"pollInterval"`
	Overlap      time.Duration `yaml:"overlap"`
	Conflict     string        `yaml:"conflict"` // remote-wins | local-wins
	// ConflictFields gives fields a rule of their own: disposition, severity, owner, title, description. Tags merge as a set.
	ConflictFields map[string]string `yaml:"conflictFields"`
	Limits         Limits            `yaml:"limits"`
}

// Limits caps the calls to the tenant's API.
type Limits struct {
	PerMinute int `yaml:"perMinute"`
	PerHour   int `yaml:"perHour"`
	// Raise lets the pace grow to so many times the limits while the tenant does not object; 0 and 1 keep to them.
	Raise float64 `yaml:"raise"`
}
