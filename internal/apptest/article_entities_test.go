package apptest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// connectEntities turns entity behavior on: refused without a healthy sensor, and the people of both directories within a minute.
func connectEntities(t *testing.T, d *Demo) {
	refused(t, d, "Nowhere", "ueba", "set", "--on", "--directory", "Nowhere")
	out := cutOff(t, d, "ueba", "set", "--on", "--directory", "ActiveDirectory,AzureActiveDirectory")
	if strings.Count(out, "[x]") != 2 {
		t.Errorf("%s", out)
	}
	Eventually(t, time.Minute, "people of both directories", func() error {
		rows := d.Query(`IdentityInfo | summarize arg_max(TimeGenerated, *) by AccountUPN | summarize onPremises = countif(isnotempty(AccountSID)), managed = countif(isnotempty(Manager)), grouped = countif(array_length(GroupMembership) > 0)`)
		for _, name := range []string{"onPremises", "managed", "grouped"} {
			if n, _ := rows[0][name].(float64); n < 10 {
				return fmt.Errorf("%v", rows[0])
			}
		}
		return nil
	})
}

// eventsOfIncident goes from an incident to the raw events that its alerts speak of.
func eventsOfIncident(t *testing.T, d *Demo) {
	Eventually(t, time.Minute, "an incident with its events", func() error {
		rows := d.Query(`SecurityIncident | where ProviderName == "Microsoft 365 Defender" | where CreatedTime > ago(1d) | summarize arg_max(LastModifiedTime, *) by IncidentNumber | sort by CreatedTime desc | take 10 | project IncidentNumber`)
		for _, r := range rows {
			var in struct{ Events []map[string]any }
			decode(t, d.Run("incident", "show", fmt.Sprint(int(r["IncidentNumber"].(float64))), "--events", "--json"), &in)
			if len(in.Events) > 0 {
				return nil
			}
		}
		return fmt.Errorf("none of %d incidents has any", len(rows))
	})
}
