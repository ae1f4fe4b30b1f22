package msgraph

import (
	"context"
	"encoding/json"
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
	err := c.each(ctx, rq, func(raw json.RawMessage) error {
		var s Sensor
		if json.Unmarshal(raw, &s) == nil {
			out = append(out, s)
		}
		return nil
	})
	return out, err
}

// each calls f with every row of a list, page by page.
func (c *Client) each(ctx context.Context, rq call, f func(json.RawMessage) error) error {
	for {
		p, err := c.page(ctx, rq)
		if err != nil {
			return err
		}
		for _, raw := range p.Rows {
			if err := f(raw); err != nil {
				return err
			}
		}
		if p.Next == "" {
			return nil
		}
		rq.path, rq.query = p.Next, nil
	}
}
