// Package directory is the simulated Contoso directory: people, service accounts, devices, groups and roles.
// It is a pure function of the seed. SID, object id and UPN of an account are the same wherever it appears.
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

// User is a person or a service account.
type User struct {
	ObjectID, SID, CloudSID      string
	Account, UPN, Name           string // Account is the sAMAccountName
	Given, Surname               string
	Department, Title            string
	City, Country, Office, Phone string
	Manager                      *User
	Device                       *Device // the device the person works at, nil for service accounts
	HomeIP                       string  // public address the person usually comes from
	ADGuid                       string
	MessagePUID                  string
	Created                      time.Time
	Service                      bool
	Analyst                      bool // works incidents in the portal
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

// Group is a security group.
type Group struct {
	ID, SID, ADGuid, Name, DN string
	Members                   []*User
}

// Role is a directory role with its members.
type Role struct {
	ID, TemplateID, Name, Description string
	Members                           []*User
}

// Directory is the whole of it. It is read-only after New.
type Directory struct {
	TenantID, OrgName string
	Users             []*User // people first, then service accounts
	People, Analysts  []*User
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
	dir.addDevices(d, size.Devices, domainSID, epoch)
	dir.addGroups(d, domainSID)
	dir.addRoles(d)
	return dir
}

func (dir *Directory) addPeople(d *dice.Dice, n int, domainSID string, epoch time.Time) {
	seen := map[string]bool{}
	for len(dir.People) < n {
		given, sur := dice.Pick(d, givenNames), dice.Pick(d, surnames)
		account := strings.ToLower(given + "." + sur)
		if len(account) > 20 || seen[account] {
			continue
		}
		seen[account] = true
		i := len(dir.People)
		dep := departments[(i+d.IntN(3))%len(departments)]
		city := dice.Pick(d, cities)
		u := &User{
			ObjectID: d.GUID(), SID: fmt.Sprintf("%s-%d", domainSID, 1105+i*3), CloudSID: cloudSID(d), Account: account, UPN: account + "@" + Domain,
			Name: given + " " + sur, Given: given, Surname: sur, Department: dep.name, Title: dice.Pick(d, dep.titles), City: city.name, Country: city.country,
			Office: fmt.Sprintf("%s %d/%02d", city.name, 1+d.IntN(4), 1+d.IntN(60)), Phone: fmt.Sprintf("+1 555 01%02d", d.IntN(100)),
			HomeIP: fmt.Sprintf("%s.%d.%d", city.net, d.IntN(250), 2+d.IntN(250)), ADGuid: d.GUID(), MessagePUID: strings.ToUpper(d.Hex(8)),
			Created: epoch.Add(d.Between(0, 4*365*24*time.Hour)),
		}
		switch {
		case i == 0:
			u.Department, u.Title = "Executive", "Chief Executive Officer"
		case i < 1+len(departments):
			u.Manager, u.Department = dir.People[0], departments[i-1].name
			u.Title = "Director, " + u.Department
		default:
			u.Manager = dir.People[1+i%len(departments)]
			for k := range departments {
				if departments[k].name == u.Department {
					u.Manager = dir.People[1+k]
				}
			}
		}
		dir.People = append(dir.People, u)
	}
	for i := len(dir.People) - 1; i >= 0 && len(dir.Analysts) < 4; i-- {
		u := dir.People[i]
		u.Department, u.Title, u.Analyst = "Security Operations", "SOC Analyst", true
		dir.Analysts = append(dir.Analysts, u)
	}
	dir.Users = append(dir.Users, dir.People...)
}

func cloudSID(d *dice.Dice) string {
	return fmt.Sprintf("S-1-12-1-%d-%d-%d-%d", d.Uint32(), d.Uint32(), d.Uint32(), d.Uint32())
}

func (dir *Directory) addServices(d *dice.Dice, domainSID string, epoch time.Time) {
	for i, s := range []string{"svc-backup", "svc-sql", "svc-scan", "svc-deploy", "svc-sync", "adm-tier0", "adm-helpdesk"} {
		dir.Users = append(dir.Users, &User{
			ObjectID: d.GUID(), SID: fmt.Sprintf("%s-%d", domainSID, 3101+i), CloudSID: cloudSID(d), Account: s, UPN: s + "@" + Domain, Name: s,
			Given: "", Surname: "", Department: "IT", Title: "Service account", ADGuid: d.GUID(), MessagePUID: strings.ToUpper(d.Hex(8)), Created: epoch, Service: true,
			Country: "US", City: "Redmond", HomeIP: "203.0.113.10",
		})
	}
}

func (dir *Directory) addGroups(d *dice.Dice, domainSID string) {
	group := func(name string, rid int, members []*User) {
		dir.Groups = append(dir.Groups, &Group{ID: d.GUID(), SID: fmt.Sprintf("%s-%d", domainSID, rid), ADGuid: d.GUID(), Name: name,
			DN: "CN=" + name + ",CN=Users,DC=corp,DC=contoso,DC=com", Members: members})
	}
	services := dir.Users[len(dir.People):]
	group("Domain Admins", 512, services[5:6])
	group("Enterprise Admins", 519, services[5:6])
	group("Domain Users", 513, dir.Users)
	group("Backup Operators", 551, services[:1])
	for i, dep := range departments {
		var m []*User
		for _, u := range dir.People {
			if u.Department == dep.name {
				m = append(m, u)
			}
		}
		group("GG-"+strings.ReplaceAll(dep.name, " ", "-"), 2100+i, m)
	}
	group("GG-SOC", 2200, dir.Analysts)
}

func (dir *Directory) addRoles(d *dice.Dice) {
	role := func(name, template, description string, members ...*User) {
		dir.Roles = append(dir.Roles, &Role{ID: d.GUID(), TemplateID: template, Name: name, Description: description, Members: members})
	}
	services := dir.Users[len(dir.People):]
	role("Global Administrator", "62e90394-69f5-4237-9190-012177145e10", "Can manage all aspects of Microsoft Entra ID and Microsoft services that use Microsoft Entra identities.", services[5], dir.People[1])
	role("Security Administrator", "194ae4cb-b126-40b2-bd5b-6091b380977d", "Can read security information and reports, and manage configuration in Microsoft Entra ID and Office 365.", dir.Analysts[0])
	role("Security Operator", "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f", "Creates and manages security events.", dir.Analysts[1:]...)
	role("Security Reader", "5d6b6bb7-de71-4623-b4af-96380a352509", "Can read security information and reports in Microsoft Entra ID and Office 365.", dir.People[2])
	role("Exchange Administrator", "29232cdf-9323-42fd-ade2-1d097af3e4de", "Can manage all aspects of the Exchange product.", services[6])
}

// ByUPN finds a user without regard to case.
func (dir *Directory) ByUPN(upn string) *User {
	for _, u := range dir.Users {
		if strings.EqualFold(u.UPN, upn) {
			return u
		}
	}
	return nil
}

// Service returns the service account of that name, nil if there is none.
func (dir *Directory) Service(account string) *User {
	for _, u := range dir.Users[len(dir.People):] {
		if u.Account == account {
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
