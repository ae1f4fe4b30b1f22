package directory

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/go-ldap/ldap/v3"

	"github.com/vedette-siem/vedette/internal/pki"
	simdir "github.com/vedette-siem/vedette/internal/simtenant/directory"
)

const (
	sambaRoot     = "DC=corp,DC=contoso,DC=com"
	adminPassword = "Passw0rd-Admin1"
	plainUser     = "svc-sync" // an account without any right of its own
	plainPassword = "Start-Pass-00001!"
)

// samba is a running Samba domain controller that holds the people of the simulated tenant.
type samba struct {
	t      *testing.T
	dir    *simdir.Directory
	host   string
	caFile string
	plain  LDAPConfig
}

// startSamba starts a domain controller of its own on a loopback address. Setting one up takes half a minute once; it is kept in the
// checkout's cache. It skips the test where Samba is not installed or the test may not run it.
func startSamba(t *testing.T) *samba {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a domain controller")
	}
	for _, tool := range []string{"samba", "samba-tool", "ldbadd", "ldbmodify"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("Samba is not installed (no %s); scripts/setup.sh installs it as root", tool)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("a Samba domain controller needs root")
	}
	s := &samba{t: t, dir: simdir.New(1, simdir.Size{People: 60, Devices: 20})}
	home := t.TempDir()
	s.run("cp", "-a", s.provisioned(), filepath.Join(home, "dc"))
	s.serve(filepath.Join(home, "dc"))
	password := filepath.Join(home, "password")
	if err := os.WriteFile(password, []byte(plainPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.plain = LDAPConfig{URL: "ldaps://" + s.host, BindName: plainUser + "@" + simdir.Domain, PasswordFile: password, CAFile: s.caFile}
	return s
}

func (s *samba) run(name string, args ...string) {
	s.t.Helper()
	if out, err := exec.CommandContext(s.t.Context(), name, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%.2000s", name, err, out)
	}
}

// provisioned returns the folder of a domain that is set up and filled, made if it is not in the cache.
func (s *samba) provisioned() string {
	s.t.Helper()
	version, err := exec.CommandContext(s.t.Context(), "samba", "--version").Output()
	if err != nil {
		s.t.Fatal(err)
	}
	add, modify := ldif(s.dir)
	sum := sha256.Sum256([]byte(string(version) + add + modify + "1"))
	cache := filepath.Join("..", "..", "..", ".cache", "samba")
	final := filepath.Join(cache, hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(final); err == nil {
		return final
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		s.t.Fatal(err)
	}
	made, err := os.MkdirTemp(cache, "making-")
	if err != nil {
		s.t.Fatal(err)
	}
	defer os.RemoveAll(made)
	dc, err := filepath.Abs(filepath.Join(made, "dc"))
	if err != nil {
		s.t.Fatal(err)
	}
	sid := s.dir.People[0].SID
	s.run("samba-tool", "domain", "provision", "--targetdir="+dc, "--realm="+strings.ToUpper(simdir.ADDomain), "--domain="+simdir.NTDomain,
		"--domain-sid="+sid[:strings.LastIndexByte(sid, '-')], "--server-role=dc", "--host-name=dc01", "--host-ip=127.0.0.1", "--dns-backend=NONE",
		"--adminpass="+adminPassword, "--option=interfaces=lo", "--option=bind interfaces only=yes")
	s.fill("ldbadd", made, dc, add)
	s.fill("ldbmodify", made, dc, modify)
	if err := os.Rename(dc, final); err != nil {
		if _, err := os.Stat(final); err != nil { // another test was as fast
			s.t.Fatal(err)
		}
	}
	return final
}

func (s *samba) fill(tool, made, dc, text string) {
	s.t.Helper()
	file := filepath.Join(made, tool+".ldif")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.run(tool, "--relax", "-H", filepath.Join(dc, "private", "sam.ldb"), file) // relaxed: SIDs are given
}

// serve runs the domain in the folder until the test ends.
func (s *samba) serve(dc string) {
	s.t.Helper()
	// An address of its own, so that several may run at once: the ports cannot be chosen.
	s.host = fmt.Sprintf("127.77.%d.%d", rand.IntN(250), 2+rand.IntN(250))
	keys := filepath.Join(dc, "keys")
	pair, err := pki.Ensure(keys, []string{s.host}, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	s.caFile = pair.CAFile
	conf := filepath.Join(dc, "etc", "run.conf")
	text := strings.NewReplacer("$D", dc, "$K", keys, "$H", s.host, "$R", strings.ToUpper(simdir.ADDomain), "$W", simdir.NTDomain).Replace(`[global]
 netbios name = DC01
 realm = $R
 workgroup = $W
 server role = active directory domain controller
 interfaces = $H/8
 bind interfaces only = yes
 private dir = $D/private
 state directory = $D/state
 cache directory = $D/cache
 lock directory = $D/run
 pid directory = $D/run
 ncalrpc dir = $D/run/ncalrpc
 binddns dir = $D/bind-dns
 log file = $D/samba.log
 log level = 1
 server services = ldap
 dns update command = /bin/true
 tls enabled = yes
 tls certfile = $K/server.pem
 tls keyfile = $K/server.key
 tls cafile = $K/ca.pem
`)
	if err := os.MkdirAll(filepath.Join(dc, "run"), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command("samba", "-F", "--no-process-group", "-M", "single", "-s", conf)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-done
		}
	})
	for range 200 {
		c, err := net.Dial("tcp", net.JoinHostPort(s.host, "636"))
		if err == nil {
			c.Close()
			return
		}
		select {
		case <-done:
			log, _ := os.ReadFile(filepath.Join(dc, "samba.log"))
			s.t.Fatalf("samba ended: %s\n%s", out.String(), log)
		case <-time.After(50 * time.Millisecond):
		}
	}
	s.t.Fatal("samba does not answer")
}

// asAdmin is the configuration of a source that may replicate.
func (s *samba) asAdmin() LDAPConfig {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "admin")
	if err := os.WriteFile(file, []byte(adminPassword), 0o600); err != nil {
		s.t.Fatal(err)
	}
	cfg := s.plain
	cfg.BindName, cfg.PasswordFile = "administrator@"+simdir.ADDomain, file
	return cfg
}

