package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/vedette-siem/vedette/internal/api"
	"github.com/vedette-siem/vedette/internal/backfill"
	"github.com/vedette-siem/vedette/internal/config"
	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/connector/defenderxdr"
	"github.com/vedette-siem/vedette/internal/connector/directory"
	"github.com/vedette-siem/vedette/internal/connector/eventhub"
	"github.com/vedette-siem/vedette/internal/connector/hunting"
	"github.com/vedette-siem/vedette/internal/content"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/incident"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/prerequisite"
	"github.com/vedette-siem/vedette/internal/rawkeep"
	"github.com/vedette-siem/vedette/internal/rule"
	"github.com/vedette-siem/vedette/internal/snapshot"
	"github.com/vedette-siem/vedette/internal/syncback"
	"github.com/vedette-siem/vedette/internal/tables"
	"github.com/vedette-siem/vedette/internal/transform"
	"github.com/vedette-siem/vedette/internal/ueba"
)

// defenderXDR is the Microsoft Defender XDR connector of all workspaces, with the incidents it feeds.
type defenderXDR struct {
	incidents  *incident.Service
	connectors *connector.Service
	rules      *rule.Service
	checks     *prerequisite.Checker
	behavior   *ueba.Service
	meter      *connector.Meter
	runner     *connector.Runner
	pump       *incident.Pump
	health     *healthRows
	log        *slog.Logger
	workspaces []string                   // ids
	tenants    map[string]*hunting.Tenant // by workspace id
	alongside  []func(context.Context) error
	intakes    map[string]*ingest.Intake // by workspace id
	backfill   *backfill.Service
	snapshots  *snapshot.Service
	budget     *ingest.Budget
	transforms *transform.Service
	raw        *rawkeep.Service

	graphs   []*graphClient
	pulls    map[string]*defenderxdr.Connector // by workspace id
	clients  map[string]*msgraph.Client        // by workspace id
	unlisten []func()
}

// graphClient is a client whose pacing survives a restart.
type graphClient struct {
	*msgraph.Client
	name string
	save func(ctx context.Context, name, state string) error
}

