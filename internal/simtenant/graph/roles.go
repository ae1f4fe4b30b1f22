package graph

import (
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
)

func (s *Server) wireRole(r *directory.Role) map[string]any {
	return map[string]any{"id": r.ID, "deletedDateTime": nil, "description": r.Description, "displayName": r.Name, "roleTemplateId": r.TemplateID}
}

func (s *Server) roleObject(r *directory.Role) map[string]any {
	m := s.wireRole(r)
	m["@odata.type"] = "#microsoft.graph.directoryRole"
	return m
}

func (s *Server) directoryRoles(c *call) error {
	out := []any{}
	for _, r := range s.cfg.Living.Now().Roles {
		out = append(out, s.wireRole(r))
	}
	return c.ok(page200{Context: s.context("directoryRoles"), Value: out})
}

// roleMembers has the groups that were given the role as groups, and nobody who is only eligible.
func (s *Server) roleMembers(c *call) error {
	id := c.r.PathValue("id")
	for _, r := range s.cfg.Living.Now().Roles {
		if strings.EqualFold(r.ID, id) || strings.EqualFold("roleTemplateId="+r.TemplateID, id) {
			out := []any{}
			for _, u := range r.Members {
				out = append(out, s.userObject(u))
			}
			for _, g := range r.Groups {
				out = append(out, s.wireGroup(g))
			}
			return s.objects(c, out)
		}
	}
	return fmt.Errorf("directory role %s: %w", id, desk.ErrNotFound)
}

// eligibility is who may activate a role.
type eligibility struct {
	role *directory.Role
	user *directory.User
}

func (s *Server) eligibilities(c *call) error {
	dir := s.cfg.Living.Now()
	var items []eligibility
	for _, r := range dir.Roles {
		for _, u := range r.Eligible {
			items = append(items, eligibility{r, u})
		}
	}
	wire := func(e eligibility) map[string]any {
		id := dice.New(1, e.role.TemplateID, e.user.ObjectID).GUID()
		m := map[string]any{"id": id, "principalId": e.user.ObjectID, "roleDefinitionId": e.role.TemplateID, "directoryScopeId": "/", "appScopeId": nil, "memberType": "Direct",
			"roleEligibilityScheduleId": id, "startDateTime": e.user.Created.UTC().Format("2006-01-02T15:04:05Z"), "endDateTime": nil}
		if strings.Contains(c.q.Get("$expand"), "roleDefinition") {
			m["roleDefinition"] = map[string]any{"id": e.role.TemplateID, "displayName": e.role.Name, "templateId": e.role.TemplateID, "isBuiltIn": true, "isEnabled": true}
		}
		if strings.Contains(c.q.Get("$expand"), "principal") {
			m["principal"] = s.userObject(e.user)
		}
		return m
	}
	return answer(c, listing[eligibility]{items: items, get: func(e eligibility) func(string) any {
		m := wire(e)
		return func(f string) any { return m[f] }
	}, filterable: []string{"principalId", "roleDefinitionId"}, top: 100, maxTop: 999, capMessage: "Invalid page size specified. Must be between 1 and %d inclusive.",
		context: s.context("roleManagement/directory/roleEligibilityScheduleInstances"), view: func(e eligibility) any { return wire(e) }, tieBreak: func(eligibility, eligibility) int { return 0 }})
}
