package graph

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

// call is one request to the Graph.
type call struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	q       url.Values
	partial bool // answer 206 with only part of a list
	stale   bool // answer from an old index
	expired bool // refuse page links
}

func (c *call) fail(status int, code, message string) {
	id := dice.New(c.s.cfg.Now().UnixNano(), c.r.URL.Path).GUID()
	c.w.Header().Set("request-id", id)
	inner := map[string]string{"date": c.s.cfg.Now().UTC().Format("2006-01-02T15:04:05"), "request-id": id, "client-request-id": id}
	writeJSON(c.w, status, map[string]any{"error": map[string]any{"code": code, "message": message, "innerError": inner}})
}

// ok answers with v; a status of 206 stands for a part of the truth.
func (c *call) ok(v any) error {
	status := http.StatusOK
	if c.partial {
		status = http.StatusPartialContent
		c.w.Header().Set("Warning", `199 - "microsoft/MDATP/503", 199 - "microsoft/OATP/504"`)
	}
	writeJSON(c.w, status, v)
	return nil
}

// body reads the request's body, at most 1 MB.
func (c *call) body() ([]byte, error) { return io.ReadAll(io.LimitReader(c.r.Body, 1<<20)) }

// disturbed carries out an ordered disturbance and says whether the request is done with.
func (c *call) disturbed() bool {
	if c.r.Context().Value(undisturbed{}) != nil {
		return false
	}
	now := c.s.cfg.Now()
	path := c.r.URL.Path
	take := func(kinds ...string) string {
		kind, _ := c.s.cfg.Faults.Take(now, "graph", path, kinds...)
		return kind
	}
	if c.q.Has("$expand") && take("500-on-expand") != "" {
		c.fail(http.StatusInternalServerError, "InternalServerError", "An error occurred while expanding the navigation property.")
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
	}
	switch disturb(c.w, take("429", "429-no-retry-after", "500", "html", "drop")) {
	case "throttled":
		c.fail(http.StatusTooManyRequests, "TooManyRequests", "Too many requests.")
		return true
	case "broken":
		c.fail(http.StatusInternalServerError, "InternalServerError", "An internal server error occurred.")
		return true
	case "done":
		return true
	}
	if take("lost-response") != "" { // the work is done, the answer never arrives
		c.s.mux.ServeHTTP(httptest.NewRecorder(), c.r.WithContext(context.WithValue(c.r.Context(), undisturbed{}, true)))
		hangUp(c.w)
		return true
	}
	return false
}

// undisturbed marks the inner run of a request whose answer will be lost.
type undisturbed struct{}

// disturb does what a kind of fault asks for at the transport; it returns what is left to do.
func disturb(w http.ResponseWriter, kind string) string {
	switch kind {
	case "429":
		w.Header().Set("Retry-After", "3")
		return "throttled"
	case "429-no-retry-after":
		return "throttled"
	case "500":
		return "broken"
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

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
		return
	}
	panic(http.ErrAbortHandler) // HTTP/2 has no connection to take: the stream is reset
}

// lag returns how old the lists of this request are.
func (c *call) lag() time.Duration {
	if c.stale {
		return time.Minute
	}
	return c.s.cfg.Modes().Lag
}

// unknownMembers reports whether the client asked for enum members added later.
func (c *call) unknownMembers() bool {
	for _, p := range c.r.Header.Values("Prefer") {
		if strings.Contains(p, "include-unknown-enum-members") {
			return true
		}
	}
	return false
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return hunt.Time(t)
}

// orNull is null for an empty text.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
