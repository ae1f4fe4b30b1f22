// Package prerequisite checks what must be true before Defender XDR can be connected: of the tenant, of the person who
// connects it, and of the workspace.
//
// Every check is made on its own and answers met, not met, or cannot be checked (grant X); the last never blocks. Only one
// thing is enforced beside being shown: who belongs to another tenant, or is a guest, changes no setting.
package prerequisite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// Tenant answers for one workspace's tenant.
type Tenant interface {
	// Probe checks sign-in, licence ("tenant", "licence") and the app's permissions ("permission-..."); it changes nothing.
	Probe(ctx context.Context) []connector.Prerequisite
	// TenantID is the tenant that is configured.
	TenantID() string
	Account(ctx context.Context, login string) (msgraph.Account, error)
	Memberships(ctx context.Context, id string) (msgraph.Membership, error)
	Eligible(ctx context.Context, principal string) ([]string, error)
}

// Solutions tells what a workspace has installed.
type Solutions interface {
	Installed(workspace, id string) (model.Package, bool)
}

// The template ids of the roles that may connect, the same in every tenant.
const (
	globalAdministrator   = "62e90394-69f5-4237-9190-012177145e10"
	securityAdministrator = "194ae4cb-b126-40b2-bd5b-6091b380977d"
)

// fresh is how long what was found is shown again without asking.
const fresh = 30 * time.Second

// Checker is safe for concurrent use.
type Checker struct {
	solutions Solutions
	board     *health.Board
	now       func() time.Time

	mu      sync.Mutex
	tenants map[string]Tenant
	found   map[string]found // by workspace
	people  map[string]found // by workspace and object id
}

type found struct {
	at   time.Time
	list []connector.Prerequisite
	err  error // people: why they may change nothing
}

// New returns a checker. board hears once a day of what is not met; nil hears nothing.
func New(s Solutions, board *health.Board) *Checker {
	return &Checker{solutions: s, board: board, now: time.Now, tenants: map[string]Tenant{}, found: map[string]found{}, people: map[string]found{}}
}

// SetTenant says who answers for a workspace's tenant. A workspace without one has no tenant configured.
func (c *Checker) SetTenant(workspace string, t Tenant) {
	c.mu.Lock()
	c.tenants[workspace] = t
	c.mu.Unlock()
}

func (c *Checker) tenant(workspace string) Tenant {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tenants[workspace]
}

// Recheck forgets what was found, so that the next Check asks again.
func (c *Checker) Recheck(workspace string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.found, workspace)
	for k := range c.people {
		if strings.HasPrefix(k, workspace+"/") {
			delete(c.people, k)
		}
	}
}

// Check answers for a person, at most every half minute anew.
func (c *Checker) Check(ctx context.Context, workspace string, who connector.Person) connector.Checks {
	t := c.ofTenant(ctx, workspace)
	out := connector.Checks{At: t.at}
	for _, p := range t.list {
		if strings.HasPrefix(p.ID, "permission-") {
			out.AppPermissions = append(out.AppPermissions, p)
		} else {
			out.Prerequisites = append(out.Prerequisites, p)
		}
	}
	out.Prerequisites = append(out.Prerequisites, c.ofPerson(ctx, workspace, who).list...)
	out.Prerequisites = append(out.Prerequisites, access(who), c.solution(workspace))
	return out
}

func (c *Checker) ofTenant(ctx context.Context, workspace string) found {
	c.mu.Lock()
	f := c.found[workspace]
	c.mu.Unlock()
	if !f.at.IsZero() && c.now().Sub(f.at) < fresh {
		return f
	}
	f = found{at: c.now().UTC()}
	if t := c.tenant(workspace); t != nil {
		f.list = t.Probe(ctx)
	} else {
		f.list = []connector.Prerequisite{{
			ID: "tenant", Title: "A tenant is configured", State: connector.NotMet,
			Remedy: "Add tenant.id and tenant.credential to the workspace in the server's configuration and start the server again.",
		}}
	}
	c.mu.Lock()
	c.found[workspace] = f
	c.mu.Unlock()
	return f
}

// access is the right to read and write in the workspace.
func access(who connector.Person) connector.Prerequisite {
	p := connector.Prerequisite{ID: "workspace", Title: "You may read and write in the workspace", State: connector.Met}
	if !who.CanRead || !who.CanWrite {
		p.State = connector.NotMet
		p.Remedy = fmt.Sprintf("%s may not change settings here. Ask an owner of the workspace for the role Contributor.", who.Name)
		p.Command = fmt.Sprintf("vedette user add --name %s --role Contributor", quote(who.Name))
	}
	return p
}

func (c *Checker) solution(workspace string) connector.Prerequisite {
	p := connector.Prerequisite{ID: "solution", Title: "The solution Microsoft Defender XDR is installed from the content hub", State: connector.Met}
	installed := false
	if c.solutions != nil {
		_, installed = c.solutions.Installed(workspace, connector.DefenderXDR)
	}
	if !installed {
		p.State, p.Remedy = connector.NotMet, "Install it in the content hub; connecting installs it too."
		p.Command = "vedette content install " + connector.DefenderXDR
	}
	return p
}

