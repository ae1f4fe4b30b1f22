package graph

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"time"
)

// disturbed carries out an ordered disturbance and says whether the request is done with.
func (c *call) disturbed() bool {
	if c.r.Context().Value(undisturbed{}) != nil {
		return false
	}
	now := c.s.cfg.Now()
	path := c.r.URL.Path
	chaos := c.chaos()
	take := func(kinds ...string) string {
		for _, k := range kinds {
			if k == chaos {
				return k
			}
		}
		kind, _ := c.s.cfg.Faults.Take(now, "graph", path, kinds...)
		return kind
	}
	if c.q.Has("$expand") && take("500-on-expand") != "" {
		c.failExpand()
		return true
	}
	if c.q.Has("$skiptoken") && take("expired-link") != "" {
		c.expired = true
	}
	if c.r.Method == http.MethodGet {
		switch take("206", "stale") {
		case "206":
			c.partial = true
		case "stale":
			c.stale = true
		}
		if c.r.PathValue("id") == "" {
			c.page = take("page-doubled", "page-short", "page-loop", "page-empty", "malformed")
		}
	}
	if take("claims") != "" {
		c.s.revoked.Store(now.Unix())
		c.challenge()
		return true
	}
	if take("slow") != "" && !pause(c.r.Context(), slowness) {
		return true
	}
	switch disturb(c.w, now, take("429", "429-date", "429-no-retry-after", "500", "503", "html", "drop")) {
	case "throttled":
		c.fail(http.StatusTooManyRequests, "TooManyRequests", "Too many requests.")
		return true
	case "unavailable":
		c.fail(http.StatusServiceUnavailable, "serviceNotAvailable", "The service is temporarily unavailable.")
		return true
	case "broken":
		c.fail(http.StatusInternalServerError, "InternalServerError", "An internal server error occurred.")
		return true
	case "done":
		return true
	}
	return c.lost(take("lost-response", "late"))
}

// lost does the work of a request whose answer never arrives: before the connection breaks, or some seconds after it did.
func (c *call) lost(kind string) bool {
	if kind == "" {
		return false
	}
	body, err := c.body()
	if err != nil {
		return false
	}
	ctx := context.WithValue(c.r.Context(), undisturbed{}, true)
	work := func() {
		r := c.r.Clone(ctx)
		r.Body = io.NopCloser(bytes.NewReader(body))
		c.s.mux.ServeHTTP(httptest.NewRecorder(), r)
	}
	if kind == "late" {
		hangUp(c.w)
		if pause(ctx, slowness) {
			work()
		}
		return true
	}
	work()
	hangUp(c.w)
	return true
}

// slowness is how long a slow answer and late work take.
const slowness = 3 * time.Second

// pause waits and says whether the context is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// chaos is the fault this request meets by the mode of that name, mostly none.
func (c *call) chaos() string {
	if p := c.s.cfg.Modes().Chaos; p == 0 || rand.Float64() >= p {
		return ""
	}
	kinds := []string{"429", "429-date", "429-no-retry-after", "500", "503", "html", "drop", "lost-response", "late", "206", "stale", "expired-link", "500-on-expand", "page-doubled", "page-short", "page-empty", "malformed"}
	return kinds[rand.IntN(len(kinds))]
}

func (c *call) failExpand() {
	c.fail(http.StatusInternalServerError, "InternalServerError", "An error occurred while expanding the navigation property.")
}

// disturb does what a kind of fault asks for at the transport; it returns what is left to do.
func disturb(w http.ResponseWriter, now time.Time, kind string) string {
	switch kind {
	case "429":
		w.Header().Set("Retry-After", "3")
		return "throttled"
	case "429-date":
		w.Header().Set("Retry-After", now.Add(3*time.Second).UTC().Format(http.TimeFormat))
		return "throttled"
	case "429-no-retry-after":
		return "throttled"
	case "500":
		return "broken"
	case "503":
		w.Header().Set("Retry-After", "2")
		return "unavailable"
	case "html":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>")
		return "done"
	case "drop":
		hangUp(w)
		return "done"
	}
	return ""
}
