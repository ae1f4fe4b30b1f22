package apptest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// order tells the simulated tenant something over its control address.
func order(t *testing.T, d *Demo, path, body string) {
	t.Helper()
	resp, err := http.Post(strings.TrimRight(d.Info.Simulator.Control, "/")+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %s", path, body, resp.Status)
	}
}

// TestPeople follows the article's step Connect entities through the real binary: refused without a healthy sensor, then
// on; everybody within a minute; a move, a group, a deletion; nothing told twice after kill -9.
func TestPeople(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	d := StartDemo(t, "--fresh")
	order(t, d, "/sensors", `{"health":"notHealthyHigh"}`)
	if out, err := d.Try("ueba", "set", "--on", "--directory", "ActiveDirectory"); err == nil || !strings.Contains(err.Error(), "No sensor is healthy: DC01 (notHealthyHigh)") {
		t.Errorf("with ill sensors: %s, %v", out, err)
	}
	if out := d.Run("ueba", "show"); !strings.Contains(out, "Entity behavior: off") || !strings.Contains(out, "cannot be turned on: No sensor is healthy") {
		t.Errorf("after a refusal:\n%s", out)
	}
	d.Run("ueba", "set", "--on", "--directory", "AzureActiveDirectory") // needs no sensor
	order(t, d, "/sensors", `{}`)
	d.Run("ueba", "set", "--directory", "ActiveDirectory,AzureActiveDirectory")
	const newest = `IdentityInfo | summarize arg_max(TimeGenerated, *) by AccountSID, AccountObjectId`
	Eventually(t, time.Minute, "everybody is there, by both ways", func() error {
		rows := d.Query(newest + ` | where SourceSystem == "Hybrid" and isnotnull(UserAccountControl) and array_length(GroupMembership) > 0`)
		if len(rows) < 20 {
			return fmt.Errorf("%d people", len(rows))
		}
		return nil
	})
	if n := count(t, d, newest+` | where AssignedRoles has "Global Administrator"`); n == 0 {
		t.Error("nobody is Global Administrator")
	}
	if n := count(t, d, newest+` | where isnotempty(Manager)`); n < 20 {
		t.Errorf("%d people have a manager", n)
	}

	someone := d.Query(newest + ` | where SourceSystem == "Hybrid" and array_length(AssignedRoles) == 0 and isnotempty(Manager) and Department != "Legal" | top 1 by AccountUPN`)
	upn := someone[0]["AccountUPN"].(string)
	order(t, d, "/directory", `{"upn":"`+upn+`","set":{"department":"Legal"},"join":["GG-Legal"]}`)
	Eventually(t, time.Minute, "the move arrives", func() error {
		rows := d.Query(newest + ` | where AccountUPN == "` + upn + `" and Department == "Legal" and GroupMembership has "GG-Legal" and ChangeSource != "FullSync"`)
		if len(rows) != 1 {
			return fmt.Errorf("not yet")
		}
		return nil
	})
	order(t, d, "/directory", `{"upn":"`+upn+`","delete":true}`)
	gone := newest + ` | where AccountUPN == "` + upn + `" and isnotnull(DeletedDateTime) and IsAccountEnabled == false`
	Eventually(t, time.Minute, "the deletion arrives", func() error {
		if len(d.Query(gone)) != 1 {
			return fmt.Errorf("not yet")
		}
		return nil
	})

	was := count(t, d, "IdentityInfo")
	for range 2 {
		d.Kill()
		d.Start()
	}
	Eventually(t, time.Minute, "both directories are read again", func() error {
		if n := strings.Count(d.Run("ueba", "show"), "connected, "); n != 2 {
			return fmt.Errorf("%d sources", n)
		}
		return nil
	})
	time.Sleep(2 * time.Second)
	if now := count(t, d, "IdentityInfo"); now != was {
		t.Errorf("%d rows before the kills, %d after", was, now)
	}
	d.Run("ueba", "set", "--off")
	if out := d.Run("ueba", "show"); !strings.Contains(out, "Entity behavior: off") {
		t.Errorf("turned off:\n%s", out)
	}
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
}

// TestProbe tests the simulated tenant's assumptions through the real binary.
func TestProbe(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	d := StartDemo(t, "--fresh")
	if out := d.Run("connector", "probe"); !strings.Contains(out, "nothing was changed.") || !strings.Contains(out, "incidents-window") || !strings.Contains(out, " 0 differ") {
		t.Errorf("probe says\n%s", out)
	}
	if out, err := d.Try("connector", "probe", "nope"); err == nil {
		t.Errorf("probed %s", out)
	}
}
