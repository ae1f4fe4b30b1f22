package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	tenantGUID = "11111111-1111-1111-1111-111111111111"
	otherGUID  = "33333333-3333-3333-3333-333333333333"
)

func TestAuth(t *testing.T) {
	mine := Credential{ClientID: "mine", ClientSecretFile: "/secret"}
	tests := []struct {
		name string
		in   Auth
		file string
		want Auth
		bad  string
	}{
		{"connection string", Auth{}, "/cs", Auth{Method: ByConnectionString}, ""},
		{"nothing", Auth{}, "", Auth{Method: ByConnectionString}, "hub.connectionStringFile"},
		{"as the tenant", Auth{Method: ByEntra}, "", Auth{Method: ByEntra, TenantID: tenantGUID, Credential: mine}, ""},
		{"as another app of another tenant", Auth{TenantID: otherGUID, Credential: Credential{ClientID: "x", FederatedTokenFile: "token"}}, "",
			Auth{Method: ByEntra, TenantID: otherGUID, Credential: Credential{ClientID: "x", FederatedTokenFile: "/base/token"}}, ""},
		{"as the host", Auth{Credential: Credential{ManagedIdentity: true}}, "", Auth{Method: ByEntra, TenantID: tenantGUID, Credential: Credential{ManagedIdentity: true}}, ""},
		{"both", Auth{Method: ByEntra}, "/cs", Auth{Method: ByEntra, TenantID: tenantGUID, Credential: mine}, "hub.connectionStringFile"},
		{"two credentials", Auth{Credential: Credential{ClientID: "x", ClientSecretFile: "/s", ManagedIdentity: true}}, "",
			Auth{Method: ByEntra, TenantID: tenantGUID, Credential: Credential{ClientID: "x", ClientSecretFile: "/s", ManagedIdentity: true}}, "hub.auth.credential"},
		{"no tenant", Auth{Method: ByEntra, TenantID: "x"}, "", Auth{Method: ByEntra, TenantID: "x", Credential: mine}, "hub.auth.tenantId"},
		{"tenant of a connection string", Auth{Method: ByConnectionString, TenantID: otherGUID}, "/cs", Auth{Method: ByConnectionString, TenantID: otherGUID}, "hub.auth"},
		{"unknown", Auth{Method: "magic"}, "/cs", Auth{Method: "magic"}, "hub.auth.method"},
	}
	for _, tt := range tests {
		w := Workspace{Tenant: Tenant{ID: tenantGUID, Cloud: "public", Credential: mine}}
		a := tt.in
		a.defaults("/base", &w)
		if diff := cmp.Diff(tt.want, a); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		var bad []string
		a.validate("hub", tt.file, "it", &w, func(path, _ string, _ ...any) { bad = append(bad, path) })
		if got := strings.Join(bad, " "); got != tt.bad {
			t.Errorf("%s: refused %q, want %q", tt.name, got, tt.bad)
		}
	}
}
