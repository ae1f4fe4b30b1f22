package directory

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	simdir "github.com/vedette-siem/vedette/internal/simtenant/directory"
)

func TestLDAPConfigIsChecked(t *testing.T) {
	for _, tc := range []struct {
		name string
		cfg  LDAPConfig
		code string
	}{
		{"unencrypted", LDAPConfig{URL: "ldap://dc1", BindName: "x", PasswordFile: "y"}, "ldap_url"},
		{"no host", LDAPConfig{URL: "ldaps://", BindName: "x", PasswordFile: "y"}, "ldap_url"},
		{"a path", LDAPConfig{URL: "ldaps://dc1/DC=x", BindName: "x", PasswordFile: "y"}, "ldap_url"},
		{"no password", LDAPConfig{URL: "ldaps://dc1", BindName: "x"}, "ldap_credential"},
	} {
		if _, err := NewLDAP(tc.cfg); fault.CodeOf(err) != tc.code {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	l, err := NewLDAP(LDAPConfig{URL: "ldaps://DC1.corp.example:3269", BindName: "x", PasswordFile: "y"})
	if err != nil || l.Name() != "ldap/dc1.corp.example" || !l.Direct() {
		t.Errorf("%v %v", l, err)
	}
}

// reader reads a Samba domain step by step and keeps what it knows.
type reader struct {
	t *testing.T
	l *LDAP
	p map[string]model.Person // by sAMAccountName
}

// read reads once, checks how many came and went, and returns the names of who came.
func (r *reader) read(full bool) (came, gone []string) {
	r.t.Helper()
	b, err := r.l.Read(r.t.Context(), full)
	if err != nil {
		r.t.Fatal(err)
	}
	if b.Full != full {
		r.t.Errorf("asked for full %v, got %v", full, b.Full)
	}
	byID := map[string]string{}
	for name, p := range r.p {
		byID[p.ID] = name
	}
	for _, p := range b.People {
		if old := byID[p.ID]; old != "" {
			delete(r.p, old)
		}
		r.p[p.SAMAccount] = p
		came = append(came, p.SAMAccount)
	}
	for _, id := range b.Gone {
		gone = append(gone, byID[id])
		delete(r.p, byID[id])
	}
	slices.Sort(came)
	slices.Sort(gone)
	return came, gone
}

func (r *reader) expect(what string, came, gone []string) {
	r.t.Helper()
	c, g := r.read(false)
	if d := cmp.Diff(came, c); d != "" {
		r.t.Errorf("%s: who came (-want +got):\n%s", what, d)
	}
	if d := cmp.Diff(gone, g); d != "" {
		r.t.Errorf("%s: who is gone (-want +got):\n%s", what, d)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func change(dn string, f func(*ldap.ModifyRequest)) *ldap.ModifyRequest {
	m := ldap.NewModifyRequest(dn, nil)
	f(m)
	return m
}

// TestLDAPFollowsADomain reads a real domain controller: whom it may not be, everybody, and every kind of change.
func TestLDAPFollowsADomain(t *testing.T) {
	s := startSamba(t)
	t.Run("refusals", func(t *testing.T) { refusals(t, s) })
	l, err := NewLDAP(s.plain)
	must(t, err)
	l.census = 0
	r := &reader{t: t, l: l, p: map[string]model.Person{}}
	r.read(true)
	everybody(t, s.dir, r.p)
	replicating, err := NewLDAP(s.asAdmin())
	must(t, err)
	all := &reader{t: t, l: replicating, p: map[string]model.Person{}}
	all.read(true)
	if !l.limited || replicating.limited {
		t.Errorf("the plain account is limited: %v, the administrator: %v", l.limited, replicating.limited)
	}
	if d := cmp.Diff(all.p, r.p); d != "" {
		t.Errorf("a plain account sees other people (-administrator +plain):\n%s", d)
	}
	r.expect("nothing changed", nil, nil)

	admin := s.admin()
	user := func(i int) *simdir.User { return s.dir.People[i] }
	a, b, c := user(20), user(21), user(22)
	must(t, admin.Modify(change(a.DN, func(m *ldap.ModifyRequest) {
		m.Replace("department", []string{"Moved"})
		m.Delete("title", nil)
	})))
	must(t, admin.Modify(change(b.DN, func(m *ldap.ModifyRequest) { m.Replace("userAccountControl", []string{"514"}) })))
	want := []string{a.Account, b.Account}
	slices.Sort(want)
	r.expect("two edits", want, nil)
	if p := r.p[a.Account]; p.Department != "Moved" || p.JobTitle != "" {
		t.Errorf("edited: %+v", p)
	}
	if p := r.p[b.Account]; *p.Enabled || !slices.Contains(p.AccountControl, "AccountDisabled") {
		t.Errorf("disabled: %+v", p)
	}

	// A group in a group: who is in the inner one is in the outer one.
	inner, outer := "CN=Inner,OU=Groups,"+sambaRoot, "CN=Outer,OU=Groups,"+sambaRoot
	for _, dn := range []string{inner, outer} {
		rq := ldap.NewAddRequest(dn, nil)
		rq.Attribute("objectClass", []string{"group"})
		rq.Attribute("sAMAccountName", []string{strings.TrimPrefix(strings.Split(dn, ",")[0], "CN=")})
		must(t, admin.Add(rq))
	}
	must(t, admin.Modify(change(inner, func(m *ldap.ModifyRequest) { m.Add("member", []string{c.DN, a.DN}) })))
	must(t, admin.Modify(change(outer, func(m *ldap.ModifyRequest) { m.Add("member", []string{inner}) })))
	want = []string{a.Account, c.Account}
	slices.Sort(want)
	r.expect("joined a group in a group", want, nil)
	if g := r.p[c.Account].Groups; !slices.Contains(g, "Inner") || !slices.Contains(g, "Outer") {
		t.Errorf("groups %v", g)
	}
	must(t, admin.Modify(change(inner, func(m *ldap.ModifyRequest) { m.Delete("member", []string{c.DN}) })))
	r.expect("left it", []string{c.Account}, nil)
	must(t, admin.ModifyDN(ldap.NewModifyDNRequest(inner, "CN=Inner Circle", true, "")))
	r.expect("a renamed group keeps its account name", nil, nil)

	// A manager is renamed: those below still know them, and the manager's own record changes.
	boss := a.Manager
	must(t, admin.ModifyDN(ldap.NewModifyDNRequest(boss.DN, "CN=Renamed Boss", true, "")))
	must(t, admin.Modify(change(a.DN, func(m *ldap.ModifyRequest) { m.Replace("telephoneNumber", []string{"1"}) })))
	want = []string{a.Account, boss.Account}
	slices.Sort(want)
	r.expect("a renamed manager", want, nil)
	if p := r.p[boss.Account]; !strings.HasPrefix(p.DistinguishedName, "CN=Renamed Boss,") || r.p[a.Account].Manager != boss.UPN {
		t.Errorf("renamed: %+v; manager %q", p, r.p[a.Account].Manager)
	}

	must(t, admin.Del(ldap.NewDelRequest(c.DN, nil)))
	r.expect("a deletion", nil, []string{c.Account})
	if _, gone := all.read(false); !slices.Contains(gone, c.Account) {
		t.Errorf("a deletion, told at once: %v", gone)
	}

	// A folder is renamed: the names of all in it change, and the controller tells of none of them.
	_, folder, _ := strings.Cut(b.DN, ",")
	must(t, admin.ModifyDN(ldap.NewModifyDNRequest(folder, "OU=Elsewhere", true, "")))
	came, gone := r.read(false)
	if !slices.Contains(came, b.Account) || len(gone) != 0 || !strings.Contains(r.p[b.Account].DistinguishedName, ",OU=Elsewhere,") {
		t.Errorf("a renamed folder: %v came, %v gone, %q", came, gone, r.p[b.Account].DistinguishedName)
	}
	r.expect("nothing more", nil, nil)

	// What a new reader sees is what the old one knows.
	l2, err := NewLDAP(s.plain)
	must(t, err)
	fresh := &reader{t: t, l: l2, p: map[string]model.Person{}}
	fresh.read(true)
	if d := cmp.Diff(fresh.p, r.p); d != "" {
		t.Errorf("followed differs from read anew (-anew +followed):\n%s", d)
	}
	t.Run("below a folder only", func(t *testing.T) { belowAFolder(t, s, admin) })
	t.Run("members in parts", func(t *testing.T) { memberParts(t, s, outer) })
}

// everybody compares what was read with the directory that the domain was filled from.
func everybody(t *testing.T, dir *simdir.Directory, got map[string]model.Person) {
	t.Helper()
	type who struct {
		SID, UPN, Name, Department, Title, Mail, City, EmployeeID, Manager, DN string
		Enabled                                                                bool
		Groups                                                                 []string
	}
	want, have := map[string]who{}, map[string]who{}
	for _, u := range dir.Users {
		if u.SID == "" || u.Account == "krbtgt" {
			continue
		}
		w := who{SID: u.SID, UPN: u.UPN, Name: u.Name, Department: u.Department, Title: u.Title, Mail: u.Mail, City: u.City, EmployeeID: u.EmployeeID, DN: u.DN, Enabled: !u.Disabled}
		if u.Manager != nil {
			w.Manager = u.Manager.UPN
		}
		for _, g := range dir.GroupsOf(u) {
			if g.SID != "" {
				w.Groups = append(w.Groups, g.Name)
			}
		}
		w.Groups = append(w.Groups, "Domain Users", "Users") // in the domain everybody is, the latter through the former
		want[u.Account] = w
	}
	for name, p := range got {
		if p.Enabled == nil {
			t.Errorf("%s: not known whether enabled", name)
			continue
		}
		have[name] = who{SID: p.SID, UPN: p.UPN, Name: p.DisplayName, Department: p.Department, Title: p.JobTitle, Mail: p.Mail, City: p.City, EmployeeID: p.EmployeeID,
			Manager: p.Manager, DN: p.DistinguishedName, Enabled: *p.Enabled, Groups: p.Groups}
	}
	for _, name := range []string{"Administrator", "Guest", "krbtgt", "dns-dc01"} { // there in every domain
		if _, ok := have[name]; !ok {
			t.Errorf("no %s", name)
		}
		delete(have, name)
	}
	// Groups that the domain has from the start and puts others into come on top.
	for name, h := range have {
		w := want[name]
		for _, g := range w.Groups {
			if !slices.Contains(h.Groups, g) {
				t.Errorf("%s is not in %s: %v", name, g, h.Groups)
			}
		}
		h.Groups, w.Groups = nil, nil
		have[name], want[name] = h, w
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("people (-directory +read):\n%s", d)
	}
	if len(have) < 60 {
		t.Errorf("%d people only", len(have))
	}
}

func refusals(t *testing.T, s *samba) {
	empty, wrong := filepath.Join(t.TempDir(), "empty"), filepath.Join(t.TempDir(), "wrong")
	must(t, os.WriteFile(empty, []byte("\n"), 0o600))
	must(t, os.WriteFile(wrong, []byte("wrong"), 0o600))
	for _, tc := range []struct {
		name   string
		change func(*LDAPConfig)
		code   string
		says   string
	}{
		{"unknown authority", func(c *LDAPConfig) { c.CAFile = "" }, "ldap_certificate", "directory.caFile"},
		{"another name", func(c *LDAPConfig) { c.URL = strings.Replace(c.URL, s.host, "127.77.0.1", 1) }, "ldap_unavailable", "127.77.0.1"},
		{"wrong password", func(c *LDAPConfig) { c.PasswordFile = wrong }, "ldap_credential", plainUser},
		{"no password", func(c *LDAPConfig) { c.PasswordFile = empty }, "ldap_password_file", "is empty"},
		{"password file is not there", func(c *LDAPConfig) { c.PasswordFile = empty + "x" }, "ldap_password_file", "cannot be read"},
		{"base elsewhere", func(c *LDAPConfig) { c.BaseDN = "DC=other,DC=com" }, "ldap_base", "not in the domain"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := s.plain
			tc.change(&cfg)
			l, err := NewLDAP(cfg)
			must(t, err)
			if _, err = l.Read(t.Context(), true); fault.CodeOf(err) != tc.code || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v; want %s saying %q", err, tc.code, tc.says)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l, err := NewLDAP(s.plain)
	must(t, err)
	if _, err := l.Read(ctx, true); err == nil {
		t.Error("read although it was cancelled")
	}
}

// belowAFolder follows one folder: who moves out of it is gone, who moves in comes.
func belowAFolder(t *testing.T, s *samba, admin *ldap.Conn) {
	cfg := s.plain
	cfg.BaseDN = "OU=Accounts," + sambaRoot
	l, err := NewLDAP(cfg)
	must(t, err)
	r := &reader{t: t, l: l, p: map[string]model.Person{}}
	r.read(true)
	if _, ok := r.p["Administrator"]; ok || len(r.p) < 50 {
		t.Fatalf("%d people below the folder, the administrator among them: %v", len(r.p), ok)
	}
	u := s.dir.People[30]
	now := r.p[u.Account].DistinguishedName
	name, folder, _ := strings.Cut(now, ",")
	must(t, admin.ModifyDN(ldap.NewModifyDNRequest(now, name, true, "CN=Users,"+sambaRoot)))
	r.expect("moved out", nil, []string{u.Account})
	must(t, admin.ModifyDN(ldap.NewModifyDNRequest(name+",CN=Users,"+sambaRoot, name, true, folder)))
	r.expect("moved in", []string{u.Account}, nil)
}

// memberParts reads a group as one with too many members for an answer is read.
func memberParts(t *testing.T, s *samba, dn string) {
	l, err := NewLDAP(s.plain)
	must(t, err)
	c, err := l.dial(t.Context())
	must(t, err)
	defer c.Close()
	got, err := c.members(dn)
	must(t, err)
	if len(got) != 1 || !strings.HasPrefix(got[0], "CN=Inner Circle,") {
		t.Errorf("members %v", got)
	}
}
