package msgraph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/vedette-siem/vedette/internal/fault"
)

// The application permissions that reading the directory needs.
const (
	NeedGroups   = "GroupMember.Read.All"
	NeedRoles    = "RoleManagement.Read.Directory"
	NeedAccounts = "SecurityIdentitiesAccount.Read.All"
)

// DirectoryUser is a user with all that the directory says of them. Times are ISO 8601.
type DirectoryUser struct {
	ID                    string   `json:"id"`
	UserPrincipalName     string   `json:"userPrincipalName"`
	DisplayName           string   `json:"displayName"`
	GivenName             string   `json:"givenName"`
	Surname               string   `json:"surname"`
	Mail                  string   `json:"mail"`
	OtherMails            []string `json:"otherMails"`
	Department            string   `json:"department"`
	EmployeeID            string   `json:"employeeId"`
	JobTitle              string   `json:"jobTitle"`
	CompanyName           string   `json:"companyName"`
	StreetAddress         string   `json:"streetAddress"`
	City                  string   `json:"city"`
	State                 string   `json:"state"`
	Country               string   `json:"country"`
	BusinessPhones        []string `json:"businessPhones"`
	MobilePhone           string   `json:"mobilePhone"`
	AccountEnabled        *bool    `json:"accountEnabled"`
	CreatedDateTime       string   `json:"createdDateTime"`
	UserType              string   `json:"userType"`
	ExternalUserState     string   `json:"externalUserState"`
	ExternalUserChanged   string   `json:"externalUserStateChangeDateTime"`
	SecurityIdentifier    string   `json:"securityIdentifier"`
	OnPremisesSID         string   `json:"onPremisesSecurityIdentifier"`
	OnPremisesSAMAccount  string   `json:"onPremisesSamAccountName"`
	OnPremisesDomain      string   `json:"onPremisesDomainName"`
	OnPremisesDN          string   `json:"onPremisesDistinguishedName"`
	OnPremisesSyncEnabled *bool    `json:"onPremisesSyncEnabled"`
	Manager               *User    `json:"manager"`
}

const directoryUserFields = "id,userPrincipalName,displayName,givenName,surname,mail,otherMails,department,employeeId,jobTitle,companyName,streetAddress,city,state,country," +
	"businessPhones,mobilePhone,accountEnabled,createdDateTime,userType,externalUserState,externalUserStateChangeDateTime,securityIdentifier," +
	"onPremisesSecurityIdentifier,onPremisesSamAccountName,onPremisesDomainName,onPremisesDistinguishedName,onPremisesSyncEnabled"

// errPartial tells of a list in which rows may be missing.
func errPartial(what string) error {
	return fault.New(fault.Unavailable, "graph_partial", "Microsoft Graph answered with a part of %s only. It is asked for again.", what)
}

// whole calls f with every row of a list; a page that may lack rows is an error.
func (c *Client) whole(ctx context.Context, rq call, f func(json.RawMessage) error) error {
	for {
		p, err := c.page(ctx, rq)
		if err != nil {
			return err
		}
		if p.Partial {
			return errPartial(rq.what)
		}
		for _, raw := range p.Rows {
			if err := f(raw); err != nil {
				return err
			}
		}
		if p.Next == "" {
			return nil
		}
		rq.path, rq.query = p.Next, nil
	}
}

// rows is whole for rows of one type; a row that is not one is an error, for a list with holes looks like deletions.
func rows[T any](ctx context.Context, c *Client, rq call, f func(T) error) error {
	return c.whole(ctx, rq, func(raw json.RawMessage) error {
		var v T
		if err := json.Unmarshal(raw, &v); err != nil {
			return fault.New(fault.Unavailable, "graph_malformed", "Microsoft Graph listed something among %s that cannot be read: %w. It is asked for again.", rq.what, err)
		}
		return f(v)
	})
}

// Users calls f with every user of the tenant, their manager included.
func (c *Client) Users(ctx context.Context, f func(DirectoryUser) error) error {
	return rows(ctx, c, call{
		method: http.MethodGet, path: "/users", priority: Inbound, needs: NeedUserRead, what: "the users",
		query: url.Values{"$select": {directoryUserFields}, "$expand": {"manager($select=id,displayName,userPrincipalName)"}, "$top": {"999"}},
	}, f)
}

