package connector

import (
	"fmt"
	"slices"

	"github.com/vedette-siem/vedette/internal/model"
)

// doubles is what health calls the state of being connected twice.
const doubles = "duplicates"

// doubled warns that a legacy connector is connected beside the one that replaces it; def is either of them. It is "" when
// one of them at most is connected.
func doubled(c model.Connection, def Definition) string {
	for _, old := range Definitions() {
		if old.ReplacedBy == "" || (def.ID != old.ID && def.ID != old.ReplacedBy) || !slices.Contains(c.Own, old.ID) || !slices.Contains(c.Own, old.ReplacedBy) {
			continue
		}
		if now, err := Find(old.ReplacedBy); err == nil {
			return fmt.Sprintf("%q and %q are both connected and bring the same alerts: duplicate alerts and incidents may follow. Disconnect the legacy one: vedette connector disconnect %s", now.Title, old.Title, old.ID)
		}
	}
	return ""
}

// reportDoubles tells health of connectors that bring the same, and once that they no longer do.
func (s *Service) reportDoubles(workspace string) {
	if s.cfg.Board == nil {
		return
	}
	now, _ := s.Watch(workspace)
	for _, old := range Definitions() {
		if old.ReplacedBy == "" {
			continue
		}
		r := Reporter{Board: s.cfg.Board, Workspace: workspace, Component: Component(old.ReplacedBy, doubles)}
		text := doubled(now, old)
		s.mu.Lock()
		was := s.choices[workspace].doubled
		s.choices[workspace].doubled = text != ""
		s.mu.Unlock()
		switch {
		case text != "":
			r.Warn("connected_twice", text)
		case was:
			r.OK("One connector brings these alerts.")
		}
	}
}
