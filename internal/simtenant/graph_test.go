package simtenant

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// quiet is a tenant in which nothing happens by itself and lists are fresh.
func quiet(t *testing.T) *sim {
	t.Helper()
	s := start(t, small(t.TempDir()))
	s.json(204, "POST", s.Control+"/pause", "")
	s.json(204, "POST", s.Control+"/modes", `{"lag":"0s","orderby":"true"}`)
	return s
}

func TestTheAzureLibraryGetsAToken(t *testing.T) {
	t.Parallel()
	s := start(t, small(t.TempDir()))
	opts := func(secret string) (*azidentity.ClientSecretCredential, error) {
		return azidentity.NewClientSecretCredential(s.TenantID, s.ClientID, secret, &azidentity.ClientSecretCredentialOptions{
			DisableInstanceDiscovery: true,
			ClientOptions:            azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: s.Token}, Transport: s.http, Retry: policy.RetryOptions{MaxRetries: -1}},
		})
	}
	cred, err := opts(s.ClientSecret)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	s.tok = tok.Token
	s.json(200, "GET", "/v1.0/organization", "")
	if cred, err = opts("wrong"); err != nil {
		t.Fatal(err)
	}
	if _, err = cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}}); err == nil || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("a wrong secret gives %v, want AADSTS7000215", err)
	}
}

func TestTokensAreChecked(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	good := s.tok
	for _, bad := range []string{"", "x", good[:len(good)-4] + "AAAA"} {
		s.tok = bad
		m := s.json(401, "GET", "/v1.0/security/incidents", "")
		if m["error"].(object)["code"] != "InvalidAuthenticationToken" {
			t.Errorf("token %q: %v", bad, m)
		}
	}
	s.json(204, "POST", s.Control+"/roles", `{"granted":["SecurityIncident.Read.All"]}`)
	s.tok = s.token()
	s.json(200, "GET", "/v1.0/security/incidents?$top=1", "")
	if m := s.json(403, "GET", "/v1.0/security/alerts_v2", ""); m["error"].(object)["code"] != "Authorization_RequestDenied" {
		t.Errorf("%v", m)
	}
	s.json(403, "PATCH", "/v1.0/security/incidents/2908", `{"status":"active"}`)
}

func TestPagesShowEveryIncidentOnce(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	want := len(s.json(200, "GET", s.Control+"/truth", "")["incidents"].([]any))
	for _, q := range []string{"$top=7", "$top=50", "", "$top=13&$orderby=lastUpdateDateTime%20asc", "$top=9&$expand=alerts", "$top=11&$filter=lastUpdateDateTime%20ge%202020-01-01T00:00:00Z"} {
		seen := map[string]int{}
		for _, i := range s.all("/v1.0/security/incidents?" + q) {
			seen[i["id"].(string)]++
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s: incident %s %d times", q, id, n)
			}
		}
		if len(seen) != want {
			t.Errorf("%s: %d incidents, want %d", q, len(seen), want)
		}
	}
	if m := s.json(400, "GET", "/v1.0/security/incidents?$top=51", ""); !strings.Contains(m["error"].(object)["message"].(string), "'50'") {
		t.Errorf("%v", m)
	}
	if m := s.json(200, "GET", "/v1.0/security/incidents?$top=1&$count=true", ""); int(m["@odata.count"].(float64)) != want {
		t.Errorf("count %v, want %d", m["@odata.count"], want)
	}
	s.json(400, "GET", "/v1.0/security/incidents?$skiptoken=nonsense", "")
}

