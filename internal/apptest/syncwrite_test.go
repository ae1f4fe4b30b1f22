package apptest

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/health"
)

// TestAForbiddenWriteWaits takes the app's permission to write away from the real server: the first edit turns the way back
// red and names the permission, the edit waits, and it arrives once the permission is granted.
func TestAForbiddenWriteWaits(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	tenant := runTenant(t, t.TempDir())
	ask(t, "POST", tenant.Control+"/pause", nil, nil)
	ask(t, "POST", tenant.Control+"/roles", map[string]any{"granted": []string{
		"SecurityIncident.Read.All", "SecurityAlert.Read.All", "User.Read.All", "Organization.Read.All", "ThreatHunting.Read.All",
	}}, nil)
	s := newSyncServer(t, tenant)
	s.start()
	connect := exec.Command(Binary(t), "connector", "connect", "defender-xdr", "--incidents", "--config", s.config())
	if out, err := connect.CombinedOutput(); err != nil {
		t.Fatalf("connecting: %v\n%s", err, out)
	}
	var list struct{ Items []shownIncident }
	Eventually(t, time.Minute, "incidents arrive", func() error {
		err := s.call("GET", "/incidents?status=New,Active&limit=1&sort=number", nil, &list)
		if err == nil && len(list.Items) == 0 {
			err = fmt.Errorf("no open incident")
		}
		return err
	})
	in := list.Items[0]
	path := fmt.Sprintf("/incidents/%d", in.IncidentNumber)
	must(t, s.call("PATCH", path, map[string]any{"title": "Waits for a permission"}, nil))
	const need = "SecurityIncident.ReadWrite.All"
	way := func() (state, text string, err error) {
		var c struct {
			Health []struct{ Component, Status, Description string }
		}
		err = s.call("GET", "/connectors/defender-xdr", nil, &c)
		for _, h := range c.Health {
			if strings.HasSuffix(h.Component, "write-back") {
				return h.Status, h.Description, err
			}
		}
		return "", fmt.Sprint(c.Health), err
	}
	Eventually(t, time.Minute, "the way back is red", func() error {
		state, text, err := way()
		if err != nil || state != string(health.Failure) || !strings.Contains(text, need) {
			return fmt.Errorf("it is %s: %s %w", state, text, err)
		}
		return nil
	})
	var a shownIncident
	must(t, s.call("GET", path, nil, &a))
	if a.Title != "Waits for a permission" || a.Sync.State != "pending" && a.Sync.State != "sent" || !strings.Contains(a.Sync.LastError, need) {
		t.Errorf("the edit is %q, %s: %s", a.Title, a.Sync.State, a.Sync.LastError)
	}
	var v tenantView
	ask(t, "GET", tenant.Portal+"/api/incidents/"+in.ProviderIncidentID, nil, &v)
	if v.DisplayName == a.Title {
		t.Error("the tenant has the edit, though the app may not write")
	}
	ask(t, "POST", tenant.Control+"/roles", map[string]any{"granted": nil}, nil)
	ask(t, "POST", tenant.Control+"/fault", map[string]any{"target": "graph", "kind": "claims"}, nil) // the token is called in, so that the next one has the permission
	Eventually(t, 3*time.Minute, "the edit arrives and the way back is well", func() error {
		ask(t, "GET", tenant.Portal+"/api/incidents/"+in.ProviderIncidentID, nil, &v)
		state, text, err := way()
		if v.DisplayName != "Waits for a permission" || state == string(health.Failure) {
			return fmt.Errorf("the tenant says %q, the way back is %s: %s %w", v.DisplayName, state, text, err)
		}
		return err
	})
}
