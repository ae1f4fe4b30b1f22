package simtenant

import (
	"strings"
	"testing"
)

// TestChangesOfGroups reads all groups, then only what changed, and meets an expired link.
func TestChangesOfGroups(t *testing.T) {
	s := quiet(t)
	read := func(address string) (map[string]map[string]bool, string) {
		t.Helper()
		out := map[string]map[string]bool{} // by the group's name: members, false for those who left
		for {
			m := s.json(200, "GET", address, "")
			for _, v := range m["value"].([]any) {
				g := v.(object)
				name := g["displayName"].(string)
				if out[name] == nil {
					out[name] = map[string]bool{}
				}
				list, _ := g["members@delta"].([]any)
				for _, x := range list {
					out[name][x.(object)["id"].(string)] = x.(object)["@removed"] == nil
				}
			}
			if link, ok := m["@odata.deltaLink"].(string); ok {
				return out, link
			}
			address = m["@odata.nextLink"].(string)
		}
	}
	all, link := read("/v1.0/groups/delta?$select=id,displayName,members")
	if n := len(s.all("/v1.0/groups")); len(all) != n {
		t.Errorf("%d groups of %d", len(all), n)
	}
	if none, _ := read(link); len(none) != 0 {
		t.Errorf("changed without a change: %v", none)
	}
	u := s.all("/v1.0/users?$top=999")[20]
	id := u["id"].(string)
	s.json(204, "POST", s.Control+"/directory", `{"upn":"`+u["userPrincipalName"].(string)+`","join":["GG-Legal"]}`)
	changed, later := read(link)
	if len(changed) != 1 || !changed["GG-Legal"][id] || len(changed["GG-Legal"]) != 1 {
		t.Errorf("joined: %v", changed)
	}
	s.json(204, "POST", s.Control+"/directory", `{"upn":"`+u["userPrincipalName"].(string)+`","leave":["GG-Legal"]}`)
	changed, _ = read(later)
	if in, ok := changed["GG-Legal"][id]; in || !ok {
		t.Errorf("left: %v", changed)
	}
	if m := s.json(410, "GET", link[:strings.Index(link, "=")+1]+"bm9uc2Vuc2U", ""); m["error"].(object)["code"] != "syncStateNotFound" {
		t.Errorf("a link that is too old: %v", m)
	}
}
