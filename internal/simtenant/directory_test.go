package simtenant

import (
	"net/url"
	"slices"
	"testing"
)

// hunt runs a query and returns its rows.
func (s *sim) hunt(q string) []object {
	s.t.Helper()
	var out []object
	for _, r := range s.json(200, "POST", "/v1.0/security/runHuntingQuery", `{"Query":`+quote(q)+`}`)["results"].([]any) {
		out = append(out, r.(object))
	}
	return out
}

func (s *sim) has(list []any, name, kind string) bool {
	return slices.ContainsFunc(list, func(v any) bool {
		return v.(object)["displayName"] == name && (kind == "" || v.(object)["@odata.type"] == "#microsoft.graph."+kind)
	})
}

func TestTheDirectoryAnswersTheSameEverywhere(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	users, identities := s.all("/v1.0/users"), s.all("/v1.0/security/identities/identityAccounts")
	byUPN := map[any]object{}
	for _, r := range s.hunt("IdentityInfo | summarize arg_max(Timestamp, *) by AccountUpn") {
		byUPN[r["AccountUpn"]] = r
	}
	guests := 0
	for _, u := range users {
		h := byUPN[u["userPrincipalName"]]
		if h == nil || h["AccountObjectId"] != u["id"] || h["OnPremSid"] != u["onPremisesSecurityIdentifier"] || h["Department"] != u["department"] || h["DistinguishedName"] != u["onPremisesDistinguishedName"] {
			t.Errorf("the Graph knows %v, hunting %v", u["userPrincipalName"], h)
		}
		if u["userType"] == "Guest" {
			guests++
		}
	}
	if len(identities) <= len(users) || guests == 0 { // the domain alone has some
		t.Errorf("%d identities, %d users, %d guests", len(identities), len(users), guests)
	}
	in := s.json(200, "GET", "/v1.0/security/identities/sensors", "")["value"].([]any)
	if len(in) < 3 || in[0].(object)["healthStatus"] != "healthy" {
		t.Errorf("sensors %v", in)
	}
}

func TestRolesAlsoThroughGroups(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	roles := s.json(200, "GET", "/v1.0/directoryRoles", "")["value"].([]any)
	direct, through, eligible := "", "", ""
	for _, r := range roles {
		if r.(object)["displayName"] != "Security Administrator" {
			continue
		}
		for _, m := range s.all("/v1.0/directoryRoles/" + r.(object)["id"].(string) + "/members") {
			switch m["@odata.type"] {
			case "#microsoft.graph.user":
				if direct == "" {
					direct = m["id"].(string)
				}
			case "#microsoft.graph.group":
				through = s.all("/v1.0/groups/" + m["id"].(string) + "/transitiveMembers")[0]["id"].(string)
			}
		}
		for _, e := range s.all("/v1.0/roleManagement/directory/roleEligibilityScheduleInstances?$expand=principal,roleDefinition&$filter=" + url.QueryEscape("roleDefinitionId eq '"+r.(object)["roleTemplateId"].(string)+"'")) {
			eligible = e["principal"].(object)["id"].(string)
		}
	}
	holds := func(id string) bool {
		return s.has(s.json(200, "GET", "/v1.0/users/"+id+"/transitiveMemberOf", "")["value"].([]any), "Security Administrator", "directoryRole")
	}
	if direct == "" || through == "" || eligible == "" || !holds(direct) || !holds(through) || holds(eligible) {
		t.Errorf("direct %q %v, through a group %q %v, eligible %q %v", direct, holds(direct), through, holds(through), eligible, holds(eligible))
	}
	s.json(204, "POST", s.Control+"/directory", `{"upn":"`+eligible+`","activate":"Security Administrator"}`)
	if !holds(eligible) {
		t.Error("the activated role does not show")
	}
	s.json(400, "POST", s.Control+"/directory", `{"upn":"`+eligible+`","activate":"Security Administrator"}`)
}

func TestPeopleMoveAndLeave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, small(dir))
	u := s.all("/v1.0/users?$top=999")[20]
	upn, id := u["userPrincipalName"].(string), u["id"].(string)
	s.json(204, "POST", s.Control+"/directory", `{"upn":"`+upn+`","set":{"department":"Legal","accountEnabled":"false"},"join":["GG-Legal"]}`)
	got := s.json(200, "GET", "/v1.0/users/"+id, "")
	rows := s.hunt(`IdentityInfo | where AccountObjectId == "` + id + `" | top 1 by Timestamp`)
	if got["department"] != "Legal" || got["accountEnabled"] != false || rows[0]["Department"] != "Legal" || rows[0]["IsAccountEnabled"] != 0.0 || rows[0]["ChangeSource"] != "ActiveDirectory" ||
		!slices.Contains(rows[0]["GroupMembership"].([]any), any("GG-Legal")) {
		t.Errorf("moved: %v, %v", got, rows)
	}
	s.json(204, "POST", s.Control+"/directory", `{"upn":"`+upn+`","delete":true}`)
	s.stop()
	s = start(t, small(dir)) // what changed is kept
	s.json(404, "GET", "/v1.0/users/"+id, "")
	if rows := s.hunt(`IdentityInfo | where AccountObjectId == "` + id + `" | top 1 by Timestamp`); rows[0]["DeletedDateTime"] == nil || rows[0]["IsAccountEnabled"] != 0.0 {
		t.Errorf("deleted: %v", rows)
	}
	s.json(400, "POST", s.Control+"/directory", `{"upn":"nobody"}`)
}

func TestSensorsFallIll(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	health := func() (out []string) {
		for _, x := range s.all("/v1.0/security/identities/sensors") {
			out = append(out, x["healthStatus"].(string)+" "+x["serviceStatus"].(string))
		}
		return out
	}
	s.json(204, "POST", s.Control+"/sensors", `{"sensor":"DC01","health":"notHealthyHigh","service":"stopped"}`)
	if h := health(); !slices.Contains(h, "notHealthyHigh stopped") || !slices.Contains(h, "healthy running") {
		t.Errorf("one ill: %v", h)
	}
	if n := len(s.all("/v1.0/security/identities/healthIssues")); n != 1 {
		t.Errorf("%d health issues", n)
	}
	s.json(204, "POST", s.Control+"/sensors", `{"removed":true}`)
	if h := health(); len(h) != 0 {
		t.Errorf("removed: %v", h)
	}
	s.json(204, "POST", s.Control+"/sensors", `{}`)
	if h := health(); len(h) < 3 || slices.Contains(h, "notHealthyHigh stopped") {
		t.Errorf("well again: %v", h)
	}
	for _, bad := range []string{`{"sensor":"XX"}`, `{"health":"fine"}`, `{"shoes":1}`} {
		s.json(400, "POST", s.Control+"/sensors", bad)
	}
}
