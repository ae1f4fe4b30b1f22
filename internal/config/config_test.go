package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = `
listen: 127.0.0.1:8443
portal: 127.0.0.1:8080
workspaces:
  - name: soc
    tenant:
      id: 6f6b3a52-0f0e-4c4e-9d3e-0a5f7c1b2d3e
      cloud: custom
      endpoints: {authority: "https://127.0.0.1:1", graph: "https://127.0.0.1:2"}
      credential: {clientId: x, clientSecretFile: secret}
`

func load(t *testing.T, text string, env map[string]string) (*Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vedette.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, func(k string) string { return env[k] })
}

func TestLoad(t *testing.T) {
	c, err := load(t, good, map[string]string{"VEDETTE_LISTEN": "127.0.0.1:9"})
	if err != nil {
		t.Fatal(err)
	}
	w := c.Workspaces[0]
	if c.Listen != "127.0.0.1:9" || w.ResourceGroup != "soc" || w.Incidents.Limits.PerHour != 1500 ||
		!filepath.IsAbs(w.Tenant.Credential.ClientSecretFile) || !filepath.IsAbs(c.Data) {
		t.Errorf("defaults, overlay or paths are wrong: %+v", c)
	}
}

func TestLoadBad(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"unknown key", good + "    streeming: {}\n", `unknown key "streeming"; did you mean "streaming"?`},
		{"unknown nested", strings.Replace(good, "cloud: custom", "cluod: custom", 1), `line 8: unknown key "cluod"; did you mean "cloud"?`},
		{"not yaml", "listen: [", "vedette.yaml: line 1"},
		{"portal open to the world", strings.Replace(good, "127.0.0.1:8080", "0.0.0.0:8080", 1), "not a loopback address"},
		{"no workspace", "listen: 127.0.0.1:1\n", "at least one workspace"},
		{"http graph", strings.Replace(good, "https://127.0.0.1:2", "http://x", 1), "not an https address"},
		{"inline secret", strings.Replace(good, "clientSecretFile: secret", "clientSecret: abc", 1), `unknown key "clientSecret"; did you mean "clientSecretFile"?`},
		{"bad tenant id", strings.Replace(good, "6f6b3a52-0f0e-4c4e-9d3e-0a5f7c1b2d3e", "abc", 1), "not a GUID"},
		{"conflict rule", good + "    incidents: {conflictFields: {owner: mine}}\n", `conflictFields.owner: "mine" is neither remote-wins nor local-wins`},
		{"raise", good + "    incidents: {limits: {raise: 11}}\n", `limits.raise: 11 is not between 0 and 10`},
		{"conflict field", good + "    incidents: {conflictFields: {tags: local-wins}}\n", `"tags" is not one of disposition`},
		{"plain ldap", good + "    directory: [{url: 'ldap://dc1', bindName: x, passwordFile: y}]\n", `directory[0].url: "ldap://dc1" is not ldaps://`},
		{"no bind name", good + "    directory: [{url: 'ldaps://dc1', passwordFile: y}]\n", "bindName and passwordFile are needed"},
		{"twice", good + "    directory: [{url: 'ldaps://dc1', bindName: x, passwordFile: y}, {url: 'ldaps://DC1:636', bindName: x, passwordFile: y}]\n", "is named twice"},
		{"inline password", good + "    directory: [{url: 'ldaps://dc1', bindName: x, password: y}]\n", `unknown key "password"`},
		{"china", strings.Replace(strings.Replace(good, "cloud: custom", "cloud: china", 1), `endpoints: {authority: "https://127.0.0.1:1", graph: "https://127.0.0.1:2"}`, "caFile: x", 1), "tenant.cloud: china is not supported: Microsoft Graph offers no security incidents"},
		{"two credentials", strings.Replace(good, "clientSecretFile: secret", "clientSecretFile: secret, managedIdentity: true", 1), "exclude each other"},
		{"no credential", strings.Replace(good, "clientId: x, clientSecretFile: secret", "clientId: x", 1), "one of clientSecretFile, certificateFile, federatedTokenFile"},
		{"no client id", strings.Replace(good, "clientId: x, clientSecretFile: secret", "certificateFile: c.pem", 1), "tenant.credential.clientId: missing"},
		{"password of nothing", strings.Replace(good, "clientSecretFile: secret", "clientSecretFile: secret, certificatePasswordFile: p", 1), "only allowed with certificateFile"},
		{"days of originals", good + "    streaming: {raw: {days: -1}}\n", "streaming.raw.days: -1 is not between"},
		{"room for originals", good + "    streaming: {raw: {days: 1, maxBytes: 1000}}\n", "streaming.raw.maxBytes: 1000 is less than 256 MB"},
		{"first backfill", good + "    streaming: {backfill: always}\n", `streaming.backfill: "always" is none of offer, automatic, off`},
		{"share of bad records", good + "    streaming: {eventHubs: [{brokers: [b], hubs: [h], connectionStringFile: f, bad: {share: 50}}]}\n", "eventHubs[0].bad.share: 50 is not a share"},
		{"number of bad records", good + "    streaming: {storage: [{accountUrl: 'https://contosologs.blob.core.windows.net', connectionStringFile: f, bad: {records: -1}}]}\n", "storage[0].bad.records: -1 is negative"},
		{"postgres", "state: postgres://x\n" + good, "state database is sqlite"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			_, err := load(t, tc.text, nil)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v does not contain %q", err, tc.want)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "no.yaml"), os.Getenv); err == nil || !strings.Contains(err.Error(), "no.yaml") {
		t.Errorf("missing file: %v", err)
	}
}
