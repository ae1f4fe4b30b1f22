package directory

import (
	"slices"
	"strings"
)

// members is who belongs to which group, directly; ids of users and groups share one space. It answers who belongs
// through other groups.
type members struct {
	groups map[string]*memberGroup
}

type memberGroup struct {
	name   string
	direct map[string]bool // ids of users and groups
}

func newMembers() *members { return &members{groups: map[string]*memberGroup{}} }

// group returns the group with the id, made if it is not there.
func (m *members) group(id string) *memberGroup {
	g := m.groups[id]
	if g == nil {
		g = &memberGroup{direct: map[string]bool{}}
		m.groups[id] = g
	}
	return g
}

// containers returns, for every id that belongs to a group, the groups it belongs to directly.
func (m *members) containers() map[string][]string {
	out := map[string][]string{}
	for id, g := range m.groups {
		for member := range g.direct {
			out[member] = append(out[member], id)
		}
	}
	return out
}

// closure returns every group that the id belongs to, directly or through others. A circle of groups ends.
func closure(containers map[string][]string, id string) []string {
	seen := map[string]bool{}
	todo := []string{id}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, g := range containers[at] {
			if !seen[g] {
				seen[g] = true
				todo = append(todo, g)
			}
		}
	}
	out := make([]string, 0, len(seen))
	for g := range seen {
		out = append(out, g)
	}
	slices.Sort(out)
	return out
}

// names returns the names of the groups with the ids, sorted; groups without a name are left out.
func (m *members) names(ids []string) []string {
	var out []string
	for _, id := range ids {
		if g := m.groups[id]; g != nil && g.name != "" {
			out = append(out, g.name)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return slices.Compact(out)
}
