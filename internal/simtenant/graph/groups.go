package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
)

func (s *Server) wireGroup(g *directory.Group) map[string]any {
	m := map[string]any{"@odata.type": "#microsoft.graph.group", "id": g.ID, "displayName": g.Name, "securityEnabled": true, "mailEnabled": false, "groupTypes": []string{}, "description": nil,
		"securityIdentifier": g.CloudSID, "isAssignableToRole": nil, "onPremisesSecurityIdentifier": nil, "onPremisesSyncEnabled": nil}
	if g.Assignable {
		m["isAssignableToRole"] = true
	}
	if g.SID != "" {
		m["onPremisesSecurityIdentifier"], m["onPremisesSyncEnabled"] = g.SID, true
	}
	return m
}

func (s *Server) listGroups(c *call) error {
	fields := []string{"id", "displayName", "securityEnabled", "isAssignableToRole", "onPremisesSecurityIdentifier"}
	return answer(c, listing[*directory.Group]{
		items: s.cfg.Living.Now().Groups, get: func(g *directory.Group) func(string) any {
			m := s.wireGroup(g)
			return func(f string) any { return m[f] }
		}, filterable: fields, sortable: fields, orderBy: true, top: 100, maxTop: 999, capMessage: "Invalid page size specified. Must be between 1 and %d inclusive.",
		context: s.context("groups"), view: func(g *directory.Group) any { return selected(c, s.wireGroup(g)) }, tieBreak: func(a, b *directory.Group) int { return cmp.Compare(a.Name, b.Name) },
	})
}

func (s *Server) group(c *call) (*directory.Group, error) {
	id := c.r.PathValue("id")
	for _, g := range s.cfg.Living.Now().Groups {
		if strings.EqualFold(g.ID, id) {
			return g, nil
		}
	}
	return nil, fmt.Errorf("group %s: %w", id, desk.ErrNotFound)
}

func (s *Server) getGroup(c *call) error {
	g, err := s.group(c)
	if err != nil {
		return err
	}
	m := selected(c, s.wireGroup(g))
	m["@odata.context"] = s.context("groups/$entity")
	return c.ok(m)
}

// groupMembers answers members and transitiveMembers: the latter also has the members of the groups inside.
func (s *Server) groupMembers(c *call) error {
	g, err := s.group(c)
	if err != nil {
		return err
	}
	return s.objects(c, s.members(g, strings.HasSuffix(c.r.URL.Path, "/transitiveMembers")))
}

// members returns users and groups as objects of the directory, each once.
func (s *Server) members(g *directory.Group, transitive bool) []any {
	seen, out := map[any]bool{}, []any{}
	var add func(*directory.Group)
	add = func(g *directory.Group) {
		for _, u := range g.Members {
			if u.ObjectID != "" && !seen[u] {
				seen[u] = true
				out = append(out, s.userObject(u))
			}
		}
		for _, n := range g.Nested {
			if seen[n] {
				continue
			}
			seen[n] = true
			out = append(out, s.wireGroup(n))
			if transitive {
				add(n)
			}
		}
	}
	add(g)
	return out
}

func (s *Server) userObject(u *directory.User) map[string]any {
	m := s.wireUser(u)
	m["@odata.type"] = "#microsoft.graph.user"
	return m
}

// objects answers a list of objects of the directory by pages.
func (s *Server) objects(c *call, items []any) error {
	return answer(c, listing[any]{items: items, get: func(v any) func(string) any {
		return func(f string) any { return v.(map[string]any)[f] }
	}, filterable: []string{"id", "displayName"}, top: 100, maxTop: 999, capMessage: "Invalid page size specified. Must be between 1 and %d inclusive.", context: s.context("directoryObjects"),
		view: func(v any) any {
			m := v.(map[string]any)
			kind := m["@odata.type"]
			m = selected(c, m)
			m["@odata.type"] = kind
			return m
		}, tieBreak: func(any, any) int { return 0 }})
}

// memberOf answers the groups and roles the user has directly.
func (s *Server) memberOf(c *call) error {
	u, err := s.user(c)
	if err != nil {
		return err
	}
	dir, out := s.cfg.Living.Now(), []any{}
	for _, g := range dir.Groups {
		if slices.Contains(g.Members, u) {
			out = append(out, s.wireGroup(g))
		}
	}
	for _, r := range dir.Roles {
		if slices.Contains(r.Members, u) {
			out = append(out, s.roleObject(r))
		}
	}
	return s.objects(c, out)
}

// transitiveMemberOf also has what comes through groups.
func (s *Server) transitiveMemberOf(c *call) error {
	u, err := s.user(c)
	if err != nil {
		return err
	}
	dir, out := s.cfg.Living.Now(), []any{}
	for _, g := range dir.GroupsOf(u) {
		out = append(out, s.wireGroup(g))
	}
	for _, r := range dir.RolesOf(u) {
		out = append(out, s.roleObject(r))
	}
	return s.objects(c, out)
}
