package api

import (
	"context"
	"net/http"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/incident"
	"github.com/vedette-siem/vedette/internal/model"
)

// bulkIncidents makes one change to several incidents, or tells what it would do.
func (s *Server) bulkIncidents(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		changeJSON
		Numbers []int64 `json:"numbers"`
		Comment string  `json:"comment"`
		Preview bool    `json:"preview"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	results, err := s.Incidents.Bulk(r.Context(), ws.ID, in.Numbers, in.change(), in.Comment, in.Preview, by(r))
	if err != nil {
		return err
	}
	type change struct {
		Field  string `json:"field"`
		Before string `json:"before"`
		After  string `json:"after"`
	}
	type item struct {
		Number   int64             `json:"incidentNumber"`
		Changes  []change          `json:"changes"`
		Incident *incidentJSON     `json:"incident,omitempty"`
		Error    map[string]string `json:"error,omitempty"`
	}
	items := make([]item, 0, len(results))
	for i := range results {
		res := &results[i]
		it := item{Number: res.Number, Changes: []change{}}
		for _, c := range res.Changes {
			it.Changes = append(it.Changes, change{string(c.Field), c.Before, c.After})
		}
		if res.Err != nil {
			it.Error = map[string]string{"code": fault.CodeOf(res.Err), "message": res.Err.Error()}
		} else {
			j := toIncident(&res.Incident)
			it.Incident = &j
		}
		items = append(items, it)
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items, "preview": in.Preview})
	return nil
}

func (s *Server) retryRefused(w http.ResponseWriter, r *http.Request) error {
	return s.refused(w, r, s.Incidents.Retry)
}

func (s *Server) revertRefused(w http.ResponseWriter, r *http.Request) error {
	return s.refused(w, r, s.Incidents.Revert)
}

// refused does something about values that the tenant has refused.
func (s *Server) refused(w http.ResponseWriter, r *http.Request, do func(context.Context, string, int64, []string, incident.Actor) (model.Incident, error)) error {
	ws, n, err := s.inIncident(r)
	if err != nil {
		return err
	}
	var in struct{ Fields []string }
	if err := readJSON(r, &in); err != nil {
		return err
	}
	out, err := do(r.Context(), ws.ID, n, in.Fields, by(r))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, toIncident(&out))
	return nil
}

// incidentReport answers an incident as a Markdown document.
func (s *Server) incidentReport(w http.ResponseWriter, r *http.Request) error {
	ws, n, err := s.inIncident(r)
	if err != nil {
		return err
	}
	to := &document{w: w, kind: "text/markdown; charset=utf-8"}
	if err := s.Incidents.Report(r.Context(), ws.ID, n, to); err != nil && to.begun {
		s.Logger.WarnContext(r.Context(), "a report broke off", "incident", n, "err", err)
		panic(http.ErrAbortHandler) // what was sent must not look whole
	} else if err != nil {
		return err
	}
	return nil
}

// document is an answer that says what it is with its first byte; before it an error may still be answered.
type document struct {
	w     http.ResponseWriter
	kind  string
	begun bool
}

// Write implements io.Writer.
func (d *document) Write(b []byte) (int, error) {
	if !d.begun {
		d.begun = true
		d.w.Header().Set("Content-Type", d.kind)
		d.w.Header().Set("X-Content-Type-Options", "nosniff")
	}
	return d.w.Write(b)
}
