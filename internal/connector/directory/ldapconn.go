package directory

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/vedette-siem/vedette/internal/fault"
)

const (
	ldapTimeout = 30 * time.Second
	// syncBytes is about how much one answer of DirSync may hold.
	syncBytes = 1 << 20
)

// ldapConn is a signed-in connection to a domain controller.
type ldapConn struct {
	*ldap.Conn
	l    *LDAP
	root string // the domain's naming context
	stop func() bool
}

// attributes are what is asked for. A rename is told of only when name is among them.
var attributes = []string{
	"name", "objectClass", "objectGUID", "objectSid", "isDeleted", "sAMAccountName", "userPrincipalName", "displayName", "givenName", "sn", "whenCreated", "department", "employeeID",
	"employeeNumber", "title", "company", "mail", "proxyAddresses", "telephoneNumber", "mobile", "streetAddress", "l", "st", "co", "c", "manager", "userAccountControl", "primaryGroupID", "member",
}

// syncFilter is what DirSync tells of.
const syncFilter = "(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit)(objectClass=container))"

// dial connects, verifies the certificate, and signs in. The connection is cut when ctx ends.
func (l *LDAP) dial(ctx context.Context) (*ldapConn, error) {
	pool, err := trusted(l.cfg.CAFile)
	if err != nil {
		return nil, err
	}
	password, err := os.ReadFile(l.cfg.PasswordFile)
	if err != nil {
		return nil, fault.New(fault.Unauthenticated, "ldap_password_file", "The password file %s for %s cannot be read: %w.", l.cfg.PasswordFile, l.host, err)
	}
	secret := strings.TrimRight(string(password), "\r\n")
	if secret == "" { // a bind without a password is anonymous and would seem to work
		return nil, fault.New(fault.Unauthenticated, "ldap_password_file", "The password file %s for %s is empty.", l.cfg.PasswordFile, l.host)
	}
	conn, err := ldap.DialURL(l.cfg.URL, ldap.DialWithDialer(&net.Dialer{Timeout: ldapTimeout}),
		ldap.DialWithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: l.host}))
	if err != nil {
		return nil, l.explain("connect to it", err)
	}
	conn.SetTimeout(ldapTimeout)
	c := &ldapConn{Conn: conn, l: l, stop: context.AfterFunc(ctx, func() { _ = conn.Close() })}
	if err := conn.Bind(l.cfg.BindName, secret); err != nil {
		c.Close()
		return nil, l.explain("sign in", err)
	}
	if c.root, err = c.namingContext(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends the connection.
func (c *ldapConn) Close() {
	c.stop()
	_ = c.Conn.Close() // nothing is lost with it
}

// trusted returns the certificates of the file, nil (the system's) without one.
func trusted(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Invalid, "ca_file", "The CA file %s cannot be read: %w.", file, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Invalid, "ca_file", "The CA file %s holds no PEM certificate.", file)
	}
	return pool, nil
}

// explain says what a refusal means and what to do.
func (l *LDAP) explain(what string, err error) error {
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &cert):
		return fault.New(fault.Invalid, "ldap_certificate", "The certificate of domain controller %s is not trusted: %w. Name its authority in directory.caFile, and use the name that is in the certificate.", l.host, err)
	case ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials):
		return fault.New(fault.Unauthenticated, "ldap_credential", "Domain controller %s refused the name %s or its password. Check directory.bindName and directory.passwordFile.", l.host, l.cfg.BindName)
	case ldap.IsErrorWithCode(err, ldap.LDAPResultInsufficientAccessRights):
		return fault.New(fault.Permission, "ldap_permission", "Domain controller %s does not let %s %s (%w). Let the account read the domain.", l.host, l.cfg.BindName, what, err)
	case ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailableCriticalExtension):
		return fault.New(fault.Invalid, "ldap_no_dirsync", "The server %s knows no DirSync: it is no Active Directory domain controller (%w).", l.host, err)
	}
	return fault.New(fault.Unavailable, "ldap_unavailable", "Domain controller %s: cannot %s: %w. It is tried again.", l.host, what, err)
}

func (c *ldapConn) namingContext() (string, error) {
	r, err := c.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"defaultNamingContext"}, nil))
	if err != nil {
		return "", c.l.explain("read its root", err)
	}
	if len(r.Entries) != 1 || r.Entries[0].GetAttributeValue("defaultNamingContext") == "" {
		return "", fault.New(fault.Invalid, "ldap_no_domain", "The server %s names no domain: it is no Active Directory domain controller.", c.l.host)
	}
	return r.Entries[0].GetAttributeValue("defaultNamingContext"), nil
}

