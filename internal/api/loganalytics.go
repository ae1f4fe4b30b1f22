package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/query"
)

// laRequest is the body of a Log Analytics query. Nulls and unknown keys are fine: clients send both.
type laRequest struct {
	Query      string   `json:"query"`
	Timespan   string   `json:"timespan"`
	Workspaces []string `json:"workspaces"`
}

// logAnalytics answers POST and GET /v1/workspaces/{id}/query.
func (s *Server) logAnalytics(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.workspace(r.PathValue("ws"))
	if err != nil {
		laError(w, r, http.StatusNotFound, "WorkspaceNotFoundError", err)
		return nil
	}
	var in laRequest
	if r.Method == http.MethodGet {
		in.Query, in.Timespan = r.URL.Query().Get("query"), r.URL.Query().Get("timespan")
	} else if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&in); err != nil {
		laError(w, r, http.StatusBadRequest, "BadArgumentError", fault.New(fault.Invalid, "InvalidJsonBody", "the request body is not JSON with a query: %s", err))
		return nil
	}
	prefer := preferences(r.Header.Get("Prefer"))
	res, err := s.runLA(r, ws, in, prefer)
	if err != nil {
		laFault(w, r, err)
		return nil
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	out, done := compressed(w, r)
	return errors.Join(query.WriteLogAnalytics(out, res, prefer["include-render"] == "true", prefer["include-statistics"] == "true"), done())
}

// preferences reads a Prefer header: name=value pairs separated by commas, blanks allowed.
func preferences(h string) map[string]string {
	out := map[string]string{}
	for p := range strings.SplitSeq(h, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		out[strings.ToLower(k)] = v
	}
	return out
}

func (s *Server) runLA(r *http.Request, ws *Workspace, in laRequest, prefer map[string]string) (*query.Result, error) {
	for _, other := range in.Workspaces {
		if w, err := s.workspace(other); err != nil || w != ws {
			return nil, fault.New(fault.Invalid, "workspaces_several", "one query over several workspaces is not supported; query %q alone", other)
		}
	}
	span, err := query.ParseTimespan(in.Timespan)
	if err != nil {
		return nil, err
	}
	req := query.Request{Workspace: ws.ID, Text: in.Query, Timespan: span, Actor: actorOf(r).Name}
	if secs, err := time.ParseDuration(prefer["wait"] + "s"); err == nil && secs > 0 {
		req.Timeout = min(secs, 10*time.Minute)
	}
	return s.Query.Run(r.Context(), req)
}

// laFault writes an error of running a query.
func laFault(w http.ResponseWriter, r *http.Request, err error) {
	status := statusOf(err)
	code := "BadArgumentError"
	switch {
	case status == http.StatusTooManyRequests:
		code = "ThrottledError"
	case status >= http.StatusInternalServerError:
		code = "InternalServerError"
	}
	laError(w, r, status, code, err)
}

// laError writes an error in the nested shape of the query API: code, inner code, and for a query that does not compile
// the place: line, pos, token.
func laError(w http.ResponseWriter, r *http.Request, status int, code string, err error) {
	inner := map[string]any{"code": fault.CodeOf(err), "message": err.Error()}
	var de *query.DiagnosticsError
	if errors.As(err, &de) {
		d, token := de.First()
		kind := "SemanticError"
		if d.Kind == syntax.Syntax {
			kind = "SyntaxError"
		}
		inner = map[string]any{"code": kind, "message": "A recognition error occurred in the query.", "innererror": map[string]any{
			"code": d.Code, "message": d.Message, "line": d.Line, "pos": d.Col - 1, "token": token,
		}}
	}
	corr := r.Header.Get("X-Ms-Correlation-Request-Id")
	if corr == "" {
		corr = uuid.NewString()
	}
	writeJSON(w, status, map[string]any{"error": map[string]any{
		"code": code, "message": laMessage(status, err), "correlationId": corr, "innererror": inner,
	}})
}

func laMessage(status int, err error) string {
	if status == http.StatusBadRequest {
		return "The request had some invalid properties: " + err.Error()
	}
	return err.Error()
}

// laAuth wraps a handler so that identification errors have the query API's shape too.
func (s *Server) laAuth(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		if err == nil {
			return nil
		}
		switch k := fault.KindOf(err); k {
		case fault.Unauthenticated:
			laError(w, r, http.StatusUnauthorized, "InvalidTokenError", err)
		case fault.Permission:
			laError(w, r, http.StatusForbidden, "InsufficientAccessError", err)
		default:
			return err
		}
		return nil
	}
}
