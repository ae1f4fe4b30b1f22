package graph

import (
	"cmp"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// sensor is a Defender for Identity sensor on a computer of the domain.
type sensor struct {
	on   *directory.Device
	kind string
	state.Sensor
}

// sensorList returns the sensors that are installed: one on each domain controller and one on the server that synchronises the directory.
func (s *Server) sensorList() []sensor {
	var out []sensor
	set := s.cfg.Store.Meta().Sensors
	add := func(dev *directory.Device, kind string) {
		x := sensor{dev, kind, set[dev.Host]}
		x.Health, x.Service, x.Deploy = cmp.Or(x.Health, "healthy"), cmp.Or(x.Service, "running"), cmp.Or(x.Deploy, "upToDate")
		if !x.Removed {
			out = append(out, x)
		}
	}
	for _, dc := range s.cfg.Dir.DCs {
		add(dc, "domainControllerIntegrated")
	}
	for _, dev := range s.cfg.Dir.Servers {
		if dev.IsWindows() && !dev.DC {
			add(dev, "adConnectIntegrated")
			break
		}
	}
	return out
}

func (s *Server) sensors(c *call) error {
	out := []any{}
	for _, x := range s.sensorList() {
		issues := 0
		if x.Health != "healthy" {
			issues = 1
		}
		dns := []string{x.on.DNS}
		if !x.on.DC {
			dns = []string{s.cfg.Dir.DCs[0].DNS}
		}
		out = append(out, map[string]any{"id": strings.ToLower(x.on.UUID), "displayName": x.on.Host, "sensorType": x.kind, "deploymentStatus": x.Deploy,
			"createdDateTime": hunt.Time(x.on.FirstSeen), "domainName": directory.ADDomain, "healthStatus": x.Health, "openHealthIssuesCount": issues, "serviceStatus": x.Service, "version": "2.245.18678.34621",
			"settings": map[string]any{"description": "", "domainControllerDnsNames": dns, "isDelayedDeploymentEnabled": false}})
	}
	return c.ok(page200{Context: s.context("security/identities/sensors"), Value: out})
}

func (s *Server) healthIssues(c *call) error {
	out := []any{}
	for _, x := range s.sensorList() {
		if x.Health == "healthy" {
			continue
		}
		at := s.cfg.Now().Add(-20 * time.Minute).Truncate(time.Hour)
		out = append(out, map[string]any{"id": dice.New(1, x.on.ID, x.Health).GUID(), "displayName": "Sensor stopped communicating", "healthIssueType": "sensor", "issueTypeId": "1011",
			"severity": strings.ToLower(strings.TrimPrefix(x.Health, "notHealthy")), "status": "open", "createdDateTime": hunt.Time(at), "lastModifiedDateTime": hunt.Time(at), "domainNames": []string{directory.ADDomain},
			"sensorDNSNames": []string{x.on.DNS}, "description": "The sensor on " + x.on.Host + " has not been heard of lately.", "additionalInformation": []string{},
			"recommendations": []string{"Check that the sensor service runs and reaches the cloud service."}, "recommendedActionCommands": []string{"Get-Service AATPSensor"}})
	}
	return c.ok(page200{Context: s.context("security/identities/healthIssues"), Value: out})
}

// identityAccounts lists who Defender for Identity knows: the accounts of the domain and those of the cloud.
func (s *Server) identityAccounts(c *call) error {
	fields := []string{"displayName", "domain", "isEnabled", "onPremisesSecurityIdentifier", "cloudSecurityIdentifier", "userPrincipalName"}
	return answer(c, listing[*directory.User]{
		items: s.cfg.Living.Now().Present(), get: func(u *directory.User) func(string) any {
			m := s.wireIdentity(u)
			return func(f string) any { return m[f] }
		}, filterable: fields, sortable: fields, orderBy: true, top: 100, maxTop: 999, capMessage: "The limit of '%d' for Top query has been exceeded.",
		context: s.context("security/identities/identityAccounts"), tieBreak: func(a, b *directory.User) int {
			return cmp.Or(cmp.Compare(a.UPN, b.UPN), cmp.Compare(a.Account, b.Account))
		},
		view: func(u *directory.User) any { return s.wireIdentity(u) },
	})
}

func (s *Server) wireIdentity(u *directory.User) map[string]any {
	m := map[string]any{"@odata.type": "#microsoft.graph.security.user", "id": cmp.Or(u.ADGuid, u.ObjectID), "displayName": u.Name, "domain": nil, "isEnabled": !u.Disabled, "onPremisesSecurityIdentifier": orNull(u.SID),
		"cloudSecurityIdentifier": orNull(u.CloudSID), "userPrincipalName": orNull(u.UPN), "emailAddress": orNull(u.Mail)}
	accounts := []any{}
	if u.SID != "" {
		m["domain"] = directory.ADDomain
		accounts = append(accounts, map[string]any{"identifier": u.SID, "identityProvider": "activeDirectory", "actions": []string{"disable", "enable", "forcePasswordReset"}})
	}
	if u.ObjectID != "" {
		accounts = append(accounts, map[string]any{"identifier": u.ObjectID, "identityProvider": "entraID", "actions": []string{"disable", "enable", "revokeAllSessions", "requireUserToSignInAgain", "markUserAsCompromised"}})
	}
	m["accounts"] = accounts
	return m
}
