package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/ueba"
)

// SensorGraph is what the check of sensors needs of Microsoft Graph; *msgraph.Client is it.
type SensorGraph interface {
	Sensors(ctx context.Context) ([]msgraph.Sensor, error)
	Plans(ctx context.Context) ([]msgraph.Plan, error)
}

// identityPlans are the service plans that come with Defender for Identity.
var identityPlans = []string{"ATA", "ATP_IDENTITY"}

// Sensors checks whether people of Active Directory can come through Defender for Identity.
type Sensors struct{ graph SensorGraph }

// NewSensors returns the check by a Graph client.
func NewSensors(g SensorGraph) *Sensors { return &Sensors{g} }

// Prerequisites implements ueba.Prober: the licence, and a healthy sensor. It changes nothing.
func (s *Sensors) Prerequisites(ctx context.Context) []ueba.Prerequisite {
	return []ueba.Prerequisite{s.licence(ctx), s.sensor(ctx)}
}

func (s *Sensors) licence(ctx context.Context) ueba.Prerequisite {
	p := ueba.Prerequisite{ID: "identity-licence", Title: "The tenant has a licence for Microsoft Defender for Identity"}
	plans, err := s.graph.Plans(ctx)
	switch {
	case err != nil:
		p.State, p.Remedy = ueba.Unknown, cannot(err, msgraph.NeedOrgRead)
	case slices.ContainsFunc(plans, func(pl msgraph.Plan) bool {
		return slices.Contains(identityPlans, strings.ToUpper(pl.Name)) && !strings.EqualFold(pl.Status, "Disabled") && !strings.EqualFold(pl.Status, "Suspended")
	}):
		p.State = ueba.Met
	case len(plans) == 0:
		p.State, p.Remedy = ueba.Unknown, "The tenant names no licence at all. Grant the app the application permission "+msgraph.NeedOrgRead+" to check."
	default:
		p.State, p.Remedy = ueba.NotMet, "None of the tenant's licences includes Microsoft Defender for Identity. Microsoft 365 E5 or A5, E5 Security, or Defender for Identity itself has it."
	}
	return p
}

const installSensor = "In the Defender portal open Settings > Identities > Sensors, add a sensor, and install it on a domain controller."

func (s *Sensors) sensor(ctx context.Context) ueba.Prerequisite {
	p := ueba.Prerequisite{ID: "identity-sensor", Title: "A sensor of Microsoft Defender for Identity is installed and healthy"}
	sensors, err := s.graph.Sensors(ctx)
	switch {
	case fault.KindOf(err) == fault.NotFound && err != nil:
		p.State, p.Remedy = ueba.NotMet, "The tenant is not onboarded to Microsoft Defender for Identity. "+installSensor
	case err != nil:
		p.State, p.Remedy = ueba.Unknown, cannot(err, msgraph.NeedSensors)
	case len(sensors) == 0:
		p.State, p.Remedy = ueba.NotMet, "No sensor is installed. "+installSensor
	default:
		var ill []string
		for _, se := range sensors {
			why := trouble(se)
			if why == "" {
				p.State = ueba.Met
				return p
			}
			ill = append(ill, se.DisplayName+" ("+why+")")
		}
		p.State = ueba.NotMet
		p.Remedy = "No sensor is healthy: " + strings.Join(ill, ", ") + ". In the Defender portal open Settings > Identities > Sensors and mend what it shows for them."
	}
	return p
}

// trouble says what is wrong with a sensor, "" for a healthy one.
func trouble(s msgraph.Sensor) string {
	switch {
	case s.HealthStatus != "" && !strings.EqualFold(s.HealthStatus, "healthy"):
		return s.HealthStatus
	case s.ServiceStatus != "" && !slices.ContainsFunc([]string{"running", "unknown"}, func(ok string) bool { return strings.EqualFold(ok, s.ServiceStatus) }):
		return s.ServiceStatus
	}
	return ""
}

// cannot says why something cannot be checked, and what would make it possible.
func cannot(err error, grant string) string {
	if fault.KindOf(err) == fault.Permission {
		return fmt.Sprintf("It cannot be checked: grant the app the application permission %s, and an administrator's consent.", grant)
	}
	return "It cannot be checked now: " + err.Error()
}
