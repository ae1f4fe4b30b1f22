package content

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// Store keeps which solutions the workspaces have installed.
type Store interface {
	Packages(ctx context.Context, workspace string) ([]model.Package, error)
	PutPackage(ctx context.Context, p model.Package) error
	DropPackage(ctx context.Context, workspace, id string) error
}

// Service installs and removes solutions. It is safe for concurrent use.
type Service struct {
	store Store
	now   func() time.Time

	mu   sync.Mutex
	have map[string]map[string]model.Package // by workspace and solution
	// InUse says why a solution cannot be removed now, nil if it can. It is set before the service is used.
	InUse func(ctx context.Context, workspace string, connectors []string) error
	// Changed hears of every installation and removal; it must not block. It is set before the service is used.
	Changed func(workspace string)
}

// New returns the service for the workspaces, with what they have installed read.
func New(ctx context.Context, store Store, workspaces ...string) (*Service, error) {
	s := &Service{store: store, now: func() time.Time { return time.Now().UTC() }, have: map[string]map[string]model.Package{}}
	for _, ws := range workspaces {
		list, err := store.Packages(ctx, ws)
		if err != nil {
			return nil, err
		}
		s.have[ws] = map[string]model.Package{}
		for _, p := range list {
			s.have[ws][p.ID] = p
		}
	}
	return s, nil
}

// Installed returns a workspace's installation of a solution, and whether there is one.
func (s *Service) Installed(workspace, id string) (model.Package, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.have[workspace][id]
	return p, ok
}

// InstalledSolutions returns the solutions that the workspace has, in the catalogue's order.
func (s *Service) InstalledSolutions(workspace string) []*Solution {
	var out []*Solution
	for _, sol := range Catalogue() {
		if _, ok := s.Installed(workspace, sol.ID); ok {
			out = append(out, sol)
		}
	}
	return out
}

// Install installs a solution or brings it up to date, and says in words what it did. Doing it twice changes nothing.
func (s *Service) Install(ctx context.Context, workspace, id, actor string) (*Solution, string, error) {
	sol, err := Find(id)
	if err != nil {
		return nil, "", err
	}
	old, had := s.Installed(workspace, sol.ID)
	if had && old.Version == sol.Version {
		return sol, fmt.Sprintf("%s %s is installed already.", sol.Title, sol.Version), nil
	}
	p := model.Package{Workspace: workspace, ID: sol.ID, Version: sol.Version, InstalledBy: actor, InstalledAt: s.now().Truncate(time.Millisecond)}
	if err := s.store.PutPackage(ctx, p); err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	if s.have[workspace] == nil {
		s.have[workspace] = map[string]model.Package{}
	}
	s.have[workspace][sol.ID] = p
	s.mu.Unlock()
	s.tell(workspace)
	if had {
		return sol, fmt.Sprintf("Updated the solution %s from %s to %s.", sol.Title, old.Version, sol.Version), nil
	}
	return sol, fmt.Sprintf("Installed the solution %s %s: %s.", sol.Title, sol.Version, sol.counts()), nil
}

// counts tells what a solution brings.
func (sol *Solution) counts() string {
	text := ""
	for _, c := range []struct {
		n         int
		one, many string
	}{
		{len(sol.Connectors), "data connector", "data connectors"}, {len(sol.Rules), "analytics rule template", "analytics rule templates"},
		{len(sol.Hunting), "hunting query", "hunting queries"}, {len(sol.Workbooks), "workbook", "workbooks"}, {len(sol.Functions), "function", "functions"},
	} {
		word := c.many
		switch c.n {
		case 0:
			continue
		case 1:
			word = c.one
		}
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%d %s", c.n, word)
	}
	return text
}

// Remove removes a solution and says in words what that did. A solution whose connector is connected stays: disconnect first.
func (s *Service) Remove(ctx context.Context, workspace, id string) (*Solution, string, error) {
	sol, err := Find(id)
	if err != nil {
		return nil, "", err
	}
	if _, ok := s.Installed(workspace, sol.ID); !ok {
		return nil, "", fault.New(fault.NotFound, "solution_not_installed", "The solution %s is not installed in this workspace.", sol.Title)
	}
	if s.InUse != nil {
		if err := s.InUse(ctx, workspace, sol.Connectors); err != nil {
			return nil, "", err
		}
	}
	if err := s.store.DropPackage(ctx, workspace, sol.ID); err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	delete(s.have[workspace], sol.ID)
	s.mu.Unlock()
	s.tell(workspace)
	text := fmt.Sprintf("Removed the solution %s.", sol.Title)
	if len(sol.Functions) > 0 {
		text += fmt.Sprintf(" Queries can no longer call its %d functions.", len(sol.Functions))
	}
	return sol, text + " Rows that were stored stay.", nil
}

func (s *Service) tell(workspace string) {
	if s.Changed != nil {
		s.Changed(workspace)
	}
}

// Functions returns the functions of the workspace's solutions as the binder takes them, by name.
func (s *Service) Functions(workspace string) map[string]string {
	out := map[string]string{}
	for _, sol := range s.InstalledSolutions(workspace) {
		for _, f := range sol.Functions {
			out[f.Name] = f.Source()
		}
	}
	return out
}

// Hunting returns the hunting queries of the workspace's solutions.
func (s *Service) Hunting(workspace string) []Hunting {
	var out []Hunting
	for _, sol := range s.InstalledSolutions(workspace) {
		out = append(out, sol.Hunting...)
	}
	return out
}

// Workbooks returns the workbooks of the workspace's solutions.
func (s *Service) Workbooks(workspace string) []Workbook {
	var out []Workbook
	for _, sol := range s.InstalledSolutions(workspace) {
		out = append(out, sol.Workbooks...)
	}
	return out
}

// Workbook returns one workbook of the workspace's solutions.
func (s *Service) Workbook(workspace, id string) (Workbook, error) {
	all := s.Workbooks(workspace)
	i := slices.IndexFunc(all, func(w Workbook) bool { return w.ID == id })
	if i < 0 {
		return Workbook{}, fault.New(fault.NotFound, "workbook_not_found", "No installed solution has a workbook %q.", id)
	}
	return all[i], nil
}
