// Package graph serves the tenant's two public faces: the token endpoint of the authority and the part of Microsoft Graph v1.0 that a
// security client reads and writes. Shapes follow the public metadata; what the documents leave open is a mode.
package graph

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/faults"
	"github.com/vedette-siem/vedette/internal/simtenant/hub"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// App is the registered client.
type App struct{ ID, Secret, Name string }

// Config says what is served.
type Config struct {
	Store    *state.Store
	Dir      *directory.Directory // as it was made
	Living   *directory.Living    // as it is
	Hub      *hub.Hub
	Faults   *faults.Set
	Logger   *slog.Logger
	Key      *rsa.PrivateKey
	App      App
	Modes    func() Modes
	Now      func() time.Time
	GraphURL string // without a path
	TokenURL string
}

// Server has the two handlers.
type Server struct {
	cfg   Config
	mux   *http.ServeMux
	quota huntQuota

	incidents, alerts rate // requests of the two families

	revoked atomic.Int64 // second up to which tokens were taken back
}

// New returns a server.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, mux: http.NewServeMux()}
	s.routes()
	return s
}

// handle registers a resource of the Graph; one of the roles must be granted, nil asks for none.
func (s *Server) handle(pattern string, roles []string, h func(*call) error) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, w: w, r: r, q: r.URL.Query()}
		granted, err := s.authenticate(r)
		switch {
		case errors.Is(err, errRevoked):
			c.challenge()
			return
		case err != nil:
			c.fail(http.StatusUnauthorized, "InvalidAuthenticationToken", err.Error())
			return
		case !allowed(granted, roles):
			c.fail(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation. The API requires one of '"+strings.Join(roles, ", ")+"'.")
			return
		}
		if c.disturbed() || c.overQuota() {
			return
		}
		bad := (*desk.BadRequest)(nil)
		switch err := h(c); {
		case err == nil:
		case errors.As(err, &bad):
			c.fail(http.StatusBadRequest, "BadRequest", bad.Message)
		case errors.Is(err, desk.ErrNotFound):
			c.fail(http.StatusNotFound, "NotFound", "The requested resource does not exist: "+err.Error())
		default:
			if r.Context().Err() == nil {
				s.cfg.Logger.ErrorContext(r.Context(), "graph request", "path", r.URL.Path, "err", err)
			}
			c.fail(http.StatusInternalServerError, "InternalServerError", "An internal server error occurred.")
		}
	})
}

// GraphHandler serves Microsoft Graph.
func (s *Server) GraphHandler() http.Handler { return s.mux }

