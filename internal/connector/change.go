package connector

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// Request is a change of a connection. What is nil stays as it is. A connector of a single product has no parts: it is
// connected or not.
type Request struct {
	Incidents *bool
	Tables    []string // "all" means every table that can be ticked
	// TurnOffIncidentRules says whether rules that would double the connector's incidents are turned off; nil means the
	// last choice, which is yes at first.
	TurnOffIncidentRules *bool
}

// settle brings what follows from the choices in line with them: Defender XDR brings the alerts of all components, so none
// of them is connected on its own beside it.
func (c *choice) settle() {
	if c.now.Incidents {
		for _, d := range components() {
			if o := c.others[d.ID]; o.Incidents {
				o.Incidents, o.ConnectedAt, o.ConnectedBy = false, time.Time{}, ""
				c.others[d.ID] = o
			}
		}
	}
	c.now.Own = nil
	for _, d := range Definitions() {
		if c.others[d.ID].Incidents {
			c.now.Own = append(c.now.Own, d.ID)
		}
	}
}

// held says which products' alerts are kept aside, and why.
func (c *choice) held() map[string]string {
	out := map[string]string{}
	if !c.now.Incidents {
		out[Everything] = "Its alerts are kept aside: neither Microsoft Defender XDR nor a connector of its product is connected."
	}
	for _, d := range Definitions() {
		switch {
		case d.Kind == KindXDR:
		case c.brings(d.Product):
			if !c.now.Incidents {
				out[d.Product] = ""
			}
		case d.Kind == KindCloud && d.ReplacedBy == "":
			out[d.Product] = fmt.Sprintf("This incident is empty because the alerts of Microsoft Defender for Cloud come only through a connector of their own, which is not connected. Connect %q to fill it: vedette connector connect %s", d.Title, d.ID)
		}
	}
	return out
}

// brings reports whether a connector of the product is connected on its own.
func (c *choice) brings(product string) bool {
	return slices.ContainsFunc(Definitions(), func(d Definition) bool { return d.Product == product && c.others[d.ID].Incidents })
}

// Recheck forgets what was found of the prerequisites, so that the next Show asks again.
func (s *Service) Recheck(workspace string) {
	if s.cfg.Prober != nil {
		s.cfg.Prober.Recheck(workspace)
	}
}

// Apply brings the gate in line with what the workspaces chose. It is called once, before streams run.
func (s *Service) Apply(ctx context.Context) error {
	for ws := range s.choices {
		s.reportDoubles(ws)
	}
	if s.cfg.Gate == nil {
		return nil
	}
	for ws, c := range s.choices {
		if err := s.cfg.Gate.Hold(ctx, ws, c.held()); err != nil {
			return err
		}
		if err := s.cfg.Gate.Release(ctx, ws); err != nil {
			return err
		}
	}
	return nil
}

// Connect connects a connector, or adds parts to the connection of Defender XDR, and says in words what it did beside.
// Its solution is installed if it is not there. Doing it twice changes nothing.
func (s *Service) Connect(ctx context.Context, workspace, id string, r Request, actor string) (string, error) {
	def, err := Find(id)
	if err != nil {
		return "", err
	}
	tables, err := tableNames(r.Tables)
	if err != nil {
		return "", err
	}
	if _, err := s.choice(workspace); err != nil {
		return "", err
	}
	said, err := s.install(ctx, workspace, id, actor)
	if err != nil {
		return "", err
	}
	if def.Kind != KindXDR {
		text, err := s.connectOther(ctx, workspace, def, actor)
		return join(said, text), err
	}
	if err := s.turnOffRules(ctx, workspace, r, actor); err != nil {
		return "", err
	}
	var ended []string
	err = s.change(ctx, workspace, func(x *choice) {
		c := &x.now
		if r.Incidents != nil && *r.Incidents {
			if !c.Incidents {
				ended = slices.Clone(x.now.Own)
			}
			c.Incidents = true
		}
		if r.TurnOffIncidentRules != nil {
			c.KeepIncidentRules = !*r.TurnOffIncidentRules
		}
		c.Tables = merge(c.Tables, tables)
		connected(c, actor)
	})
	if err != nil {
		return "", err
	}
	for _, o := range ended {
		if d, err := Find(o); err == nil && d.Kind == KindComponent {
			said = join(said, fmt.Sprintf("%s is now connected through Microsoft Defender XDR.", d.Title))
		}
	}
	return said, nil
}

