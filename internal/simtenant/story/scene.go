// Package story tells attacks: what happens on devices, in mailboxes and in the directory, and which alerts the products raise over it.
//
// A story is a pure function of the directory, the seed and the play that stages it. Its alerts carry evidence whose events are among
// the rows it produces, by the same ids.
package story

import (
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// Env is what every story plays in.
type Env struct {
	Dir  *directory.Directory
	Seed int64
}

// Drop is an alert and when it is raised. Alerts of one track belong to one incident.
type Drop struct {
	At     time.Time
	Track  string
	Alert  *state.Alert
	Loose  bool // belongs to no incident
	Hidden bool // the incident is seen, the alert is not: Insider Risk Management
}

// Plan is all that a play will do.
type Plan struct {
	Drops  []Drop        // by time
	Events []hunt.Record // by the time they are exported
	Merge  time.Time     // when the tracks turn out to be one incident; zero if never
}

// eventBase keeps the record numbers of plays apart from those of other sources.
const eventBase = 1_000_000_000

// Build returns the plan of a play.
func Build(env Env, p *state.Play) *Plan {
	d := dice.New(env.Seed, "story", p.N, p.Story)
	var n int64
	s := &scene{env: env, d: d, now: p.Started.Truncate(100), speed: max(p.Speed, 0.01), split: d.Chance(0.34), play: p.N}
	s.Stage = activity.Stage{Dir: env.Dir, Dice: d, Next: func() int64 { n++; return eventBase + int64(p.N)*100_000 + n }}
	for _, st := range all() {
		if st.name == p.Story {
			st.tell(s)
		}
	}
	s.finish()
	return &s.plan
}

type tale struct {
	name   string
	weight int // how often it is chosen
	tell   func(*scene)
}

// Names returns the stories with their weights.
func Names() (names []string, weights []int) {
	for _, t := range all() {
		names, weights = append(names, t.name), append(weights, t.weight)
	}
	return names, weights
}

// scene is a story being told: a clock, the rows and alerts so far.
type scene struct {
	activity.Stage
	env   Env
	d     *dice.Dice
	now   time.Time
	speed float64
	split bool // the correlation needs a while to see that the tracks belong together
	play  int
	rows  []*hunt.Row
	plan  Plan
}

// wait lets time pass; a higher speed shortens it.
func (s *scene) wait(lo, hi time.Duration) {
	s.now = s.now.Add(time.Duration(float64(s.d.Between(lo, hi)) / s.speed)).Truncate(100)
}

// blink lets a moment pass that no speed shortens.
func (s *scene) blink() time.Time {
	s.now = s.now.Add(s.d.Between(200*time.Millisecond, 3*time.Second)).Truncate(100)
	return s.now
}

// see records a row and returns it.
func (s *scene) see(r *hunt.Row) *hunt.Row {
	s.rows = append(s.rows, r)
	return r
}

// run starts a process and records it.
func (s *scene) run(dev *directory.Device, parent *activity.Proc, as activity.Account, f *activity.File, command string) (*activity.Proc, *hunt.Row) {
	p := s.NewProc(s.blink(), dev, parent, as, f, command)
	return p, s.see(s.Process(p))
}

// finish orders everything and decides when each row reaches the hub.
func (s *scene) finish() {
	slices.SortStableFunc(s.plan.Drops, func(a, b Drop) int { return a.At.Compare(b.At) })
	late := dice.New(s.env.Seed, "lateness", s.play)
	for _, r := range s.rows {
		l := min(late.Lateness(), 6*time.Minute)
		if s.speed > 1 {
			l = max(time.Duration(float64(l)/s.speed), 5*time.Second)
		}
		s.plan.Events = append(s.plan.Events, hunt.Record{Row: r, Received: r.At.Add(l * 2 / 3).Truncate(100), Exported: r.At.Add(l).Truncate(100)})
	}
	slices.SortStableFunc(s.plan.Events, func(a, b hunt.Record) int { return a.Exported.Compare(b.Exported) })
	tracks := map[string]bool{}
	for _, d := range s.plan.Drops {
		tracks[d.Track] = tracks[d.Track] || !d.Loose
	}
	if len(tracks) > 1 {
		last := s.plan.Drops[len(s.plan.Drops)-1].At
		s.plan.Merge = last.Add(time.Duration(float64(s.d.Between(2*time.Minute, 9*time.Minute)) / s.speed))
	}
}
