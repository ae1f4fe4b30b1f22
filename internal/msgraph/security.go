package msgraph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/vedette-siem/vedette/internal/fault"
)

// The application permissions that the calls need.
const (
	NeedIncidentRead  = "SecurityIncident.Read.All"
	NeedIncidentWrite = "SecurityIncident.ReadWrite.All"
	NeedAlertRead     = "SecurityAlert.Read.All"
	NeedUserRead      = "User.Read.All"
	NeedOrgRead       = "Organization.Read.All"
	NeedHunting       = "ThreatHunting.Read.All"
)

// TimeFormat is how Graph writes times in filters, with 100 ns digits.
const TimeFormat = "2006-01-02T15:04:05.0000000Z"

// Collection is one of the two lists that are pulled.
type Collection struct {
	Path, One, Needs string
	Top              int
}

// Incidents and Alerts are the lists of security/incidents and security/alerts_v2.
var (
	Incidents = Collection{Path: "/security/incidents", One: "incident", Needs: NeedIncidentRead, Top: 50}
	Alerts    = Collection{Path: "/security/alerts_v2", One: "alert", Needs: NeedAlertRead, Top: 100}
)

// List returns the first page of what was last updated in [from, to); a zero from has no lower bound. The list promises no
// order. The page says how many rows the window has when the service counts them.
func (c *Client) List(ctx context.Context, col Collection, from, to time.Time, top int, p Priority) (*Page, error) {
	filter := "lastUpdateDateTime lt " + to.UTC().Format(TimeFormat)
	if !from.IsZero() {
		filter = "lastUpdateDateTime ge " + from.UTC().Format(TimeFormat) + " and " + filter
	}
	if top <= 0 {
		top = col.Top
	}
	return c.page(ctx, call{
		method: http.MethodGet, path: col.Path, priority: p, needs: col.Needs, what: col.One + "s",
		query: url.Values{"$filter": {filter}, "$top": {strconv.Itoa(top)}, "$count": {"true"}},
	})
}

// IDs returns the ids of what was last updated in [from, to), without anything else of it.
func (c *Client) IDs(ctx context.Context, col Collection, from, to time.Time, p Priority) ([]string, error) {
	page, err := c.page(ctx, call{
		method: http.MethodGet, path: col.Path, priority: p, needs: col.Needs, what: col.One + "s",
		query: url.Values{
			"$filter": {"lastUpdateDateTime ge " + from.UTC().Format(TimeFormat) + " and lastUpdateDateTime lt " + to.UTC().Format(TimeFormat)},
			"$select": {"id"}, "$top": {strconv.Itoa(col.Top)},
		},
	})
	var out []string
	for err == nil {
		for _, raw := range page.Rows {
			var o struct {
				ID string `json:"id"`
			}
			if json.Unmarshal(raw, &o) == nil && o.ID != "" {
				out = append(out, o.ID)
			}
		}
		if page.Next == "" {
			break
		}
		page, err = c.Next(ctx, col, page, p)
	}
	return out, err
}

// Next returns the page after p.
func (c *Client) Next(ctx context.Context, col Collection, p *Page, pr Priority) (*Page, error) {
	return c.page(ctx, call{method: http.MethodGet, path: p.Next, priority: pr, needs: col.Needs, what: col.One + "s"})
}

// Get returns one object of the list.
func (c *Client) Get(ctx context.Context, col Collection, id string, p Priority) (json.RawMessage, error) {
	rq := call{method: http.MethodGet, path: col.Path + "/" + url.PathEscape(id), priority: p, needs: col.Needs, what: col.One + " " + id}
	a, err := c.do(ctx, rq)
	if err != nil {
		return nil, err
	}
	return a.object(rq)
}

// object returns an answer's JSON object without its annotations' being looked at.
func (a *answer) object(rq call) (json.RawMessage, error) {
	var m map[string]json.RawMessage
	if err := a.decode(rq, &m); err != nil {
		return nil, err
	}
	return a.body, nil
}

// PatchIncident writes the properties and returns the whole incident as it is then.
func (c *Client) PatchIncident(ctx context.Context, id string, properties map[string]any, p Priority) (json.RawMessage, error) {
	rq := call{
		method: http.MethodPatch, path: Incidents.Path + "/" + url.PathEscape(id), body: properties, priority: p,
		needs: NeedIncidentWrite, what: "incident " + id,
	}
	a, err := c.do(ctx, rq)
	if err != nil {
		return nil, err
	}
	return a.object(rq)
}

// CommentIncident adds a comment and returns all comments of the incident. It is not idempotent.
func (c *Client) CommentIncident(ctx context.Context, id, text string, p Priority) ([]json.RawMessage, error) {
	rq := call{
		method: http.MethodPost, path: Incidents.Path + "/" + url.PathEscape(id) + "/comments", priority: p, needs: NeedIncidentWrite,
		what: "incident " + id, body: map[string]any{"@odata.type": "microsoft.graph.security.alertComment", "comment": text},
	}
	a, err := c.do(ctx, rq)
	if err != nil {
		return nil, err
	}
	var list struct {
		Value []json.RawMessage `json:"value"`
	}
	if err := a.decode(rq, &list); err != nil {
		return nil, err
	}
	return list.Value, nil
}

