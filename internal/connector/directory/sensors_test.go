package directory

import (
	"context"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/ueba"
)

type sensorGraph struct {
	sensors          []msgraph.Sensor
	plans            []msgraph.Plan
	sensErr, planErr error
}

func (g sensorGraph) Sensors(context.Context) ([]msgraph.Sensor, error) { return g.sensors, g.sensErr }
func (g sensorGraph) Plans(context.Context) ([]msgraph.Plan, error)     { return g.plans, g.planErr }

func TestSensorPrerequisites(t *testing.T) {
	ata := []msgraph.Plan{{Name: "ATA", Status: "Success"}}
	refused := fault.New(fault.Permission, "graph_permission", "no")
	sensor := func(name, health, service string) msgraph.Sensor {
		return msgraph.Sensor{DisplayName: name, HealthStatus: health, ServiceStatus: service}
	}
	for _, tc := range []struct {
		name            string
		graph           sensorGraph
		licence, sensor string
		says            string
	}{
		{"healthy", sensorGraph{plans: ata, sensors: []msgraph.Sensor{sensor("DC02", "notHealthyHigh", "running"), sensor("DC01", "healthy", "running")}}, ueba.Met, ueba.Met, ""},
		{"unlicensed", sensorGraph{plans: []msgraph.Plan{{Name: "EXCHANGE_S_ENTERPRISE", Status: "Success"}}}, ueba.NotMet, ueba.NotMet, "includes Microsoft Defender for Identity"},
		{"plan disabled", sensorGraph{plans: []msgraph.Plan{{Name: "ATA", Status: "Disabled"}}, sensors: []msgraph.Sensor{sensor("DC01", "healthy", "running")}}, ueba.NotMet, ueba.Met, "includes"},
		{"not onboarded", sensorGraph{plans: ata, sensErr: fault.New(fault.NotFound, "graph_not_found", "no")}, ueba.Met, ueba.NotMet, "not onboarded"},
		{"not installed", sensorGraph{plans: ata}, ueba.Met, ueba.NotMet, "No sensor is installed"},
		{"unhealthy", sensorGraph{plans: ata, sensors: []msgraph.Sensor{sensor("DC01", "notHealthyMedium", "running"), sensor("DC02", "healthy", "stopped")}}, ueba.Met, ueba.NotMet, "DC01 (notHealthyMedium), DC02 (stopped)"},
		{"may not look", sensorGraph{planErr: refused, sensErr: refused}, ueba.Unknown, ueba.Unknown, "SecurityIdentitiesSensors.Read.All"},
		{"no answer", sensorGraph{plans: ata, sensErr: fault.New(fault.Unavailable, "graph_timeout", "late")}, ueba.Met, ueba.Unknown, "late"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := NewSensors(tc.graph).Prerequisites(t.Context())
			if got[0].State != tc.licence || got[1].State != tc.sensor {
				t.Errorf("licence %s, sensor %s; want %s, %s", got[0].State, got[1].State, tc.licence, tc.sensor)
			}
			if text := got[0].Remedy + got[1].Remedy; !strings.Contains(text, tc.says) {
				t.Errorf("%q does not say %q", text, tc.says)
			}
		})
	}
}
