package graph

import (
	"encoding/json"
	"strconv"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// mostMerged is how many incidents can be merged at a time.
const mostMerged = 5

func number(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, refuse("'" + text + "' is no incident.")
	}
	return n, nil
}

// mergeIncidents merges the incidents into the oldest of them: the direction is the service's choice.
func (s *Server) mergeIncidents(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	var m struct {
		IDs     []string `json:"incidentIds"`
		Comment string   `json:"incidentComment"`
	}
	if json.Unmarshal(b, &m) != nil || len(m.IDs) < 2 || len(m.IDs) > mostMerged {
		return refuse("The property 'incidentIds' must name two to " + strconv.Itoa(mostMerged) + " incidents.")
	}
	ids := make([]int64, len(m.IDs))
	target := int64(0)
	for i, text := range m.IDs {
		if ids[i], err = number(text); err != nil {
			return err
		}
		if target == 0 || ids[i] < target {
			target = ids[i]
		}
	}
	stamps := s.cfg.Modes().CommentStamps
	err = s.cfg.Store.Update(func(tx *state.Tx) error {
		for _, id := range ids {
			if id == target {
				continue
			}
			if err := desk.MergeBy(tx, id, target, s.cfg.App.Name); err != nil {
				return err
			}
		}
		if m.Comment != "" {
			return desk.Comment(tx, target, m.Comment, s.cfg.App.Name, stamps)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.ok(map[string]any{"@odata.context": s.context("microsoft.graph.security.mergeResponse"), "targetIncidentId": strconv.FormatInt(target, 10)})
}

// moveAlerts moves alerts into an incident, or into a new one.
func (s *Server) moveAlerts(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	var m struct {
		Alerts   []string `json:"alertIds"`
		Incident *string  `json:"incidentId"`
	}
	if json.Unmarshal(b, &m) != nil {
		return refuse("Unable to read JSON request payload.")
	}
	target := int64(0)
	if m.Incident != nil && *m.Incident != "" {
		if target, err = number(*m.Incident); err != nil {
			return err
		}
	}
	err = s.cfg.Store.Update(func(tx *state.Tx) (err error) {
		target, err = desk.Move(tx, m.Alerts, target, s.cfg.App.Name)
		return err
	})
	if err != nil {
		return err
	}
	return c.ok(map[string]any{"@odata.context": s.context("microsoft.graph.security.mergeResponse"), "targetIncidentId": strconv.FormatInt(target, 10)})
}