// admin returns a connection of the administrator, for changes.
func (s *samba) admin() *ldap.Conn {
	s.t.Helper()
	l, err := NewLDAP(s.asAdmin())
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := l.dial(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c.Conn
}

// ldif returns what fills an empty domain with the accounts and groups of the simulated directory: first who there is, then who
// belongs to whom.
func ldif(dir *simdir.Directory) (add, modify string) {
	var a, m strings.Builder
	folders := map[string]bool{sambaRoot: true, "CN=Users," + sambaRoot: true}
	var folder func(dn string)
	folder = func(dn string) {
		if folders[dn] {
			return
		}
		folders[dn] = true
		name, parent, _ := strings.Cut(dn, ",")
		folder(parent)
		fmt.Fprintf(&a, "dn: %s\nobjectClass: organizationalUnit\nou: %s\n\n", dn, strings.TrimPrefix(name, "OU="))
	}
	attr := func(b *strings.Builder, name, v string) {
		if v != "" {
			fmt.Fprintf(b, "%s:: %s\n", name, base64.StdEncoding.EncodeToString([]byte(v)))
		}
	}
	for _, u := range dir.Users {
		if u.SID == "" || u.Account == "krbtgt" {
			continue
		}
		_, parent, _ := strings.Cut(u.DN, ",")
		folder(parent)
		control := 512
		if u.Disabled {
			control |= 2
		}
		if u.PasswordNeverExpires {
			control |= 0x10000
		}
		fmt.Fprintf(&a, "dn: %s\nobjectClass: user\nobjectSid: %s\nuserAccountControl: %d\n", u.DN, u.SID, control)
		for _, x := range [][2]string{
			{"sAMAccountName", u.Account}, {"userPrincipalName", u.UPN}, {"displayName", u.Name}, {"givenName", u.Given}, {"sn", u.Surname}, {"mail", u.Mail}, {"department", u.Department},
			{"title", u.Title}, {"employeeID", u.EmployeeID}, {"streetAddress", u.Street}, {"l", u.City}, {"st", u.State}, {"co", u.Country}, {"telephoneNumber", u.Phone},
		} {
			attr(&a, x[0], x[1])
		}
		if u.Account == plainUser {
			var pw []byte
			for _, c := range utf16.Encode([]rune(`"` + plainPassword + `"`)) {
				pw = append(pw, byte(c), byte(c>>8))
			}
			attr(&a, "unicodePwd", string(pw))
		}
		a.WriteByte('\n')
		if u.Manager != nil {
			fmt.Fprintf(&m, "dn: %s\nchangetype: modify\nadd: manager\nmanager: %s\n\n", u.DN, u.Manager.DN)
		}
	}
	where := map[string]string{"Backup Operators": "CN=Backup Operators,CN=Builtin," + sambaRoot} // there from the start, elsewhere
	dn := func(g *simdir.Group) string {
		if d := where[g.Name]; d != "" {
			return d
		}
		return g.DN
	}
	for _, g := range dir.Groups {
		if g.SID == "" {
			continue
		}
		if !strings.Contains(g.DN, ",CN=Users,") {
			_, parent, _ := strings.Cut(g.DN, ",")
			folder(parent)
			fmt.Fprintf(&a, "dn: %s\nobjectClass: group\nobjectSid: %s\nsAMAccountName: %s\n\n", g.DN, g.SID, g.Name)
		}
		if g.Name == "Domain Users" || len(g.Members)+len(g.Nested) == 0 { // everybody's primary group
			continue
		}
		fmt.Fprintf(&m, "dn: %s\nchangetype: modify\nadd: member\n", dn(g))
		for _, u := range g.Members {
			if u.SID != "" {
				fmt.Fprintf(&m, "member: %s\n", u.DN)
			}
		}
		for _, n := range g.Nested {
			if n.SID != "" {
				fmt.Fprintf(&m, "member: %s\n", dn(n))
			}
		}
		m.WriteByte('\n')
	}
	return a.String(), m.String()
}
