// Package app builds the server out of its parts and runs it: the one place that constructs. It starts state, store,
// services, connectors and listeners in that order and stops them in the opposite one.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/oklog/run"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/vedette-siem/vedette/internal/api"
	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/config"
	"github.com/vedette-siem/vedette/internal/content"
	"github.com/vedette-siem/vedette/internal/deadletter"
	"github.com/vedette-siem/vedette/internal/engine"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/fetch"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/memory"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/pki"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/tables"
	"github.com/vedette-siem/vedette/web"
)

const stateFile = "state.db"

// minFree is the free disk space below which nothing more is taken in, so that state can still be written.
const minFree = 256 << 20

// reserve is the disk space that is kept in a file and freed when the disk is full all the same.
const reserve = 64 << 20

// Options are what Serve is told beside the configuration.
type Options struct {
	Version string
	Logger  *slog.Logger
	Ready   func(Addresses) // called once all listeners answer
}

// Addresses says where the server answers.
type Addresses struct{ URL, Portal string }

// storageError marks an error of the store's disk.
type storageError struct{ error }

func (e storageError) Unwrap() error { return e.error }

// IsStorageFailure reports whether a command ended because the disk refused a write.
func IsStorageFailure(err error) bool {
	var e storageError
	return errors.As(err, &e) || errors.Is(err, store.ErrFailed) || errors.Is(err, meta.ErrStorage)
}

// server is the server under construction: what later steps need of earlier ones.
type server struct {
	cfg        *config.Config
	opts       Options
	log        *slog.Logger
	db         *meta.DB
	store      *store.Store
	memory     *memory.Broker
	board      *health.Board
	registry   *prometheus.Registry
	workspaces []*api.Workspace
	storeDied  chan error
}

// Serve runs the server until ctx ends. It returns nil after an orderly stop.
func Serve(ctx context.Context, cfg *config.Config, o Options) (err error) {
	s := &server{cfg: cfg, opts: o, log: o.Logger, board: &health.Board{}, registry: prometheus.NewRegistry(), storeDied: make(chan error, 1)}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return fault.New(fault.Unavailable, "data_dir", "making the data folder: %w", err)
	}
	listeners, err := s.listen()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, listeners.close()) }()

	if err := store.Free(cfg.Data); err != nil {
		return err
	}
	if s.db, err = meta.Open(ctx, filepath.Join(cfg.Data, stateFile)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	s.db.OnFailure(s.died)
	if err := s.openWorkspaces(ctx); err != nil {
		return err
	}
	s.memory = newBroker(cfg)
	s.memory.Tune(os.Getenv)
	tail := s.memory.Share(memory.Tail)
	s.store, err = store.Open(ctx, store.Options{
		Dir: cfg.Data, ColdDir: cfg.Cold, Manifest: s.db, Logger: s.log, MinFree: minFree, Reserve: reserve, TailBytes: tail, MaxTailBytes: 2 * tail,
		Fatal: s.died,
		Damaged: func(p store.Problem) {
			s.board.Report(health.Report{Component: "store/files", Status: health.Failure, Reason: "file_damaged", Description: fmt.Sprintf(
				"File %s of a table: %s. If it was set aside, %s says what is lost; else queries over its time fail until it can be read. Restore it from a backup.", p.Path, p.Reason, store.GapTable)})
		},
	})
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			s.drain()
		}
		err = errors.Join(err, s.store.Close())
	}()
	if err := listeners.addSocket(cfg.Data); err != nil {
		return err
	}
	s.registry.MustRegister(newStoreMetrics(s.store))

	s.memory.Watch(memory.Tail, s.store.TailBytes)
	piece := s.memory.Share(memory.Engine) / int64(max(1, cfg.Query.Parallel))
	eng, err := engine.New(engine.Options{Dir: cfg.Data, Memory: min(cfg.Query.Memory, max(piece, minPiece)), Queries: cfg.Query.Parallel, Logger: s.log})
	if err != nil {
		return err
	}
	s.memory.Watch(memory.Engine, eng.Held)
	s.registry.MustRegister(newMemoryMetrics(s.memory))
	defer func() { err = errors.Join(err, eng.Close()) }()
	keys, err := auth.LoadKeys(listeners.pkiDir)
	if err != nil {
		return err
	}
	hub := &api.Hub{}
	solutions, err := s.openContent(ctx, hub)
	if err != nil {
		return err
	}
	kept := tables.New(s.db, s.store, time.Now)
	xdr, err := s.buildDefenderXDR(ctx, hub, solutions, kept, listeners.publicURL())
	if err != nil {
		return err
	}
	defer xdr.close()

	names := map[string]string{}
	sched := &tables.Scheduler{Service: kept, Report: s.board.Report, Logger: s.log}
	for _, w := range s.workspaces {
		names[w.ID] = w.Name
		sched.Workspaces = append(sched.Workspaces, w.ID)
	}
	lists := watchlists(s.db, xdr.pump.Wake)
	queries := query.New(query.Config{Store: s.store, Engine: eng, Memory: s.memory, Names: names, Cluster: listeners.publicURL(), Watchlists: watchlistsFor(lists), Functions: solutions.Functions, Geo: openGeo(cfg.Query.GeoDatabase, s.log), Limits: query.Limits{
		Timeout: cfg.Query.Timeout, Rows: cfg.Query.MaxRows, Bytes: cfg.Query.MaxBytes, Memory: cfg.Query.Memory, Parallel: cfg.Query.Parallel,
	}, Fetch: fetch.New(fetch.Config{
		Allow: cfg.Query.ExternalData.Allow, MaxBytes: cfg.Query.ExternalData.MaxBytes, Timeout: cfg.Query.ExternalData.Timeout,
	}).Get})
	if xdr.transforms, err = s.buildTransforms(ctx, xdr, queries); err != nil {
		return err
	}
	letters := deadletter.New(s.store)
	letters.Transform = xdr.transformed
	complete := s.buildCompleteness(xdr, queries)
	if xdr.backfill, err = s.buildBackfill(ctx, xdr, complete); err != nil {
		return err
	}
	snapshots, err := s.buildSnapshots(ctx, xdr)
	if err != nil {
		return err
	}
	xdr.alongside = append(xdr.alongside, xdr.backfill.Run, xdr.backfill.WatchFirst, snapshots.Run, xdr.raw.Run)
	stopping := make(chan struct{})
	handler := api.New(api.Config{
		Workspaces: s.workspaces, Auth: auth.New(s.db.Auth(), keys, time.Now),
		Query:     queries,
		Backup:    s.backup,
		Tables:    sched.Service,
		Incidents: xdr.incidents, Connectors: xdr.connectors, UEBA: xdr.behavior, Probe: xdr.probe, Content: solutions, Rules: xdr.rules, Watchlists: lists, Setup: s.db, Preferences: s.db, Names: s.db, Allowed: xdr.checks.Allowed,
		Backfill: xdr.backfill, Snapshots: snapshots, Raw: xdr.raw,
		DeadLetters: letters, Transforms: xdr.transforms, Completeness: complete, SyncProgress: xdr.progress, Store: s.store, Board: s.board, Hub: hub,
		Web: web.Handler(), Registry: s.registry,
		Logger: s.log, Version: o.Version, PublicURL: listeners.publicURL(), Stopping: stopping,
	}).Handler()
	return s.run(ctx, handler, listeners, xdr, sched, stopping)
}

