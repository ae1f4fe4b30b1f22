package graph

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
)

// groupPage is how many groups a page of changes has.
const groupPage = 10

// groupsDelta answers groups with their direct members, and after the last page a link by which later changes are asked for.
func (s *Server) groupsDelta(c *call) error {
	from, to, skip := -1, s.cfg.Living.Steps(), 0 // changes between the two states of the directory
	token := c.q.Get("$deltatoken")
	if token != "" {
		if _, err := fmt.Sscanf(decoded(token), "since %d", &from); err != nil || c.expired || from > to {
			c.fail(http.StatusGone, "syncStateNotFound", "The sync state generation is not found; a full synchronization is needed.")
			return nil
		}
	}
	if t := c.q.Get("$skiptoken"); t != "" {
		if _, err := fmt.Sscanf(decoded(t), "%d %d %d", &from, &to, &skip); err != nil || c.expired {
			c.fail(http.StatusGone, "syncStateNotFound", "The sync state generation is not found; a full synchronization is needed.")
			return nil
		}
	}
	now, ok := s.cfg.Living.After(to)
	if !ok {
		return refuse("The provided skip token is not valid.")
	}
	var before *directory.Directory
	if from >= 0 {
		if before, ok = s.cfg.Living.After(from); !ok {
			return refuse("The provided delta token is not valid.")
		}
	}
	rows := []any{}
	for _, g := range now.Groups {
		if row := s.groupChange(before, g); row != nil {
			rows = append(rows, row)
		}
	}
	out := map[string]any{"@odata.context": s.context("groups(id,displayName,members)")}
	base := s.cfg.GraphURL + "/v1.0/groups/delta?"
	end := min(skip+groupPage, len(rows))
	out["value"] = rows[min(skip, len(rows)):end]
	if end < len(rows) {
		out["@odata.nextLink"] = base + "$skiptoken=" + encoded(fmt.Sprintf("%d %d %d", from, to, end))
	} else {
		out["@odata.deltaLink"] = base + "$deltatoken=" + encoded(fmt.Sprintf("since %d", to))
	}
	return c.ok(out)
}

// groupChange is how the group differs from what it was before, nil when it does not; before is nil for everything.
func (s *Server) groupChange(before *directory.Directory, g *directory.Group) map[string]any {
	was := map[string]string{}
	if before != nil {
		for _, o := range before.Groups {
			if o.ID == g.ID {
				was = memberTypes(o)
			}
		}
	}
	is := memberTypes(g)
	members := []any{}
	for id, kind := range is {
		if was[id] == "" {
			members = append(members, map[string]any{"@odata.type": kind, "id": id})
		}
	}
	for id, kind := range was {
		if is[id] == "" {
			members = append(members, map[string]any{"@odata.type": kind, "id": id, "@removed": map[string]string{"reason": "deleted"}})
		}
	}
	if before != nil && len(members) == 0 {
		return nil
	}
	row := map[string]any{"id": g.ID, "displayName": g.Name}
	if len(members) > 0 {
		row["members@delta"] = members
	}
	return row
}

// memberTypes returns the direct members by id.
func memberTypes(g *directory.Group) map[string]string {
	out := map[string]string{}
	for _, u := range g.Members {
		if u.ObjectID != "" {
			out[u.ObjectID] = "#microsoft.graph.user"
		}
	}
	for _, n := range g.Nested {
		out[n.ID] = "#microsoft.graph.group"
	}
	return out
}

func encoded(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func decoded(s string) string {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return ""
	}
	return string(b)
}