// dirSync calls f with everything that changed since the cookie, or with everything for nil, and returns the next cookie.
// Limited is for accounts without the right to replicate: they are told of what they may read, and of no deletions.
func (c *ldapConn) dirSync(cookie []byte, limited bool, f func(entry) error) ([]byte, error) {
	var flags int64
	if limited {
		flags = ldap.DirSyncObjectSecurity
	}
	rq := ldap.NewSearchRequest(c.root, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, syncFilter, attributes, nil)
	for {
		r, err := c.DirSync(rq, flags, syncBytes, cookie)
		if err != nil {
			return nil, c.l.explain("read what changed", err)
		}
		for _, e := range r.Entries {
			en, err := readEntry(e)
			if err != nil {
				return nil, err
			}
			if err := f(en); err != nil {
				return nil, err
			}
		}
		ctl, ok := ldap.FindControl(r.Controls, ldap.ControlTypeDirSync).(*ldap.ControlDirSync)
		if !ok || len(ctl.Cookie) == 0 {
			return nil, fault.New(fault.Unavailable, "ldap_no_cookie", "Domain controller %s told of changes without a place to go on from. It is tried again.", c.l.host)
		}
		cookie = ctl.Cookie
		if ctl.Flags == 0 { // in an answer it says whether there is more
			return cookie, nil
		}
	}
}

// everything returns the ids of all objects that dirSync tells of and that are there now.
func (c *ldapConn) everything() (map[string]bool, error) {
	rq := ldap.NewSearchRequest(c.root, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, syncFilter, []string{"objectGUID"}, nil)
	r, err := c.SearchWithPaging(rq, 1000)
	if err != nil {
		return nil, c.l.explain("look who is there", err)
	}
	out := map[string]bool{}
	for _, e := range r.Entries {
		if id := e.GetRawAttributeValue("objectGUID"); len(id) > 0 {
			out[hex.EncodeToString(id)] = true
		}
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Unavailable, "directory_empty", "Domain controller %s shows nothing at all. Nobody was taken for deleted; it is read again.", c.l.host)
	}
	return out, nil
}

// members reads a group's members in parts: one answer holds only so many.
func (c *ldapConn) members(dn string) ([]string, error) {
	var out []string
	for from := 0; ; {
		attr := fmt.Sprintf("member;range=%d-*", from)
		r, err := c.Search(ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{attr}, nil))
		if err != nil {
			return nil, c.l.explain("read the members of "+dn, err)
		}
		if len(r.Entries) != 1 {
			return nil, fault.New(fault.Unavailable, "ldap_unavailable", "Domain controller %s does not show group %s any more. It is tried again.", c.l.host, dn)
		}
		more := false
		for _, a := range r.Entries[0].Attributes {
			name := strings.ToLower(a.Name)
			if name != "member" && !strings.HasPrefix(name, "member;range=") {
				continue
			}
			out = append(out, a.Values...)
			from += len(a.Values)
			more = strings.HasPrefix(name, "member;range=") && !strings.HasSuffix(name, "-*") && len(a.Values) > 0
		}
		if !more {
			return out, nil
		}
	}
}

// readEntry reads an entry of DirSync.
func readEntry(e *ldap.Entry) (entry, error) {
	out := entry{dn: e.DN, values: map[string][]string{}}
	for _, a := range e.Attributes {
		name := strings.ToLower(a.Name)
		switch name {
		case "objectguid":
			if len(a.ByteValues) == 1 {
				out.id = hex.EncodeToString(a.ByteValues[0])
			}
		case "objectsid":
			if len(a.ByteValues) == 1 {
				out.values[name] = []string{sidText(a.ByteValues[0])}
			}
		case "isdeleted":
			out.deleted = len(a.Values) == 1 && strings.EqualFold(a.Values[0], "TRUE")
		default:
			out.values[name] = a.Values
		}
	}
	if out.id == "" {
		return out, fault.New(fault.Unavailable, "ldap_malformed", "An entry without objectGUID came for %s.", e.DN)
	}
	return out, nil
}

// sidText is a binary SID in its usual form, "" for what is none.
func sidText(b []byte) string {
	if len(b) < 8 || len(b) != 8+4*int(b[1]) {
		return ""
	}
	var authority uint64
	for _, x := range b[2:8] {
		authority = authority<<8 | uint64(x)
	}
	s := "S-" + strconv.Itoa(int(b[0])) + "-" + strconv.FormatUint(authority, 10)
	for i := 8; i < len(b); i += 4 {
		s += "-" + strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b[i:])), 10)
	}
	return s
}
