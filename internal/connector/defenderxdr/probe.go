package defenderxdr

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// Prerequisite is something that the connection needs of the tenant.
type Prerequisite struct {
	ID, Title string
	State     string // met, notMet, unknown
	Remedy    string // what to do, when it is not met or cannot be checked
}

// The states of a prerequisite. Unknown never blocks.
const (
	Met     = "met"
	NotMet  = "notMet"
	Unknown = "unknown"
)

// xdrPlans are service plans that come with Defender XDR.
var xdrPlans = []string{
	"MTP", "WINDEFATP", "MDE_SMB", "MDE_LITE", "ATP_ENTERPRISE", "THREAT_INTELLIGENCE", "ATA", "ADALLOM_S_STANDALONE", "ADALLOM_S_DISCOVERY",
	"DEFENDER_ENDPOINT_P1", "DEFENDER_FOR_IOT_ENTERPRISE",
}

// Probe checks what the connection needs: sign-in, the tenant, a licence, the app's permissions. It changes nothing.
func (c *Connector) Probe(ctx context.Context) []Prerequisite { return Probe(ctx, c.cfg.Graph) }

// Probe checks what a connection through the client needs.
func Probe(ctx context.Context, g Graph) []Prerequisite {
	token, err := g.Token(ctx)
	tenant := tenantCheck(ctx, g, token, err)
	readable, listErr := listable(ctx, g, err)
	out := []Prerequisite{tenant, licence(ctx, g, err, readable)}
	for _, p := range []struct {
		id, title, why string
		roles          []string
		works          bool
	}{
		{"permission-incidents-read", "The app may read incidents", "to bring incidents in", []string{msgraph.NeedIncidentRead, msgraph.NeedIncidentWrite}, readable},
		{"permission-incidents-write", "The app may change incidents", "to send changes back", []string{msgraph.NeedIncidentWrite}, false},
		{"permission-alerts-read", "The app may read alerts", "to bring alerts and their entities in", []string{msgraph.NeedAlertRead, "SecurityAlert.ReadWrite.All"}, false},
		{"permission-users-read", "The app may read users", "to show who incidents are assigned to", []string{msgraph.NeedUserRead, "User.ReadBasic.All", "Directory.Read.All", "Directory.ReadWrite.All", "User.ReadWrite.All"}, false},
	} {
		out = append(out, permission(p.id, p.title, p.why, p.roles, token, err, p.works))
	}
	if listErr != nil && fault.KindOf(listErr) == fault.Permission {
		for i := range out {
			if out[i].ID == "permission-incidents-read" {
				out[i].State, out[i].Remedy = NotMet, listErr.Error()
			}
		}
	}
	return out
}

func tenantCheck(ctx context.Context, g Graph, token msgraph.Token, err error) Prerequisite {
	p := Prerequisite{ID: "tenant", Title: "The app can sign in to the tenant"}
	if err != nil {
		p.State, p.Remedy = Unknown, err.Error()
		if k := fault.KindOf(err); k == fault.Unauthenticated || k == fault.Invalid {
			p.State = NotMet
		}
		return p
	}
	org, err := g.Organization(ctx)
	switch k := fault.KindOf(err); {
	case err == nil && token.TenantID != "" && !strings.EqualFold(org.ID, token.TenantID):
		p.State, p.Remedy = NotMet, fmt.Sprintf("The app signed in to tenant %s, but Microsoft Graph answers for tenant %s. Check tenant.id and the endpoints.", token.TenantID, org.ID)
	case err == nil:
		p.State, p.Title = Met, "The app can sign in to the tenant "+first(org.DisplayName, org.ID)
	case k == fault.Permission:
		p.State, p.Remedy = Met, "The tenant's name cannot be read. Grant the app the application permission "+msgraph.NeedOrgRead+" to see it."
	case k == fault.Unauthenticated:
		p.State, p.Remedy = NotMet, err.Error()
	default:
		p.State, p.Remedy = Unknown, err.Error()
	}
	return p
}

// listable reports whether the list of incidents answers, which it does only in a tenant that has Defender XDR.
func listable(ctx context.Context, g Graph, signIn error) (bool, error) {
	if signIn != nil {
		return false, nil
	}
	_, err := g.List(ctx, msgraph.Incidents, time.Now().Add(-time.Hour), time.Now(), 1, msgraph.SyncWrite)
	return err == nil, err
}

func licence(ctx context.Context, g Graph, signIn error, works bool) Prerequisite {
	p := Prerequisite{ID: "licence", Title: "The tenant has a licence for Microsoft Defender XDR"}
	if signIn != nil {
		p.State, p.Remedy = Unknown, "It can be checked when the app can sign in."
		return p
	}
	plans, err := g.Plans(ctx)
	has := slices.ContainsFunc(plans, func(pl msgraph.Plan) bool {
		return slices.Contains(xdrPlans, strings.ToUpper(pl.Name)) && !strings.EqualFold(pl.Status, "Disabled") && !strings.EqualFold(pl.Status, "Suspended")
	})
	switch {
	case err == nil && has:
		p.State = Met
	case err == nil && len(plans) > 0:
		p.State, p.Remedy = NotMet, "None of the tenant's licences includes Microsoft Defender XDR. Microsoft 365 E5 or A5, E5 Security, or a Defender plan has it."
	case works:
		p.State, p.Remedy = Met, "Incidents can be read, so there is one. Grant the app "+msgraph.NeedOrgRead+" to see which."
	default:
		p.State, p.Remedy = Unknown, "The licences cannot be read. Grant the app the application permission "+msgraph.NeedOrgRead+" to check."
	}
	return p
}

func permission(id, title, why string, roles []string, token msgraph.Token, signIn error, works bool) Prerequisite {
	p := Prerequisite{ID: id, Title: title}
	grant := fmt.Sprintf("Grant the app the application permission %s, and an administrator's consent, %s.", roles[0], why)
	switch {
	case signIn != nil:
		p.State, p.Remedy = Unknown, "It can be checked when the app can sign in."
	case slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(token.Roles, r) }), works && len(token.Roles) == 0:
		p.State = Met
	case len(token.Roles) == 0:
		p.State, p.Remedy = Unknown, "The app's token names no permissions. "+grant
	default:
		p.State, p.Remedy = NotMet, grant
	}
	return p
}
