package state

import (
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
)

// Tx is a transaction: values got from it are copies that may be changed and are stored by the commit.
// It belongs to the function it was given to.
type Tx struct {
	s         *Store
	Now       time.Time // the stamp of this transaction, a tick
	Long      bool      // set by history: what is written has been true for long, so lists show it at once
	meta      *Meta
	incidents map[int64]*Incident
	alerts    map[string]*Alert
	plays     map[int]*Play
	actions   []*Action
	finished  []int64
	changes   []directory.Change
}

// Update runs f and, unless it fails, makes its changes durable and visible at once. Within f the store may be
// reached through the transaction only.
func (s *Store) Update(f func(*Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.now()
	tx := &Tx{s: s, Now: Step(at), incidents: map[int64]*Incident{}, alerts: map[string]*Alert{}, plays: map[int]*Play{}}
	if err := f(tx); err != nil {
		return err
	}
	e := &entry{Meta: tx.meta, Actions: tx.actions, Finished: tx.finished, Changes: tx.changes}
	for _, id := range sortedKeys(tx.incidents) {
		e.Incidents = append(e.Incidents, tx.incidents[id])
	}
	for _, id := range sortedKeys(tx.alerts) {
		e.Alerts = append(e.Alerts, tx.alerts[id])
	}
	for _, n := range sortedKeys(tx.plays) {
		e.Plays = append(e.Plays, tx.plays[n])
	}
	if e.Meta == nil && len(e.Incidents)+len(e.Alerts)+len(e.Plays)+len(e.Actions)+len(e.Finished)+len(e.Changes) == 0 {
		return nil
	}
	if err := s.j.append(e); err != nil {
		return err
	}
	if tx.Long {
		at = time.Time{}
	}
	s.apply(e, at)
	if s.j.size > 4*rewriteAt {
		return s.j.rewrite(s.snapshot())
	}
	return nil
}

// Meta returns the changeable meta data.
func (tx *Tx) Meta() *Meta {
	if tx.meta == nil {
		m := tx.s.meta.clone()
		tx.meta = &m
	}
	return tx.meta
}

// Incident returns a changeable incident.
func (tx *Tx) Incident(id int64) (*Incident, bool) {
	if i, ok := tx.incidents[id]; ok {
		return i, true
	}
	vs, ok := tx.s.incidents[id]
	if !ok {
		return nil, false
	}
	c := last(vs).clone()
	tx.incidents[id] = c
	return c, true
}

// Alert returns a changeable alert.
func (tx *Tx) Alert(id string) (*Alert, bool) {
	if a, ok := tx.alerts[id]; ok {
		return a, true
	}
	vs, ok := tx.s.alerts[id]
	if !ok {
		return nil, false
	}
	c := last(vs).clone()
	tx.alerts[id] = c
	return c, true
}

// AddIncident stores a new incident and gives it the next id. Ids grow by small steps, as they are shared with other tenants' parts.
func (tx *Tx) AddIncident(i *Incident) {
	m := tx.Meta()
	m.NextIncident++
	i.ID = m.NextIncident
	tx.incidents[i.ID] = i
}

// AddAlert stores a new alert.
func (tx *Tx) AddAlert(a *Alert) { tx.alerts[a.ID] = a }

// Touch stamps the incident as changed now by the actor; stamps of one incident always grow.
func (tx *Tx) Touch(i *Incident, by string) {
	at := tx.Now
	if !at.After(i.Updated) {
		at = nextStep(i.Updated)
	}
	i.Updated, i.ModifiedBy = at, by
}

// TouchAlert stamps the alert as changed now.
func (tx *Tx) TouchAlert(a *Alert) {
	at := tx.Now
	if !at.After(a.Updated) {
		at = nextStep(a.Updated)
	}
	a.Updated = at
}

// Play returns a changeable story.
func (tx *Tx) Play(n int) (*Play, bool) {
	if p, ok := tx.plays[n]; ok {
		return p, true
	}
	p, ok := tx.s.plays[n]
	if !ok {
		return nil, false
	}
	c := *p
	c.Tracks = cloneMap(p.Tracks)
	tx.plays[n] = &c
	return &c, true
}

// AddPlay stores a new story and numbers it.
func (tx *Tx) AddPlay(p *Play) {
	m := tx.Meta()
	m.NextPlay++
	p.N = m.NextPlay
	if p.Tracks == nil {
		p.Tracks = map[string]int64{}
	}
	tx.plays[p.N] = p
}

// Plan stores an action for later.
func (tx *Tx) Plan(due time.Time, kind string, incident int64, arg string) {
	m := tx.Meta()
	m.NextAction++
	tx.actions = append(tx.actions, &Action{ID: m.NextAction, Due: due, Kind: kind, Incident: incident, Arg: arg})
}

// Finish removes a done action.
func (tx *Tx) Finish(a *Action) { tx.finished = append(tx.finished, a.ID) }

// Changed keeps a change of the directory, stamped now.
func (tx *Tx) Changed(c directory.Change) {
	c.At = tx.Now
	tx.changes = append(tx.changes, c)
}
