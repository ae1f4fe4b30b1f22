package simtenant

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
	form := func(path string, v url.Values) string {
		t.Helper()
		res, err := s.http.PostForm(s.Portal+path, v)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.Request.URL.String()
	}
	form("/incidents/"+id, url.Values{"do": {"tag"}, "tag": {"Wave 7"}})
	form("/incidents/"+id, url.Values{"do": {"severity"}, "severity": {"low"}})
	if m := s.json(200, "GET", api+"/"+id, ""); !slices.Contains(m["customTags"].([]any), any("Wave 7")) || m["severity"] != "low" {
		t.Errorf("tagged: %v", m)
	}
	if _, _, b := s.call("GET", s.Portal+"/?find=wave+7", ""); !strings.Contains(string(b), "/incidents/"+id) || strings.Count(string(b), `name="incident"`) != 1 {
		t.Error("the search does not find the tag")
	}
	form("/incidents/"+id, url.Values{"do": {"untag"}, "tag": {"Wave 7"}})
	if m := s.json(200, "GET", api+"/"+id, ""); slices.Contains(m["customTags"].([]any), any("Wave 7")) {
		t.Errorf("the tag stays: %v", m["customTags"])
	}
}

func TestPortalMergesIncidents(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	api := s.Portal + "/api/incidents/"
	var open []string
	for _, i := range s.all("/v1.0/security/incidents?$expand=alerts") {
		id := i["id"].(string)
		if i["status"] != "redirected" && len(i["alerts"].([]any)) > 0 && len(open) < 5 {
			open = append(open, id)
		}
	}
	if len(open) < 5 {
		t.Fatalf("%d incidents with alerts, want five", len(open))
	}
	slices.Sort(open)
	for _, id := range open {
		s.json(200, "POST", api+id, `{"status":"active","assignedTo":null,"classification":"unknown","determination":"unknown"}`)
	}
	alerts := func(id string) []string {
		_, _, b := s.call("GET", api+id+"/alerts", "")
		var list []object
		if err := json.Unmarshal(b, &list); err != nil {
			t.Fatal(err)
		}
		out := []string{}
		for _, a := range list {
			out = append(out, a["id"].(string))
			if len(a["evidence"].([]any)) == 0 {
				t.Errorf("alert %v has no evidence", a["id"])
			}
		}
		return out
	}
	moved := append(alerts(open[0]), alerts(open[1])...)
	m := s.json(200, "POST", api+open[1]+"/merge", `{"into":`+open[0]+`}`)
	if m["status"] != "redirected" || fmt.Sprint(m["redirectTo"]) != open[0] || fmt.Sprint(alerts(open[0])) != fmt.Sprint(moved) || len(alerts(open[1])) != 0 {
		t.Errorf("merged: %v; %v, want %v", m, alerts(open[0]), moved)
	}
	if m := s.json(400, "POST", api+open[1]+"/merge", `{"into":`+open[0]+`}`); !strings.Contains(m["error"].(string), "closed") {
		t.Errorf("merged twice: %v", m)
	}
	res, err := s.http.PostForm(s.Portal+"/merge", url.Values{"incident": {open[3], open[2]}})
	if err != nil || !strings.HasSuffix(res.Request.URL.Path, "/incidents/"+open[2]) {
		t.Fatalf("merging the marked: %v %v", res, err)
	}
	res.Body.Close()
	if m := s.json(200, "GET", "/v1.0/security/incidents/"+open[3], ""); m["redirectIncidentId"] != open[2] {
		t.Errorf("the Graph shows %v", m["redirectIncidentId"])
	}
	if m := s.json(200, "POST", "/v1.0/security/incidents/mergeIncidents", `{"incidentIds":["`+open[4]+`","`+open[2]+`"],"incidentComment":"one attack"}`); m["targetIncidentId"] != open[2] {
		t.Errorf("the action answers %v", m)
	}
	a := alerts(open[0])[0]
	m = s.json(200, "POST", "/v1.0/security/alerts_v2/moveAlerts", `{"alertIds":["`+a+`"],"incidentId":"`+open[2]+`"}`)
	if got := s.json(200, "GET", "/v1.0/security/alerts_v2/"+a, ""); got["incidentId"] != open[2] || m["targetIncidentId"] != open[2] {
		t.Errorf("the moved alert is in %v", got["incidentId"])
	}
	m = s.json(200, "POST", "/v1.0/security/alerts_v2/moveAlerts", `{"alertIds":["`+a+`"],"incidentId":null}`)
	if fresh := s.json(200, "GET", "/v1.0/security/incidents/"+m["targetIncidentId"].(string)+"?$expand=alerts", ""); len(fresh["alerts"].([]any)) != 1 {
		t.Errorf("the new incident is %v", fresh)
	}
	s.json(400, "POST", "/v1.0/security/alerts_v2/moveAlerts", `{"alertIds":[]}`)
	s.json(404, "POST", "/v1.0/security/alerts_v2/moveAlerts", `{"alertIds":["nope"]}`)
}

func TestPortalKeepsToItself(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	for _, page := range []string{"/", "/incidents/" + s.open()["id"].(string), "/static/portal.css"} {
		_, h, b := s.call("GET", s.Portal+page, "")
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", page, csp)
		}
		if strings.Contains(string(b), "<style") || strings.Contains(string(b), " style=") || strings.Contains(string(b), "onclick") {
			t.Errorf("%s has what its policy forbids", page)
		}
	}
	req, _ := http.NewRequestWithContext(t.Context(), "POST", s.Portal+"/merge", strings.NewReader("incident=1"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := s.http.Do(req)
	if err != nil || res.StatusCode != 403 {
		t.Errorf("a form of another site: %v %v", res, err)
	}
	res.Body.Close()
	s.json(200, "POST", s.Portal+"/api/incidents/"+s.open()["id"].(string), `{"comment":"<script>alert(1)</script>"}`)
	if _, _, b := s.call("GET", s.Portal+"/incidents/"+s.open()["id"].(string), ""); strings.Contains(string(b), "<script>alert") {
		t.Error("a comment becomes part of the page")
	}
}
