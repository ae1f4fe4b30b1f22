package msgraph

import (
	"context"
	"net/http"
)

// NeedSensors is the application permission that reading sensors of Defender for Identity needs.
const NeedSensors = "SecurityIdentitiesSensors.Read.All"

// Sensor is a sensor of Defender for Identity.
type Sensor struct {
	ID            string `json:"id"`
	DisplayName   string `json:"displayName"`
	DomainName    string `json:"domainName"`
	SensorType    string `json:"sensorType"`
	HealthStatus  string `json:"healthStatus"`  // healthy, notHealthyLow, notHealthyMedium, notHealthyHigh
	ServiceStatus string `json:"serviceStatus"` // running, stopped, ...
	Version       string `json:"version"`
}

// Sensors returns the sensors of Defender for Identity. A tenant that is not onboarded has none, or answers with a fault
// NotFound.
func (c *Client) Sensors(ctx context.Context) ([]Sensor, error) {
	rq := call{method: http.MethodGet, path: "/security/identities/sensors", priority: UserWrite, needs: NeedSensors, what: "the sensors of Defender for Identity"}
	var out []Sensor
	err := rows(ctx, c, rq, func(s Sensor) error {
		out = append(out, s)
		return nil
	})
	return out, err
}
