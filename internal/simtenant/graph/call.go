package graph

import (
	"io"
	"maps"
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
	partial bool   // answer 206 with only part of a list
	stale   bool   // answer from an old index
	expired bool   // refuse page links
	page    string // how this page of a list contradicts itself
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
	if c.page == "malformed" {
		c.torn(status, v)
		return nil
	}
	writeJSON(c.w, status, v)
	return nil
}

// torn sends only the beginning of an answer, as a whole one.
func (c *call) torn(status int, v any) {
	rec := httptest.NewRecorder()
	writeJSON(rec, status, v)
	maps.Copy(c.w.Header(), rec.Header())
	c.w.WriteHeader(status)
	_, _ = c.w.Write(rec.Body.Bytes()[:rec.Body.Len()*2/3]) // the client is gone if this fails
}

// body reads the request's body, at most 1 MB.
func (c *call) body() ([]byte, error) { return io.ReadAll(io.LimitReader(c.r.Body, 1<<20)) }

// undisturbed marks the inner run of a request whose answer will be lost.
type undisturbed struct{}

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
