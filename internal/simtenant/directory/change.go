package directory

import (
	"fmt"
	"slices"
	"time"
)

// Change is one change of a user: what is empty stays. It is made to the directory by Apply.
type Change struct {
	At       time.Time         `json:"at"`
	UPN      string            `json:"upn"`                // UPN or object id of whom
	Set      map[string]string `json:"set,omitempty"`      // department, jobTitle, displayName, city, phone, manager (a UPN, "" for none), risk, accountEnabled ("true" or "false")
	Join     []string          `json:"join,omitempty"`     // names of groups
	Leave    []string          `json:"leave,omitempty"`    // names of groups
	Activate string            `json:"activate,omitempty"` // a role the user is eligible for
	Grant    string            `json:"grant,omitempty"`    // a role, given for good
	Revoke   string            `json:"revoke,omitempty"`   // a role, taken away
	Delete   bool              `json:"delete,omitempty"`
}

// Apply returns the directory after the changes, in their order; dir itself stays as it is. A change that does not fit is an error.
func (dir *Directory) Apply(changes []Change) (*Directory, error) {
	c := dir.copy()
	for _, ch := range changes {
		if err := c.apply(ch); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// copy returns a directory whose users, groups and roles may be changed; devices are shared.
func (dir *Directory) copy() *Directory {
	c := *dir
	users := map[*User]*User{}
	c.Users = make([]*User, len(dir.Users))
	for i, u := range dir.Users {
		v := *u
		users[u], c.Users[i] = &v, &v
	}
	move := func(in []*User) []*User {
		out := make([]*User, len(in))
		for i, u := range in {
			out[i] = users[u]
		}
		return out
	}
	for _, u := range c.Users {
		u.Manager = users[u.Manager]
	}
	c.People, c.Analysts, c.Services, c.Guests = move(dir.People), move(dir.Analysts), move(dir.Services), move(dir.Guests)
	groups := map[*Group]*Group{}
	c.Groups = make([]*Group, len(dir.Groups))
	for i, g := range dir.Groups {
		v := *g
		v.Members = move(g.Members)
		groups[g], c.Groups[i] = &v, &v
	}
	nested := func(in []*Group) []*Group {
		var out []*Group
		for _, g := range in {
			out = append(out, groups[g])
		}
		return out
	}
	for _, g := range c.Groups {
		g.Nested = nested(g.Nested)
	}
	c.Roles = make([]*Role, len(dir.Roles))
	for i, r := range dir.Roles {
		v := *r
		v.Members, v.Eligible, v.Groups = move(r.Members), move(r.Eligible), nested(r.Groups)
		c.Roles[i] = &v
	}
	return &c
}

func (dir *Directory) apply(ch Change) error {
	u := dir.User(ch.UPN)
	if u == nil {
		return fmt.Errorf("there is no user %q", ch.UPN)
	}
	for field, v := range ch.Set {
		if err := dir.set(u, field, v); err != nil {
			return err
		}
	}
	for _, list := range []struct {
		names []string
		do    func(*Group)
	}{
		{ch.Join, func(g *Group) {
			if !slices.Contains(g.Members, u) {
				g.Members = append(g.Members, u)
			}
		}},
		{ch.Leave, func(g *Group) { g.Members = without(g.Members, u) }},
	} {
		for _, n := range list.names {
			g := dir.Group(n)
			if g == nil {
				return fmt.Errorf("there is no group %q", n)
			}
			list.do(g)
		}
	}
	if err := dir.changeRoles(u, ch); err != nil {
		return err
	}
	u.Changed = ch.At
	if ch.Delete {
		dir.remove(u, ch.At)
	}
	return nil
}

func (dir *Directory) set(u *User, field, v string) error {
	texts := map[string]*string{"department": &u.Department, "jobTitle": &u.Title, "displayName": &u.Name, "city": &u.City, "phone": &u.Phone}
	switch to, ok := texts[field]; {
	case ok:
		*to = v
	case field == "manager" && v == "":
		u.Manager = nil
	case field == "manager":
		m := dir.User(v)
		if m == nil || m == u {
			return fmt.Errorf("%q cannot be the manager of %s", v, u.UPN)
		}
		u.Manager = m
	case field == "risk" && slices.Contains([]string{"none", "low", "medium", "high"}, v):
		u.Risk = v
	case field == "accountEnabled" && (v == "true" || v == "false"):
		u.Disabled = v == "false"
	default:
		return fmt.Errorf("a user's %q cannot be set to %q", field, v)
	}
	return nil
}

func (dir *Directory) changeRoles(u *User, ch Change) error {
	for _, x := range []struct {
		name string
		do   func(*Role) error
	}{
		{ch.Activate, func(r *Role) error {
			if !slices.Contains(r.Eligible, u) {
				return fmt.Errorf("%s is not eligible for %s", u.UPN, r.Name)
			}
			r.Eligible, r.Members = without(r.Eligible, u), append(r.Members, u)
			return nil
		}},
		{ch.Grant, func(r *Role) error {
			if !slices.Contains(r.Members, u) {
				r.Members = append(r.Members, u)
			}
			return nil
		}},
		{ch.Revoke, func(r *Role) error {
			r.Members, r.Eligible = without(r.Members, u), without(r.Eligible, u)
			return nil
		}},
	} {
		if x.name == "" {
			continue
		}
		r := dir.Role(x.name)
		if r == nil {
			return fmt.Errorf("there is no role %q", x.name)
		}
		if err := x.do(r); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes the user: nobody's member, nobody's manager; the name stays in Users with the time.
func (dir *Directory) remove(u *User, at time.Time) {
	u.Deleted = at
	for _, g := range dir.Groups {
		g.Members = without(g.Members, u)
	}
	for _, r := range dir.Roles {
		r.Members, r.Eligible = without(r.Members, u), without(r.Eligible, u)
	}
	for _, o := range dir.Users {
		if o.Manager == u {
			o.Manager = u.Manager
		}
	}
}

func without(list []*User, u *User) []*User {
	return slices.DeleteFunc(slices.Clone(list), func(o *User) bool { return o == u })
}

// Present returns the users that are not deleted.
func (dir *Directory) Present() []*User {
	return slices.DeleteFunc(slices.Clone(dir.Users), func(u *User) bool { return !u.Deleted.IsZero() })
}
