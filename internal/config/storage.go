package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Storage is one storage account to which the tenant exports.
type Storage struct {
	AccountURL string `yaml:"accountUrl"`
	// ContainerPrefix begins the names of the containers, before the table's: insights-logs-.
	ContainerPrefix string `yaml:"containerPrefix"`
	// ConnectionStringFile holds a connection string, a shared access signature, or the account's address with one.
	ConnectionStringFile string `yaml:"connectionStringFile"`
	// Auth signs in by Entra ID instead of by connection string.
	Auth         Auth          `yaml:"auth"`
	CAFile       string        `yaml:"caFile"`
	PollInterval time.Duration `yaml:"pollInterval"` // default 15s
	Bad          BadLimit      `yaml:"bad"`
}

// Account returns the account's name: the first label of the address's host, or, for an emulator at a plain address, the
// first folder of its path. It names positions and provenance.
func (s Storage) Account() string {
	u, err := url.Parse(s.AccountURL)
	if err != nil {
		return ""
	}
	if host := u.Hostname(); net.ParseIP(host) == nil && strings.Contains(host, ".") {
		name, _, _ := strings.Cut(host, ".")
		return name
	}
	name, _, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	return name
}

var (
	// accountName is what a storage account may be called.
	accountName = regexp.MustCompile(`^[a-z0-9]{3,24}$`)
	// containerPrefix is what a container's name may begin with.
	containerPrefix = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
)

func (w *Workspace) validateStorage(p string, add func(path, format string, args ...any)) {
	seen := map[string]bool{}
	for i, b := range w.Streaming.Storage {
		q := fmt.Sprintf("%s.streaming.storage[%d]", p, i)
		name := b.Account()
		named := slices.ContainsFunc(w.Streaming.EventHubs, func(h EventHub) bool { return slices.Contains(h.Hubs, name) })
		switch {
		case !strings.HasPrefix(b.AccountURL, "https://") || !accountName.MatchString(name):
			add(q+".accountUrl", "%q is not the https address of a storage account, such as https://contosologs.blob.core.windows.net", b.AccountURL)
		case seen[name] || named:
			add(q+".accountUrl", "the name %q is used twice", name)
		}
		seen[name] = true
		if !containerPrefix.MatchString(b.ContainerPrefix) {
			add(q+".containerPrefix", "%q cannot begin the name of a container", b.ContainerPrefix)
		}
		b.Auth.validate(q, b.ConnectionStringFile, "the account's connection string, or a signature that may read and list", w, add)
		b.Bad.validate(q, add)
		if b.PollInterval < time.Second {
			add(q+".pollInterval", "%s is less than a second", b.PollInterval)
		}
	}
}