func TestFiltersSelectExactly(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	all := s.all("/v1.0/security/incidents")
	stamps := []string{}
	for _, i := range all {
		stamps = append(stamps, i["lastUpdateDateTime"].(string))
	}
	slices.Sort(stamps)
	mid := stamps[len(stamps)/2]
	text := func(o object, f string) string { return fmt.Sprint(o[f]) }
	for filter, keep := range map[string]func(object) bool{
		"lastUpdateDateTime ge " + mid:                               func(o object) bool { return text(o, "lastUpdateDateTime") >= mid },
		"lastUpdateDateTime gt " + mid:                               func(o object) bool { return text(o, "lastUpdateDateTime") > mid },
		"lastUpdateDateTime lt " + mid + " and status eq 'resolved'": func(o object) bool { return text(o, "lastUpdateDateTime") < mid && o["status"] == "resolved" },
		"status eq 'Active' or status eq 'inProgress'":               func(o object) bool { return o["status"] == "active" || o["status"] == "inProgress" },
		"severity eq 'high' and (assignedTo eq null or classification eq 'unknown')": func(o object) bool {
			return o["severity"] == "high" && (o["assignedTo"] == nil || o["classification"] == "unknown")
		},
		"not (status eq 'redirected') and createdDateTime le " + mid:                     func(o object) bool { return o["status"] != "redirected" && text(o, "createdDateTime") <= mid },
		"lastUpdateDateTime ge " + stamps[3] + " and lastUpdateDateTime le " + stamps[3]: func(o object) bool { return o["lastUpdateDateTime"] == stamps[3] },
	} {
		got := map[string]bool{}
		for _, i := range s.all("/v1.0/security/incidents?$filter=" + url.QueryEscape(filter)) {
			got[i["id"].(string)] = true
		}
		for _, i := range all {
			if keep(i) != got[i["id"].(string)] {
				t.Errorf("%s: incident %v listed %v, want %v", filter, i["id"], got[i["id"].(string)], keep(i))
			}
		}
	}
	for _, bad := range []string{"nope eq 1", "status", "status eq", "lastUpdateDateTime ge yesterday", "(status eq 'active'"} {
		s.json(400, "GET", "/v1.0/security/incidents?$filter="+url.QueryEscape(bad), "")
	}
}

// open returns an incident that is neither resolved nor merged and has alerts.
func (s *sim) open() object {
	s.t.Helper()
	for _, i := range s.all("/v1.0/security/incidents?$expand=alerts") {
		if (i["status"] == "active" || i["status"] == "inProgress") && len(i["alerts"].([]any)) > 0 {
			return i
		}
	}
	s.t.Fatal("no open incident")
	return nil
}

func TestPatchNormalises(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	i := s.open()
	at := "/v1.0/security/incidents/" + i["id"].(string)
	upn := s.all("/v1.0/users?$top=5")[0]["userPrincipalName"].(string)
	for _, c := range []struct {
		name, body, field string
		want              any
	}{
		{"status in another case", `{"status":"INPROGRESS"}`, "status", "inProgress"},
		{"owner with blanks and case", `{"assignedTo":"  ` + strings.ToUpper(upn) + ` "}`, "assignedTo", upn},
		{"classification in another case", `{"classification":"TruePositive","determination":"Malware"}`, "classification", "truePositive"},
		{"old spelling", `{"determination":"CompromisedUser"}`, "determination", "compromisedAccount"},
		{"determination that does not fit is reset", `{"classification":"falsePositive"}`, "determination", "unknown"},
		{"tags are trimmed and once", `{"customTags":[" VIP","vip","Wave 2 "]}`, "customTags", "[VIP Wave 2]"},
		{"owner is taken away", `{"assignedTo":null}`, "assignedTo", nil},
		{"severity", `{"severity":"Low"}`, "severity", "low"},
		{"closing comment", `{"resolvingComment":" done "}`, "resolvingComment", "done"},
	} {
		before := s.json(200, "GET", at, "")["lastUpdateDateTime"].(string)
		m := s.json(200, "PATCH", at, c.body)
		got := m[c.field]
		if got != c.want && fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %s is %v, want %v", c.name, c.field, got, c.want)
		}
		if m["lastUpdateDateTime"].(string) <= before {
			t.Errorf("%s: stamp %v after %s", c.name, m["lastUpdateDateTime"], before)
		}
	}
	for _, bad := range []string{`{"status":"closed"}`, `{"status":"redirected"}`, `{"classification":"maybe"}`, `{"nope":1}`, `{`, `{"customTags":"x"}`} {
		s.json(400, "PATCH", at, bad)
	}
	s.json(404, "PATCH", "/v1.0/security/incidents/1", `{"status":"active"}`)
	s.json(404, "GET", "/v1.0/security/incidents/abc", "")
}

