package ueba

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

// part is what one source says of an identity.
type part struct {
	class  class
	person model.Person
}

// The orders in which sources are believed: of the account in the domain, its own controller first; of everything else,
// Microsoft Entra ID first, for it is what people edit where it exists.
var (
	generalOrder = []class{fromEntra, fromDomain, fromTenant}
	domainOrder  = []class{fromDomain, fromTenant, fromEntra}
)

// merge makes one person of what several sources say. Groups, roles and tags are those of all.
func merge(parts []part) model.Person {
	general := ordered(parts, generalOrder)
	domain := ordered(parts, domainOrder)
	text := func(list []model.Person, f func(*model.Person) string) string {
		for i := range list {
			if v := f(&list[i]); v != "" {
				return v
			}
		}
		return ""
	}
	g := func(f func(*model.Person) string) string { return text(general, f) }
	d := func(f func(*model.Person) string) string { return text(domain, f) }
	out := model.Person{
		ObjectID: g(func(p *model.Person) string { return p.ObjectID }), CloudSID: g(func(p *model.Person) string { return p.CloudSID }),
		SID: d(func(p *model.Person) string { return p.SID }), SAMAccount: d(func(p *model.Person) string { return p.SAMAccount }),
		Domain: d(func(p *model.Person) string { return p.Domain }), DistinguishedName: d(func(p *model.Person) string { return p.DistinguishedName }),
		UPN: g(func(p *model.Person) string { return p.UPN }), DisplayName: g(func(p *model.Person) string { return p.DisplayName }),
		Given: g(func(p *model.Person) string { return p.Given }), Surname: g(func(p *model.Person) string { return p.Surname }),
		Department: g(func(p *model.Person) string { return p.Department }), EmployeeID: g(func(p *model.Person) string { return p.EmployeeID }),
		JobTitle: g(func(p *model.Person) string { return p.JobTitle }), Company: g(func(p *model.Person) string { return p.Company }),
		Mail: g(func(p *model.Person) string { return p.Mail }), Phone: g(func(p *model.Person) string { return p.Phone }),
		Street: g(func(p *model.Person) string { return p.Street }), City: g(func(p *model.Person) string { return p.City }),
		State: g(func(p *model.Person) string { return p.State }), Country: g(func(p *model.Person) string { return p.Country }),
		Manager: g(func(p *model.Person) string { return p.Manager }), UserType: g(func(p *model.Person) string { return p.UserType }),
		UserState: g(func(p *model.Person) string { return p.UserState }),
		RiskLevel: g(func(p *model.Person) string { return p.RiskLevel }), RiskDetails: g(func(p *model.Person) string { return p.RiskDetails }),
		RiskState: g(func(p *model.Person) string { return p.RiskState }), BlastRadius: g(func(p *model.Person) string { return p.BlastRadius }),
	}
	for _, p := range general {
		out.Created = cmp.Or(out.Created, p.Created)
		out.UserStateChanged = cmp.Or(out.UserStateChanged, p.UserStateChanged)
		if out.Enabled == nil {
			out.Enabled = p.Enabled
		}
		if out.OtherMail == nil {
			out.OtherMail = p.OtherMail
		}
		out.Groups = append(out.Groups, p.Groups...)
		out.Roles = append(out.Roles, p.Roles...)
		out.Tags = append(out.Tags, p.Tags...)
	}
	for _, p := range domain {
		if out.AccountControl == nil {
			out.AccountControl = p.AccountControl
		}
	}
	out.Groups, out.Roles, out.Tags = names(out.Groups), names(out.Roles), names(out.Tags)
	return out
}

// ordered returns the persons by the order of their classes; within one class the order of the parts stays.
func ordered(parts []part, order []class) []model.Person {
	var out []model.Person
	for _, c := range order {
		for _, p := range parts {
			if p.class == c {
				out = append(out, p.person)
			}
		}
	}
	return out
}

// names sorts names and drops those that differ in case only.
func names(list []string) []string {
	slices.SortFunc(list, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
	})
	return slices.CompactFunc(list, strings.EqualFold)
}

// identityID names the identity of an account: by its object id if it has one, for that outlives moves between domains,
// else by its SID, else by its source.
func identityID(r record) string {
	switch {
	case r.person.ObjectID != "":
		return "oid:" + strings.ToLower(r.person.ObjectID)
	case r.person.SID != "":
		return "sid:" + strings.ToUpper(r.person.SID)
	}
	return r.source + ":" + r.person.ID
}

// record is what one source says of one account, and since when it is gone there.
type record struct {
	source  string
	person  model.Person
	deleted time.Time
}

// group is the records of one identity.
type group []record

// id names the identity: by an object id if any of its records has one.
func (g group) id() string {
	best := ""
	for _, r := range g {
		if id := identityID(r); best == "" || strings.HasPrefix(id, "oid:") && !strings.HasPrefix(best, "oid:") {
			best = id
		}
	}
	return best
}

// merged returns the person, and since when they are gone everywhere: zero while a source has them. Those gone in one
// source only are told of by the others.
func (g group) merged() (model.Person, time.Time) {
	var live, all []part
	var gone time.Time
	for _, r := range g {
		p := part{classOf(r.source), r.person}
		all = append(all, p)
		if r.deleted.IsZero() {
			live = append(live, p)
		} else if r.deleted.After(gone) {
			gone = r.deleted
		}
	}
	if len(live) > 0 {
		return merge(live), time.Time{}
	}
	return merge(all), gone
}
