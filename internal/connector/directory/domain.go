package directory

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

// domain is a domain's users, groups and folders as DirSync told of them. References between them are kept by id, so that
// a rename breaks none.
type domain struct {
	root, base string
	objects    map[string]*object // by id
	byDN       map[string]string  // id by distinguished name in lower case; old names stay, for references come with them
}

// object is one user, group or folder.
type object struct {
	id, dn  string
	kind    objectKind
	values  map[string][]string // attributes by name in lower case
	members map[string]bool     // of a group: ids, or distinguished names that are not known yet
	manager string              // id or distinguished name
	cut     bool                // members holds only a part
}

type objectKind int

const (
	otherObject objectKind = iota
	userObject
	groupObject
	folderObject
)

// entry is what DirSync says of one object: only attributes that changed, an empty one for one that is gone.
type entry struct {
	id, dn  string
	deleted bool
	values  map[string][]string
}

func newDomain(root, base string) *domain {
	return &domain{root: root, base: base, objects: map[string]*object{}, byDN: map[string]string{}}
}

// within reports whether the distinguished name is the base or below it.
func (d *domain) within(dn, base string) bool {
	dn, base = strings.ToLower(dn), strings.ToLower(base)
	return dn == base || strings.HasSuffix(dn, ","+base)
}

// apply takes an entry in, and reports whether it renames a folder that was known: the names of all below it change then,
// and nobody tells of them.
func (d *domain) apply(e entry) (renamedFolder bool) {
	o := d.objects[e.id]
	if e.deleted {
		delete(d.objects, e.id)
		return false
	}
	if o == nil {
		o = &object{id: e.id, values: map[string][]string{}}
		d.objects[e.id] = o
	}
	if classes, ok := e.values["objectclass"]; ok {
		o.kind = kindOf(classes)
	}
	renamedFolder = o.kind == folderObject && o.dn != "" && !strings.EqualFold(o.dn, e.dn)
	o.dn = e.dn
	d.byDN[strings.ToLower(e.dn)] = e.id
	for name, v := range e.values {
		switch {
		case name == "member":
			o.setMembers(v)
		case strings.HasPrefix(name, "member;range="):
			o.cut = true
		case name == "manager":
			o.manager = ""
			if len(v) > 0 {
				o.manager = plainDN(v[0])
			}
		case len(v) == 0:
			delete(o.values, name)
		default:
			o.values[name] = v
		}
	}
	return renamedFolder
}

// keep drops the objects that are not among the ids, and reports whether there were any.
func (d *domain) keep(there map[string]bool) bool {
	n := len(d.objects)
	maps.DeleteFunc(d.objects, func(id string, _ *object) bool { return !there[id] })
	return len(d.objects) < n
}

func (o *object) setMembers(dns []string) {
	o.members, o.cut = map[string]bool{}, false
	for _, dn := range dns {
		o.members[plainDN(dn)] = true
	}
}

// kindOf tells users, groups and folders by their classes. Computers and the accounts of services that the domain manages
// are users by class, but nobody's.
func kindOf(classes []string) objectKind {
	has := func(c string) bool {
		return slices.ContainsFunc(classes, func(x string) bool { return strings.EqualFold(x, c) })
	}
	switch {
	case has("computer"):
		return otherObject
	case has("user"):
		return userObject
	case has("group"):
		return groupObject
	case has("organizationalUnit"), has("container"):
		return folderObject
	}
	return otherObject
}

// plainDN drops the GUID and SID that may stand before a name, and its case.
func plainDN(dn string) string {
	for strings.HasPrefix(dn, "<") {
		_, rest, ok := strings.Cut(dn, ">;")
		if !ok {
			break
		}
		dn = rest
	}
	return strings.ToLower(dn)
}

// cut returns the names of groups whose members came in part only.
func (d *domain) cut() []string {
	var out []string
	for _, o := range d.objects {
		if o.cut {
			out = append(out, o.dn)
		}
	}
	slices.Sort(out)
	return out
}

func (d *domain) setMembers(dn string, members []string) {
	if o := d.objects[d.byDN[strings.ToLower(dn)]]; o != nil {
		o.setMembers(members)
	}
}

// resolve replaces names in references by ids, now that all entries are there.
func (d *domain) resolve() {
	for _, o := range d.objects {
		if id, ok := d.byDN[o.manager]; ok {
			o.manager = id
		}
		for m := range o.members {
			if id, ok := d.byDN[m]; ok {
				delete(o.members, m)
				o.members[id] = true
			}
		}
	}
}

