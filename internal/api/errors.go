package api

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/query"
)

// statusOf is the one mapping from error kinds to HTTP statuses.
func statusOf(err error) int {
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		if fault.CodeOf(err) == "etag_mismatch" {
			return http.StatusPreconditionFailed
		}
		return http.StatusConflict
	case fault.Permission:
		return http.StatusForbidden
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Throttled:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
}

// handler is an HTTP handler that may fail; handle turns the failure into the one error body.
type handler func(w http.ResponseWriter, r *http.Request) error

type errorBody struct {
	Error errorDetail `json:"error"`
}

type errorDetail struct {
	Code        string `json:"code"`
	Message     string `json:"message"`
	Diagnostics any    `json:"diagnostics,omitempty"`
}

func (s *Server) handle(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		status := statusOf(err)
		body := errorBody{errorDetail{Code: fault.CodeOf(err), Message: err.Error()}}
		var de *query.DiagnosticsError
		if errors.As(err, &de) {
			body.Error.Code, body.Error.Diagnostics = "query_invalid", de.Diagnostics
		}
		if status == http.StatusInternalServerError {
			s.Logger.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Any("err", err))
			body.Error.Message = "something went wrong in the server; its log has the cause (" + r.Method + " " + r.URL.Path + ")"
		}
		writeJSON(w, status, body)
	})
}

// writeJSON writes a body; an error here means the client is gone.
func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "encoding the answer failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client may be gone
}

// readJSON decodes a request body of at most 1 MB into v; unknown keys are errors, so that a typo is not silently nothing.
func readJSON(r *http.Request, v any) error { return readJSONUpTo(r, v, 1) }

// readJSONUpTo is readJSON for a body of so many MB.
func readJSONUpTo(r *http.Request, v any, mb int64) error {
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, mb<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return fault.New(fault.TooLarge, "body_too_large", "the request body is larger than %d MB", mb)
		}
		return badBody(err)
	}
	return nil
}

func badBody(err error) error {
	return fault.New(fault.Invalid, "body_invalid", "the request body is not the JSON expected here: %s", err)
}
