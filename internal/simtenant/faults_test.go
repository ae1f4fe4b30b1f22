package simtenant

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func (s *sim) order(fault string) {
	s.t.Helper()
	s.json(204, "POST", s.Control+"/fault", fault)
}

func ids(list any) (out []string) {
	for _, v := range list.([]any) {
		out = append(out, v.(object)["id"].(string))
	}
	return out
}

func TestPagesThatContradictThemselves(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	const list = "/v1.0/security/incidents?$top=5&$count=true"
	good := s.json(200, "GET", list, "")
	want := ids(good["value"])
	page := func(kind string) object {
		s.order(`{"target":"graph","kind":"` + kind + `"}`)
		return s.json(200, "GET", list, "")
	}
	if got := ids(page("page-doubled")["value"]); fmt.Sprint(got) != fmt.Sprint(append(want, want[0])) {
		t.Errorf("doubled: %v, want %v and the first again", got, want)
	}
	if got := ids(page("page-short")["value"]); fmt.Sprint(got) != fmt.Sprint(want[:4]) {
		t.Errorf("short: %v, want %v", got, want[:4])
	}
	m := page("page-empty")
	if len(ids(m["value"])) != 0 || fmt.Sprint(ids(s.json(200, "GET", m["@odata.nextLink"].(string), "")["value"])) != fmt.Sprint(want) {
		t.Errorf("empty: %v, and its next page", m)
	}
	if m := page("page-loop"); fmt.Sprint(ids(s.json(200, "GET", m["@odata.nextLink"].(string), "")["value"])) != fmt.Sprint(want) {
		t.Error("the link of a loop leads elsewhere")
	}
	s.order(`{"target":"graph","kind":"malformed"}`)
	if status, _, b := s.call("GET", list, ""); status != 200 || json.Valid(b) || len(b) < 100 {
		t.Errorf("malformed: %d, %d bytes, valid JSON: %v", status, len(b), json.Valid(b))
	}
	s.json(200, "GET", list, "")
}

func TestRefusalsSayWhenToComeAgain(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	for kind, check := range map[string]func(int, string) bool{
		"429":                func(status int, after string) bool { return status == 429 && after == "3" },
		"429-no-retry-after": func(status int, after string) bool { return status == 429 && after == "" },
		"503":                func(status int, after string) bool { return status == 503 && after == "2" },
		"429-date": func(status int, after string) bool {
			at, err := http.ParseTime(after)
			return status == 429 && err == nil && time.Until(at) < 5*time.Second
		},
	} {
		s.order(`{"target":"graph","kind":"` + kind + `"}`)
		if status, h, _ := s.call("GET", "/v1.0/security/incidents?$top=1", ""); !check(status, h.Get("Retry-After")) {
			t.Errorf("%s: %d, Retry-After %q", kind, status, h.Get("Retry-After"))
		}
	}
	s.json(204, "POST", s.Control+"/modes", `{"incidentsPerMinute":3,"alertsPerMinute":1,"retryAfter":"true"}`)
	for i := range 4 {
		status, h, _ := s.call("GET", "/v1.0/security/incidents?$top=1", "")
		if over := i == 3; over != (status == 429) || over && h.Get("Retry-After") == "" {
			t.Errorf("request %d of 3 in a minute: %d", i+1, status)
		}
	}
	s.json(200, "GET", "/v1.0/security/alerts_v2?$top=1", "") // a family of its own
	s.json(429, "GET", "/v1.0/security/alerts_v2?$top=1", "")
	s.json(204, "POST", s.Control+"/modes", `{"incidentsPerMinute":"","alertsPerMinute":null}`)
	s.json(200, "GET", "/v1.0/security/alerts_v2?$top=1", "")
}

func TestATokenIsTakenBack(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	s.order(`{"target":"graph","kind":"claims"}`)
	status, h, _ := s.call("GET", "/v1.0/security/incidents?$top=1", "")
	_, claims, _ := strings.Cut(h.Get("WWW-Authenticate"), `claims="`)
	b, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(claims, `"`))
	if status != 401 || err != nil || !strings.Contains(string(b), `"nbf"`) {
		t.Fatalf("%d %v: %s", status, h, b)
	}
	s.json(401, "GET", "/v1.0/security/incidents?$top=1", "")
	time.Sleep(1100 * time.Millisecond) // tokens count in seconds
	s.tok = s.token()
	s.json(200, "GET", "/v1.0/security/incidents?$top=1", "")
}

