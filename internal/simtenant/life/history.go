package life

import (
	"math"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
	"github.com/vedette-siem/vedette/internal/simtenant/story"
)

// perWrite bounds the stories written in one transaction.
const perWrite = 25

// WriteHistory writes the incidents of the time before the first start, unless they are there. It may be interrupted and called again.
func (l *Life) WriteHistory() error {
	m := l.cfg.Store.Meta()
	if m.History {
		return nil
	}
	starts := l.historyStarts(m)
	for m.NextPlay < len(starts) {
		err := l.cfg.Store.Update(func(tx *state.Tx) error {
			tx.Long = true
			for n := m.NextPlay; n < min(m.NextPlay+perWrite, len(starts)); n++ {
				l.past(tx, starts[n], m.Started, len(starts)-1-n)
			}
			return nil
		})
		if err != nil {
			return err
		}
		m = l.cfg.Store.Meta()
	}
	return l.cfg.Store.Update(func(tx *state.Tx) error {
		tx.Meta().History = true
		return nil
	})
}

// historyStarts returns when the past stories began, oldest first: more of them in recent days.
func (l *Life) historyStarts(m state.Meta) []time.Time {
	d := dice.New(m.Seed, "history")
	var out []time.Time
	for range l.cfg.History {
		age := time.Duration(math.Pow(d.Float64(), 2.2) * float64(l.cfg.Span-3*time.Hour))
		out = append(out, m.Started.Add(-3*time.Hour-age).Truncate(time.Millisecond))
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// past writes one finished story and what became of its incidents. The last ones, by the number of stories after it, are all different,
// so that every kind of attack is among the recent ones.
func (l *Life) past(tx *state.Tx, began, end time.Time, after int) {
	m := tx.Meta()
	d := dice.New(m.Seed, "past", m.NextPlay+1)
	p := &state.Play{Story: choose(d), Started: began, Speed: 1, Done: true}
	if names, _ := story.Names(); after < len(names) {
		p.Story = names[dice.New(m.Seed, "recent").Perm(len(names))[after]]
	}
	tx.AddPlay(p)
	plan := story.Build(l.env(m.Seed), p)
	p.Next = len(plan.Drops)
	edge := end.Add(-l.cfg.Window)
	p.Told = plan.Drops[len(plan.Drops)-1].At.Before(edge)
	for _, drop := range plan.Drops {
		a := *drop.Alert
		if p.Told { // its events are no longer in the hub
			a.Evidence = slices.Clone(a.Evidence)
			for k := range a.Evidence {
				a.Evidence[k].Table, a.Evidence[k].Keys = "", nil
			}
		}
		deliverPast(tx, p, drop, &a)
	}
	l.pastMerges(tx, d, p, plan)
	for _, track := range sortedTracks(p) {
		if i, ok := tx.Incident(p.Tracks[track]); ok && i.Status != "redirected" {
			l.pastFate(d, tx, i, end)
		}
	}
}

// deliverPast is deliver with the clock of the story instead of now.
func deliverPast(tx *state.Tx, p *state.Play, drop story.Drop, a *state.Alert) {
	now := tx.Now
	tx.Now = a.Created
	deliver(tx, p, drop, a)
	tx.Now = now
}

func (l *Life) pastMerges(tx *state.Tx, d *dice.Dice, p *state.Play, plan *story.Plan) {
	if plan.Merge.IsZero() || d.Chance(0.2) {
		return
	}
	target, ok := p.Tracks["main"]
	now := tx.Now
	tx.Now = state.Step(plan.Merge)
	for _, track := range sortedTracks(p) {
		if !ok {
			target, ok = p.Tracks[track], true
		}
		if id := p.Tracks[track]; id != target {
			desk.Merge(tx, id, target)
		}
	}
	tx.Now = now
}

func sortedTracks(p *state.Play) []string {
	var out []string
	for t := range p.Tracks {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}

// pastFate gives an old incident its end; the young ones are often still open.
func (l *Life) pastFate(d *dice.Dice, tx *state.Tx, i *state.Incident, end time.Time) {
	age := end.Sub(i.Updated)
	open := 0.05
	switch {
	case age < 24*time.Hour:
		open = 0.75
	case age < 7*24*time.Hour:
		open = 0.3
	}
	now := tx.Now
	defer func() { tx.Now = now }()
	from := i.Updated
	at := func(share float64) { // of the time that was left
		tx.Now = state.Step(from.Add(time.Duration(float64(min(age, 60*time.Hour)) * share)))
	}
	who := l.analyst(d, i)
	stillOpen := d.Chance(open)
	if !stillOpen && d.Chance(0.8) || stillOpen && d.Chance(0.45) {
		at(0.05 + 0.15*d.Float64())
		i.AssignedTo, i.Status = who.UPN, "inProgress"
		tx.Touch(i, who.UPN)
		if d.Chance(0.5) {
			at(0.2 + 0.1*d.Float64())
			i.Comments = append(i.Comments, state.Comment{Text: dice.Pick(d, remarks()), By: who.Name, At: tx.Now})
			tx.Touch(i, who.UPN)
		}
	}
	if d.Chance(0.15) {
		i.Tags = append(i.Tags, dice.Pick(d, []string{"VIP", "Phishing wave", "Red team", "Follow-up"}))
	}
	if stillOpen {
		if d.Chance(0.12) { // automation waits for a person to approve
			at(0.35)
			i.Status = "awaitingAction"
			tx.Touch(i, desk.Automation)
		}
		return
	}
	at(0.4 + 0.5*d.Float64())
	c := closing(d, i)
	i.Status, i.ResolvingComment, i.Resolved = "resolved", c.ResolvingComment.Text, tx.Now
	by := who.UPN
	i.Classification, i.Determination = c.Classification.Text, c.Determination.Text
	if i.AssignedTo == "" {
		i.Classification, i.Determination, by = "unknown", "unknown", desk.Automation
	}
	tx.Touch(i, by)
	tx.Now = i.Updated.Add(2 * time.Second)
	tx.Now = state.Step(tx.Now)
	desk.Settle(tx, i.ID, "resolved")
}
