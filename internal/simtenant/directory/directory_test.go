package directory

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func large() *Directory { return New(5, Size{People: 320, Devices: 520}) }

func TestEveryoneHasAPlace(t *testing.T) {
	dir := large()
	if len(dir.People) != 320 || len(dir.Devices) != 520 || len(dir.DCs) != 2 || len(dir.Analysts) != 4 {
		t.Errorf("%d people, %d devices, %d domain controllers, %d analysts", len(dir.People), len(dir.Devices), len(dir.DCs), len(dir.Analysts))
	}
	ids, reports := map[string]int{}, map[*User]int{}
	for _, u := range dir.Users {
		for _, id := range []string{u.ObjectID, u.SID, u.CloudSID, u.ADGuid, u.UPN} {
			if id != "" {
				ids[id]++
			}
		}
		reports[u.Manager]++
		depth := 0
		for m := u.Manager; m != nil; m = m.Manager {
			if depth++; depth > 4 {
				t.Fatalf("%s has more than four levels above", u.UPN)
			}
		}
		if (u.Manager == nil) != (u == dir.People[0] || u.Service || u.Guest) {
			t.Errorf("%s has the manager %v", u.UPN, u.Manager)
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%s belongs to %d accounts", id, n)
		}
	}
	for m, n := range reports {
		if m != nil && n > 20 {
			t.Errorf("%d people report to %s", n, m.UPN)
		}
	}
	platforms := map[string]int{}
	for _, d := range dir.Devices {
		platforms[d.Platform]++
	}
	if len(platforms) < 7 {
		t.Errorf("platforms %v", platforms)
	}
}

func names[T any](list []T, f func(T) string) []string {
	out := []string{}
	for _, x := range list {
		out = append(out, f(x))
	}
	return out
}

func TestGroupsAndRolesReachThroughGroups(t *testing.T) {
	dir := large()
	group := func(g *Group) string { return g.Name }
	role := func(r *Role) string { return r.Name }
	a := dir.Analysts[1]
	if got := names(dir.GroupsOf(a), group); !slices.Contains(got, "GG-SOC") || !slices.Contains(got, "GG-All-Staff") || !slices.Contains(got, "VPN-Users") {
		t.Errorf("%s is in %v", a.UPN, got)
	}
	if diff := cmp.Diff([]string{"Security Administrator", "Security Operator"}, names(dir.RolesOf(a), role)); diff != "" {
		t.Error(diff)
	}
	e := dir.Analysts[2]
	if got := names(dir.RolesOf(e), role); slices.Contains(got, "Security Administrator") {
		t.Errorf("who is eligible is active: %v", got)
	}
	if diff := cmp.Diff([]string{"Security Administrator"}, names(dir.EligibleFor(e), role)); diff != "" {
		t.Error(diff)
	}
}

func TestChangesLieOverTheDirectory(t *testing.T) {
	dir := large()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	u, boss := dir.People[50], dir.People[1]
	after, err := dir.Apply([]Change{
		{At: at, UPN: u.UPN, Set: map[string]string{"department": "Legal", "manager": boss.UPN, "accountEnabled": "false", "risk": "high"}, Join: []string{"GG-Legal"}, Leave: []string{dir.GroupsOf(u)[1].Name}},
		{At: at, UPN: dir.Analysts[2].UPN, Activate: "Security Administrator"},
		{At: at, UPN: boss.UPN, Delete: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	v := after.User(u.ObjectID)
	if v == u || v.Department != "Legal" || !v.Disabled || v.Risk != "high" || !v.Changed.Equal(at) || !slices.Contains(after.GroupsOf(v), after.Group("GG-Legal")) {
		t.Errorf("%+v", v)
	}
	if v.Manager != after.People[0] {
		t.Errorf("after the manager left, %s reports to %v", v.UPN, v.Manager)
	}
	if got := after.RolesOf(after.Analysts[2]); !slices.Contains(got, after.Role("Security Administrator")) || len(after.EligibleFor(after.Analysts[2])) != 0 {
		t.Error("the role was not activated")
	}
	if d := after.User(boss.UPN); !d.Deleted.Equal(at) || slices.Contains(after.Present(), d) || len(after.GroupsOf(d)) != 0 {
		t.Errorf("deleted: %+v", d)
	}
	if u.Department == "Legal" || u.Disabled || !boss.Deleted.IsZero() || len(dir.EligibleFor(dir.Analysts[2])) != 1 {
		t.Error("the base changed")
	}
	for _, bad := range []Change{{UPN: "nobody@contoso.com"}, {UPN: u.UPN, Set: map[string]string{"shoes": "9"}}, {UPN: u.UPN, Join: []string{"Nope"}}, {UPN: u.UPN, Activate: "Security Administrator"},
		{UPN: u.UPN, Set: map[string]string{"manager": u.UPN}}, {UPN: u.UPN, Grant: "Nope"}, {UPN: u.UPN, Set: map[string]string{"risk": "huge"}}} {
		if _, err := dir.Apply([]Change{bad}); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}
