package control

import (
	"net/http"
	"slices"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// changeDirectory takes a directory.Change: a person moves, joins a group, leaves.
func (c *control) changeDirectory(w http.ResponseWriter, r *http.Request) {
	var ch directory.Change
	if !read(w, r, &ch) {
		return
	}
	if _, err := c.cfg.Living.Now().Apply([]directory.Change{ch}); err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	if err := c.cfg.Store.Update(func(tx *state.Tx) error { tx.Changed(ch); return nil }); err != nil {
		refuse(w, http.StatusInternalServerError, "%v", err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// sensors takes {"sensor":"DC01","health":"notHealthyHigh","service":"stopped","deployment":"disconnected","removed":false}; without "sensor" it is
// said of all of them, and without anything else they are well again.
func (c *control) sensors(w http.ResponseWriter, r *http.Request) {
	var b struct {
		On string `json:"sensor"`
		state.Sensor
	}
	if !read(w, r, &b) {
		return
	}
	for _, x := range []struct {
		name, v string
		known   []string
	}{
		{"health", b.Health, []string{"", "healthy", "notHealthyLow", "notHealthyMedium", "notHealthyHigh"}},
		{"service", b.Service, []string{"", "stopped", "starting", "running", "disabled", "onboarding", "unknown"}},
		{"deployment", b.Deploy, []string{"", "upToDate", "outdated", "updating", "updateFailed", "notConfigured", "unreachable", "disconnected", "startFailure", "syncing"}},
	} {
		if !slices.Contains(x.known, x.v) {
			refuse(w, http.StatusBadRequest, "a sensor's %s cannot be %q; use one of %q", x.name, x.v, x.known[1:])
			return
		}
	}
	var hosts []string
	for _, dev := range c.cfg.Living.Now().Servers {
		if b.On == "" || dev.Host == b.On {
			hosts = append(hosts, dev.Host)
		}
	}
	if len(hosts) == 0 {
		refuse(w, http.StatusBadRequest, "there is no server %q", b.On)
		return
	}
	c.change(w, func(m *state.Meta) {
		for _, h := range hosts {
			if m.Sensors[h] = b.Sensor; b.Sensor == (state.Sensor{}) {
				delete(m.Sensors, h)
			}
		}
	})
}
