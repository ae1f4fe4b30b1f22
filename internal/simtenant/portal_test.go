package simtenant

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

func TestPortalWorksIncidents(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	id := s.open()["id"].(string)
	api := s.Portal + "/api/incidents"
	_, _, b := s.call("GET", api, "")
	var list []object
	if err := json.Unmarshal(b, &list); err != nil || len(list) < 40 {
		t.Fatalf("list: %d incidents, %v", len(list), err)
	}
	m := s.json(200, "POST", api+"/"+id, `{"status":"Resolved","classification":"truePositive","determination":"phishing","comment":"Closed here."}`)
	if m["status"] != "resolved" || len(m["comments"].([]any)) == 0 {
		t.Errorf("%v", m)
	}
	g := s.json(200, "GET", "/v1.0/security/incidents/"+id, "")
	if g["status"] != "resolved" || g["determination"] != "phishing" || !strings.Contains(g["lastModifiedBy"].(string), "@") {
		t.Errorf("the Graph shows %v, %v by %v", g["status"], g["determination"], g["lastModifiedBy"])
	}
	s.json(400, "POST", api+"/"+id, `{"status":"closed"}`)
	s.json(404, "GET", api+"/1", "")
	for _, page := range []string{"/", "/?status=all", "/incidents/" + id, "/static/portal.css"} {
		status, _, b := s.call("GET", s.Portal+page, "")
		if status != 200 || strings.Contains(page, "incidents") && !strings.Contains(string(b), "Closed here.") {
			t.Errorf("%s: %d %.300s", page, status, b)
		}
	}
	res, err := s.http.PostForm(s.Portal+"/incidents/"+id, url.Values{"do": {"reopen"}})
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("reopen: %v %v", res, err)
	}
	res.Body.Close()
	if m := s.json(200, "GET", api+"/"+id, ""); m["status"] != "active" {
		t.Errorf("reopened: %v", m["status"])
	}
}
