package life

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// move has somebody of the directory move: to another department, manager or office, into a group or out of one, on leave or for good.
// The first time it only decides when.
func (l *Life) move(now time.Time) error {
	n, dir := len(l.cfg.Store.Changes()), l.cfg.Living.Now() // not within the transaction: it holds the store
	return l.cfg.Store.Update(func(tx *state.Tx) error {
		m := tx.Meta()
		d := dice.New(m.Seed, "move", n, m.NextMoveAt.UnixNano())
		if !m.NextMoveAt.IsZero() {
			if ch, ok := change(d, dir); ok {
				tx.Changed(ch)
			}
		}
		m.NextMoveAt = now.Add(time.Duration(float64(d.Between(3*time.Minute, 12*time.Minute)) / max(m.Speed, 0.01)))
		return nil
	})
}

// change is a change that fits the directory as it is, if the dice find one. Those who lead, work incidents or hold a role stay.
func change(d *dice.Dice, dir *directory.Directory) (directory.Change, bool) {
	u := dice.Pick(d, dir.People)
	if u.Analyst || !u.Deleted.IsZero() || u.Manager == nil || strings.HasPrefix(u.Title, "Director, ") || len(dir.RolesOf(u))+len(dir.EligibleFor(u)) > 0 {
		return directory.Change{}, false
	}
	c := directory.Change{UPN: u.UPN}
	switch n := d.IntN(20); {
	case n < 5:
		to := dice.Pick(d, dir.People)
		if to.Manager == nil || !to.Deleted.IsZero() || to.Department == u.Department || to.Manager == u || to.Analyst {
			return c, false
		}
		c.Set = map[string]string{"department": to.Department, "jobTitle": to.Title, "manager": to.Manager.UPN}
		c.Leave, c.Join = groupOf(dir, u.Department), groupOf(dir, to.Department)
	case n < 9:
		c.Set = map[string]string{"phone": fmt.Sprintf("+1 555 01%02d", d.IntN(100)), "city": dice.Pick(d, dir.People).City}
	case n < 14:
		g := dice.Pick(d, []string{"APP-Finance-Reports", "VPN-Users", "Partners"})
		if slices.Contains(dir.Group(g).Members, u) {
			c.Leave = []string{g}
		} else {
			c.Join = []string{g}
		}
	case n < 17:
		c.Set = map[string]string{"accountEnabled": map[bool]string{true: "true", false: "false"}[u.Disabled]}
	case n < 19:
		c.Set = map[string]string{"risk": dice.Pick(d, []string{"none", "low", "medium", "high"})}
	default:
		c.Delete = true
	}
	return c, true
}

// groupOf names the group of a department, if it has one.
func groupOf(dir *directory.Directory, department string) []string {
	name := "GG-" + strings.ReplaceAll(department, " ", "-")
	if dir.Group(name) == nil {
		return nil
	}
	return []string{name}
}
