package snapshot

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/huntql"
)

func identityInfo() table {
	return table{huntql.Table{Name: "IdentityInfo", Columns: columns(`Timestamp datetime, ReportId string, AccountObjectId string, AccountUpn string, OnPremSid string, AccountDisplayName string,
		AccountName string, AccountDomain string, CriticalityLevel int, Type string, DistinguishedName string, CloudSid string, GivenName string, Surname string, Department string, JobTitle string,
		EmailAddress string, SipProxyAddress string, Address string, City string, Country string, IsAccountEnabled bool, Manager string, Phone string, CreatedDateTime datetime, ChangeSource string,
		BlastRadius string, CompanyName string, DeletedDateTime datetime, EmployeeId string, OtherMailAddresses dynamic, RiskLevel string, RiskLevelDetails string, State string, Tags dynamic,
		AssignedRoles dynamic, PrivilegedEntraPimRoles dynamic, TenantId string, SourceSystem string, OnPremObjectId string, TenantMembershipType string, RiskStatus string, UserAccountControl string,
		IdentityEnvironment string, SourceProviders dynamic, GroupMembership dynamic`)}, identityRows}
}

// identityRows has a row of every identity from its last daily refresh, and one from each change after that. All show what is true now:
// who reads the newest row of an identity reads the truth.
func identityRows(v View, f func([]any) error) error {
	for _, u := range v.Dir.Users {
		daily := refreshed(v, u)
		if !u.Deleted.IsZero() && daily.After(u.Deleted) {
			daily = u.Deleted
		}
		stamps := []time.Time{daily}
		source := []string{"FullSync"}
		for _, ch := range v.Changes {
			if c := v.Dir.User(ch.UPN); c == u && ch.At.After(daily) {
				stamps, source = append(stamps, ch.At), append(source, map[bool]string{true: "ActiveDirectory", false: "AzureActiveDirectory"}[u.SID != ""])
			}
		}
		for i, at := range stamps {
			if err := f(identityRow(v, u, at, source[i])); err != nil {
				return err
			}
		}
	}
	return nil
}

// refreshed is when the identity was last written anew: once a day, at a time of its own.
func refreshed(v View, u *directory.User) time.Time {
	day := v.Now.UTC().Truncate(24 * time.Hour).Add(dice.New(v.Seed, "refresh", u.Account, u.UPN).Between(0, 24*time.Hour)).Truncate(time.Millisecond)
	if day.After(v.Now) {
		day = day.Add(-24 * time.Hour)
	}
	return day
}

func identityRow(v View, u *directory.User, at time.Time, source string) []any {
	env, providers := "Cloud", []any{"AzureActiveDirectory"}
	domain, kind, uac := any(nil), "User", any(nil)
	if u.SID != "" {
		env, providers, domain = "Hybrid", []any{"ActiveDirectory", "AzureActiveDirectory"}, directory.ADDomain
		uac = accountControl(u)
	}
	if u.ObjectID == "" {
		env, providers = "On-premises", []any{"ActiveDirectory"}
	}
	if u.Service {
		kind = "ServiceAccount"
	}
	var roles, pim, groups []any
	for _, r := range v.Dir.RolesOf(u) {
		roles = append(roles, r.Name)
	}
	for _, r := range v.Dir.EligibleFor(u) {
		pim = append(pim, map[string]any{"Role": r.Name, "AssignmentType": "Eligible"})
	}
	for _, g := range v.Dir.GroupsOf(u) {
		groups = append(groups, g.Name)
	}
	blast, tags := "Low", []any{}
	switch {
	case len(roles) > 0 || slices.Contains(groups, any("Domain Admins")):
		blast, tags = "High", []any{"Sensitive"}
	case strings.HasPrefix(u.Title, "Director, ") || strings.HasPrefix(u.Title, "Manager, ") || u.Title == "Chief Executive Officer":
		blast = "Medium"
	}
	manager, company, membership := any(nil), any("Contoso"), "Member"
	if u.Manager != nil {
		manager = u.Manager.UPN
	}
	if u.Guest {
		company, membership = nil, "Guest"
	}
	critical := any(nil)
	if blast == "High" {
		critical = int64(1)
	}
	sip := any(nil)
	if u.UPN != "" && !u.Guest {
		sip = "sip:" + u.UPN
	}
	risk := map[string]string{"": "None", "none": "None", "low": "Low", "medium": "Medium", "high": "High"}[u.Risk]
	status := map[bool]string{true: "AtRisk", false: "None"}[u.Risk != "none" && u.Risk != ""]
	return []any{at, dice.New(v.Seed, "identity", u.ObjectID, u.SID, at.UnixNano()).GUID(), orNil(u.ObjectID), orNil(u.UPN), orNil(u.SID), u.Name,
		u.Account, domain, critical, kind, orNil(u.DN), orNil(u.CloudSID), orNil(u.Given), orNil(u.Surname), orNil(u.Department), orNil(u.Title),
		orNil(u.Mail), sip, orNil(u.Street), orNil(u.City), orNil(u.Country), !u.Disabled && u.Deleted.IsZero(), manager, orNil(u.Phone), when(u.Created), source,
		blast, company, when(u.Deleted), orNil(u.EmployeeID), map[bool]any{true: []any{u.Mail}, false: []any{}}[u.Guest], risk, "None", orNil(u.State), tags,
		list(roles), list(pim), v.Dir.TenantID, map[string]string{"Cloud": "AzureActiveDirectory", "On-premises": "ActiveDirectory", "Hybrid": "Hybrid"}[env], orNil(u.ADGuid), membership, status, uac,
		env, providers, list(groups)}
}

