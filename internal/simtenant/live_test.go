package simtenant

import (
	"testing"
	"time"
)

func TestTheFirstNewIncidentComesWithinAMinute(t *testing.T) {
	cfg := small(t.TempDir())
	cfg.Seed = 3
	began := time.Now().UTC().Format("2006-01-02T15:04:05.0000000Z")
	s := start(t, cfg)
	before := len(s.json(200, "GET", s.Control+"/truth", "")["incidents"].([]any))
	for deadline := time.Now().Add(25 * time.Second); ; time.Sleep(500 * time.Millisecond) {
		list := s.incidentTruth()
		if len(list) > before {
			i := s.json(200, "GET", "/v1.0/security/incidents/"+list[len(list)-1].ID, "")
			if i["createdDateTime"].(string) < began || i["status"] != "active" {
				t.Errorf("the new incident %v of %v is %v", i["id"], i["createdDateTime"], i["status"])
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no new incident")
		}
	}
}

func TestAFastTenantLives(t *testing.T) {
	cfg := small(t.TempDir())
	cfg.Speed, cfg.Size.Incidents = 400, 10
	s := start(t, cfg)
	by, merged := map[string]bool{}, 0
	deadline := time.Now().Add(40 * time.Second)
	for len(by) < 4 || merged == 0 {
		if time.Now().After(deadline) {
			t.Fatalf("after 40 s at 400 times the speed only %v changed incidents and %d were merged", by, merged)
		}
		time.Sleep(500 * time.Millisecond)
		merged = 0
		for _, i := range s.all("/v1.0/security/incidents?$expand=alerts") {
			who := i["lastModifiedBy"].(string)
			if len(who) > 12 && who[len(who)-12:] == "@contoso.com" {
				who = "an analyst"
			}
			by[who] = true
			if i["status"] == "redirected" {
				merged++
				if i["redirectIncidentId"] == nil || len(i["alerts"].([]any)) != 0 {
					t.Errorf("merged incident %v goes to %v with %d alerts", i["id"], i["redirectIncidentId"], len(i["alerts"].([]any)))
				}
			}
		}
	}
	t.Logf("changed by %v, %d merged", by, merged)
}