// ofPerson checks who acts: their membership of the tenant and their role in it.
func (c *Checker) ofPerson(ctx context.Context, workspace string, who connector.Person) found {
	key := workspace + "/" + who.Kind + "/" + who.Name + "/" + who.TenantID + "/" + who.ObjectID
	c.mu.Lock()
	f := c.people[key]
	c.mu.Unlock()
	if !f.at.IsZero() && c.now().Sub(f.at) < fresh {
		return f
	}
	f = c.person(ctx, workspace, who)
	f.at = c.now()
	c.mu.Lock()
	if len(c.people) > 10_000 {
		c.people = map[string]found{}
	}
	c.people[key] = f
	c.mu.Unlock()
	return f
}

func (c *Checker) person(ctx context.Context, workspace string, who connector.Person) found {
	member := connector.Prerequisite{ID: "membership", Title: "You belong to the workspace's tenant and are not a guest", State: connector.Unknown}
	admin := connector.Prerequisite{ID: "administrator", Title: "You are Global Administrator or Security Administrator of the tenant", State: connector.Unknown}
	both := func(remedy, command string) found {
		member.Remedy, member.Command, admin.Remedy, admin.Command = remedy, command, remedy, command
		return found{list: []connector.Prerequisite{admin, member}}
	}
	t := c.tenant(workspace)
	switch {
	case t == nil:
		return both("It can be checked when a tenant is configured.", "")
	case who.ObjectID == "":
		if who.Kind != "user" {
			return both(fmt.Sprintf("It cannot be checked: %s is no user of the tenant. Sign in as a person whose account is linked to one.", who.Name), "")
		}
		return both(fmt.Sprintf("It cannot be checked: the account %s is linked to no user of the tenant. Link it.", who.Name),
			fmt.Sprintf("vedette user link --name %s --tenant %s --object OBJECT-ID", quote(who.Name), t.TenantID()))
	}
	var refused error
	if !strings.EqualFold(who.TenantID, t.TenantID()) {
		member.State = connector.NotMet
		member.Remedy = fmt.Sprintf("Your account belongs to tenant %s, the workspace to tenant %s. Sign in with an account of that tenant.", who.TenantID, t.TenantID())
		refused = fault.New(fault.Permission, "other_tenant", "%s belongs to tenant %s; settings of this workspace are changed only by people of its tenant %s.", who.Name, who.TenantID, t.TenantID())
		admin.State, admin.Remedy = connector.NotMet, member.Remedy
		return found{list: []connector.Prerequisite{admin, member}, err: refused}
	}
	a, err := t.Account(ctx, who.ObjectID)
	switch {
	case err == nil && strings.EqualFold(a.UserType, "Guest"):
		member.State, member.Remedy = connector.NotMet, "You are a guest of the tenant. Sign in with an account that is a member of it."
		refused = fault.New(fault.Permission, "guest", "%s is a guest of tenant %s; settings of this workspace are changed only by its members.", who.Name, who.TenantID)
	case err == nil:
		member.State = connector.Met
	case fault.KindOf(err) == fault.NotFound:
		member.State, member.Remedy = connector.NotMet, fmt.Sprintf("Tenant %s has no user with the object id %s. Link the account to another one.", who.TenantID, who.ObjectID)
		refused = fault.New(fault.Permission, "not_in_tenant", "%s is linked to user %s, which tenant %s does not have. Link the account to a user of the tenant.", who.Name, who.ObjectID, who.TenantID)
	default:
		member.Remedy = cannot(err, msgraph.NeedUserRead)
	}
	c.administrator(ctx, t, who, &admin)
	return found{list: []connector.Prerequisite{admin, member}, err: refused}
}

// administrator looks for an active role, directly or through groups, then for one that could be activated.
func (c *Checker) administrator(ctx context.Context, t Tenant, who connector.Person, p *connector.Prerequisite) {
	m, err := t.Memberships(ctx, who.ObjectID)
	if err != nil {
		p.Remedy = cannot(err, msgraph.NeedUserRead)
		return
	}
	may := func(roles []string) bool {
		return slices.Contains(roles, globalAdministrator) || slices.Contains(roles, securityAdministrator)
	}
	if may(m.Roles) {
		p.State = connector.Met
		return
	}
	p.State, p.Remedy = connector.NotMet, "Ask a Global Administrator for the role Security Administrator."
	for _, id := range append([]string{who.ObjectID}, m.Groups[:min(len(m.Groups), 50)]...) {
		roles, err := t.Eligible(ctx, id)
		if err != nil {
			p.Remedy += " Whether you could activate it " + lower(cannot(err, msgraph.NeedEligible))
			return
		}
		if may(roles) {
			p.Remedy = "You are eligible for the role, but it is not active: activate it in the Entra admin center, under Privileged Identity Management, My roles; then check again."
			p.Command = "vedette connector check " + connector.DefenderXDR
			return
		}
	}
}

// cannot says why something cannot be checked and what to grant.
func cannot(err error, permission string) string {
	if fault.KindOf(err) == fault.Permission {
		return "Cannot be checked: grant the app the application permission " + permission + ", and an administrator's consent."
	}
	return "Cannot be checked now: " + err.Error()
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// Allowed refuses a change of settings by somebody of another tenant, a guest, or a user that the tenant does not have.
// Whoever cannot be checked is allowed.
func (c *Checker) Allowed(ctx context.Context, workspace string, who connector.Person) error {
	if who.ObjectID == "" {
		return nil
	}
	return c.ofPerson(ctx, workspace, who).err
}

func quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._-", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