// people returns the users below the base, with groups and managers.
func (d *domain) people() []model.Person {
	groups := newMembers()
	bySID := map[string]string{}
	for _, o := range d.objects {
		if o.kind == groupObject {
			g := groups.group(o.id)
			g.name, g.direct = firstOf(o.one("samaccountname"), o.one("name")), o.members
			bySID[o.one("objectsid")] = o.id
		}
	}
	containers := groups.containers()
	var out []model.Person
	for _, o := range d.objects {
		if o.kind != userObject || !d.within(o.dn, d.base) {
			continue
		}
		in := closure(containers, o.id)
		if g := bySID[o.primaryGroup()]; g != "" { // nobody is listed as a member of their primary group
			in = append(in, g)
			in = append(in, closure(containers, g)...)
		}
		p := o.person(d)
		p.Groups = groups.names(in)
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b model.Person) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// one returns an attribute's first value, "" when there is none.
func (o *object) one(name string) string {
	if v := o.values[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// primaryGroup returns the SID of the user's primary group.
func (o *object) primaryGroup() string {
	sid := o.one("objectsid")
	i := strings.LastIndexByte(sid, '-')
	if i < 0 || o.one("primarygroupid") == "" {
		return "none"
	}
	return sid[:i+1] + o.one("primarygroupid")
}

func (o *object) person(d *domain) model.Person {
	uac, err := strconv.ParseInt(o.one("useraccountcontrol"), 10, 64)
	enabled := uac&2 == 0
	p := model.Person{
		ID: o.id, SID: o.one("objectsid"), UPN: o.one("userprincipalname"), SAMAccount: o.one("samaccountname"), Domain: dnsDomain(d.root),
		DisplayName: firstOf(o.one("displayname"), o.one("name")), Given: o.one("givenname"), Surname: o.one("sn"), DistinguishedName: o.dn,
		Created: generalizedTime(o.one("whencreated")), Department: o.one("department"), EmployeeID: firstOf(o.one("employeeid"), o.one("employeenumber")), JobTitle: o.one("title"),
		Company: o.one("company"), Mail: o.one("mail"), OtherMail: otherMail(o.values["proxyaddresses"], o.one("mail")), Phone: firstOf(o.one("telephonenumber"), o.one("mobile")),
		Street: o.one("streetaddress"), City: o.one("l"), State: o.one("st"), Country: firstOf(o.one("co"), o.one("c")),
	}
	if err == nil {
		p.Enabled, p.AccountControl = &enabled, accountControl(uac)
	}
	if m := d.objects[o.manager]; m != nil {
		p.Manager = firstOf(m.one("userprincipalname"), m.one("samaccountname"), m.dn)
	}
	return p
}

// otherMail returns the SMTP addresses beside the main one.
func otherMail(proxies []string, main string) []string {
	var out []string
	for _, a := range proxies {
		kind, addr, ok := strings.Cut(a, ":")
		if ok && strings.EqualFold(kind, "smtp") && !strings.EqualFold(addr, main) {
			out = append(out, addr)
		}
	}
	slices.Sort(out)
	return out
}

// dnsDomain is a naming context's name in DNS.
func dnsDomain(root string) string {
	var parts []string
	for p := range strings.SplitSeq(root, ",") {
		if k, v, ok := strings.Cut(p, "="); ok && strings.EqualFold(strings.TrimSpace(k), "dc") {
			parts = append(parts, v)
		}
	}
	return strings.Join(parts, ".")
}

// generalizedTime reads LDAP's times; the zero time for anything else.
func generalizedTime(s string) time.Time {
	t, err := time.Parse("20060102150405.0Z", s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// controls are the bits of userAccountControl, by the names of IdentityInfo.
var controls = []struct {
	bit  int64
	name string
}{
	{0x2, "AccountDisabled"}, {0x8, "HomedirRequired"}, {0x10, "AccountLocked"}, {0x20, "PasswordNotRequired"}, {0x40, "CannotChangePassword"},
	{0x80, "EncryptedTextPasswordAllowed"}, {0x100, "TemporaryDuplicateAccount"}, {0x200, "NormalAccount"}, {0x800, "InterdomainTrustAccount"},
	{0x1000, "WorkstationTrustAccount"}, {0x2000, "ServerTrustAccount"}, {0x10000, "PasswordNeverExpires"}, {0x20000, "MnsLogonAccount"},
	{0x40000, "SmartcardRequired"}, {0x80000, "TrustedForDelegation"}, {0x100000, "DelegationNotAllowed"}, {0x200000, "UseDesKeyOnly"},
	{0x400000, "DontRequirePreauthentication"}, {0x800000, "PasswordExpired"}, {0x1000000, "TrustedToAuthenticationForDelegation"},
	{0x4000000, "PartialSecretsAccount"}, {0x8000000, "UseAesKeys"},
}

// accountControl names the bits that are set.
func accountControl(uac int64) []string {
	out := []string{}
	for _, c := range controls {
		if uac&c.bit != 0 {
			out = append(out, c.name)
		}
	}
	return out
}