// Role is a directory role that somebody has.
type Role struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	TemplateID  string `json:"roleTemplateId"`
}

// Roles returns the directory roles that are in use.
func (c *Client) Roles(ctx context.Context) ([]Role, error) {
	var out []Role
	err := rows(ctx, c, call{method: http.MethodGet, path: "/directoryRoles", priority: Inbound, needs: NeedRoles, what: "the directory roles"}, func(r Role) error {
		out = append(out, r)
		return nil
	})
	return out, err
}

// Member is a member of a group or role. Type is its OData type: #microsoft.graph.user, #microsoft.graph.group, ...
type Member struct {
	Type    string          `json:"@odata.type"`
	ID      string          `json:"id"`
	Removed json.RawMessage `json:"@removed"`
}

// RoleMembers returns who has a role directly: users, groups, service principals.
func (c *Client) RoleMembers(ctx context.Context, id string) ([]Member, error) {
	var out []Member
	err := rows(ctx, c, call{
		method: http.MethodGet, path: "/directoryRoles/" + url.PathEscape(id) + "/members", priority: Inbound, needs: NeedRoles, what: "the members of directory role " + id,
	}, func(m Member) error {
		out = append(out, m)
		return nil
	})
	return out, err
}

// GroupChange is a change of a group: what is absent is as it was. A group with many members comes in several changes.
type GroupChange struct {
	ID          string          `json:"id"`
	DisplayName *string         `json:"displayName"`
	Members     []Member        `json:"members@delta"` // added, or taken away when Removed is set
	Removed     json.RawMessage `json:"@removed"`
}

// ErrResync tells that a link to changes is too old: everything must be read anew.
var ErrResync = errors.New("the link to changes is too old")

// GroupChanges calls f with the changes of groups since link, or with all groups and their direct members for "". It
// returns the link for the next time, or ErrResync.
func (c *Client) GroupChanges(ctx context.Context, link string, f func(GroupChange) error) (string, error) {
	rq := call{method: http.MethodGet, path: link, priority: Inbound, needs: NeedGroups, what: "the groups"}
	if link == "" {
		rq.path, rq.query = "/groups/delta", url.Values{"$select": {"id,displayName,members"}}
	}
	for {
		p, err := c.page(ctx, rq)
		if re, ok := errors.AsType[*ResponseError](err); ok && link != "" && (re.Status == http.StatusGone || re.Status == http.StatusBadRequest) {
			return "", ErrResync
		}
		if err != nil {
			return "", err
		}
		if p.Partial {
			return "", errPartial(rq.what)
		}
		for _, raw := range p.Rows {
			var g GroupChange
			if err := json.Unmarshal(raw, &g); err != nil {
				return "", fault.New(fault.Unavailable, "graph_malformed", "Microsoft Graph told of a group in a way that cannot be read: %w. It is asked for again.", err)
			}
			if err := f(g); err != nil {
				return "", err
			}
		}
		switch {
		case p.Next != "":
			rq.path, rq.query = p.Next, nil
		case p.Delta != "":
			return p.Delta, nil
		default:
			return "", fault.New(fault.Unavailable, "graph_malformed", "Microsoft Graph told of changes of groups without a link to the next ones. It is asked for again.")
		}
	}
}

// IdentityAccount is an account that Defender for Identity knows.
type IdentityAccount struct {
	ID                string `json:"id"`
	DisplayName       string `json:"displayName"`
	Domain            string `json:"domain"`
	IsEnabled         *bool  `json:"isEnabled"`
	OnPremisesSID     string `json:"onPremisesSecurityIdentifier"`
	CloudSID          string `json:"cloudSecurityIdentifier"`
	UserPrincipalName string `json:"userPrincipalName"`
	EmailAddress      string `json:"emailAddress"`
	Accounts          []struct {
		Identifier       string `json:"identifier"`
		IdentityProvider string `json:"identityProvider"` // entraID, activeDirectory, okta
	} `json:"accounts"`
}

// IdentityAccounts calls f with every account that Defender for Identity knows.
func (c *Client) IdentityAccounts(ctx context.Context, f func(IdentityAccount) error) error {
	return rows(ctx, c, call{
		method: http.MethodGet, path: "/security/identities/identityAccounts", priority: Inbound, needs: NeedAccounts, what: "the accounts of Defender for Identity",
		query: url.Values{"$top": {"999"}},
	}, f)
}