// buildDefenderXDR constructs services and streams for all workspaces. Nothing runs yet.
func (s *server) buildDefenderXDR(ctx context.Context, hub *api.Hub, solutions *content.Service, kept *tables.Service, portal string) (*defenderXDR, error) {
	x := &defenderXDR{
		incidents: incident.New(s.db, s.log), meter: connector.NewMeter(s.db, s.log), log: s.log,
		intakes: map[string]*ingest.Intake{},
		tenants: map[string]*hunting.Tenant{}, pulls: map[string]*defenderxdr.Connector{}, clients: map[string]*msgraph.Client{}, health: newHealthRows(s.store, s.workspaces, s.log),
	}
	s.registry.MustRegister(x.meter)
	s.board.Listen(x.health.report)
	s.board.Listen(func(r health.Report) {
		hub.Publish(api.Event{Kind: "health", Data: map[string]string{"workspace": r.Workspace, "component": r.Component}})
	})
	x.unlisten = append(x.unlisten, x.incidents.Subscribe(func(ws string, n int64) {
		hub.Publish(api.Event{Kind: "incident", Data: map[string]any{"workspace": ws, "number": n}})
	}))
	var err error
	ids := make([]string, 0, len(s.workspaces))
	for _, w := range s.workspaces {
		ids = append(ids, w.ID)
	}
	x.workspaces = ids
	if x.rules, err = rule.New(ctx, s.db, ids...); err != nil {
		return nil, err
	}
	x.rules.Changed = func(ws string) { hub.Publish(api.Event{Kind: "rule", Data: map[string]string{"workspace": ws}}) }
	x.checks = prerequisite.New(solutions, s.board)
	x.connectors, err = connector.NewService(ctx, connector.Config{
		Connections: s.db, Meter: x.meter, Board: s.board, Prober: x.checks, Store: s.store, Logger: s.log,
		Rules: x.rules, Gate: x.incidents, Solutions: hubSolutions{solutions}, CloudOf: s.cloudOf, Silence: s.silence(),
		Retention: func(ctx context.Context, ws, table string) (int, error) {
			r, err := kept.Retention(ctx, ws, table)
			return r.Interactive, err
		},
	}, ids...)
	if err != nil {
		return nil, err
	}
	if err := x.connectors.Apply(ctx); err != nil {
		return nil, err
	}
	solutions.InUse = x.connectors.InUse
	x.pump = x.incidents.Pump(s.store)
	if x.behavior, err = s.buildBehavior(ctx, x.pump); err != nil {
		return nil, err
	}
	x.behavior.Subscribe(func(ws string) { hub.Publish(api.Event{Kind: "ueba", Data: map[string]string{"workspace": ws}}) })
	x.connectors.Subscribe(func(ws string) {
		hub.Publish(api.Event{Kind: "connector", Data: map[string]string{"workspace": ws, "id": connector.DefenderXDR}})
	})
	x.runner = connector.NewRunner(x.connectors, s.board, s.log)
	budget := ingest.BudgetOf(s.memory)
	x.budget = budget
	for i := range s.cfg.Workspaces {
		w, cfg := s.workspaces[i], &s.cfg.Workspaces[i]
		if err := s.addIncidents(ctx, x, w, cfg, portal); err != nil {
			return nil, fmt.Errorf("workspace %s: %w", w.Name, err)
		}
		if err := s.addHubs(ctx, x, budget, w, cfg); err != nil {
			return nil, fmt.Errorf("workspace %s: %w", w.Name, err)
		}
		if err := s.addAccounts(x, budget, w, cfg); err != nil {
			return nil, fmt.Errorf("workspace %s: %w", w.Name, err)
		}
	}
	if x.raw, err = s.buildRaw(ctx, x); err != nil {
		return nil, err
	}
	return x, nil
}