func list(v []any) any { return append([]any{}, v...) }

// accountControl names the flags of the account in the domain.
func accountControl(u *directory.User) string {
	flags := []string{}
	if u.Disabled {
		flags = append(flags, `"AccountDisabled"`)
	}
	if u.PasswordNeverExpires {
		flags = append(flags, `"PasswordNeverExpires"`)
	}
	return "[" + strings.Join(append(flags, `"NormalAccount"`), ",") + "]"
}

func identityAccountInfo() table {
	return table{huntql.Table{Name: "IdentityAccountInfo", Columns: columns(`Timestamp datetime, ReportId string, SourceProviderAccountId string, AccountId string, IdentityId string, IsPrimary bool,
		IdentityLinkType string, DisplayName string, AccountUpn string, EmailAddress string, CriticalityLevel int, IdentityType string, GivenName string, Surname string, EmployeeId string,
		Department string, JobTitle string, Address string, City string, Country string, Phone string, Manager string, Sid string, AccountStatus string, SourceProvider string,
		SourceProviderInstanceDisplayName string, GroupMembership dynamic, AssignedRoles dynamic, EligibleRoles dynamic, TenantMembershipType string, CreatedDateTime datetime, DeletedDateTime datetime, Tags dynamic`)}, accountRows}
}

// accountRows has a row per account: most people have one in the domain and one in the cloud.
func accountRows(v View, f func([]any) error) error {
	for _, u := range v.Dir.Users {
		at := refreshed(v, u)
		if u.Changed.After(at) {
			at = u.Changed
		}
		id := dice.New(v.Seed, "identity id", u.ObjectID, u.SID).GUID()
		for _, a := range []struct{ id, provider, sid, instance string }{{u.ADGuid, "ActiveDirectory", u.SID, directory.ADDomain}, {u.ObjectID, "AzureActiveDirectory", u.CloudSID, "Contoso"}} {
			if a.id == "" {
				continue
			}
			var roles, eligible, groups []any
			for _, g := range v.Dir.GroupsOf(u) {
				if (g.SID != "") == (a.provider == "ActiveDirectory") || g.SID != "" && u.ObjectID != "" {
					groups = append(groups, g.Name)
				}
			}
			if a.provider == "AzureActiveDirectory" {
				for _, r := range v.Dir.RolesOf(u) {
					roles = append(roles, r.Name)
				}
				for _, r := range v.Dir.EligibleFor(u) {
					eligible = append(eligible, r.Name)
				}
			}
			manager := any(nil)
			if u.Manager != nil {
				manager = u.Manager.UPN
			}
			status := map[bool]string{true: "Enabled", false: "Disabled"}[!u.Disabled]
			if !u.Deleted.IsZero() {
				status = "Deleted"
			}
			err := f([]any{at, dice.New(v.Seed, "account", a.id, at.UnixNano()).GUID(), a.id, a.id, id, a.provider == "ActiveDirectory" || u.SID == "",
				"Strong", u.Name, orNil(u.UPN), orNil(u.Mail), nil, map[bool]string{true: "ServiceAccount", false: "User"}[u.Service], orNil(u.Given), orNil(u.Surname), orNil(u.EmployeeID),
				orNil(u.Department), orNil(u.Title), orNil(u.Street), orNil(u.City), orNil(u.Country), orNil(u.Phone), manager, a.sid, status, a.provider,
				a.instance, list(groups), list(roles), list(eligible), cmp.Or(map[bool]string{true: "Guest"}[u.Guest], "Member"), when(u.Created), when(u.Deleted), []any{}})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
