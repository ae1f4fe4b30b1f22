// Package simtenant is a believable Microsoft Defender XDR tenant for demonstrations and tests: a directory, attack stories over an
// ordinary day, incidents people and automation work on, the Graph and its token endpoint, and an event hub.
//
// It shares no code with the product, so that one bug cannot hide on both sides. Everything it says is durable before it is said:
// it may be killed at any time and goes on where it was. Time is the wall clock.
package simtenant

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
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vedette-siem/vedette/internal/simtenant/blob"
	"github.com/vedette-siem/vedette/internal/simtenant/control"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/faults"
	"github.com/vedette-siem/vedette/internal/simtenant/feed"
	"github.com/vedette-siem/vedette/internal/simtenant/graph"
	"github.com/vedette-siem/vedette/internal/simtenant/hub"
	"github.com/vedette-siem/vedette/internal/simtenant/life"
	"github.com/vedette-siem/vedette/internal/simtenant/portal"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// Config says which tenant to run. The zero value but for Dir is a small tenant of seed 0.
type Config struct {
	Dir    string    // where everything is kept; made if missing
	Host   string    // address to listen on, 127.0.0.1 by default
	Seed   int64     // decides everything that is not the clock; an existing tenant keeps its own
	Speed  float64   // 1 by default: higher shortens the gaps of stories and raises rates
	Start  time.Time // first start, for repeatable tests; now by default
	Size   Size
	Logger *slog.Logger
	Ready  func(Info) // called once when everything answers; events may still be produced
}

// Size says how much there is. Zero fields take the defaults. An existing tenant keeps its own, but for the rate.
type Size struct {
	People, Devices int           // 60, 80
	Incidents       int           // of the past; 150 stories
	Span            time.Duration // how far the incidents reach back; 120 days
	Events          int           // of the last 48 hours; 20,000
	EventsPerSecond float64       // of the ordinary day; 3
}

// Sizes returns the sizes that have a name: small is the default, full is a company.
func Sizes() map[string]Size {
	return map[string]Size{"small": {}, "full": {People: 320, Devices: 520, Incidents: 1500, Span: 180 * 24 * time.Hour, Events: 150_000}}
}