// addIncidents adds the tenant's incidents and alerts, and the way back.
func (s *server) addIncidents(ctx context.Context, x *defenderXDR, w *api.Workspace, cfg *config.Workspace, portal string) error {
	iw := incident.Workspace{
		URL: portal + "/w/" + w.Name + "/incidents/",
		ID:  w.ID, Name: w.Name, SubscriptionID: w.SubscriptionID, ResourceGroup: w.ResourceGroup,
		Policy: policyOf(cfg.Incidents),
	}
	if cfg.Tenant.ID == "" {
		x.incidents.AddWorkspace(iw)
		return nil
	}
	name := cfg.Tenant.ID + "/" + cfg.Tenant.Credential.ClientID
	limiters, err := s.limiters(ctx, name, msgraph.Limits{PerMinute: cfg.Incidents.Limits.PerMinute, PerHour: cfg.Incidents.Limits.PerHour, Raise: cfg.Incidents.Limits.Raise})
	if err != nil {
		return err
	}
	graph := credential(cfg, cfg.Tenant.ID, cfg.Tenant.Credential)
	graph.Limiter, graph.AlertLimiter, graph.OtherLimiter, graph.Version = limiters[""], limiters["alerts"], limiters["other"], s.opts.Version
	client, err := msgraph.New(graph)
	if err != nil {
		return err
	}
	x.graphs = append(x.graphs, &graphClient{client, name, s.db.SaveLimiter})
	x.tenants[w.ID] = hunting.New(client)
	worker := &syncback.Worker{
		Store: x.incidents.SyncStore(w.ID), Remote: defenderxdr.NewRemote(client), Clock: incident.Clock{}, Policy: iw.Policy, Logger: s.log,
	}
	pull := defenderxdr.New(defenderxdr.Config{
		Workspace: w.ID, Graph: client, Sink: x.incidents.Sink(w.ID), Worker: worker, Health: s.board, Logger: s.log,
		Poll: cfg.Incidents.PollInterval, Overlap: cfg.Incidents.Overlap,
		Budget: func() float64 { return client.Limiter().Stats().HourShare },
	})
	x.pulls[w.ID] = pull
	for i, p := range pull.Progress() {
		s.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "vedette_incident_index_lag_seconds", Help: "How late the tenant's list showed a change at worst, of the last day.",
			ConstLabels: prometheus.Labels{"workspace": w.Name, "stream": p.Stream},
		}, func() float64 { return pull.Progress()[i].IndexLag.Seconds() }))
	}
	s.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "vedette_incident_repairs_total", Help: "Incidents that reading by id found changed and no list had shown.",
		ConstLabels: prometheus.Labels{"workspace": w.Name},
	}, func() float64 { return float64(pull.Repairs()) }))
	x.checks.SetTenant(w.ID, tenantChecks{client, pull, cfg.Tenant.ID})
	x.behavior.SetProber(w.ID, directory.NewSensors(client))
	x.clients[w.ID] = client
	x.behavior.Add(w.ID, directory.NewEntra(client, cfg.Identities.PollInterval))
	x.behavior.Add(w.ID, directory.NewDefender(client, cfg.Identities.PollInterval))
	iw.Directory = defenderxdr.NewDirectory(client)
	iw.Changed = worker.Wake
	iw.Opened = pull.Opened
	x.incidents.AddWorkspace(iw)
	titles := map[string]string{"incidents": "Incidents", "alerts": "Alerts", "write-back": "Changes sent to the tenant"}
	for _, st := range pull.Streams() {
		x.runner.Add(connector.Job{
			Workspace: w.ID, Stream: st, Title: titles[st.Name()],
			Wanted: func(c model.Connection) bool { return c.Incidents || st.Name() == "alerts" && len(c.Own) > 0 },
		})
	}
	return nil
}

// policyOf reads which side wins a conflict.
func policyOf(c config.Incidents) syncback.Policy {
	rules := syncback.Rules{Default: syncback.Rule(c.Conflict), Fields: map[syncback.Field]syncback.Rule{}}
	for f, r := range c.ConflictFields {
		rules.Fields[syncback.Field(f)] = syncback.Rule(r)
	}
	return rules
}

// limiters returns the pacing of each family of requests as it was before the restart. Incidents have the configured limits.
func (s *server) limiters(ctx context.Context, name string, incidents msgraph.Limits) (map[string]*msgraph.Limiter, error) {
	out := map[string]*msgraph.Limiter{}
	for family, limits := range map[string]msgraph.Limits{"": incidents, "alerts": msgraph.AlertLimits, "other": msgraph.OtherLimits} {
		pace, err := s.db.LoadLimiter(ctx, limiterName(name, family))
		if err != nil {
			return nil, fmt.Errorf("loading the request limiter: %w", err)
		}
		out[family] = msgraph.NewLimiter(limits, pace)
	}
	return out, nil
}

func limiterName(app, family string) string {
	if family == "" {
		return app
	}
	return app + "/" + family
}

// silence is the configured rule; what is not configured is as by default.
func (s *server) silence() connector.Silence {
	c, rule := s.cfg.Silence, connector.DefaultSilence
	return connector.Silence{Learn: cmp.Or(c.Learn, rule.Learn), Least: cmp.Or(c.Least, rule.Least), Factor: cmp.Or(c.Factor, rule.Factor)}
}