func (s *Server) routes() {
	incidentRead := []string{"SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All"}
	incidentWrite := []string{"SecurityIncident.ReadWrite.All"}
	alertRead := []string{"SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"}
	alertWrite := []string{"SecurityAlert.ReadWrite.All"}
	users := []string{"User.Read.All", "User.ReadBasic.All", "Directory.Read.All"}
	org := []string{"Organization.Read.All", "Directory.Read.All"}
	groups := []string{"Group.Read.All", "GroupMember.Read.All", "Directory.Read.All"}
	roles := []string{"RoleManagement.Read.Directory", "Directory.Read.All"}
	eligible := []string{"RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.Directory"}
	hunting := []string{"ThreatHunting.Read.All"}
	s.handle("GET /v1.0/security/incidents", incidentRead, s.listIncidents)
	s.handle("GET /v1.0/security/incidents/$count", incidentRead, s.countIncidents)
	s.handle("GET /v1.0/security/incidents/{id}", incidentRead, s.getIncident)
	s.handle("PATCH /v1.0/security/incidents/{id}", incidentWrite, s.patchIncident)
	s.handle("GET /v1.0/security/incidents/{id}/alerts", alertRead, s.incidentAlerts)
	s.handle("POST /v1.0/security/incidents/{id}/comments", incidentWrite, s.postComment)
	s.handle("POST /v1.0/security/incidents/mergeIncidents", incidentWrite, s.mergeIncidents)
	s.handle("POST /v1.0/security/incidents/microsoft.graph.security.mergeIncidents", incidentWrite, s.mergeIncidents)
	s.handle("POST /v1.0/security/alerts_v2/moveAlerts", alertWrite, s.moveAlerts)
	s.handle("POST /v1.0/security/alerts_v2/microsoft.graph.security.moveAlerts", alertWrite, s.moveAlerts)
	s.handle("GET /v1.0/security/alerts_v2", alertRead, s.listAlerts)
	s.handle("GET /v1.0/security/alerts_v2/{id}", alertRead, s.getAlert)
	s.handle("PATCH /v1.0/security/alerts_v2/{id}", alertWrite, s.patchAlert)
	s.handle("POST /v1.0/security/alerts_v2/{id}/comments", alertWrite, s.postAlertComment)
	s.handle("POST /v1.0/security/runHuntingQuery", hunting, s.runHunting)
	s.handle("POST /v1.0/security/microsoft.graph.security.runHuntingQuery", hunting, s.runHunting)
	s.handle("GET /v1.0/organization", org, s.organization)
	s.handle("GET /v1.0/subscribedSkus", org, s.skus)
	s.handle("GET /v1.0/directoryRoles", roles, s.directoryRoles)
	s.handle("GET /v1.0/directoryRoles/{id}/members", roles, s.roleMembers)
	s.handle("GET /v1.0/users", users, s.listUsers)
	s.handle("GET /v1.0/users/{id}", users, s.getUser)
	s.handle("GET /v1.0/users/{id}/transitiveMemberOf", users, s.transitiveMemberOf)
	s.handle("GET /v1.0/users/{id}/manager", users, s.manager)
	s.handle("GET /v1.0/users/{id}/memberOf", users, s.memberOf)
	s.handle("GET /v1.0/groups", groups, s.listGroups)
	s.handle("GET /v1.0/groups/delta", groups, s.groupsDelta)
	s.handle("GET /v1.0/groups/{id}", groups, s.getGroup)
	s.handle("GET /v1.0/groups/{id}/members", groups, s.groupMembers)
	s.handle("GET /v1.0/groups/{id}/transitiveMembers", groups, s.groupMembers)
	s.handle("GET /v1.0/roleManagement/directory/roleEligibilityScheduleInstances", eligible, s.eligibilities)
	s.handle("GET /v1.0/security/identities/sensors", []string{"SecurityIdentitiesSensors.Read.All"}, s.sensors)
	s.handle("GET /v1.0/security/identities/healthIssues", []string{"SecurityIdentitiesHealth.Read.All", "SecurityIdentitiesHealth.ReadWrite.All"}, s.healthIssues)
	s.handle("GET /v1.0/security/identities/identityAccounts", []string{"SecurityIdentitiesAccount.Read.All", "SecurityIdentitiesUserActions.ReadWrite.All"}, s.identityAccounts)
	s.handle("/", nil, func(c *call) error {
		c.fail(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '"+lastSegment(c.r.URL.Path)+"'.")
		return nil
	})
}

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// Roles returns every application permission the client can be granted.
func Roles() []string {
	return []string{"SecurityIncident.ReadWrite.All", "SecurityAlert.ReadWrite.All", "ThreatHunting.Read.All", "User.Read.All", "Organization.Read.All", "RoleManagement.Read.Directory", "Directory.Read.All",
		"SecurityIdentitiesSensors.Read.All", "SecurityIdentitiesAccount.Read.All", "SecurityIdentitiesHealth.Read.All", "RoleEligibilitySchedule.Read.Directory", "GroupMember.Read.All"}
}

func allowed(granted, wanted []string) bool {
	if wanted == nil {
		return true
	}
	for _, w := range wanted {
		for _, g := range granted {
			if g == w {
				return true
			}
		}
	}
	return false
}

// writeJSON sends v without escaping HTML.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the client is gone if this fails
}
