package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Load reads, overlays, defaults and validates a configuration file. getenv is os.Getenv or a test's.
func Load(path string, getenv func(string) string) (*Config, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fault.New(fault.NotFound, "config_missing", "reading configuration %s: %w", path, err)
	}
	defer f.Close()
	c, err := Parse(f, path)
	if err != nil {
		return nil, err
	}
	overlay(c, getenv)
	abs, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("resolving %s: %w", path, err)
	}
	c.defaults(abs)
	return c, c.Validate(path)
}

// Parse decodes strict YAML; name is the file's name in errors.
func Parse(r io.Reader, name string) (*Config, error) {
	dec := yaml.NewDecoder(r)
	dec.KnownFields(true)
	c := new(Config)
	if err := dec.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, explain(name, err)
	}
	return c, nil
}

var unknownKey = regexp.MustCompile(`line (\d+): field (\S+) not found in type (\S+)`)

// explain turns the YAML library's words into ours: file, line, the key, the nearest known key.
func explain(name string, err error) error {
	var te *yaml.TypeError
	if !errors.As(err, &te) {
		return fault.New(fault.Invalid, "config_syntax", "%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	msgs := make([]string, 0, len(te.Errors))
	for _, m := range te.Errors {
		if g := unknownKey.FindStringSubmatch(m); g != nil {
			m = fmt.Sprintf("line %s: unknown key %q", g[1], g[2])
			if near := nearest(g[2], keysOf(g[3])); near != "" {
				m += fmt.Sprintf("; did you mean %q?", near)
			}
		}
		msgs = append(msgs, name+": "+m)
	}
	return fault.New(fault.Invalid, "config_unknown_key", "%s", strings.Join(msgs, "\n"))
}

// keysOf lists the keys of a config struct by its Go type name.
func keysOf(typeName string) []string {
	var found []string
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || t.PkgPath() != reflect.TypeFor[Config]().PkgPath() {
			return
		}
		for i := range t.NumField() {
			if t.String() == typeName {
				found = append(found, strings.Split(t.Field(i).Tag.Get("yaml"), ",")[0])
			}
			walk(t.Field(i).Type)
		}
	}
	walk(reflect.TypeFor[Config]())
	return found
}

// nearest returns the candidate within a third of the word's length in edits, or "".
func nearest(word string, candidates []string) string {
	best, bestD := "", max(2, len(word)/3)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < bestD {
			best, bestD = c, d
		}
	}
	return best
}

// distance is the Levenshtein distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cur := row[j+1]
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(row[j+1]+1, row[j]+1, prev+cost)
			prev = cur
		}
	}
	return row[len(b)]
}

func overlay(c *Config, getenv func(string) string) {
	for name, dst := range map[string]*string{
		"VEDETTE_LISTEN": &c.Listen, "VEDETTE_PORTAL": &c.Portal, "VEDETTE_DATA": &c.Data, "VEDETTE_STATE": &c.State,
	} {
		if v := getenv(name); v != "" {
			*dst = v
		}
	}
}

func (c *Config) defaults(base string) {
	set(&c.Listen, "127.0.0.1:8443")
	set(&c.Data, "data")
	set(&c.State, "sqlite")
	c.Data = resolve(base, c.Data)
	c.Cold = resolve(base, c.Cold)
	c.Query.GeoDatabase = resolve(base, c.Query.GeoDatabase)
	c.TLS.CertFile, c.TLS.KeyFile = resolve(base, c.TLS.CertFile), resolve(base, c.TLS.KeyFile)
	set(&c.Query.Timeout, 10*time.Minute)
	set(&c.Query.MaxRows, 500_000)
	set(&c.Query.MaxBytes, 64<<20)
	set(&c.Query.Memory, 1<<30)
	set(&c.Query.Parallel, 4)
	set(&c.Query.ExternalData.MaxBytes, 100<<20)
	set(&c.Query.ExternalData.Timeout, 10*time.Second)
	for i := range c.Workspaces {
		w := &c.Workspaces[i]
		set(&w.ResourceGroup, w.Name)
		set(&w.Tenant.Cloud, "public")
		w.Tenant.CAFile = resolve(base, w.Tenant.CAFile)
		w.Tenant.Credential.resolve(base)
		for j := range w.Streaming.EventHubs {
			h := &w.Streaming.EventHubs[j]
			set(&h.ConsumerGroup, "vedette")
			h.Auth.defaults(base, w)
			h.ConnectionStringFile, h.CAFile = resolve(base, h.ConnectionStringFile), resolve(base, h.CAFile)
		}
		for j := range w.Streaming.Storage {
			b := &w.Streaming.Storage[j]
			b.Auth.defaults(base, w)
			b.ConnectionStringFile, b.CAFile = resolve(base, b.ConnectionStringFile), resolve(base, b.CAFile)
			set(&b.PollInterval, 15*time.Second)
			set(&b.ContainerPrefix, "insights-logs-")
		}
		set(&w.Incidents.PollInterval, 30*time.Second)
		set(&w.Incidents.Overlap, 10*time.Minute)
		for j := range w.Directory {
			dc := &w.Directory[j]
			dc.PasswordFile, dc.CAFile = resolve(base, dc.PasswordFile), resolve(base, dc.CAFile)
			set(&dc.PollInterval, time.Minute)
		}
		set(&w.Identities.PollInterval, 15*time.Minute)
		set(&w.Incidents.Conflict, "remote-wins")
		set(&w.Incidents.Limits.PerMinute, 50)
		set(&w.Incidents.Limits.PerHour, 1500)
	}
}

func set[T comparable](dst *T, v T) {
	var zero T
	if *dst == zero {
		*dst = v
	}
}

func resolve(base, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

var clouds = []string{"public", "usgov", "usgovdod", "china", "custom"}

// knownCloud reports whether the name is one of the clouds a tenant can live in.
func knownCloud(name string) bool { return slices.Contains(clouds, name) }