func (c *Config) defaults() {
	if c.Host == "" {
		c.Host = "127.0.0.1"
	}
	if c.Speed <= 0 {
		c.Speed = 1
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	s := &c.Size
	s.People, s.Devices, s.Incidents, s.Events = or(s.People, 60), or(s.Devices, 80), or(s.Incidents, 150), or(s.Events, 20_000)
	s.Span, s.EventsPerSecond = or(s.Span, 120*24*time.Hour), or(s.EventsPerSecond, 3)
}

func or[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}

// Run runs the tenant until ctx ends or a part of it fails. It returns nil when ctx ended.
func Run(ctx context.Context, cfg Config) error {
	cfg.defaults()
	t := &tenant{cfg: cfg, now: time.Now}
	if err := t.open(); err != nil {
		return err
	}
	return errors.Join(t.run(ctx), t.store.Close())
}

// tenant is everything of a running tenant.
type tenant struct {
	cfg    Config
	now    func() time.Time
	keys   *keys
	info   Info
	store  *state.Store
	dir    *directory.Directory
	living *directory.Living
	size   state.Size
	faults faults.Set
}

// open reads or makes what is kept: the keys, the ports, the state and the history.
func (t *tenant) open() error {
	if err := os.MkdirAll(t.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("making the tenant's folder: %w", err)
	}
	var err error
	if t.keys, err = openKeys(t.cfg.Dir, t.cfg.Host, t.now()); err != nil {
		return err
	}
	if t.store, err = state.Open(t.cfg.Dir, t.now); err != nil {
		return err
	}
	err = t.store.Update(func(tx *state.Tx) error {
		m := tx.Meta()
		if m.Started.IsZero() {
			m.Seed, m.Started = t.cfg.Seed, or(t.cfg.Start, t.now()).UTC().Truncate(time.Millisecond)
			m.NextIncident, m.NextStoryAt = 2900+m.Seed%97, m.Started
		}
		if z := t.cfg.Size; m.Size == (state.Size{}) {
			m.Size = state.Size{People: z.People, Devices: z.Devices, Incidents: z.Incidents, Events: z.Events, Span: z.Span}
		}
		m.Speed = t.cfg.Speed
		return nil
	})
	if err != nil {
		return errors.Join(err, t.store.Close())
	}
	m := t.store.Meta()
	t.size = m.Size
	t.dir = directory.New(m.Seed, directory.Size{People: t.size.People, Devices: t.size.Devices})
	t.living = directory.NewLiving(t.dir, t.store.Changes)
	return nil
}

func (t *tenant) run(ctx context.Context) error {
	listeners, err := t.listen()
	if err != nil {
		return err
	}
	h, err := hub.Open(hub.Config{Dir: filepath.Join(t.cfg.Dir, "hub"), Host: t.cfg.Host, Port: t.info.kafkaPort, Certificate: t.keys.leaf, CA: t.keys.pool, ConnectionString: t.info.connectionString, Faults: &t.faults})
	if err != nil {
		listeners.close()
		return err
	}
	defer h.Close()
	storage, err := blob.Open(filepath.Join(t.cfg.Dir, "storage"))
	if err != nil {
		listeners.close()
		return err
	}
	defer storage.Close()
	living := life.New(life.Config{Store: t.store, Dir: t.dir, Living: t.living, Logger: t.cfg.Logger, Now: t.now, History: t.size.Incidents, Span: t.size.Span, Window: feed.Window,
		Modes: func() life.Modes { return life.Modes{CommentStamps: t.modes().CommentStamps} }})
	if err := living.WriteHistory(); err != nil {
		listeners.close()
		return err
	}
	feeder := feed.New(feed.Config{Store: t.store, Hub: h, Dir: t.dir, Logger: t.cfg.Logger, Backfill: t.size.Events, PerSec: t.cfg.Size.EventsPerSecond, Now: t.now})
	g, ctx := errgroup.WithContext(ctx)
	api := graph.New(graph.Config{Store: t.store, Dir: t.dir, Living: t.living, Hub: h, Faults: &t.faults, Logger: t.cfg.Logger, Key: t.keys.signing, Modes: t.modes, Now: t.now,
		App: graph.App{ID: t.info.ClientID, Secret: t.info.ClientSecret, Name: "Vedette"}, GraphURL: t.info.Graph, TokenURL: t.info.Token})
	secure := &tls.Config{Certificates: []tls.Certificate{t.keys.leaf}, MinVersion: tls.VersionTLS12}
	serve(ctx, g, tls.NewListener(listeners.graph, secure), api.GraphHandler())
	serve(ctx, g, tls.NewListener(listeners.token, secure), api.TokenHandler())
	serve(ctx, g, tls.NewListener(listeners.blob, secure), blob.Handler(blob.Config{Store: storage, Key: t.info.storageKey, Token: api.StorageToken, Reader: func() bool { return t.modes().StorageReader }, Faults: &t.faults, Logger: t.cfg.Logger, Now: t.now}))
	serve(ctx, g, listeners.control, control.Handler(control.Config{Store: t.store, Living: t.living, Hub: h, Storage: storage, Faults: &t.faults, Logger: t.cfg.Logger, Modes: t.modes, Now: t.now}))
	serve(ctx, g, listeners.portal, portal.Handler(portal.Config{Store: t.store, Dir: t.dir, Logger: t.cfg.Logger, CommentStamps: func() bool { return t.modes().CommentStamps }}))
	g.Go(func() error { return living.Run(ctx) })
	g.Go(func() error { return feeder.Run(ctx) })
	exporter := &blob.Exporter{Store: storage, Hub: h, Seed: t.store.Meta().Seed, Now: t.now, Doubled: func() float64 { return t.modes().StorageDoubles }}
	g.Go(func() error { return exporter.Run(ctx) })
	if err := writeInfo(t.cfg.Dir, t.info); err != nil {
		t.cfg.Logger.ErrorContext(ctx, "writing sim.json", "err", err)
		g.Go(func() error { return err })
	} else if t.cfg.Ready != nil {
		t.cfg.Ready(t.info)
	}
	return g.Wait()
}

// serve runs an HTTP server on the listener until ctx ends.
func serve(ctx context.Context, g *errgroup.Group, l net.Listener, h http.Handler) {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), BaseContext: func(net.Listener) context.Context { return ctx }}
	g.Go(func() error {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving on %s: %w", l.Addr(), err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		return srv.Close()
	})
}
