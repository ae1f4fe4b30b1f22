package apptest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// person is somebody signed in at the portal.
type person struct {
	t    *testing.T
	http *http.Client
	base string
}

// signIn adds an account and signs it in by its one-time link.
func signIn(t *testing.T, d *Demo, name, role string) *person {
	t.Helper()
	link := link.FindString(d.Run("user", "add", "--name", name, "--role", role))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, http: &http.Client{Jar: jar}, base: d.Portal + "/api/w/" + d.Info.WorkspaceID}
	r, err := p.http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Fatalf("signing %s in: %s", name, r.Status)
	}
	return p
}

// call makes a request to the workspace's API and checks the status.
func (p *person) call(method, path string, in any, status int, out any) {
	p.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		p.t.Fatal(err)
	}
	rq, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := p.http.Do(rq)
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != status {
		p.t.Errorf("%s %s: %s %s %v; want %d", method, path, r.Status, raw, err, status)
		return
	}
	if out != nil {
		decode(p.t, string(raw), out)
	}
}

// tenantReader reads the simulated tenant as its own app would.
type tenantReader struct {
	t     *testing.T
	http  *http.Client
	graph string
	token string
}

func openTenant(t *testing.T, d *Demo) *tenantReader {
	t.Helper()
	var sim struct{ Graph, Token, CAFile, TenantID, ClientID, ClientSecret string }
	raw, err := os.ReadFile(filepath.Join(d.Dir, "sim", "sim.json"))
	if err != nil {
		t.Fatal(err)
	}
	decode(t, string(raw), &sim)
	pem, err := os.ReadFile(absolute(filepath.Join(d.Dir, "sim"), sim.CAFile))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	x := &tenantReader{t: t, graph: strings.TrimSuffix(strings.TrimRight(sim.Graph, "/"), "/v1.0"), http: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {sim.ClientID}, "client_secret": {sim.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"}}
	at := strings.TrimRight(sim.Token, "/")
	if !strings.HasSuffix(at, "/token") {
		at += "/" + sim.TenantID + "/oauth2/v2.0/token"
	}
	r, err := x.http.PostForm(at, form)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var out struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(r.Body).Decode(&out); err != nil || out.AccessToken == "" {
		t.Fatalf("no token: %s %v", r.Status, err)
	}
	x.token = out.AccessToken
	return x
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

type graphObject struct {
	ID, RoleTemplateID, PrincipalID, RoleDefinitionID, UserType string
	Type                                                        string `json:"@odata.type"`
}

func (x *tenantReader) list(path string) []graphObject {
	x.t.Helper()
	rq, err := http.NewRequestWithContext(x.t.Context(), http.MethodGet, x.graph+"/v1.0"+path, http.NoBody)
	if err != nil {
		x.t.Fatal(err)
	}
	rq.Header.Set("Authorization", "Bearer "+x.token)
	r, err := x.http.Do(rq)
	if err != nil {
		x.t.Fatal(err)
	}
	defer r.Body.Close()
	var out struct{ Value []graphObject }
	if err := json.NewDecoder(r.Body).Decode(&out); err != nil || r.StatusCode != http.StatusOK {
		x.t.Fatalf("%s: %s %v", path, r.Status, err)
	}
	return out.Value
}

// member returns a user who has one of the roles, by template id.
func (x *tenantReader) member(roles ...string) string {
	for _, role := range x.list("/directoryRoles") {
		if !slices.Contains(roles, role.RoleTemplateID) {
			continue
		}
		for _, m := range x.list("/directoryRoles/" + role.ID + "/members") {
			if strings.HasSuffix(m.Type, ".user") {
				return m.ID
			}
		}
	}
	return ""
}

// eligible returns a user who may activate one of the roles and has none of them.
func (x *tenantReader) eligible(roles ...string) string {
	for _, e := range x.list("/roleManagement/directory/roleEligibilityScheduleInstances") {
		if !slices.Contains(roles, e.RoleDefinitionID) {
			continue
		}
		has := false
		for _, o := range x.list("/users/" + e.PrincipalID + "/transitiveMemberOf") {
			has = has || slices.Contains(roles, o.RoleTemplateID)
		}
		if !has {
			return e.PrincipalID
		}
	}
	return ""
}

func (x *tenantReader) guest() string {
	for _, u := range x.list("/users?$filter=" + url.QueryEscape("userType eq 'Guest'") + "&$select=id,userType") {
		return u.ID
	}
	return ""
}
