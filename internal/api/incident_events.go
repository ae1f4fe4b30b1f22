package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/vedette-siem/vedette/internal/content"
	"github.com/vedette-siem/vedette/internal/query"
)

// maxIncidentEvents is the most raw events that are answered for an incident.
const maxIncidentEvents = 5000

// incidentEvents answers the raw events behind the incident's alerts, oldest first, in the shape of a query's answer. It
// works without the solution being installed whose functions it calls.
func (s *Server) incidentEvents(w http.ResponseWriter, r *http.Request) error {
	ws, n, err := s.inIncident(r)
	if err != nil {
		return err
	}
	if _, err := s.Incidents.Get(r.Context(), ws.ID, n); err != nil {
		return err
	}
	res, err := s.Query.Run(r.Context(), query.Request{Workspace: ws.ID, Text: eventsQuery(n), MaxRows: maxIncidentEvents, Actor: actorOf(r).Name})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", query.ContentType("api"))
	return query.WriteAPI(w, res)
}

// eventsQuery is the query for the events of an incident, with the functions it needs.
func eventsQuery(number int64) string {
	var b strings.Builder
	if sol := content.Of("defender-xdr"); sol != nil {
		for _, name := range []string{"EvidenceEvents", "IncidentEvents"} {
			for _, f := range sol.Functions {
				if f.Name == name {
					fmt.Fprintf(&b, "let %s = %s;\n", f.Name, f.Source())
				}
			}
		}
	}
	fmt.Fprintf(&b, "IncidentEvents(%d)", number)
	return b.String()
}