// turnOffRules turns the incident creation rules off if the request leaves them off beside connected incidents. It goes
// before the connection: no alert that comes with it may find a rule still on.
func (s *Service) turnOffRules(ctx context.Context, workspace string, r Request, actor string) error {
	now, _ := s.Watch(workspace)
	incidents := now.Incidents || (r.Incidents != nil && *r.Incidents)
	keep := now.KeepIncidentRules
	if r.TurnOffIncidentRules != nil {
		keep = !*r.TurnOffIncidentRules
	}
	if s.cfg.Rules == nil || !incidents || keep {
		return nil
	}
	return s.cfg.Rules.TurnOff(ctx, workspace, actor)
}

// install brings the connector's solution in.
func (s *Service) install(ctx context.Context, workspace, id, actor string) (string, error) {
	if s.cfg.Solutions == nil {
		return "", nil
	}
	sol, _ := s.cfg.Solutions.Of(id)
	if sol == "" || s.cfg.Solutions.Installed(workspace, sol) {
		return "", nil
	}
	return s.cfg.Solutions.Install(ctx, workspace, sol, actor)
}

// connected notes who connected something first, and that nothing is connected any more.
func connected(c *model.Connection, actor string) {
	switch {
	case !c.Incidents && len(c.Tables) == 0:
		c.ConnectedAt, c.ConnectedBy, c.Paused = time.Time{}, "", nil
	case c.ConnectedAt.IsZero():
		c.ConnectedAt, c.ConnectedBy = time.Now().UTC().Truncate(time.Millisecond), actor
	}
}

func (s *Service) connectOther(ctx context.Context, workspace string, def Definition, actor string) (string, error) {
	if now, _ := s.Watch(workspace); now.Incidents && def.Kind == KindComponent {
		return fmt.Sprintf("%s is connected through Microsoft Defender XDR already; nothing was changed.", def.Title), nil
	}
	return "", s.change(ctx, workspace, func(x *choice) {
		c := x.others[def.ID]
		c.Incidents = true
		connected(&c, actor)
		x.others[def.ID] = c
	})
}

// Disconnect ends a connection, or only the parts of Defender XDR's that the request names, and says what stops and what
// stays. What is stored stays; so do the positions, and a later Connect goes on from there.
func (s *Service) Disconnect(ctx context.Context, workspace, id string, r Request, _ string) (string, error) {
	def, err := Find(id)
	if err != nil {
		return "", err
	}
	tables, err := tableNames(r.Tables)
	if err != nil {
		return "", err
	}
	now, _ := s.Watch(workspace)
	if def.Kind == KindComponent && now.Incidents {
		return "", fault.New(fault.Conflict, "connected_through_xdr", "%s comes through Microsoft Defender XDR and cannot be disconnected before it. Disconnect the incidents and alerts of Microsoft Defender XDR first: vedette connector disconnect %s --incidents", def.Title, DefenderXDR)
	}
	if def.Kind != KindXDR {
		err := s.change(ctx, workspace, func(x *choice) {
			c := x.others[def.ID]
			c.Incidents = false
			connected(&c, "")
			x.others[def.ID] = c
		})
		return def.ended(), err
	}
	err = s.change(ctx, workspace, func(x *choice) {
		c := &x.now
		if r.Incidents != nil || len(tables) == 0 {
			c.Incidents = false
		}
		switch {
		case len(tables) > 0:
			c.Tables = slices.DeleteFunc(c.Tables, func(t string) bool { return slices.Contains(tables, t) })
		case r.Incidents == nil:
			c.Tables = nil
		}
		connected(c, "")
	})
	if err != nil || (len(tables) > 0 && r.Incidents == nil) {
		return "", err
	}
	return def.ended(), nil
}