// User is a person of the directory.
type User struct {
	ID                string `json:"id"`
	DisplayName       string `json:"displayName"`
	Mail              string `json:"mail"`
	UserPrincipalName string `json:"userPrincipalName"`
}

const userFields = "id,displayName,mail,userPrincipalName"

// FindUser returns the user with the principal name or object id.
func (c *Client) FindUser(ctx context.Context, login string, p Priority) (User, error) {
	rq := call{
		method: http.MethodGet, path: "/users/" + url.PathEscape(login), priority: p, needs: NeedUserRead, what: "user " + login,
		query: url.Values{"$select": {userFields}},
	}
	a, err := c.do(ctx, rq)
	if err != nil {
		return User{}, err
	}
	var u User
	return u, a.decode(rq, &u)
}

// FindUsers returns those of up to 15 principal names that the directory has.
func (c *Client) FindUsers(ctx context.Context, logins []string, p Priority) ([]User, error) {
	quoted := make([]string, len(logins))
	for i, l := range logins {
		quoted[i] = "'" + strings.ReplaceAll(l, "'", "''") + "'"
	}
	return c.users(ctx, "userPrincipalName in ("+strings.Join(quoted, ",")+")", p)
}

// SearchUsers returns up to 20 users whose name or principal name starts with the text.
func (c *Client) SearchUsers(ctx context.Context, text string, p Priority) ([]User, error) {
	q := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	return c.users(ctx, "startswith(userPrincipalName,"+q+") or startswith(displayName,"+q+")", p)
}

func (c *Client) users(ctx context.Context, filter string, p Priority) ([]User, error) {
	page, err := c.page(ctx, call{
		method: http.MethodGet, path: "/users", priority: p, needs: NeedUserRead, what: "users",
		query: url.Values{"$select": {userFields}, "$top": {"20"}, "$filter": {filter}},
	})
	if err != nil {
		return nil, err
	}
	var out []User
	for _, raw := range page.Rows {
		var u User
		if json.Unmarshal(raw, &u) == nil {
			out = append(out, u)
		}
	}
	return out, nil
}

// Organization is the tenant.
type Organization struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
}

// Organization returns the tenant that the app is signed in to.
func (c *Client) Organization(ctx context.Context) (Organization, error) {
	page, err := c.page(ctx, call{method: http.MethodGet, path: "/organization", priority: SyncWrite, needs: NeedOrgRead, what: "the organization"})
	if err != nil {
		return Organization{}, err
	}
	for _, raw := range page.Rows {
		var o Organization
		if json.Unmarshal(raw, &o) == nil && o.ID != "" {
			return o, nil
		}
	}
	return Organization{}, fault.New(fault.Unavailable, "graph_malformed", "Microsoft Graph named no organization for tenant %s.", c.cfg.TenantID)
}

// Plan is a service plan of a subscribed licence.
type Plan struct {
	Name   string `json:"servicePlanName"`
	Status string `json:"provisioningStatus"`
	SKU    string `json:"-"`
}

// Plans returns the service plans of the tenant's licences.
func (c *Client) Plans(ctx context.Context) ([]Plan, error) {
	page, err := c.page(ctx, call{method: http.MethodGet, path: "/subscribedSkus", priority: SyncWrite, needs: NeedOrgRead, what: "the licences"})
	if err != nil {
		return nil, err
	}
	var out []Plan
	for _, raw := range page.Rows {
		var sku struct {
			Part   string `json:"skuPartNumber"`
			Status string `json:"capabilityStatus"`
			Plans  []Plan `json:"servicePlans"`
		}
		if json.Unmarshal(raw, &sku) != nil {
			continue
		}
		for _, p := range sku.Plans {
			p.SKU = sku.Part
			if sku.Status != "" && sku.Status != "Enabled" && sku.Status != "Warning" {
				p.Status = sku.Status
			}
			out = append(out, p)
		}
	}
	return out, nil
}

// Token is what the app's token says about it.
type Token struct {
	TenantID string
	AppID    string
	AppName  string
	Roles    []string
}

// Token signs in and reads the token's claims. They are read, not verified: the token is the service's to check.
func (c *Client) Token(ctx context.Context) (Token, error) {
	t, err := c.cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: c.scopes})
	if err != nil {
		return Token{}, transportError(ctx, err, call{what: "a token"}, c.cfg)
	}
	parts := strings.Split(t.Token, ".")
	if len(parts) != 3 {
		return Token{}, fault.New(fault.Unavailable, "token_opaque", "The token of tenant %s cannot be read.", c.cfg.TenantID)
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	var claims struct {
		TID   string   `json:"tid"`
		AppID string   `json:"appid"`
		AZP   string   `json:"azp"`
		Name  string   `json:"app_displayname"`
		Roles []string `json:"roles"`
	}
	if err != nil || json.Unmarshal(b, &claims) != nil {
		return Token{}, fault.New(fault.Unavailable, "token_opaque", "The token of tenant %s cannot be read.", c.cfg.TenantID)
	}
	if claims.AppID == "" {
		claims.AppID = claims.AZP
	}
	return Token{TenantID: claims.TID, AppID: claims.AppID, AppName: claims.Name, Roles: claims.Roles}, nil
}
