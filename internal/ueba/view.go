package ueba

import (
	"context"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

// View is the page Entity behavior configuration.
type View struct {
	Enabled       bool            `json:"enabled"`
	Directories   []DirectoryView `json:"directories"`
	DataSources   []string        `json:"dataSources"`
	Prerequisites []Prerequisite  `json:"prerequisites"`
	Baselines     BaselinesView   `json:"baselines"`
	ChangedBy     string          `json:"changedBy"`
	ChangedAt     *time.Time      `json:"changedAt"`
	Etag          string          `json:"etag"`
}

// DirectoryView is one check box of the page.
type DirectoryView struct {
	ID       string       `json:"id"`
	Title    string       `json:"title"`
	Selected bool         `json:"selected"`
	State    string       `json:"state"`   // off, connecting, connected, degraded, error
	Refused  string       `json:"refused"` // why it cannot be turned on now, "" if it can
	Sources  []SourceView `json:"sources"`
}

// SourceView is one way by which people of a directory come.
type SourceView struct {
	Name     string     `json:"name"`
	Title    string     `json:"title"`
	State    string     `json:"state"`
	People   int64      `json:"people"`
	LastRead *time.Time `json:"lastRead"`
	Message  string     `json:"message"`
}

// BaselinesView says what entity behavior does not do yet.
type BaselinesView struct {
	Available bool   `json:"available"`
	Message   string `json:"message"`
}

// baselines is what the page says about what is not there.
const baselines = "People and their changes are followed. Baselines of their behavior, anomalies and peers are not computed yet: BehaviorAnalytics and UserPeerAnalytics stay empty, and chosen data sources wait until they are."

// The states of a directory and of a source.
const (
	off        = "off"
	connecting = "connecting"
	connected  = "connected"
	degraded   = "degraded"
	errored    = "error"
)

// Show returns the page of a workspace.
func (s *Service) Show(ctx context.Context, ws string) (View, error) {
	w, err := s.workspace(ws)
	if err != nil {
		return View{}, err
	}
	c, _ := s.watch(w)
	v := View{
		Enabled: c.Enabled, Directories: []DirectoryView{}, DataSources: append([]string{}, c.DataSources...),
		Prerequisites: append([]Prerequisite{}, s.prerequisites(ctx, w, false)...),
		Baselines:     BaselinesView{Message: baselines}, ChangedBy: c.ChangedBy, Etag: Etag(c),
	}
	if !c.ChangedAt.IsZero() {
		v.ChangedAt = &c.ChangedAt
	}
	for _, d := range directories {
		dv := DirectoryView{ID: d.id, Title: d.title, Selected: slices.Contains(c.Directories, d.id), State: off, Sources: []SourceView{}}
		count, used := map[string]int{}, 0
		for _, src := range w.sources {
			if src.Directory() == d.id {
				sv := s.sourceView(w, src, follows(c, d.id))
				if sv.State != off {
					count[sv.State]++
					used++
				}
				dv.Sources = append(dv.Sources, sv)
			}
		}
		if follows(c, d.id) {
			dv.State = overall(count, used)
		}
		if d.id == model.ActiveDirectory && !follows(c, d.id) {
			dv.Refused = s.refusal(ctx, w)
		}
		v.Directories = append(v.Directories, dv)
	}
	return v, nil
}

// refusal says why Active Directory cannot be turned on, by what was found out last.
func (s *Service) refusal(ctx context.Context, w *workspace) string {
	if w.direct() {
		return ""
	}
	if w.prober == nil {
		return "No tenant is configured through which its people could come."
	}
	for _, p := range s.prerequisites(ctx, w, false) {
		if p.State == NotMet {
			return p.Remedy
		}
	}
	return ""
}

func overall(count map[string]int, n int) string {
	switch {
	case n == 0 || count[errored] == n:
		return errored
	case count[errored]+count[degraded] > 0:
		return degraded
	case count[connecting] > 0:
		return connecting
	}
	return connected
}

func (s *Service) sourceView(w *workspace, src Source, wanted bool) SourceView {
	s.mu.Lock()
	st := w.state[src.Name()]
	s.mu.Unlock()
	v := SourceView{Name: src.Name(), Title: src.Title(), State: off, People: st.People, Message: st.Message}
	if !st.LastRead.IsZero() {
		v.LastRead = &st.LastRead
	}
	switch {
	case !wanted:
		v.Message = ""
	case st.Unused:
	case st.Message != "" && st.LastRead.IsZero():
		v.State = errored
	case st.Message != "":
		v.State = degraded
	case st.LastRead.IsZero():
		v.State = connecting
	default:
		v.State = connected
	}
	return v
}

// Recheck forgets what the tenant said, so that the next Show asks it again.
func (s *Service) Recheck(ws string) {
	if w := s.workspaces[ws]; w != nil {
		s.mu.Lock()
		w.probed = time.Time{}
		s.mu.Unlock()
	}
}