func TestResolvingSettlesTheAlertsAndStampsAgain(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	i := s.open()
	at := "/v1.0/security/incidents/" + i["id"].(string)
	first := s.json(200, "PATCH", at, `{"status":"resolved","classification":"truePositive","determination":"phishing"}`)
	s.json(204, "POST", s.Control+"/resume", "")
	deadline := time.Now().Add(10 * time.Second)
	for {
		m := s.json(200, "GET", at+"?$expand=alerts", "")
		if m["lastUpdateDateTime"].(string) > first["lastUpdateDateTime"].(string) {
			if m["lastModifiedBy"] != "Microsoft Defender XDR" {
				t.Errorf("stamped by %v", m["lastModifiedBy"])
			}
			for _, a := range m["alerts"].([]any) {
				if a := a.(object); a["status"] != "resolved" || a["resolvedDateTime"] == nil || a["classification"] != "truePositive" {
					t.Errorf("alert %v is %v, %v", a["id"], a["status"], a["classification"])
				}
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the system did not stamp the incident again")
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func TestCommentsComeBackComplete(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	at := "/v1.0/security/incidents/" + s.open()["id"].(string)
	for _, mode := range []string{"true", "false"} {
		s.json(204, "POST", s.Control+"/modes", `{"commentStamps":"`+mode+`"}`)
		before := s.json(200, "GET", at, "")
		m := s.json(200, "POST", at+"/comments", `{"@odata.type":"microsoft.graph.security.alertComment","comment":"Seen `+mode+` \u2013 ok"}`)
		list := m["value"].([]any)
		if last := list[len(list)-1].(object); len(list) != len(before["comments"].([]any))+1 || last["comment"] != "Seen "+mode+" – ok" || last["createdByDisplayName"] != "Vedette" {
			t.Errorf("comments %v", list)
		}
		after := s.json(200, "GET", at, "")
		if stamped := after["lastUpdateDateTime"] != before["lastUpdateDateTime"]; fmt.Sprint(stamped) != mode {
			t.Errorf("commentStamps %s: stamped %v", mode, stamped)
		}
	}
	s.json(400, "POST", at+"/comments", `{"comment":"  "}`)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	list := "/v1.0/security/incidents?$top=5"
	order := func(body string) { s.json(204, "POST", s.Control+"/fault", body) }
	expect := func(name string, status int, check func(http.Header, []byte) bool) {
		t.Helper()
		got, h, b := s.call("GET", list, "")
		if got != status || check != nil && !check(h, b) {
			t.Errorf("%s: %d %v %.200s", name, got, h, b)
		}
		if got, _, b := s.call("GET", list, ""); got != 200 {
			t.Errorf("%s does not end: %d %s", name, got, b)
		}
	}
	order(`{"target":"graph","kind":"429"}`)
	expect("429", 429, func(h http.Header, _ []byte) bool { return h.Get("Retry-After") != "" })
	order(`{"target":"graph","kind":"429-no-retry-after","count":1}`)
	expect("429-no-retry-after", 429, func(h http.Header, _ []byte) bool { return h.Get("Retry-After") == "" })
	order(`{"target":"graph","kind":"500","path":"/security/incidents"}`)
	expect("500", 500, nil)
	order(`{"target":"graph","kind":"html"}`)
	expect("html", 502, func(h http.Header, b []byte) bool {
		return h.Get("Content-Type") == "text/html" && strings.Contains(string(b), "<html>")
	})
	order(`{"target":"graph","kind":"206"}`)
	expect("206", 206, func(h http.Header, b []byte) bool {
		return h.Get("Warning") != "" && strings.Count(string(b), `"incidentWebUrl"`) == 3
	})
	order(`{"target":"graph","kind":"drop"}`)
	if status, _, _ := s.call("PATCH", "/v1.0/security/incidents/"+s.open()["id"].(string), `{}`); status == 0 {
		t.Log("dropped") // which of the two requests is hit does not matter
	}
	order(`{"target":"graph","kind":"500-on-expand"}`)
	s.json(200, "GET", list, "")
	s.json(500, "GET", list+"&$expand=alerts", "")
	order(`{"target":"graph","kind":"expired-link"}`)
	link := s.json(200, "GET", list, "")["@odata.nextLink"].(string)
	s.json(400, "GET", link, "")
	s.json(200, "GET", link, "")
	id := s.open()["id"].(string)
	before := len(s.json(200, "GET", "/v1.0/security/incidents/"+id, "")["comments"].([]any))
	order(`{"target":"graph","kind":"lost-response","path":"/comments","count":2}`)
	if status, _, _ := s.call("POST", "/v1.0/security/incidents/"+id+"/comments", `{"comment":"lost"}`); status != 0 {
		t.Errorf("the answer was not lost: %d", status)
	}
	if n := len(s.json(200, "GET", "/v1.0/security/incidents/"+id, "")["comments"].([]any)); n != before+1 {
		t.Errorf("%d comments after a lost answer, want %d", n, before+1)
	}
	order(`{"target":"token","kind":"429","count":1}`)
	if status, h, _ := s.call("POST", s.Token+"/"+s.TenantID+"/oauth2/v2.0/token", ""); status != 429 || h.Get("Retry-After") == "" {
		t.Errorf("token 429: %d", status)
	}
	for _, bad := range []string{`{"target":"moon","kind":"429"}`, `{"target":"token","kind":"206"}`, `{"kind":`} {
		s.json(400, "POST", s.Control+"/fault", bad)
	}
}

func TestStaleListsShowTheVersionBefore(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	i := s.open()
	id := i["id"].(string)
	s.json(204, "POST", s.Control+"/modes", `{"lag":"30s"}`)
	m := s.json(200, "PATCH", "/v1.0/security/incidents/"+id, `{"severity":"informational"}`)
	if fresh := s.json(200, "GET", "/v1.0/security/incidents/"+id, ""); fresh["lastUpdateDateTime"] != m["lastUpdateDateTime"] {
		t.Errorf("GET by id shows %v, want %v", fresh["lastUpdateDateTime"], m["lastUpdateDateTime"])
	}
	for _, l := range s.all("/v1.0/security/incidents") {
		if l["id"] == id && l["lastUpdateDateTime"] != i["lastUpdateDateTime"] {
			t.Errorf("the list shows %v, want the version before, %v", l["lastUpdateDateTime"], i["lastUpdateDateTime"])
		}
	}
}

func TestAStaleIndexShowsTheHistoryAtOnce(t *testing.T) {
	t.Parallel()
	cfg := small(t.TempDir())
	for cfg.Seed = 1; ; cfg.Seed++ { // a seed that draws a lag
		s := start(t, cfg)
		if s.json(200, "GET", s.Control+"/modes", "")["lag"].(float64) == 0 {
			s.stop()
			cfg.Dir = t.TempDir()
			continue
		}
		if n := len(s.all("/v1.0/security/incidents")); n < 40 {
			t.Errorf("%d incidents right after the start", n)
		}
		if u := s.json(200, "GET", "/v1.0/users?$top=1&$expand=manager&$select=displayName&$filter="+url.QueryEscape("jobTitle eq 'SOC Analyst'"), "")["value"].([]any)[0].(object); u["manager"] == nil || u["mail"] != nil {
			t.Errorf("user %v", u)
		}
		return
	}
}
