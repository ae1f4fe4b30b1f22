// Package control is the simulator's own API for tests and demonstrations: plain http on loopback, no token.
// It orders disturbances and tells the truth: what the tenant really holds, read from its state and from the hub's log.
package control

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/blob"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/faults"
	"github.com/vedette-siem/vedette/internal/simtenant/graph"
	"github.com/vedette-siem/vedette/internal/simtenant/hub"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// Config says what is controlled.
type Config struct {
	Store   *state.Store
	Living  *directory.Living
	Hub     *hub.Hub
	Storage *blob.Store
	Faults  *faults.Set
	Logger  *slog.Logger
	Modes   func() graph.Modes
	Now     func() time.Time
}

// Handler serves the control API.
func Handler(cfg Config) http.Handler {
	c := &control{cfg}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /pause", c.meta(func(m *state.Meta) { m.Paused = true }))
	mux.HandleFunc("POST /resume", c.meta(func(m *state.Meta) { m.Paused = false }))
	mux.HandleFunc("POST /story", c.meta(func(m *state.Meta) { m.NextStoryAt = cfg.Now() }))
	mux.HandleFunc("POST /fault", c.fault)
	mux.HandleFunc("DELETE /fault", func(w http.ResponseWriter, _ *http.Request) { cfg.Faults.Clear(); w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /fault", func(w http.ResponseWriter, _ *http.Request) { reply(w, cfg.Faults.List(cfg.Now())) })
	mux.HandleFunc("POST /rate", c.rate)
	mux.HandleFunc("GET /modes", func(w http.ResponseWriter, _ *http.Request) { reply(w, cfg.Modes()) })
	mux.HandleFunc("POST /modes", c.modes)
	mux.HandleFunc("POST /roles", c.roles)
	mux.HandleFunc("POST /bulk", c.bulk)
	mux.HandleFunc("POST /blob", c.blob)
	mux.HandleFunc("POST /directory", c.changeDirectory)
	mux.HandleFunc("POST /sensors", c.sensors)
	mux.HandleFunc("GET /status", c.status)
	mux.HandleFunc("GET /truth", c.truth)
	mux.HandleFunc("GET /truth/incidents", c.incidents)
	mux.HandleFunc("GET /truth/events", c.events)
	return mux
}

type control struct{ cfg Config }

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the client is gone if this fails
}

func refuse(w http.ResponseWriter, status int, format string, args ...any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": fmt.Sprintf(format, args...)})
}

// meta returns a handler that changes the tenant's settings.
func (c *control) meta(f func(*state.Meta)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { c.change(w, f) }
}

func (c *control) change(w http.ResponseWriter, f func(*state.Meta)) {
	err := c.cfg.Store.Update(func(tx *state.Tx) error {
		f(tx.Meta())
		return nil
	})
	if err != nil {
		refuse(w, http.StatusInternalServerError, "%v", err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// read decodes the body into v, strictly.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	d := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		refuse(w, http.StatusBadRequest, "the body is not what %s %s takes: %v", r.Method, r.URL.Path, err)
		return false
	}
	return true
}

func (c *control) fault(w http.ResponseWriter, r *http.Request) {
	var f faults.Fault
	if !read(w, r, &f) {
		return
	}
	if err := c.cfg.Faults.Add(f, c.cfg.Now()); err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (c *control) rate(w http.ResponseWriter, r *http.Request) {
	var b struct {
		EventsPerSecond float64 `json:"eventsPerSecond"`
	}
	if read(w, r, &b) {
		c.change(w, func(m *state.Meta) { m.Rate = max(b.EventsPerSecond, 0) })
	}
}

// modes takes {"orderby":"false","lag":"5s",...}: what is named is forced from now on; an empty value gives the choice back to the seed.
func (c *control) modes(w http.ResponseWriter, r *http.Request) {
	var b map[string]any
	if !read(w, r, &b) {
		return
	}
	forced, check := map[string]string{}, c.cfg.Modes()
	for k, v := range b {
		t := fmt.Sprint(v)
		if n, ok := v.(float64); ok {
			t = strconv.FormatFloat(n, 'f', -1, 64)
		}
		if v == nil {
			t = ""
		}
		if t != "" {
			if err := check.Set(k, t); err != nil {
				refuse(w, http.StatusBadRequest, "%v", err)
				return
			}
		}
		forced[k] = t
	}
	c.change(w, func(m *state.Meta) {
		for k, t := range forced {
			if m.Forced[k] = t; t == "" {
				delete(m.Forced, k)
			}
		}
	})
}

// roles takes {"granted":[...]}: the application permissions in tokens from now on; null grants all.
func (c *control) roles(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Granted []string `json:"granted"`
	}
	if read(w, r, &b) {
		c.change(w, func(m *state.Meta) { m.Roles = b.Granted })
	}
}

func (c *control) status(w http.ResponseWriter, _ *http.Request) {
	m := c.cfg.Store.Meta()
	reply(w, map[string]any{"seed": m.Seed, "started": m.Started, "speed": m.Speed, "paused": m.Paused, "eventsPerSecond": m.Rate, "modes": c.cfg.Modes(), "faults": c.cfg.Faults.List(c.cfg.Now()),
		"incidents": len(c.cfg.Store.Incidents(0)), "sources": m.Sources, "hub": c.cfg.Hub.Ends(), "nextStory": m.NextStoryAt})
}
