// Package life makes time pass in the tenant: stories raise alerts, the correlation gathers and merges incidents, analysts and
// automation work on them, and at first start it writes the history.
package life

import (
	"context"
	"log/slog"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
	"github.com/vedette-siem/vedette/internal/simtenant/story"
)

const tick = 150 * time.Millisecond

// firstAlert is how soon after the first start the first live alert is raised.
const firstAlert = 15 * time.Second

// Kinds of actions this package plans for itself.
const (
	actionMerge   = "merge"   // Arg: id of the target
	actionAssign  = "assign"  // an analyst takes the incident
	actionComment = "comment" // an analyst comments
	actionResolve = "resolve" // an analyst resolves
	actionAuto    = "auto"    // automation resolves
	actionReopen  = "reopen"  // automation changes its mind
)

// Config says what lives and how.
type Config struct {
	Store   *state.Store
	Dir     *directory.Directory // as it was made: stories play in it
	Living  *directory.Living    // as it is; nil when nobody moves
	Logger  *slog.Logger
	Modes   func() Modes
	Now     func() time.Time
	History int           // incidents before the first start
	Span    time.Duration // how far back they reach
	Window  time.Duration // how far back the hub's events reach
}

// Modes is what of the tenant's behaviour this package has to know.
type Modes struct{ CommentStamps bool }

// Life runs the tenant's time. Only Run may be called, once.
type Life struct {
	cfg   Config
	plans map[int]*story.Plan
}

// New returns a life that has not begun.
func New(cfg Config) *Life { return &Life{cfg: cfg, plans: map[int]*story.Plan{}} }

// Run lets time pass until ctx ends.
func (l *Life) Run(ctx context.Context) error {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		if !l.cfg.Store.Meta().Paused {
			if err := l.step(); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

func (l *Life) step() error {
	now := l.cfg.Now()
	for _, p := range l.cfg.Store.Plays() {
		if p.Done {
			continue
		}
		if err := l.advance(p, now); err != nil {
			return err
		}
	}
	for _, a := range l.cfg.Store.Due(now) {
		modes := l.cfg.Modes()
		if err := l.cfg.Store.Update(func(tx *state.Tx) error { return l.act(tx, a, modes) }); err != nil {
			return err
		}
	}
	m := l.cfg.Store.Meta()
	if l.cfg.Living != nil && now.After(m.NextMoveAt) {
		if err := l.move(now); err != nil {
			return err
		}
	}
	if now.After(m.NextStoryAt) {
		return l.begin(now)
	}
	return nil
}

func (l *Life) env(seed int64) story.Env { return story.Env{Dir: l.cfg.Dir, Seed: seed} }

func (l *Life) plan(p *state.Play) *story.Plan {
	if l.plans[p.N] == nil {
		l.plans[p.N] = story.Build(l.env(l.cfg.Store.Meta().Seed), p)
	}
	return l.plans[p.N]
}

// begin starts a new story and decides when the next one starts.
func (l *Life) begin(now time.Time) error {
	return l.cfg.Store.Update(func(tx *state.Tx) error {
		m := tx.Meta()
		n := m.NextPlay + 1
		d := dice.New(m.Seed, "begin", n)
		p := &state.Play{Story: choose(d), Started: now.Truncate(100), Speed: m.Speed}
		first := m.NextStoryAt.Equal(m.Started)
		if first { // one worth watching
			p.Story = dice.Pick(d, []string{"token-theft", "phish-to-ransomware", "password-spray"})
		}
		tx.AddPlay(p)
		if first { // the story began a while ago, so that its first alert is about to come
			lead := story.Build(l.env(m.Seed), p).Drops[0].At.Sub(p.Started)
			p.Started = now.Add(min(firstAlert, lead) - lead).Truncate(100)
		}
		m.NextStoryAt = now.Add(time.Duration(float64(d.Between(3*time.Minute, 9*time.Minute)) / m.Speed))
		return nil
	})
}

func choose(d *dice.Dice) string {
	names, weights := story.Names()
	total := 0
	for _, w := range weights {
		total += w
	}
	n := d.IntN(total)
	for i, w := range weights {
		if n -= w; n < 0 {
			return names[i]
		}
	}
	return names[0]
}

// advance raises the alerts of a story whose time has come.
func (l *Life) advance(p *state.Play, now time.Time) error {
	plan := l.plan(p)
	for n := p.Next; n < len(plan.Drops); n++ {
		drop := plan.Drops[n]
		if drop.At.After(now) {
			return nil
		}
		err := l.cfg.Store.Update(func(tx *state.Tx) error {
			pl, ok := tx.Play(p.N)
			if !ok || pl.Next != n {
				return nil
			}
			a := *drop.Alert
			a.Created, a.Updated = tx.Now, tx.Now
			if id, isNew := deliver(tx, pl, drop, &a); isNew {
				i, _ := tx.Incident(id)
				i.Live = true
				l.fate(tx, i, pl)
			}
			pl.Next = n + 1
			if pl.Next == len(plan.Drops) {
				pl.Done = true
				l.planMerges(tx, pl, plan)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	delete(l.plans, p.N)
	return nil
}

// deliver puts the alert into the incident of its track, a new one if there is none or the old one is closed.
// A loose alert goes into none.
func deliver(tx *state.Tx, p *state.Play, drop story.Drop, a *state.Alert) (id int64, isNew bool) {
	if drop.Loose {
		tx.AddAlert(a)
		return 0, false
	}
	i, ok := tx.Incident(p.Tracks[drop.Track])
	for ok && i.Status == "redirected" {
		i, ok = tx.Incident(i.RedirectTo)
	}
	if !ok || i.Status == "resolved" {
		i = &state.Incident{Status: "active", Classification: "unknown", Determination: "unknown", Created: a.Created, Updated: a.Created, ModifiedBy: desk.System,
			Tags: []string{}, SystemTags: []string{}, Hidden: drop.Hidden, Play: p.N}
		tx.AddIncident(i)
		p.Tracks[drop.Track] = i.ID
		isNew = true
	}
	a.Incident = i.ID
	i.Alerts = append(i.Alerts, a.ID)
	tx.AddAlert(a)
	desk.Rename(tx, i)
	if isNew {
		i.Updated, i.ModifiedBy = a.Created, desk.System
	} else {
		tx.Touch(i, desk.Correlation)
	}
	return i.ID, isNew
}

func (l *Life) planMerges(tx *state.Tx, p *state.Play, plan *story.Plan) {
	if plan.Merge.IsZero() {
		return
	}
	main, ok := p.Tracks["main"]
	for _, track := range []string{"mail", "identity", "cloud", "dlp", "app", "endpoint"} {
		id, has := p.Tracks[track]
		if !has {
			continue
		}
		if !ok {
			main, ok = id, true
			continue
		}
		tx.Plan(plan.Merge, actionMerge, id, idText(main))
	}
}