func TestAnAnswerIsLostAndTheWorkComesLate(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	at := "/v1.0/security/incidents/" + s.open()["id"].(string)
	s.order(`{"target":"graph","kind":"late","path":"/security/incidents/"}`)
	if status, _, _ := s.call("PATCH", at, `{"severity":"informational"}`); status != 0 {
		t.Errorf("the answer was not lost: %d", status)
	}
	if m := s.json(200, "GET", at, ""); m["severity"] == "informational" {
		t.Error("the work was done at once")
	}
	for deadline := time.Now().Add(10 * time.Second); s.json(200, "GET", at, "")["severity"] != "informational"; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the work was never done")
		}
	}
}

func TestModesDecideWhatTheDocumentsLeaveOpen(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	mode := func(m string) { s.t.Helper(); s.json(204, "POST", s.Control+"/modes", m) }
	at := "/v1.0/security/incidents/" + s.open()["id"].(string)
	upn := s.all("/v1.0/users?$top=1")[0]["userPrincipalName"].(string)
	mode(`{"determination":"refuse","owner":"asSent","writable":"documented"}`)
	s.json(400, "PATCH", at, `{"classification":"falsePositive","determination":"malware"}`)
	s.json(400, "PATCH", at, `{"severity":"low"}`)
	if m := s.json(200, "PATCH", at, `{"assignedTo":"`+strings.ToUpper(upn)+`"}`); m["assignedTo"] != strings.ToUpper(upn) {
		t.Errorf("owner %v", m["assignedTo"])
	}
	mode(`{"writable":"ignored"}`)
	before := s.json(200, "GET", at, "")["displayName"]
	if m := s.json(200, "PATCH", at, `{"displayName":"Another","status":"inProgress"}`); m["displayName"] != before || m["status"] != "inProgress" {
		t.Errorf("%v, %v", m["displayName"], m["status"])
	}
	mode(`{"expandLimit":1}`)
	s.json(500, "GET", "/v1.0/security/incidents?$expand=alerts", "")
	s.json(200, "GET", "/v1.0/security/incidents", "")
	s.json(200, "GET", at+"?$expand=alerts", "")
	mode(`{"linkLife":"1s"}`)
	link := s.json(200, "GET", "/v1.0/security/incidents?$top=2", "")["@odata.nextLink"].(string)
	s.json(200, "GET", link, "")
	time.Sleep(2100 * time.Millisecond)
	s.json(400, "GET", link, "")
	for _, bad := range []string{`{"shoes":"9"}`, `{"lag":"soon"}`, `{"owner":"me"}`, `{"huntCalls":-1}`, `{"chaos":2}`, `{"orderby":"perhaps"}`} {
		s.json(400, "POST", s.Control+"/modes", bad)
	}
}

func TestManyIncidentsGetOneStamp(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	if m := s.json(200, "POST", s.Control+"/bulk", `{"count":30,"tag":"Wave 7"}`); m["changed"] != 30.0 {
		t.Errorf("%v", m)
	}
	stamps := map[any]int{}
	for _, i := range s.all("/v1.0/security/incidents") {
		for _, tag := range i["customTags"].([]any) {
			if tag == "Wave 7" {
				stamps[i["lastUpdateDateTime"]]++
			}
		}
	}
	if len(stamps) > 2 { // an incident that changed within the same tick goes one further
		t.Errorf("stamps %v, want one", stamps)
	}
	s.json(400, "POST", s.Control+"/bulk", `{"count":0,"tag":"x"}`)
}

func TestChaosMeetsSomeRequests(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	s.json(204, "POST", s.Control+"/modes", `{"chaos":1}`)
	good := 0
	for range 12 { // some faults do not touch a request for one incident
		if status, _, _ := s.call("GET", "/v1.0/security/incidents?$top=1", ""); status == 200 {
			good++
		}
	}
	if good == 12 {
		t.Error("chaos disturbs nothing")
	}
	s.json(204, "POST", s.Control+"/modes", `{"chaos":""}`)
	s.json(200, "GET", "/v1.0/security/incidents?$top=1", "")
}