// died ends the server because the disk refused a write; the first reason counts.
func (s *server) died(err error) {
	select {
	case s.storeDied <- err:
	default:
	}
}

// openWorkspaces gives each configured workspace its ids.
func (s *server) openWorkspaces(ctx context.Context) error {
	for _, w := range s.cfg.Workspaces {
		id, sub, err := s.db.WorkspaceIDs(ctx, w.Name, w.ID, w.SubscriptionID)
		if err != nil {
			return fmt.Errorf("opening workspace %s: %w", w.Name, err)
		}
		s.workspaces = append(s.workspaces, &api.Workspace{ID: id, Name: w.Name, SubscriptionID: sub, ResourceGroup: w.ResourceGroup, TenantID: w.Tenant.ID})
	}
	return nil
}

// openContent opens the content hub of all workspaces.
func (s *server) openContent(ctx context.Context, hub *api.Hub) (*content.Service, error) {
	ids := make([]string, 0, len(s.workspaces))
	for _, w := range s.workspaces {
		ids = append(ids, w.ID)
	}
	c, err := content.New(ctx, s.db, ids...)
	if err != nil {
		return nil, err
	}
	c.Changed = func(ws string) { hub.Publish(api.Event{Kind: "content", Data: map[string]string{"workspace": ws}}) }
	return c, nil
}

// A server that stops writes unsealed rows into files, which take a tenth of the room, unless they are so few that the next start reads
// them from the journal at once; and within so long.
const (
	drainFrom   = 32 << 20
	drainWithin = 20 * time.Second
)

