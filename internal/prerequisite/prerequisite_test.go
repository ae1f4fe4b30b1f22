package prerequisite

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

const tenantID = "11111111-0000-0000-0000-000000000001"

// tenant has one user per case; denied refuses every look-up.
type tenant struct {
	probes int
	denied bool
	bad    bool // the licence is gone
}

func (t *tenant) Probe(context.Context) []connector.Prerequisite {
	t.probes++
	licence := connector.Prerequisite{ID: "licence", Title: "Licence", State: connector.Met}
	if t.bad {
		licence.State, licence.Remedy = connector.NotMet, "Buy one."
	}
	return []connector.Prerequisite{licence, {ID: "permission-incidents-read", State: connector.Met}}
}

func (t *tenant) TenantID() string { return tenantID }

func (t *tenant) refuse() error {
	if t.denied {
		return fault.New(fault.Permission, "graph_permission", "no")
	}
	return nil
}

func (t *tenant) Account(_ context.Context, id string) (msgraph.Account, error) {
	if id == "nobody" {
		return msgraph.Account{}, fault.New(fault.NotFound, "graph_not_found", "no such user")
	}
	kind := "Member"
	if id == "guest" {
		kind = "Guest"
	}
	return msgraph.Account{UserType: kind}, t.refuse()
}

func (t *tenant) Memberships(_ context.Context, id string) (msgraph.Membership, error) {
	switch id {
	case "global":
		return msgraph.Membership{Roles: []string{globalAdministrator}}, t.refuse()
	case "by-group": // transitive: the group's role is listed among the user's
		return msgraph.Membership{Roles: []string{securityAdministrator}, Groups: []string{"g"}}, t.refuse()
	case "eligible-by-group":
		return msgraph.Membership{Groups: []string{"pim"}}, t.refuse()
	}
	return msgraph.Membership{Roles: []string{"5d6b6bb7-de71-4623-b4af-96380a352509"}}, t.refuse() // Security Reader
}

func (t *tenant) Eligible(_ context.Context, id string) ([]string, error) {
	if id == "eligible" || id == "pim" {
		return []string{securityAdministrator}, t.refuse()
	}
	return nil, t.refuse()
}

type nothing map[string]bool

func (n nothing) Installed(_, id string) (model.Package, bool) { return model.Package{}, n[id] }

func find(t *testing.T, c connector.Checks, id string) connector.Prerequisite {
	t.Helper()
	for _, p := range append(c.Prerequisites, c.AppPermissions...) {
		if p.ID == id {
			return p
		}
	}
	t.Fatalf("no prerequisite %s in %+v", id, c)
	return connector.Prerequisite{}
}

func TestPersons(t *testing.T) {
	for _, tc := range []struct {
		name, object, tenant, kind string
		denied                     bool
		admin, member              string
		remedy, refused            string
	}{
		{"global administrator", "global", tenantID, "user", false, "met", "met", "", ""},
		{"security administrator through a group", "by-group", strings.ToUpper(tenantID), "user", false, "met", "met", "", ""},
		{"reader", "reader", tenantID, "user", false, "notMet", "met", "Ask a Global Administrator", ""},
		{"eligible only", "eligible", tenantID, "user", false, "notMet", "met", "activate it", ""},
		{"eligible through a group", "eligible-by-group", tenantID, "user", false, "notMet", "met", "activate it", ""},
		{"guest", "guest", tenantID, "user", false, "notMet", "notMet", "", "guest"},
		{"other tenant", "global", "22222222-0000-0000-0000-000000000002", "user", false, "notMet", "notMet", "22222222", "other_tenant"},
		{"user that is gone", "nobody", tenantID, "user", false, "notMet", "notMet", "", "not_in_tenant"},
		{"not linked", "", "", "user", false, "unknown", "unknown", "Link it", ""},
		{"a program", "", "", "principal", false, "unknown", "unknown", "no user of the tenant", ""},
		{"the app may not look", "global", tenantID, "user", true, "unknown", "unknown", "grant the app", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := New(nothing{}, nil)
			c.SetTenant("w", &tenant{denied: tc.denied})
			who := connector.Person{Kind: tc.kind, Name: "ann", TenantID: tc.tenant, ObjectID: tc.object, CanRead: true, CanWrite: true}
			got := c.Check(t.Context(), "w", who)
			admin, member := find(t, got, "administrator"), find(t, got, "membership")
			if admin.State != tc.admin || member.State != tc.member || !strings.Contains(admin.Remedy, tc.remedy) {
				t.Errorf("administrator %+v, membership %+v", admin, member)
			}
			if err := c.Allowed(t.Context(), "w", who); (err == nil) != (tc.refused == "") || err != nil && (fault.CodeOf(err) != tc.refused || fault.KindOf(err) != fault.Permission) {
				t.Errorf("allowed: %v; want %q", err, tc.refused)
			}
		})
	}
}

func TestWorkspaceAndSolution(t *testing.T) {
	c := New(nothing{}, nil)
	reader := connector.Person{Kind: "user", Name: "ann o'neil", CanRead: true}
	got := c.Check(t.Context(), "w", reader)
	if p := find(t, got, "workspace"); p.State != connector.NotMet || p.Command != `vedette user add --name 'ann o'\''neil' --role Contributor` {
		t.Errorf("%+v", p)
	}
	if p := find(t, got, "solution"); p.State != connector.NotMet || p.Command != "vedette content install defender-xdr" {
		t.Errorf("%+v", p)
	}
	if p := find(t, got, "tenant"); p.State != connector.NotMet {
		t.Errorf("without a tenant: %+v", p)
	}
	c = New(nothing{connector.DefenderXDR: true}, nil)
	writer := connector.Person{Kind: "operator", Name: "operator", CanRead: true, CanWrite: true}
	got = c.Check(t.Context(), "w", writer)
	if find(t, got, "workspace").State != connector.Met || find(t, got, "solution").State != connector.Met {
		t.Errorf("%+v", got)
	}
	if err := c.Allowed(t.Context(), "w", writer); err != nil {
		t.Errorf("who cannot be checked is not refused: %v", err)
	}
}

// TestAskedOnDemandAndDaily: what was found is shown for half a minute, asked again on demand, and once a day without
// anybody looking, which the health board hears of.
func TestAskedOnDemandAndDaily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board, tn := &health.Board{}, &tenant{}
		c := New(nothing{}, board)
		c.SetTenant("w", tn)
		who := connector.Person{Kind: "operator"}
		for range 3 {
			c.Check(t.Context(), "w", who)
		}
		if tn.probes != 1 {
			t.Errorf("asked %d times within a moment", tn.probes)
		}
		c.Recheck("w")
		if got := c.Check(t.Context(), "w", who); tn.probes != 2 || got.At.IsZero() || len(got.AppPermissions) != 1 {
			t.Errorf("asked %d times after a recheck; %+v", tn.probes, got)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.Run(ctx) }()
		tn.bad = true
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		if all := board.All(); tn.probes != 3 || len(all) != 1 || all[0].Status != health.Warning || !strings.Contains(all[0].Description, "Buy one.") {
			t.Errorf("after a day: asked %d times, board %+v", tn.probes, all)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
