package directory

import (
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
)

// teamSize is how many people a team lead leads, at most.
const teamSize = 9

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
			ObjectID: d.GUID(), SID: fmt.Sprintf("%s-%d", domainSID, 1105+i*3), CloudSID: cloudSID(d), Account: account, UPN: account + "@" + Domain, Mail: account + "@" + Domain,
			Name: given + " " + sur, Given: given, Surname: sur, Department: dep.name, Title: dice.Pick(d, dep.titles), City: city.name, Country: city.country, State: city.state,
			EmployeeID: fmt.Sprintf("C%05d", 10001+i*7), Street: fmt.Sprintf("%s %d", dice.Pick(d, streets), 1+d.IntN(180)), Risk: "none",
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
		}
		dir.People = append(dir.People, u)
	}
	dir.addTeams()
	for i := len(dir.People) - 1; i >= 0 && len(dir.Analysts) < 4; i-- {
		u := dir.People[i]
		u.Department, u.Title, u.Analyst = "Security Operations", "SOC Analyst", true
		dir.Analysts = append(dir.Analysts, u)
	}
	for _, u := range dir.People {
		u.DN = dn(u.Name, u.Department)
	}
	dir.Users = append(dir.Users, dir.People...)
}

// addTeams gives every department its teams: a lead for every few people, who reports to the director.
func (dir *Directory) addTeams() {
	for k, dep := range departments {
		if 1+k >= len(dir.People) {
			return
		}
		director := dir.People[1+k]
		var staff []*User
		for _, u := range dir.People[min(1+len(departments), len(dir.People)):] {
			if u.Department == dep.name {
				staff = append(staff, u)
			}
		}
		lead := director
		for i, u := range staff {
			u.Manager = lead
			if i%(teamSize+1) == 0 && len(staff) > teamSize {
				u.Manager, u.Title, lead = director, "Manager, "+dep.name, u
			}
		}
	}
}

func dn(name, unit string) string {
	return "CN=" + name + ",OU=" + unit + ",OU=Accounts,DC=corp,DC=contoso,DC=com"
}

func cloudSID(d *dice.Dice) string {
	return fmt.Sprintf("S-1-12-1-%d-%d-%d-%d", d.Uint32(), d.Uint32(), d.Uint32(), d.Uint32())
}

func (dir *Directory) addServices(d *dice.Dice, domainSID string, epoch time.Time) {
	for i, s := range []string{"svc-backup", "svc-sql", "svc-scan", "svc-deploy", "svc-sync", "adm-tier0", "adm-helpdesk"} {
		u := &User{
			ObjectID: d.GUID(), SID: fmt.Sprintf("%s-%d", domainSID, 3101+i), CloudSID: cloudSID(d), Account: s, UPN: s + "@" + Domain, Mail: s + "@" + Domain, Name: s,
			Department: "IT", Title: "Service account", ADGuid: d.GUID(), MessagePUID: strings.ToUpper(d.Hex(8)), Created: epoch, Service: true, PasswordNeverExpires: true,
			Country: "United States", City: "Redmond", State: "WA", HomeIP: "203.0.113.10", DN: dn(s, "Service Accounts"), Risk: "none",
		}
		if strings.HasPrefix(s, "adm-") { // privileged accounts of people expire like theirs
			u.Title, u.PasswordNeverExpires, u.DN = "Administrative account", false, dn(s, "Tier 0")
		}
		dir.Services = append(dir.Services, u)
	}
	for i, s := range []string{"krbtgt", "svc-legacy-erp"} { // never synchronised to the cloud
		dir.Services = append(dir.Services, &User{SID: fmt.Sprintf("%s-%d", domainSID, []int{502, 3201}[i]), Account: s, Name: s, Title: "Service account", ADGuid: d.GUID(), Created: epoch, Service: true,
			PasswordNeverExpires: true, Disabled: s == "krbtgt", DN: []string{"CN=krbtgt,CN=Users,DC=corp,DC=contoso,DC=com", dn(s, "Service Accounts")}[i], Risk: "none"})
	}
	dir.Users = append(dir.Users, dir.Services...)
}

// addGuests invites people of partners. One of them was given an administrator's role, as happens.
func (dir *Directory) addGuests(d *dice.Dice, epoch time.Time) {
	for i, name := range []string{"Nadia Sorel", "Piotr Zielinski", "Hugo Brandt", "Mei Tanaka", "Ola Nordmann", "Ruth Adeyemi", "Luca Ferrari", "Sara Lindqvist", "Tomas Horak", "Aisha Rahman", "Bruno Costa", "Yara Haddad"} {
		given, sur, _ := strings.Cut(name, " ")
		home := []string{"fabrikam.example", "northwind.example", "adatum.example"}[i%3]
		mail := strings.ToLower(given + "." + sur + "@" + home)
		dir.Guests = append(dir.Guests, &User{ObjectID: d.GUID(), CloudSID: cloudSID(d), Account: strings.ToLower(given + "." + sur), Mail: mail, Name: name, Given: given, Surname: sur,
			UPN: strings.ReplaceAll(mail, "@", "_") + "#EXT#@contoso.onmicrosoft.com", Title: "External consultant", Created: epoch.Add(d.Between(365*24*time.Hour, 4*365*24*time.Hour)), Guest: true,
			MessagePUID: strings.ToUpper(d.Hex(8)), Risk: "none"})
	}
	dir.Users = append(dir.Users, dir.Guests...)
}