// drain empties a long journal at a clean stop. What it cannot do in time stays in the journal.
func (s *server) drain() {
	if s.store.Stats().JournalBytes < drainFrom {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	if err := s.store.Drain(ctx); err != nil {
		s.log.Warn("Rows stay in the journal; the next start reads them from there.", "err", err)
	}
}

// run is the life of the server: each actor runs until one of them ends, then all are stopped.
func (s *server) run(ctx context.Context, h http.Handler, ls *listeners, xdr *defenderXDR, sched *tables.Scheduler, stopping chan struct{}) error {
	var g run.Group
	{
		// The outside asks to stop.
		done, stop := context.WithCancel(ctx)
		g.Add(func() error { <-done.Done(); return nil }, func(error) { stop() })
	}
	{
		// A disk that refused a write ends everything: nothing may be acknowledged after it.
		done := make(chan struct{})
		g.Add(func() error {
			select {
			case err := <-s.storeDied:
				return storageError{err}
			case <-done:
				return nil
			}
		}, func(error) { close(done) })
	}
	{
		// Connectors, the row outbox and the counters. Their work outlives ctx only as long as they need to stop.
		work, stop := context.WithCancel(context.WithoutCancel(ctx))
		g.Add(func() error { return xdr.run(work) }, func(error) { stop() })
	}
	{
		// Free space.
		work, stop := context.WithCancel(context.WithoutCancel(ctx))
		g.Add(func() error { return s.watchDisk(work) }, func(error) { stop() })
	}
	{
		// Damage of the state.
		work, stop := context.WithCancel(context.WithoutCancel(ctx))
		g.Add(func() error { return s.watchState(work) }, func(error) { stop() })
	}
	{
		// Memory.
		work, stop := context.WithCancel(context.WithoutCancel(ctx))
		g.Add(func() error { return s.watchMemory(work) }, func(error) { stop() })
	}
	{
		// Retention.
		work, stop := context.WithCancel(context.WithoutCancel(ctx))
		g.Add(func() error { return sched.Run(work) }, func(error) { stop() })
	}
	var closed atomic.Bool
	for _, l := range ls.all {
		srv := &http.Server{
			Handler: l.wrap(h), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
			ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		}
		g.Add(func() error {
			if err := srv.Serve(l.Listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serving %s: %w", l.name, err)
			}
			return nil
		}, func(error) {
			if closed.CompareAndSwap(false, true) {
				close(stopping)
			}
			end, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			if srv.Shutdown(end) != nil {
				_ = srv.Close() // cuts what hangs longer
			}
		})
	}
	s.log.InfoContext(ctx, "serving", "url", ls.url(), "portal", ls.portalURL(), "version", s.opts.Version)
	if s.opts.Ready != nil {
		s.opts.Ready(Addresses{URL: ls.url(), Portal: ls.portalURL()})
	}
	err := g.Run()
	s.log.InfoContext(ctx, "stopped", "err", err)
	return err
}

// listener is one address the server answers at.
type listener struct {
	net.Listener
	name string
	wrap func(http.Handler) http.Handler
}

type listeners struct {
	all        []listener
	pkiDir     string
	tls, plain string // addresses
}

// listen binds every address before anything else starts, so that a taken port costs nothing.
func (s *server) listen() (_ *listeners, err error) {
	ls := &listeners{pkiDir: filepath.Join(s.cfg.Data, "pki")}
	defer func() {
		if err != nil {
			err = errors.Join(err, ls.close())
		}
	}()
	cert, err := s.certificate(ls.pkiDir)
	if err != nil {
		return nil, err
	}
	same := func(h http.Handler) http.Handler { return h }
	l, err := bind(s.cfg.Listen, "listen")
	if err != nil {
		return nil, err
	}
	ls.tls = l.Addr().String()
	ls.all = append(ls.all, listener{tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}}), "listen", same})
	if s.cfg.Portal != "" {
		l, err := bind(s.cfg.Portal, "portal")
		if err != nil {
			return nil, err
		}
		ls.plain = l.Addr().String()
		ls.all = append(ls.all, listener{l, "portal", loopbackOnly})
	}
	return ls, nil
}

// addSocket binds the operator's socket. The store's lock on the folder must be held: a socket that is there is a dead one's.
func (ls *listeners) addSocket(data string) error {
	l, err := listenSocket(data)
	if err != nil {
		return err
	}
	ls.all = append(ls.all, listener{l, "socket", api.AsOperator})
	return nil
}

// certificate loads the operator's certificate or makes one under a private authority.
func (s *server) certificate(dir string) (tls.Certificate, error) {
	if s.cfg.TLS.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(s.cfg.TLS.CertFile, s.cfg.TLS.KeyFile)
		if err != nil {
			return cert, fault.New(fault.Invalid, "tls_files", "loading tls.certFile and tls.keyFile: %w", err)
		}
		return cert, os.MkdirAll(dir, 0o700)
	}
	names := slices.Concat([]string{"localhost", "127.0.0.1", "::1"}, s.cfg.Names)
	if host, _, err := net.SplitHostPort(s.cfg.Listen); err == nil && host != "" && !net.ParseIP(host).IsUnspecified() {
		names = append(names, host)
	}
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	pair, err := pki.Ensure(dir, names, time.Now())
	return pair.Cert, err
}

func bind(addr, key string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fault.New(fault.Conflict, "port_taken", "%s: cannot listen on %s: %w. Stop what uses it or choose another address in the configuration", key, addr, err)
	}
	return l, nil
}

// loopbackOnly refuses requests whose Host is not this machine: a page elsewhere that points its name at 127.0.0.1 must not
// reach the plain-http portal.
func loopbackOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this address serves this machine only; use the TLS address", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func (ls *listeners) close() error {
	var err error
	for _, l := range ls.all {
		if cerr := l.Close(); cerr != nil && !errors.Is(cerr, net.ErrClosed) {
			err = errors.Join(err, cerr)
		}
	}
	return err
}

func (ls *listeners) url() string { return "https://" + ls.tls }

func (ls *listeners) portalURL() string {
	if ls.plain == "" {
		return ""
	}
	return "http://" + ls.plain
}

// publicURL is the address for links to people.
func (ls *listeners) publicURL() string {
	if ls.plain != "" {
		return ls.portalURL()
	}
	return ls.url()
}
