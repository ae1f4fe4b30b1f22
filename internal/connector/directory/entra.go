package directory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/ueba"
)

// EntraGraph is what reading Microsoft Entra ID needs of Microsoft Graph; *msgraph.Client is it.
type EntraGraph interface {
	Users(ctx context.Context, f func(msgraph.DirectoryUser) error) error
	GroupChanges(ctx context.Context, link string, f func(msgraph.GroupChange) error) (string, error)
	Roles(ctx context.Context) ([]msgraph.Role, error)
	RoleMembers(ctx context.Context, id string) ([]msgraph.Member, error)
}

// Entra reads the people of Microsoft Entra ID: all users by one list with their managers, groups by their changes, roles
// with those who have them. Groups and roles that may not be read are left out with a warning.
type Entra struct {
	graph  EntraGraph
	every  time.Duration
	groups *members
	link   string // to later changes of groups
}

// NewEntra returns the source; every is the time between two readings, 0 is 15 minutes.
func NewEntra(g EntraGraph, every time.Duration) *Entra {
	return &Entra{graph: g, every: orEvery(every), groups: newMembers()}
}

func orEvery(d time.Duration) time.Duration {
	if d <= 0 {
		return 15 * time.Minute
	}
	return d
}

// Name implements ueba.Source.
func (e *Entra) Name() string { return ueba.SourceEntra }

// Title implements ueba.Source.
func (e *Entra) Title() string { return "Microsoft Entra ID" }

// Directory implements ueba.Source.
func (e *Entra) Directory() string { return model.AzureActiveDirectory }

// Direct implements ueba.Source.
func (e *Entra) Direct() bool { return false }

// Every implements ueba.Source.
func (e *Entra) Every() time.Duration { return e.every }

// Read implements ueba.Source. It reads every user each time: the list is short, and the store sees what is new. Only
// groups, whose members are many, come as changes.
func (e *Entra) Read(ctx context.Context, full bool) (ueba.Batch, error) {
	b := ueba.Batch{Full: true}
	var warnings []string
	if full {
		e.link = ""
	}
	if err := e.readGroups(ctx); err != nil {
		if !refused(err) {
			return b, err
		}
		warnings = append(warnings, "Groups are not followed: "+err.Error())
	}
	containers := e.groups.containers()
	roles, err := e.readRoles(ctx)
	if err != nil {
		if !refused(err) {
			return b, err
		}
		warnings = append(warnings, "Roles are not followed: "+err.Error())
	}
	err = e.graph.Users(ctx, func(u msgraph.DirectoryUser) error {
		if u.ID == "" {
			return nil
		}
		p := entraPerson(u)
		in := closure(containers, u.ID)
		p.Groups = e.groups.names(in)
		p.Roles = roles(u.ID, in)
		b.People = append(b.People, p)
		return nil
	})
	b.Warning = strings.Join(warnings, " ")
	return b, err
}

// refused reports whether something may not be read, which a person can change, or is not there at all.
func refused(err error) bool {
	k := fault.KindOf(err)
	return k == fault.Permission || k == fault.NotFound || k == fault.Invalid
}

// readGroups brings the groups up to date. After an error everything is read anew the next time.
func (e *Entra) readGroups(ctx context.Context) error {
	if e.link == "" {
		e.groups = newMembers()
	}
	link, err := e.graph.GroupChanges(ctx, e.link, e.groupChanged)
	if errors.Is(err, msgraph.ErrResync) {
		e.groups = newMembers()
		link, err = e.graph.GroupChanges(ctx, "", e.groupChanged)
	}
	e.link = link
	return err
}

func (e *Entra) groupChanged(c msgraph.GroupChange) error {
	if len(c.Removed) > 0 {
		delete(e.groups.groups, c.ID)
		return nil
	}
	g := e.groups.group(c.ID)
	if c.DisplayName != nil {
		g.name = *c.DisplayName
	}
	for _, m := range c.Members {
		if len(m.Removed) > 0 {
			delete(g.direct, m.ID)
		} else {
			g.direct[m.ID] = true
		}
	}
	return nil
}

// readRoles returns what tells the roles of a user by their id and the groups they are in.
func (e *Entra) readRoles(ctx context.Context) (func(user string, in []string) []string, error) {
	byID := map[string][]string{} // names of roles by the user or group that has them
	of := func(user string, in []string) []string {
		out := slices.Clone(byID[user])
		for _, g := range in {
			out = append(out, byID[g]...)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	roles, err := e.graph.Roles(ctx)
	if err != nil {
		return of, err
	}
	for _, r := range roles {
		ms, err := e.graph.RoleMembers(ctx, r.ID)
		if err != nil {
			return of, err
		}
		for _, m := range ms {
			byID[m.ID] = append(byID[m.ID], r.DisplayName)
		}
	}
	return of, nil
}

// entraPerson is the record of a user, without groups and roles.
func entraPerson(u msgraph.DirectoryUser) model.Person {
	p := model.Person{
		ID: u.ID, ObjectID: u.ID, SID: u.OnPremisesSID, CloudSID: u.SecurityIdentifier, UPN: u.UserPrincipalName, SAMAccount: u.OnPremisesSAMAccount,
		Domain: u.OnPremisesDomain, DisplayName: u.DisplayName, Given: u.GivenName, Surname: u.Surname, DistinguishedName: u.OnPremisesDN,
		Created: parseTime(u.CreatedDateTime), Department: u.Department, EmployeeID: u.EmployeeID, JobTitle: u.JobTitle, Company: u.CompanyName,
		Mail: u.Mail, OtherMail: u.OtherMails, Street: u.StreetAddress, City: u.City, State: u.State, Country: u.Country, Enabled: u.AccountEnabled,
		UserType: u.UserType, UserState: u.ExternalUserState, UserStateChanged: parseTime(u.ExternalUserChanged), Phone: u.MobilePhone,
	}
	if len(u.BusinessPhones) > 0 {
		p.Phone = u.BusinessPhones[0]
	}
	if m := u.Manager; m != nil {
		p.Manager = firstOf(m.UserPrincipalName, m.DisplayName, m.ID)
	}
	return p
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// parseTime reads an ISO 8601 time; the zero time for anything else.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
