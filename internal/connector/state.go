package connector

import (
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
)

// status is how the connection of Defender XDR does.
type status struct {
	state, message string
	streams        []Part
	health         []HealthView
}

// stateWords are the states for people.
var stateWords = map[string]string{
	NotConnected: "Not connected", Connecting: "Connecting", Connected: "Connected", Degraded: "Connected, but something needs a look",
	Errored: "Not working", ConnectedThroughXDR: "Connected through Microsoft Defender XDR",
}

// stateOf returns the state of a connector, and its words.
func (s *Service) stateOf(workspace string, def Definition) (state, text string) {
	c, _ := s.Watch(workspace)
	st := s.status(c)
	switch {
	case def.Kind == KindXDR:
		state = st.state
	case def.Kind == KindComponent && c.Incidents:
		state = ConnectedThroughXDR
	case !slices.Contains(c.Own, def.ID):
		state = NotConnected
	default:
		state = Errored // no stream could bring them
		for _, p := range st.streams {
			if p.ID == alertStream {
				state = p.State
			}
		}
		if state == Connected && doubled(c, def) != "" {
			state = Degraded
		}
	}
	return state, stateWords[state]
}

// alertStream is the name of the stream that brings the alerts of all products.
const alertStream = "alerts"

// State returns the state of the workspace's connection to Defender XDR, and a sentence about it when there is something to say.
func (s *Service) State(workspace string) (state, message string) {
	c, _ := s.Watch(workspace)
	st := s.status(c)
	return st.state, st.message
}

// status tells what the streams report.
func (s *Service) status(c model.Connection) status {
	v := status{streams: []Part{}, health: []HealthView{}}
	reports := map[string]health.Report{}
	prefix := Component(DefenderXDR, "")
	if s.cfg.Board != nil {
		for _, r := range s.cfg.Board.All() {
			if r.Workspace == c.Workspace && strings.HasPrefix(r.Component, prefix) {
				reports[r.Component] = r
				v.health = append(v.health, HealthView{Component: r.Component, Status: string(r.Status), Reason: r.Reason, Description: r.Description, Time: r.Time})
			}
		}
	}
	s.mu.Lock()
	jobs := slices.Clone(s.jobs[c.Workspace])
	s.mu.Unlock()
	count := map[string]int{}
	wanted := 0
	var troubles []string
	for _, j := range jobs {
		p := Part{ID: j.Stream.Name(), Title: j.Title, State: NotConnected, Paused: c.PauseOf(j.Stream.Name())}
		if j.Wanted(c) {
			wanted++
			r, ok := reports[prefix+j.Stream.Name()]
			p.State = partState(r, ok)
			count[p.State]++
			if p.State == Degraded || p.State == Errored {
				if !slices.Contains(troubles, r.Description) { // one cause stops several streams
					troubles = append(troubles, r.Description)
				}
			}
		}
		v.streams = append(v.streams, p)
	}
	switch {
	case !c.Incidents && len(c.Tables) == 0:
		v.state = NotConnected
	case wanted == 0:
		v.state = Errored
		troubles = append(troubles, "Nothing is configured that could do what is connected: the tenant's incidents need its credential, its tables an event hub. Add them to the server's configuration.")
	case count[Errored] == wanted:
		v.state = Errored
	case count[Errored]+count[Degraded] > 0:
		v.state = Degraded
	case count[Connecting] > 0:
		v.state = Connecting
	default:
		v.state = Connected
	}
	v.message = strings.Join(troubles, " ")
	return v
}

func partState(r health.Report, known bool) string {
	switch {
	case !known:
		return Connecting
	case r.Status == health.Failure:
		return Errored
	case r.Status == health.Warning:
		return Degraded
	}
	return Connected
}
