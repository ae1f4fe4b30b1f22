package life

import (
	"errors"
	"strconv"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

func idText(id int64) string { return strconv.FormatInt(id, 10) }

// fate decides what analysts and automation will do with a new incident, and when.
func (l *Life) fate(tx *state.Tx, i *state.Incident, p *state.Play) {
	d := dice.New(tx.Meta().Seed, "fate", i.ID)
	in := func(lo, hi time.Duration) time.Time {
		return tx.Now.Add(time.Duration(float64(d.Between(lo, hi)) / max(p.Speed, 0.01)))
	}
	if p.Story == "blocked-malware" && d.Chance(0.8) {
		at := in(time.Minute, 4*time.Minute)
		tx.Plan(at, actionAuto, i.ID, "")
		if d.Chance(0.2) {
			tx.Plan(at.Add(time.Duration(float64(3*time.Minute)/max(p.Speed, 0.01))), actionReopen, i.ID, "")
		}
		return
	}
	if d.Chance(0.55) {
		at := in(2*time.Minute, 12*time.Minute)
		tx.Plan(at, actionAssign, i.ID, "")
		if d.Chance(0.6) {
			tx.Plan(at.Add(at.Sub(tx.Now)/2), actionComment, i.ID, "")
		}
		if d.Chance(0.5) {
			tx.Plan(in(25*time.Minute, 90*time.Minute), actionResolve, i.ID, "")
		}
	}
}

// act does one due action; an action that no longer fits is dropped.
func (l *Life) act(tx *state.Tx, a *state.Action, modes Modes) error {
	tx.Finish(a)
	i, ok := tx.Incident(a.Incident)
	if !ok {
		return nil
	}
	if a.Kind == desk.ActionSettle {
		desk.Settle(tx, a.Incident, a.Arg)
		return nil
	}
	if i.Status == "redirected" {
		return nil
	}
	d := dice.New(tx.Meta().Seed, "act", a.Kind, a.Incident, a.ID)
	err := l.perform(tx, d, i, a, modes)
	if bad := (*desk.BadRequest)(nil); errors.As(err, &bad) {
		return nil
	}
	return err
}

func (l *Life) perform(tx *state.Tx, d *dice.Dice, i *state.Incident, a *state.Action, modes Modes) error {
	who := l.analyst(d, i)
	switch a.Kind {
	case actionMerge:
		target, err := strconv.ParseInt(a.Arg, 10, 64)
		if err != nil {
			return err
		}
		desk.Merge(tx, a.Incident, target)
	case actionAssign:
		if i.AssignedTo == "" && i.Status == "active" {
			return desk.Patch(tx, l.cfg.Dir, i.ID, desk.Change{AssignedTo: desk.Text(who.UPN), Status: desk.Text("inProgress")}, who.UPN)
		}
	case actionComment:
		return desk.Comment(tx, i.ID, dice.Pick(d, remarks()), who.Name, modes.CommentStamps)
	case actionResolve:
		if i.Status != "resolved" {
			return desk.Patch(tx, l.cfg.Dir, i.ID, closing(d, i), who.UPN)
		}
	case actionAuto:
		if i.Status == "active" {
			return desk.Patch(tx, l.cfg.Dir, i.ID, desk.Change{Status: desk.Text("resolved"), ResolvingComment: desk.Text("The investigation found that the threat was remediated.")}, desk.Automation)
		}
	case actionReopen:
		if i.Status == "resolved" && i.ModifiedBy != "" {
			return desk.Patch(tx, l.cfg.Dir, i.ID, desk.Change{Status: desk.Text("active")}, desk.Automation)
		}
	}
	return nil
}

// analyst returns the owner of the incident or, without one, somebody of the team.
func (l *Life) analyst(d *dice.Dice, i *state.Incident) *directory.User {
	if u := l.cfg.Dir.ByUPN(i.AssignedTo); u != nil {
		return u
	}
	return dice.Pick(d, l.cfg.Dir.Analysts)
}

func remarks() []string {
	return []string{"Called the user, waiting for an answer.", "Device isolated, package collected.", "Same sender as last week.", "Sessions revoked and password reset.", "Looks like the scanner again, checking with IT.", "Escalated to tier 2."}
}

// closing is how an analyst closes an incident.
func closing(d *dice.Dice, i *state.Incident) desk.Change {
	c := desk.Change{Status: desk.Text("resolved")}
	switch n := d.IntN(10); {
	case n < 5:
		c.Classification, c.Determination = desk.Text("truePositive"), desk.Text(dice.Pick(d, []string{"phishing", "malware", "compromisedAccount", "multiStagedAttack", "maliciousUserActivity"}))
		c.ResolvingComment = desk.Text("Confirmed and contained.")
	case n < 8:
		c.Classification, c.Determination = desk.Text("informationalExpectedActivity"), desk.Text(dice.Pick(d, []string{"securityTesting", "lineOfBusinessApplication", "confirmedActivity"}))
		c.ResolvingComment = desk.Text("Expected, see change record.")
	default:
		c.Classification, c.Determination = desk.Text("falsePositive"), desk.Text(dice.Pick(d, []string{"notMalicious", "notEnoughDataToValidate"}))
	}
	if i.AssignedTo == "" {
		c.AssignedTo = desk.Value{}
	}
	return c
}