// InUse refuses the removal of a solution whose connector is connected.
func (s *Service) InUse(_ context.Context, workspace string, connectors []string) error {
	now, _ := s.Watch(workspace)
	for _, id := range connectors {
		d, err := Find(id)
		if err != nil {
			continue
		}
		if (d.Kind == KindXDR && (now.Incidents || len(now.Tables) > 0)) || slices.Contains(now.Own, id) {
			return fault.New(fault.Conflict, "solution_in_use", "%s is connected. Disconnect it first: vedette connector disconnect %s", d.Title, id)
		}
	}
	return nil
}

// ended tells what a disconnection stopped and what it kept.
func (d Definition) ended() string {
	return "Stopped: " + strings.Join(d.Stops, " ") + " Kept: " + strings.Join(d.Stays, " ")
}

// SetTables makes exactly these tables the ticked ones. Streams follow within seconds.
func (s *Service) SetTables(ctx context.Context, workspace, id string, tables []string, actor string) (string, error) {
	if def, err := Find(id); err != nil || def.Kind != KindXDR {
		return "", fault.New(fault.Invalid, "connector_no_tables", "Tables are ticked at the connector %s.", DefenderXDR)
	}
	names, err := tableNames(tables)
	if err != nil {
		return "", err
	}
	if _, err := s.choice(workspace); err != nil {
		return "", err
	}
	var said string
	if len(names) > 0 {
		if said, err = s.install(ctx, workspace, DefenderXDR, actor); err != nil {
			return "", err
		}
	}
	return said, s.change(ctx, workspace, func(x *choice) {
		x.now.Tables = names
		connected(&x.now, actor)
	})
}

// choice returns what a workspace chose; a workspace that is not here is a fault.
func (s *Service) choice(workspace string) (*choice, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.choices[workspace]
	if !ok {
		return nil, fault.New(fault.NotFound, "workspace_not_found", "There is no workspace %q on this server.", workspace)
	}
	return c, nil
}

// change stores a changed choice, then lets everybody know. Alerts that no connector brings any more are held before the
// choice is stored, and those that one brings now are released after it, so that a crash between shows too little and
// Apply mends it.
func (s *Service) change(ctx context.Context, workspace string, f func(*choice)) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	c, err := s.choice(workspace)
	if err != nil {
		return err
	}
	next := &choice{now: c.now, others: maps.Clone(c.others)}
	next.now.Tables, next.now.Paused = slices.Clone(next.now.Tables), slices.Clone(next.now.Paused)
	f(next)
	next.settle()
	if s.cfg.Gate != nil {
		if err := s.cfg.Gate.Hold(ctx, workspace, next.held()); err != nil {
			return err
		}
	}
	if err := s.save(ctx, c, next); err != nil {
		return err
	}
	s.mu.Lock()
	c.now, c.others = next.now, next.others
	close(c.changed)
	c.changed = make(chan struct{})
	s.mu.Unlock()
	s.reportDoubles(workspace)
	s.notify(workspace)
	if s.cfg.Gate != nil {
		return s.cfg.Gate.Release(ctx, workspace)
	}
	return nil
}

// save stores the connections that changed, that of Defender XDR first: the others follow from it.
func (s *Service) save(ctx context.Context, old, next *choice) error {
	if err := s.cfg.Connections.SaveConnection(ctx, next.now); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(next.others)) {
		if next.others[id].Incidents == old.others[id].Incidents {
			continue
		}
		if err := s.cfg.Connections.SaveConnection(ctx, next.others[id]); err != nil {
			return err
		}
	}
	return nil
}

func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}
