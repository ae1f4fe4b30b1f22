package directory

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// entraGraph answers what a test says.
type entraGraph struct {
	users     []msgraph.DirectoryUser
	changes   map[string][]msgraph.GroupChange // by link; ErrResync for a link that is not there
	roles     []msgraph.Role
	having    map[string][]msgraph.Member
	groupsErr error
	links     []string
}

func (g *entraGraph) Users(_ context.Context, f func(msgraph.DirectoryUser) error) error {
	for _, u := range g.users {
		if err := f(u); err != nil {
			return err
		}
	}
	return nil
}

func (g *entraGraph) GroupChanges(_ context.Context, link string, f func(msgraph.GroupChange) error) (string, error) {
	g.links = append(g.links, link)
	if g.groupsErr != nil {
		return "", g.groupsErr
	}
	list, ok := g.changes[link]
	if !ok {
		return "", msgraph.ErrResync
	}
	for _, c := range list {
		if err := f(c); err != nil {
			return "", err
		}
	}
	return link + "+", nil
}

func (g *entraGraph) Roles(context.Context) ([]msgraph.Role, error) { return g.roles, nil }
func (g *entraGraph) RoleMembers(_ context.Context, id string) ([]msgraph.Member, error) {
	return g.having[id], nil
}

func gone() json.RawMessage { return json.RawMessage(`{"reason":"deleted"}`) }

func groupChange(id, name string, in ...string) msgraph.GroupChange {
	c := msgraph.GroupChange{ID: id}
	if name != "" {
		c.DisplayName = &name
	}
	for _, m := range in {
		if m[0] == '-' {
			c.Members = append(c.Members, msgraph.Member{ID: m[1:], Removed: gone()})
		} else {
			c.Members = append(c.Members, msgraph.Member{ID: m})
		}
	}
	return c
}

func TestEntraGroupsRolesAndManagers(t *testing.T) {
	g := &entraGraph{
		users: []msgraph.DirectoryUser{
			{ID: "u1", UserPrincipalName: "ada@x", Manager: &msgraph.User{ID: "u2", UserPrincipalName: "bo@x"}},
			{ID: "u2", UserPrincipalName: "bo@x"},
		},
		changes: map[string][]msgraph.GroupChange{
			// SOC in All in SOC: a circle. The members of All come in two pieces.
			"":   {groupChange("g1", "SOC", "u1", "g2"), groupChange("g2", "All", "g1"), groupChange("g2", "", "u2")},
			"+":  {groupChange("g1", "SOC renamed", "-u1", "u2"), groupChange("g3", "New", "u1")},
			"++": {{ID: "g2", Removed: gone()}},
		},
		roles:  []msgraph.Role{{ID: "r1", DisplayName: "Security Reader"}, {ID: "r2", DisplayName: "Global Reader"}},
		having: map[string][]msgraph.Member{"r1": {{ID: "g2"}}, "r2": {{ID: "u2"}}},
	}
	e := NewEntra(g, 0)
	read := func(full bool) map[string]model.Person {
		t.Helper()
		b, err := e.Read(t.Context(), full)
		if err != nil || !b.Full || b.Warning != "" {
			t.Fatalf("%+v %v", b, err)
		}
		out := map[string]model.Person{}
		for _, p := range b.People {
			out[p.ID] = p
		}
		return out
	}
	check := func(what string, got []string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	p := read(true)
	check("groups of ada", p["u1"].Groups, "All", "SOC")
	check("groups of bo", p["u2"].Groups, "All", "SOC")
	check("roles of ada, through SOC in All", p["u1"].Roles, "Security Reader")
	check("roles of bo", p["u2"].Roles, "Global Reader", "Security Reader")
	if p["u1"].Manager != "bo@x" || p["u2"].Manager != "" {
		t.Errorf("managers %q, %q", p["u1"].Manager, p["u2"].Manager)
	}
	p = read(false)
	check("ada left", p["u1"].Groups, "New")
	check("bo in the renamed one", p["u2"].Groups, "All", "SOC renamed")
	p = read(false)
	check("a deleted group", p["u2"].Groups, "SOC renamed")
	check("its role is gone with it", p["u2"].Roles, "Global Reader")
	g.changes[""] = []msgraph.GroupChange{groupChange("g9", "Anew", "u1")}
	p = read(false) // the link is too old now
	check("after a resync", p["u1"].Groups, "Anew")
	check("nothing of before", p["u2"].Groups)
	check("links", g.links, "", "+", "++", "+++", "")
}

func TestEntraWithoutGroups(t *testing.T) {
	g := &entraGraph{users: []msgraph.DirectoryUser{{ID: "u1"}}, groupsErr: fault.New(fault.Permission, "graph_permission", "grant GroupMember.Read.All")}
	e := NewEntra(g, 0)
	b, err := e.Read(t.Context(), true)
	if err != nil || len(b.People) != 1 || b.Warning != "Groups are not followed: grant GroupMember.Read.All" {
		t.Errorf("%+v %v", b, err)
	}
	// A failure that passes is no answer at all: groups must not seem to be gone.
	g.groupsErr = fault.New(fault.Unavailable, "graph_unavailable", "down")
	if _, err := e.Read(t.Context(), false); err == nil {
		t.Error("people without their groups")
	}
}
