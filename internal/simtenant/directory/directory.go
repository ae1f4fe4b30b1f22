// Package directory is the simulated Contoso directory: people, guests, service accounts, devices, groups and roles.
// It is a pure function of the seed. SID, object id and UPN of an account are the same wherever it appears.
// Changes made while the tenant runs lie over it: Apply returns the directory as it is after them.
package directory

import (
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
)

// Names of the two domains of the tenant.
const (
	Domain   = "contoso.com"
	ADDomain = "corp.contoso.com"
	NTDomain = "CONTOSO"
)

// User is a person, a guest or a service account.
type User struct {
	ObjectID, SID, CloudSID      string // SID is "" for accounts that exist in the cloud only, ObjectID for those on premises only
	Account, UPN, Name           string // Account is the sAMAccountName
	Mail                         string
	Given, Surname               string
	Department, Title            string
	EmployeeID                   string
	Street, City, State, Country string
	Office, Phone                string
	Manager                      *User
	Device                       *Device // the device the person works at, nil for service accounts and guests
	HomeIP                       string  // public address the person usually comes from
	ADGuid, DN                   string
	MessagePUID                  string
	Created                      time.Time
	Changed, Deleted             time.Time // zero: as made; not deleted
	Disabled                     bool
	PasswordNeverExpires         bool
	Service                      bool
	Guest                        bool   // invited: its home is another tenant
	Analyst                      bool   // works incidents in the portal
	Risk                         string // none, low, medium or high
}

// Device is a computer or phone.
type Device struct {
	ID, AADID, Host, DNS        string // ID is the 40 character id of Defender for Endpoint
	Platform, Version, Build    string // Windows11 / 24H2 / 26100
	Distribution, VersionInfo   string
	Type, Category, Arch, Model string
	Vendor, Group               string
	IP, PublicIP, MAC, Gateway  string
	UUID                        string
	Owner                       *User
	Server, DC                  bool
	SID                         string // of the computer account
	FirstSeen                   time.Time
}

// Group is a security group. Groups of the cloud have no SID of the domain.
type Group struct {
	ID, SID, CloudSID, ADGuid, Name, DN string
	Members                             []*User
	Nested                              []*Group // groups that are members
	Assignable                          bool     // roles may be given to it
}

// Role is a directory role. Who is only eligible is no member until it is activated.
type Role struct {
	ID, TemplateID, Name, Description string
	Members, Eligible                 []*User
	Groups                            []*Group // whose members have the role
}

// Directory is the whole of it. It is read-only after New.
type Directory struct {
	TenantID, OrgName string
	Users             []*User // people first, then service accounts, then guests
	People, Analysts  []*User // everyone at work; those who work incidents
	Services, Guests  []*User
	Devices           []*Device
	Clients, Servers  []*Device
	DCs               []*Device
	Groups            []*Group
	Roles             []*Role
}

// Size says how large a directory is made.
type Size struct{ People, Devices int }

// New makes the directory of the seed.
func New(seed int64, size Size) *Directory {
	d := dice.New(seed, "directory")
	dir := &Directory{TenantID: d.GUID(), OrgName: "Contoso"}
	domainSID := fmt.Sprintf("S-1-5-21-%d-%d-%d", 1000000000+d.IntN(2000000000), 1000000000+d.IntN(2000000000), 1000000000+d.IntN(2000000000))
	epoch := time.Date(2021, 3, 1, 8, 0, 0, 0, time.UTC)
	dir.addPeople(d, size.People, domainSID, epoch)
	dir.addServices(d, domainSID, epoch)
	dir.addGuests(dice.New(seed, "guests"), epoch)
	dir.addDevices(d, size.Devices, domainSID, epoch)
	dir.addGroups(d, domainSID)
	dir.addRoles(d)
	return dir
}

// ByUPN finds a user without regard to case; nil if there is none.
func (dir *Directory) ByUPN(upn string) *User {
	for _, u := range dir.Users {
		if upn != "" && strings.EqualFold(u.UPN, upn) {
			return u
		}
	}
	return nil
}

// Service returns the service account of that name, nil if there is none.
func (dir *Directory) Service(account string) *User {
	for _, u := range dir.Services {
		if u.Account == account {
			return u
		}
	}
	return nil
}

// User returns the user whose object id or UPN it is, nil if there is none.
func (dir *Directory) User(id string) *User {
	for _, u := range dir.Users {
		if id != "" && (strings.EqualFold(u.ObjectID, id) || strings.EqualFold(u.UPN, id)) {
			return u
		}
	}
	return nil
}

// Group returns the named group, nil if there is none.
func (dir *Directory) Group(name string) *Group {
	for _, g := range dir.Groups {
		if g.Name == name {
			return g
		}
	}
	return nil
}
