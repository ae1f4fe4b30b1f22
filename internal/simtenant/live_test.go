package simtenant

import (
	"testing"
	"time"
)

func TestAFastTenantLives(t *testing.T) {
	t.Parallel()
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
