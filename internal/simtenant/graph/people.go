package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
)

func (s *Server) organization(c *call) error {
	return c.ok(page200{Context: s.context("organization"), Value: []any{map[string]any{
		"id": s.cfg.Dir.TenantID, "displayName": s.cfg.Dir.OrgName, "countryLetterCode": "US", "tenantType": "AAD", "createdDateTime": "2019-04-02T08:00:00Z", "businessPhones": []string{},
		"verifiedDomains": []any{
			map[string]any{"name": directory.Domain, "isDefault": true, "isInitial": false, "type": "Managed", "capabilities": "Email, OfficeCommunicationsOnline"},
			map[string]any{"name": "contoso.onmicrosoft.com", "isDefault": false, "isInitial": true, "type": "Managed", "capabilities": "Email"},
		},
		"assignedPlans": []any{}, "onPremisesSyncEnabled": true,
	}}})
}

func (s *Server) skus(c *call) error {
	plan := func(id, name string) any {
		return map[string]any{"servicePlanId": id, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User"}
	}
	return c.ok(page200{Context: s.context("subscribedSkus"), Value: []any{map[string]any{
		"id": s.cfg.Dir.TenantID + "_06ebc4ee-1bb5-47dd-8120-11324bc54e06", "skuId": "06ebc4ee-1bb5-47dd-8120-11324bc54e06", "skuPartNumber": "SPE_E5", "accountName": s.cfg.Dir.OrgName,
		"capabilityStatus": "Enabled", "appliesTo": "User", "consumedUnits": len(s.cfg.Dir.People),
		"prepaidUnits": map[string]int{"enabled": 500, "suspended": 0, "warning": 0, "lockedOut": 0},
		"servicePlans": []any{plan("871d91ec-ec1a-452b-a83f-bd76c7d770ef", "WINDEFATP"), plan("14ab5db5-e6c4-4b20-b4bc-13e36fd2227f", "ATA"),
			plan("8e0c0a52-6a6c-4d40-8370-dd62790dcd70", "THREAT_INTELLIGENCE"), plan("2e2ddb96-6af9-4b1d-a3f0-d6ecfd22edb2", "ADALLOM_S_STANDALONE"), plan("eec0eb4f-6444-4f95-aba0-50c24d67f998", "AAD_PREMIUM_P2")},
	}}})
}

func (s *Server) wireUser(u *directory.User) map[string]any {
	m := map[string]any{
		"id": u.ObjectID, "userPrincipalName": u.UPN, "displayName": u.Name, "givenName": orNull(u.Given), "surname": orNull(u.Surname), "mail": orNull(u.Mail), "jobTitle": orNull(u.Title),
		"department": orNull(u.Department), "officeLocation": orNull(u.Office), "streetAddress": orNull(u.Street), "city": orNull(u.City), "state": orNull(u.State), "country": orNull(u.Country),
		"businessPhones": list(u.Phone), "mobilePhone": nil, "preferredLanguage": "en-US", "accountEnabled": !u.Disabled, "employeeId": orNull(u.EmployeeID), "createdDateTime": u.Created.UTC().Format("2006-01-02T15:04:05Z"),
		"securityIdentifier": u.CloudSID, "companyName": s.cfg.Dir.OrgName, "userType": "Member", "creationType": nil, "otherMails": []string{}, "onPremisesSamAccountName": nil, "onPremisesSecurityIdentifier": nil,
		"onPremisesDomainName": nil, "onPremisesUserPrincipalName": nil, "onPremisesDistinguishedName": nil, "onPremisesImmutableId": nil, "onPremisesSyncEnabled": nil,
	}
	if u.Guest {
		m["userType"], m["creationType"], m["companyName"], m["otherMails"] = "Guest", "Invitation", nil, []string{u.Mail}
	}
	if u.SID != "" {
		m["onPremisesSamAccountName"], m["onPremisesSecurityIdentifier"], m["onPremisesDomainName"], m["onPremisesUserPrincipalName"] = u.Account, u.SID, directory.ADDomain, u.UPN
		m["onPremisesDistinguishedName"], m["onPremisesImmutableId"], m["onPremisesSyncEnabled"] = u.DN, u.ADGuid, true
	}
	return m
}

// list is the text as a collection, empty without one.
func list(s string) []string {
	if s == "" {
		return []string{}
	}
	return []string{s}
}

// inCloud returns the users the Graph knows: those that are not deleted and not of the domain alone.
func (s *Server) inCloud() []*directory.User {
	return slices.DeleteFunc(s.cfg.Living.Now().Present(), func(u *directory.User) bool { return u.ObjectID == "" })
}

func userFields() []string {
	return []string{"id", "userPrincipalName", "displayName", "mail", "givenName", "surname", "department", "jobTitle", "accountEnabled", "onPremisesSamAccountName", "onPremisesSecurityIdentifier", "userType"}
}

func (s *Server) listUsers(c *call) error {
	users := s.inCloud()
	if q := c.q.Get("$search"); q != "" {
		field, text, _ := strings.Cut(strings.Trim(q, `"`), ":")
		var hit []*directory.User
		for _, u := range users {
			v, _ := s.wireUser(u)[field].(string)
			if strings.Contains(strings.ToLower(v), strings.ToLower(text)) {
				hit = append(hit, u)
			}
		}
		users = hit
	}
	return answer(c, listing[*directory.User]{
		items: users, get: func(u *directory.User) func(string) any {
			m := s.wireUser(u)
			return func(f string) any { return m[f] }
		}, filterable: userFields(), sortable: userFields(), orderBy: true,
		top: 100, maxTop: 999, capMessage: "Invalid page size specified. Must be between 1 and %d inclusive.", context: s.context("users"),
		view: func(u *directory.User) any { return s.userView(c, u) }, tieBreak: func(a, b *directory.User) int { return cmp.Compare(a.UPN, b.UPN) },
	})
}

// selected keeps what $select asks for.
func selected(c *call, m map[string]any) map[string]any {
	sel := c.q.Get("$select")
	if sel == "" {
		return m
	}
	out := map[string]any{}
	for f := range strings.SplitSeq(sel, ",") {
		f = strings.TrimSpace(f)
		if v, ok := m[f]; ok {
			out[f] = v
		}
	}
	out["id"] = m["id"]
	return out
}

// userView is the user as the request selects and expands it.
func (s *Server) userView(c *call, u *directory.User) map[string]any {
	m := selected(c, s.wireUser(u))
	if strings.Contains(c.q.Get("$expand"), "manager") && u.Manager != nil {
		m["manager"] = s.wireUser(u.Manager)
	}
	return m
}

func (s *Server) manager(c *call) error {
	u, err := s.user(c)
	if err != nil {
		return err
	}
	if u.Manager == nil {
		return fmt.Errorf("manager of %s: %w", u.UPN, desk.ErrNotFound)
	}
	return c.ok(s.wireUser(u.Manager))
}

func (s *Server) user(c *call) (*directory.User, error) {
	id := c.r.PathValue("id")
	for _, u := range s.inCloud() {
		if strings.EqualFold(u.ObjectID, id) || strings.EqualFold(u.UPN, id) {
			return u, nil
		}
	}
	return nil, fmt.Errorf("user %s: %w", id, desk.ErrNotFound)
}

func (s *Server) getUser(c *call) error {
	u, err := s.user(c)
	if err != nil {
		return err
	}
	m := s.userView(c, u)
	m["@odata.context"] = s.context("users/$entity")
	return c.ok(m)
}
