package api

import (
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/fault"
)

const sessionCookie = "vedette_session"

type ctxKey int

const actorKey ctxKey = 0

// actorOf returns who makes the request; require put it there.
func actorOf(r *http.Request) auth.Actor {
	a, _ := r.Context().Value(actorKey).(auth.Actor)
	return a
}

// withActor marks a request as made by the actor.
func withActor(r *http.Request, a auth.Actor) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), actorKey, a))
}

// AsOperator serves every request as the operator of this machine: for the unix socket, whose folder only they may enter.
func AsOperator(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, withActor(r, auth.Operator)) })
}

// identify finds the actor: already known (socket), bearer token, or session cookie.
func (s *Server) identify(r *http.Request) (auth.Actor, error) {
	if a := actorOf(r); a.Kind != "" {
		return a, nil
	}
	if h := r.Header.Get("Authorization"); h != "" {
		token, ok := strings.CutPrefix(h, "Bearer ")
		if !ok {
			return auth.Actor{}, fault.New(fault.Unauthenticated, "InvalidAuthenticationToken", "the Authorization header must be: Bearer TOKEN")
		}
		return s.Auth.Token(r.Context(), token)
	}
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return auth.Actor{}, fault.New(fault.Unauthenticated, "sign_in_required", "sign in first")
	}
	return s.Auth.Session(r.Context(), c.Value)
}

// require lets a request through when its actor may do the action. Every route but the public ones goes through here.
func (s *Server) require(act auth.Action, h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		a, err := s.identify(r)
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="vedette"`)
			return err
		}
		if err := a.Check(act); err != nil {
			return err
		}
		return h(w, withActor(r, a))
	}
}

// wrap is the outermost layer: panics, body limits, security headers, cross-site protection, duplicate slashes.
func (s *Server) wrap(next http.Handler) http.Handler {
	csrf := http.NewCrossOriginProtection()
	next = csrf.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == http.ErrAbortHandler { //nolint:errorlint // the sentinel is compared as net/http does
				panic(p) // cuts the connection
			}
			if p != nil {
				s.Logger.LogAttrs(r.Context(), slog.LevelError, "panic in a request", slog.String("path", r.URL.Path), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
				writeJSON(w, http.StatusInternalServerError, errorBody{errorDetail{Code: "internal", Message: "something went wrong in the server; its log has the cause"}})
			}
		}()
		start := time.Now()
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, 64<<20)
		// Clients of the query API double slashes and the version prefix; the router sees one form.
		if strings.Contains(r.URL.Path, "//") {
			r2 := r.Clone(r.Context())
			r2.URL.Path, r2.URL.RawPath = path.Clean(r.URL.Path), ""
			r = r2
		}
		next.ServeHTTP(w, r)
		s.metrics.observe(r, time.Since(start))
	})
}

var gzips = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed); return w }}

// compressed gzips an answer when the client takes it.
func compressed(w http.ResponseWriter, r *http.Request) (out io.Writer, done func() error) {
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		return w, func() error { return nil }
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Add("Vary", "Accept-Encoding")
	z := gzips.Get().(*gzip.Writer)
	z.Reset(w)
	return z, func() error {
		err := z.Close()
		gzips.Put(z)
		return err
	}
}
