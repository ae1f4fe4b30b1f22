package directory

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/ueba"
)

// LDAPConfig says which domain controller to read, and as whom.
type LDAPConfig struct {
	URL          string // ldaps://host[:port]
	BindName     string // user principal name or distinguished name of an account of the domain; a plain user will do
	PasswordFile string // read again for every connection
	BaseDN       string // people below it are followed; "" is the whole domain
	CAFile       string // certificates to trust instead of the system's, in PEM; "" is the system's
	Every        time.Duration
}

// LDAP reads the people of an on-premises domain from a domain controller. While it runs it asks for what changed only
// (the DirSync control); the first reading, and every full one, brings everything. An account with the right to replicate
// is told of deletions at once; for another one they are found by looking who is still there, every ten minutes.
type LDAP struct {
	cfg  LDAPConfig
	host string

	domain  *domain
	cookie  []byte
	limited bool                // the account sees no deletions: they are found by who is missing
	census  time.Duration       // how often that is done
	counted time.Time           // when it was done last
	told    map[string][32]byte // what was handed over, by id
}

// censusEvery is how late a deletion shows to an account that may not see deletions.
const censusEvery = 10 * time.Minute

// NewLDAP returns the source; Every of 0 is a minute. It makes no connection.
func NewLDAP(cfg LDAPConfig) (*LDAP, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Scheme != "ldaps" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
		return nil, fault.New(fault.Invalid, "ldap_url", "directory.url %q is not ldaps://host[:port]. Passwords and people do not travel unencrypted.", cfg.URL)
	}
	if cfg.BindName == "" || cfg.PasswordFile == "" {
		return nil, fault.New(fault.Invalid, "ldap_credential", "The domain controller %s needs bindName and passwordFile.", u.Hostname())
	}
	if cfg.Every <= 0 {
		cfg.Every = time.Minute
	}
	return &LDAP{cfg: cfg, host: u.Hostname(), census: censusEvery, told: map[string][32]byte{}}, nil
}

// Name implements ueba.Source.
func (l *LDAP) Name() string { return "ldap/" + strings.ReplaceAll(strings.ToLower(l.host), ":", "_") }

// Title implements ueba.Source.
func (l *LDAP) Title() string { return "Active Directory from " + l.host }

// Directory implements ueba.Source.
func (l *LDAP) Directory() string { return model.ActiveDirectory }

// Direct implements ueba.Source.
func (l *LDAP) Direct() bool { return true }

// Every implements ueba.Source.
func (l *LDAP) Every() time.Duration { return l.cfg.Every }

// Read implements ueba.Source.
func (l *LDAP) Read(ctx context.Context, full bool) (ueba.Batch, error) {
	c, err := l.dial(ctx)
	if err != nil {
		return ueba.Batch{}, err
	}
	defer c.Close()
	if full || l.domain == nil {
		l.cookie = nil
	}
	for {
		changed, anew, err := l.sync(c)
		if err != nil {
			l.domain = nil
			return ueba.Batch{}, err
		}
		if anew { // names of many objects changed with one of a folder above them
			l.cookie = nil
			continue
		}
		return l.batch(full, changed)
	}
}

// sync brings the domain up to date. It reports whether anything changed, or whether everything must be read anew.
func (l *LDAP) sync(c *ldapConn) (changed, anew bool, err error) {
	whole := l.cookie == nil
	d := l.domain
	if whole {
		d = newDomain(c.root, cmp.Or(l.cfg.BaseDN, c.root))
		if !d.within(d.base, c.root) {
			return false, false, fault.New(fault.Invalid, "ldap_base", "directory.baseDN %q is not in the domain %s of %s.", l.cfg.BaseDN, c.root, l.host)
		}
	}
	take := func(e entry) error {
		changed = true
		if d.apply(e) && !whole {
			anew = true
		}
		return nil
	}
	if whole {
		l.limited = false
	}
	cookie, err := c.dirSync(l.cookie, l.limited, take)
	if whole && fault.KindOf(err) == fault.Permission { // most accounts may not replicate: they are told less
		l.limited = true
		cookie, err = c.dirSync(nil, true, take)
	}
	if err != nil {
		return false, false, err
	}
	if whole {
		l.counted = time.Now()
	} else if l.limited && time.Since(l.counted) >= l.census {
		there, err := c.everything()
		if err != nil {
			return false, false, err
		}
		changed = d.keep(there) || changed
		l.counted = time.Now()
	}
	for _, dn := range d.cut() {
		members, err := c.members(dn)
		if err != nil {
			return false, false, err
		}
		d.setMembers(dn, members)
	}
	d.resolve()
	l.domain, l.cookie = d, cookie
	return changed || whole, anew, nil
}

// batch hands over who changed since it was last called, or everybody.
func (l *LDAP) batch(full, changed bool) (ueba.Batch, error) {
	b := ueba.Batch{Full: full}
	if !changed && !full {
		return b, nil
	}
	now := map[string][32]byte{}
	for _, p := range l.domain.people() {
		j, err := json.Marshal(p)
		if err != nil {
			return b, fmt.Errorf("encoding account %s: %w", p.ID, err)
		}
		sum := sha256.Sum256(j)
		now[p.ID] = sum
		if full || l.told[p.ID] != sum {
			b.People = append(b.People, p)
		}
	}
	for id := range l.told {
		if _, ok := now[id]; !ok && !full {
			b.Gone = append(b.Gone, id)
		}
	}
	slices.Sort(b.Gone)
	l.told = now
	return b, nil
}
