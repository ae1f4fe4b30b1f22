package directory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
)

func (dir *Directory) addGroups(d *dice.Dice, domainSID string) {
	group := func(name string, rid int, members []*User, nested ...*Group) *Group {
		g := &Group{ID: d.GUID(), SID: fmt.Sprintf("%s-%d", domainSID, rid), ADGuid: d.GUID(), Name: name, CloudSID: cloudSID(d), DN: "CN=" + name + ",OU=Groups,DC=corp,DC=contoso,DC=com", Members: members, Nested: nested}
		if rid < 1000 {
			g.DN = "CN=" + name + ",CN=Users,DC=corp,DC=contoso,DC=com"
		}
		dir.Groups = append(dir.Groups, g)
		return g
	}
	tier0, helpdesk := dir.Service("adm-tier0"), dir.Service("adm-helpdesk")
	group("Domain Admins", 512, []*User{tier0})
	group("Enterprise Admins", 519, []*User{tier0})
	group("Domain Users", 513, slices.Concat(dir.People, dir.Services))
	group("Backup Operators", 551, dir.Services[:1])
	var deps []*Group
	for i, dep := range departments {
		m := dir.where(func(u *User) bool { return u.Department == dep.name })
		deps = append(deps, group("GG-"+strings.ReplaceAll(dep.name, " ", "-"), 2100+i, m))
	}
	soc := group("GG-SOC", 2200, slices.Clone(dir.Analysts))
	group("GG-All-Staff", 2201, dir.People[:1:1], append(deps, soc)...)
	for i, c := range cities {
		group("LOC-"+c.name, 2210+i, dir.where(func(u *User) bool { return u.City == c.name }))
	}
	var leads []*User
	for _, u := range dir.People {
		if strings.HasPrefix(u.Title, "Director, ") || strings.HasPrefix(u.Title, "Manager, ") {
			leads = append(leads, u)
		}
	}
	managers := group("GG-Managers", 2230, leads)
	group("APP-Finance-Reports", 2231, nil, deps[0], managers)
	group("VPN-Users", 2232, nil, deps[2], deps[6], soc)
	cloud := func(name string, assignable bool, members ...*User) {
		dir.Groups = append(dir.Groups, &Group{ID: d.GUID(), CloudSID: cloudSID(d), Name: name, Members: members, Assignable: assignable})
	}
	cloud("SEC-Defender-Administrators", true, dir.Analysts[1], helpdesk)
	cloud("SEC-Tenant-Owners", true, dir.People[2])
	cloud("Partners", false, slices.Clone(dir.Guests)...)
}

func (dir *Directory) where(f func(*User) bool) []*User {
	var out []*User
	for _, u := range dir.People {
		if f(u) {
			out = append(out, u)
		}
	}
	return out
}

func (dir *Directory) addRoles(d *dice.Dice) {
	role := func(name, template, description string, members ...*User) *Role {
		r := &Role{ID: d.GUID(), TemplateID: template, Name: name, Description: description, Members: members}
		dir.Roles = append(dir.Roles, r)
		return r
	}
	ga := role("Global Administrator", "62e90394-69f5-4237-9190-012177145e10", "Can manage all aspects of Microsoft Entra ID and Microsoft services that use Microsoft Entra identities.", dir.Service("adm-tier0"), dir.People[1])
	ga.Groups, ga.Eligible = []*Group{dir.Group("SEC-Tenant-Owners")}, []*User{dir.People[7]}
	sa := role("Security Administrator", "194ae4cb-b126-40b2-bd5b-6091b380977d", "Can read security information and reports, and manage configuration in Microsoft Entra ID and Office 365.", dir.Analysts[0], dir.Guests[0])
	sa.Groups, sa.Eligible = []*Group{dir.Group("SEC-Defender-Administrators")}, []*User{dir.Analysts[2]}
	role("Security Operator", "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f", "Creates and manages security events.", dir.Analysts[1:]...)
	role("Security Reader", "5d6b6bb7-de71-4623-b4af-96380a352509", "Can read security information and reports in Microsoft Entra ID and Office 365.", dir.People[3], dir.Guests[1])
	role("Exchange Administrator", "29232cdf-9323-42fd-ade2-1d097af3e4de", "Can manage all aspects of the Exchange product.", dir.Service("adm-helpdesk"))
}

// GroupsOf returns every group the user is a member of, directly or through other groups, in the order of the directory.
func (dir *Directory) GroupsOf(u *User) []*Group {
	in := map[*Group]bool{}
	for changed := true; changed; {
		changed = false
		for _, g := range dir.Groups {
			if !in[g] && (slices.Contains(g.Members, u) || slices.ContainsFunc(g.Nested, func(n *Group) bool { return in[n] })) {
				in[g], changed = true, true
			}
		}
	}
	var out []*Group
	for _, g := range dir.Groups {
		if in[g] {
			out = append(out, g)
		}
	}
	return out
}

// RolesOf returns the roles that are active for the user, also through a group.
func (dir *Directory) RolesOf(u *User) []*Role {
	groups := dir.GroupsOf(u)
	var out []*Role
	for _, r := range dir.Roles {
		if slices.Contains(r.Members, u) || slices.ContainsFunc(r.Groups, func(g *Group) bool { return slices.Contains(groups, g) }) {
			out = append(out, r)
		}
	}
	return out
}

// EligibleFor returns the roles the user may activate.
func (dir *Directory) EligibleFor(u *User) []*Role {
	var out []*Role
	for _, r := range dir.Roles {
		if slices.Contains(r.Eligible, u) {
			out = append(out, r)
		}
	}
	return out
}

// Role returns the role of that name or template id, nil if there is none.
func (dir *Directory) Role(name string) *Role {
	for _, r := range dir.Roles {
		if strings.EqualFold(r.Name, name) || strings.EqualFold(r.TemplateID, name) {
			return r
		}
	}
	return nil
}