// addHubs adds the streams of the workspace's event hubs.
func (s *server) addHubs(ctx context.Context, x *defenderXDR, budget *ingest.Budget, w *api.Workspace, cfg *config.Workspace) error {
	intake := ingest.NewIntake(w.ID, s.store.Catalog(w.ID))
	intake.Once = ingest.NewOnce(w.ID, s.store, s.log)
	x.intakes[w.ID] = intake
	node, err := s.db.NodeID(ctx)
	if err != nil {
		return err
	}
	used := map[string]int{}
	for _, ns := range cfg.Streaming.EventHubs {
		who, err := identity(cfg, ns.Auth)
		if err != nil {
			return err
		}
		for _, name := range ns.Hubs {
			label := name
			if used[name]++; used[name] > 1 {
				label = fmt.Sprintf("%s.%d", name, used[name])
			}
			hub := eventhub.Config{
				Workspace: w.ID, Brokers: ns.Brokers, Hub: name, Name: label, ConsumerGroup: ns.ConsumerGroup,
				ConnectionStringFile: ns.ConnectionStringFile, CAFile: ns.CAFile, Retention: ns.Retention, Bad: badLimit(ns.Bad),
				Shared: ns.Shared, Node: node,
			}
			if who != nil {
				hub.Identity = who
			}
			st, err := eventhub.New(hub, eventhub.Deps{
				Appender: s.store, Intake: intake, Budget: budget, Ticks: s.db, Meter: x.meter,
				Report: connector.NewReporter(s.board, w.ID, eventhub.StreamName(label)),
				Watch:  func() (model.Connection, <-chan struct{}) { return x.connectors.Watch(w.ID) }, Logger: s.log,
				Pause: func(ctx context.Context, reason, text string) error {
					return x.connectors.Pause(ctx, w.ID, eventhub.StreamName(label), reason, text, "")
				},
			})
			if err != nil {
				return err
			}
			x.runner.Add(connector.Job{Workspace: w.ID, Stream: st, Title: "Events of hub " + name, Wanted: eventhub.Wanted, Always: true})
		}
	}
	return nil
}

// progress tells when a workspace's incidents were last read in full, and how far behind they are.
func (x *defenderXDR) progress(ws string) (last time.Time, lag time.Duration) {
	pull := x.pulls[ws]
	if pull == nil {
		return time.Time{}, 0
	}
	for _, p := range pull.Progress() {
		if p.LastSync.IsZero() {
			return time.Time{}, 0
		}
		if last.IsZero() || p.LastSync.Before(last) {
			last = p.LastSync
		}
	}
	return last, time.Since(last)
}

// run works until ctx ends.
func (x *defenderXDR) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return x.runner.Run(ctx) })
	g.Go(func() error { return quiet(ctx, x.pump.Run(ctx)) })
	g.Go(func() error { return x.behavior.Run(ctx) })
	g.Go(func() error { return quiet(ctx, x.meter.Run(ctx)) })
	g.Go(func() error { return x.health.run(ctx) })
	g.Go(func() error { return x.connectors.WatchSilence(ctx) })
	g.Go(func() error { return x.fetchSummaries(ctx, x.workspaces) })
	g.Go(func() error { return x.savePace(ctx) })
	for _, f := range x.alongside {
		g.Go(func() error { return f(ctx) })
	}
	g.Go(func() error { return x.checks.Run(ctx) })
	return g.Wait()
}

// quiet takes the end of the context for the orderly end it is.
func quiet(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// savePace keeps the request limiters' state, so that a restart does not spend the tenant's quota twice.
func (x *defenderXDR) savePace(ctx context.Context) error {
	t := time.NewTicker(30 * time.Second)
	defer t.Stop()
	for {
		stopping := false
		select {
		case <-ctx.Done():
			stopping = true
		case <-t.C:
		}
		for _, g := range x.graphs {
			for family, l := range g.Limiters() {
				if err := g.save(context.WithoutCancel(ctx), limiterName(g.name, family), l.State()); err != nil {
					x.log.WarnContext(ctx, "saving a request limiter", "family", family, "err", err)
				}
			}
		}
		if stopping {
			return nil
		}
	}
}

func (x *defenderXDR) close() {
	for _, f := range x.unlisten {
		f()
	}
	for _, g := range x.graphs {
		g.Close()
	}
}
