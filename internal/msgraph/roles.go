package msgraph

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// NeedEligible is the application permission that reading who may activate a role needs.
const NeedEligible = "RoleEligibilitySchedule.Read.Directory"

// Account is a user of the tenant with the kind of membership: Member or Guest.
type Account struct {
	User
	UserType string `json:"userType"`
	Enabled  *bool  `json:"accountEnabled"`
}

// Account returns the user with the principal name or object id.
func (c *Client) Account(ctx context.Context, login string) (Account, error) {
	rq := call{
		method: http.MethodGet, path: "/users/" + url.PathEscape(login), priority: UserWrite, needs: NeedUserRead, what: "user " + login,
		query: url.Values{"$select": {userFields + ",userType,accountEnabled"}},
	}
	a, err := c.do(ctx, rq)
	if err != nil {
		return Account{}, err
	}
	var u Account
	return u, a.decode(rq, &u)
}

// Membership is what a user is a member of, directly or through groups.
type Membership struct {
	Roles  []string // template ids of active directory roles
	Groups []string // ids
}

// Memberships returns the active directory roles and the groups of a user, also those that come through groups.
func (c *Client) Memberships(ctx context.Context, id string) (Membership, error) {
	rq := call{
		method: http.MethodGet, path: "/users/" + url.PathEscape(id) + "/transitiveMemberOf", priority: UserWrite, needs: NeedUserRead, what: "the roles of user " + id,
	}
	var m Membership
	type object struct {
		Type     string `json:"@odata.type"`
		ID       string `json:"id"`
		Template string `json:"roleTemplateId"`
	}
	err := rows(ctx, c, rq, func(o object) error {
		switch {
		case strings.HasSuffix(o.Type, ".directoryRole"), o.Template != "":
			m.Roles = append(m.Roles, strings.ToLower(o.Template))
		case strings.HasSuffix(o.Type, ".group"):
			m.Groups = append(m.Groups, o.ID)
		}
		return nil
	})
	return m, err
}

// Eligible returns the template ids of the directory roles that a user or group may activate.
func (c *Client) Eligible(ctx context.Context, principal string) ([]string, error) {
	rq := call{
		method: http.MethodGet, path: "/roleManagement/directory/roleEligibilityScheduleInstances", priority: UserWrite, needs: NeedEligible, what: "the roles that may be activated",
		query: url.Values{"$filter": {"principalId eq '" + strings.ReplaceAll(principal, "'", "''") + "'"}},
	}
	var out []string
	type instance struct {
		Role string `json:"roleDefinitionId"`
	}
	err := rows(ctx, c, rq, func(i instance) error {
		out = append(out, strings.ToLower(i.Role))
		return nil
	})
	return out, err
}
