// Package api is everything the server says over HTTP: the web pages' own API, the Log Analytics query API, the token
// endpoint, health and metrics. One file a resource; errors leave through one mapping.
//
// Every route but the public ones names the action it needs. The pages' API is described in openapi.yaml beside this file.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/vedette-siem/vedette/internal/assume"
	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/backfill"
	"github.com/vedette-siem/vedette/internal/backup"
	"github.com/vedette-siem/vedette/internal/completeness"
	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/content"
	"github.com/vedette-siem/vedette/internal/deadletter"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/incident"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/rawkeep"
	"github.com/vedette-siem/vedette/internal/rule"
	"github.com/vedette-siem/vedette/internal/snapshot"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/tables"
	"github.com/vedette-siem/vedette/internal/transform"
	"github.com/vedette-siem/vedette/internal/ueba"
	"github.com/vedette-siem/vedette/internal/watchlist"
)

// Workspace is one workspace as the API knows it.
type Workspace struct {
	ID, Name, SubscriptionID, ResourceGroup, TenantID string
}

// Config is what a Server serves.
type Config struct {
	Workspaces []*Workspace
	Auth       *auth.Service
	Query      *query.Service
	Incidents  *incident.Service
	Connectors *connector.Service
	UEBA       *ueba.Service
	// Probe tests what is taken for granted about the tenant of a workspace.
	Probe   func(ctx context.Context, workspace string) (assume.Report, error)
	Content *content.Service
	Rules   *rule.Service
	// Watchlists are the lists that queries look things up in.
	Watchlists *watchlist.Service
	Setup      SetupMarks
	Names      ARMNames
	// Preferences keeps what each person chose for the pages.
	Preferences Preferences
	// Allowed refuses changes of settings by people who do not belong to the workspace\'s tenant; nil allows everybody.
	Allowed     func(ctx context.Context, workspace string, who connector.Person) error
	DeadLetters *deadletter.Service

	Completeness *completeness.Service
	Backfill     *backfill.Service
	Snapshots    *snapshot.Service
	Transforms   *transform.Service
	Raw          *rawkeep.Service

	// SyncProgress tells when a workspace's incidents were last read in full (zero: not yet), and how long ago that is.
	SyncProgress func(workspace string) (last time.Time, lag time.Duration)
	Store        *store.Store
	Tables       *tables.Service
	Backup       func(ctx context.Context, to string, keep int) (res backup.Result, removed int, err error)
	Board        *health.Board
	Hub          *Hub
	Web          http.Handler
	Registry     *prometheus.Registry
	Logger       *slog.Logger
	Version      string
	PublicURL    string          // where people reach the portal
	Stopping     <-chan struct{} // closed when the server is about to stop: long answers end
}

// Server answers HTTP requests. Safe for concurrent use.
type Server struct {
	Config
	metrics  *metrics
	running  running
	backing  sync.Mutex // one backup at a time
	routes   []route
	mux      *http.ServeMux
	queried  sync.Map          // workspaces whose first query is noted
	armWords map[string]string // fixed words of Resource Manager paths, by their lower case
}

// route is one entry of the table that tests walk: no route exists beside it.
type route struct {
	pattern string
	action  auth.Action // "" is public
}

// New returns a server with all routes in place.
func New(c Config) *Server {
	s := &Server{Config: c, metrics: newMetrics(c.Registry), mux: http.NewServeMux(), armWords: map[string]string{}}
	s.register()
	return s
}

// Handler is the whole server.
func (s *Server) Handler() http.Handler { return s.wrap(s.foldCase(s.mux)) }

// public adds a route that needs no identity.
func (s *Server) public(pattern string, h handler) {
	s.routes = append(s.routes, route{pattern, ""})
	s.mux.Handle(pattern, s.handle(h))
}

// private adds a route whose caller must be allowed the action. One that changes a setting of a workspace also refuses
// people of another tenant and guests.
func (s *Server) private(act auth.Action, pattern string, h handler) {
	s.routes = append(s.routes, route{pattern, act})
	if (act == auth.WriteConnectors || act == auth.WriteTables) && strings.Contains(pattern, "{ws}") {
		h = s.ofTenant(h)
	}
	s.mux.Handle(pattern, s.handle(s.require(act, h)))
}

func (s *Server) register() {
	s.public("GET /healthz", s.healthz)
	s.public("GET /readyz", s.readyz)
	s.private(auth.ReadConnectors, "GET /metrics", s.serveMetrics(promhttp.HandlerFor(s.Registry, promhttp.HandlerOpts{})))

	s.public("GET /{tenant}/v2.0/.well-known/openid-configuration", s.discovery)
	s.public("GET /{tenant}/.well-known/openid-configuration", s.discovery)
	s.public("GET /{tenant}/discovery/v2.0/keys", s.keys)
	s.public("POST /{tenant}/oauth2/v2.0/token", s.token)
	s.public("POST /{tenant}/oauth2/token", s.token)

	// Clients put the version in front once, twice or never.
	for _, prefix := range []string{"/v1", "/v1/v1", ""} {
		for _, method := range []string{"GET ", "POST "} {
			pattern := method + prefix + "/workspaces/{ws}/query"
			s.routes = append(s.routes, route{pattern, auth.QueryData})
			s.mux.Handle(pattern, s.handle(s.laAuth(s.require(auth.QueryData, s.logAnalytics))))
		}
	}

	s.public("GET /signin", s.signInLink)
	s.public("POST /api/session", s.signIn)
	s.public("DELETE /api/session", s.signOut)
	s.private(auth.ReadIncidents, "GET /api/session", s.session)
	s.private(auth.ReadIncidents, "GET /api/events", s.events)
	s.private(auth.ReadIncidents, "GET /api/workspaces", s.listWorkspaces)
	s.private(auth.ReadConnectors, "GET /api/health", s.listHealth)

	s.private(auth.QueryData, "POST /api/w/{ws}/query", s.runQuery)
	s.private(auth.QueryData, "DELETE /api/queries/{id}", s.cancelQuery)
	s.private(auth.QueryData, "POST /api/kql/check", s.checkQuery)
	s.private(auth.QueryData, "POST /api/kql/diagnostics", s.checkQuery)
	s.private(auth.QueryData, "POST /api/kql/complete", s.assistQuery(func(ctx context.Context, ws, text string, at int) any { return s.Query.Complete(ctx, ws, text, at) }))
	s.private(auth.QueryData, "POST /api/kql/hover", s.assistQuery(func(ctx context.Context, ws, text string, at int) any { return s.Query.Hover(ctx, ws, text, at) }))
	s.private(auth.QueryData, "POST /api/w/{ws}/explain", s.explainQuery)
	s.private(auth.QueryData, "GET /api/w/{ws}/schema", s.schemaOf)
	s.private(auth.QueryData, "GET /api/w/{ws}/tables", s.listTables)
	s.private(auth.WriteTables, "PATCH /api/w/{ws}/tables", s.changeTable)
	s.private(auth.QueryData, "GET /api/w/{ws}/tables/{table}", s.showTable)
	s.private(auth.WriteTables, "PATCH /api/w/{ws}/tables/{table}", s.changeTable)
	s.private(auth.WriteTables, "PUT /api/w/{ws}/tables/{table}", s.createTable)
	s.private(auth.WriteTables, "DELETE /api/w/{ws}/tables/{table}", s.dropTable)
	s.private(auth.WriteTables, "POST /api/w/{ws}/tables/{table}/restore", s.restoreTable)
	s.private(auth.WriteTables, "POST /api/w/{ws}/tables/{table}/search", s.searchJob)
	s.private(auth.WriteTables, "POST /api/w/{ws}/tables/{table}/purge", s.purgeTable)
	s.private(auth.QueryData, "GET /api/w/{ws}/tables/{table}/export", s.exportTable)
	s.private(auth.QueryData, "POST /api/w/{ws}/export", s.exportQuery)
	s.private(auth.QueryData, "GET /api/w/{ws}/transforms", s.listTransforms)
	s.private(auth.QueryData, "GET /api/w/{ws}/tables/{table}/transform", s.showTransform)
	s.private(auth.WriteTables, "PUT /api/w/{ws}/tables/{table}/transform", s.setTransform)
	s.private(auth.WriteTables, "DELETE /api/w/{ws}/tables/{table}/transform", s.clearTransform)
	s.private(auth.QueryData, "POST /api/w/{ws}/tables/{table}/transform/preview", s.previewTransform)

	s.private(auth.ReadIncidents, "GET /api/w/{ws}/overview", s.overview)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/preferences/{key}", s.showPreference)
	s.private(auth.ReadIncidents, "PUT /api/w/{ws}/preferences/{key}", s.setPreference)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/incidents", s.listIncidents)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/incidents/{n}", s.showIncident)
	s.private(auth.WriteIncidents, "PATCH /api/w/{ws}/incidents/{n}", s.updateIncident)
	s.private(auth.WriteIncidents, "POST /api/w/{ws}/incidents/{n}/comments", s.commentIncident)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/incidents/{n}/history", s.incidentHistory)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/incidents/{n}/conflicts", s.incidentConflicts)
	s.private(auth.WriteIncidents, "POST /api/w/{ws}/incidents/{n}/conflicts/{id}/apply", s.applyConflict)
	s.private(auth.WriteIncidents, "POST /api/w/{ws}/incidents/{n}/conflicts/{id}/keep", s.keepConflict)
	s.private(auth.WriteIncidents, "POST /api/w/{ws}/incidents/{n}/refused/retry", s.retryRefused)
	s.private(auth.WriteIncidents, "POST /api/w/{ws}/incidents/{n}/refused/revert", s.revertRefused)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/incidents/{n}/alerts", s.incidentAlerts)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/incidents/{n}/entities", s.incidentEntities)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/incidents/{n}/comments", s.incidentComments)
	s.private(auth.QueryData, "GET /api/w/{ws}/incidents/{n}/events", s.incidentEvents)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/incidents/{n}/related", s.relatedIncidents)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/incidents/{n}/report", s.incidentReport)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/incidents/{n}/tasks", s.listTasks)
	s.private(auth.WriteIncidents, "POST /api/w/{ws}/incidents/{n}/tasks", s.addTask)
	s.private(auth.WriteIncidents, "PATCH /api/w/{ws}/incidents/{n}/tasks/{task}", s.updateTask)
	s.private(auth.WriteIncidents, "DELETE /api/w/{ws}/incidents/{n}/tasks/{task}", s.removeTask)
	s.private(auth.WriteIncidents, "POST /api/w/{ws}/incidents/bulk", s.bulkIncidents)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/conflicts", s.listConflicts)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/entities", s.listEntities)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/entities/{id}", s.showEntity)
	s.private(auth.ReadIncidents, "GET /api/w/{ws}/users", s.searchPeople)

	s.private(auth.ReadConnectors, "GET /api/w/{ws}/connectors", s.listConnectors)
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/connectors/{id}", s.showConnector)
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/connectors/{id}/health", s.connectorHealth)
	s.private(auth.ReadConnectors, "POST /api/w/{ws}/connectors/{id}/check", s.checkConnector)
	s.private(auth.WriteConnectors, "POST /api/w/{ws}/connectors/{id}/probe", s.probeTenant)
	s.private(auth.WriteConnectors, "POST /api/w/{ws}/connectors/{id}/connect", s.connect)
	s.private(auth.WriteConnectors, "POST /api/w/{ws}/connectors/{id}/disconnect", s.disconnect)
	s.private(auth.WriteConnectors, "PUT /api/w/{ws}/connectors/{id}/tables", s.setTables)
	s.private(auth.WriteConnectors, "POST /api/w/{ws}/connectors/{id}/pause", s.pauseStream)
	s.private(auth.WriteConnectors, "POST /api/w/{ws}/connectors/{id}/resume", s.resumeStream)

	// Dead letters hold what the tenant sent: to see them is to query.
	s.private(auth.QueryData, "GET /api/w/{ws}/deadletters", s.listDeadLetters)
	s.private(auth.QueryData, "GET /api/w/{ws}/deadletters/{id}", s.showDeadLetter)
	s.private(auth.WriteConnectors, "POST /api/w/{ws}/deadletters/replay", s.replayDeadLetters)
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/completeness", s.showCompleteness)
	s.private(auth.WriteConnectors, "POST /api/w/{ws}/completeness/check", s.checkCompleteness)
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/backfills", s.listBackfills)
	s.private(auth.WriteConnectors, "POST /api/w/{ws}/backfills", s.startBackfills)
	s.private(auth.WriteConnectors, "DELETE /api/w/{ws}/backfills/{table}", s.stopBackfill)
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/raw", s.showRaw)
	s.private(auth.WriteConnectors, "PUT /api/w/{ws}/raw", s.setRaw)
	s.private(auth.WriteConnectors, "POST /api/w/{ws}/raw/replay", s.replayRaw)
	s.private(auth.WriteConnectors, "DELETE /api/w/{ws}/raw/replay", s.stopRaw)
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/snapshots", s.listSnapshots)
	s.private(auth.WriteConnectors, "POST /api/w/{ws}/snapshots", s.startSnapshots)
	s.private(auth.WriteConnectors, "PUT /api/w/{ws}/snapshots/{table}", s.setSnapshot)

	s.private(auth.ReadConnectors, "GET /api/w/{ws}/ueba", s.showUEBA)
	s.private(auth.ReadConnectors, "POST /api/w/{ws}/ueba/check", s.checkUEBA)
	s.private(auth.WriteConnectors, "PUT /api/w/{ws}/ueba", s.setUEBA)
	s.arm(auth.QueryData, "GET", armWorkspace+"/tables", s.armListTables)
	s.arm(auth.QueryData, "GET", armWorkspace+"/tables/{table}", s.armGetTable)
	s.arm(auth.WriteTables, "PUT", armWorkspace+"/tables/{table}", s.armPutTable)
	s.arm(auth.WriteTables, "PATCH", armWorkspace+"/tables/{table}", s.armPatchTable)
	s.arm(auth.WriteTables, "DELETE", armWorkspace+"/tables/{table}", s.armDropTable)
	s.registerARM()
	s.registerARMIncidents()
	s.arm(auth.ReadConnectors, "GET", armInsights+"/settings", s.armListSettings)
	s.arm(auth.ReadConnectors, "GET", armInsights+"/settings/{name}", s.armGetSetting)
	s.arm(auth.WriteConnectors, "PUT", armInsights+"/settings/{name}", s.armPutSetting)
	s.arm(auth.WriteConnectors, "DELETE", armInsights+"/settings/{name}", s.armDeleteSetting)
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/rules", s.listRules)
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/rules/{id}", s.showRule)
	s.private(auth.WriteConnectors, "PATCH /api/w/{ws}/rules/{id}", s.updateRule)
	s.registerWatchlists()
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/setup", s.showSetup)
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/content", s.listContent)
	s.private(auth.ReadConnectors, "GET /api/w/{ws}/content/{id}", s.showContent)
	s.private(auth.WriteConnectors, "POST /api/w/{ws}/content/{id}/install", s.installContent)
	s.private(auth.WriteConnectors, "DELETE /api/w/{ws}/content/{id}", s.removeContent)
	s.private(auth.QueryData, "GET /api/w/{ws}/hunting", s.listHunting)
	s.private(auth.QueryData, "GET /api/w/{ws}/workbooks", s.listWorkbooks)
	s.private(auth.QueryData, "GET /api/w/{ws}/workbooks/{id}", s.showWorkbook)

	s.private(auth.ManageAccess, "POST /api/backup", s.makeBackup)
	s.private(auth.ManageAccess, "GET /api/users", s.listUsers)
	s.private(auth.ManageAccess, "POST /api/users", s.addUser)
	s.private(auth.ManageAccess, "POST /api/users/{name}/link", s.userLink)
	s.private(auth.ManageAccess, "DELETE /api/users/{name}", s.removeUser)
	s.private(auth.ManageAccess, "PUT /api/users/{name}/tenant", s.linkTenant)
	s.private(auth.ManageAccess, "GET /api/principals", s.listPrincipals)
	s.private(auth.ManageAccess, "POST /api/principals", s.addPrincipal)
	s.private(auth.ManageAccess, "DELETE /api/principals/{id}", s.removePrincipal)

	s.mux.Handle("/", http.HandlerFunc(s.rest))
}

// registerARM adds the Resource Manager twins of connectors, solutions and rules.
func (s *Server) registerARM() {
	for _, r := range []struct {
		act          auth.Action
		method, path string
		h            func(w http.ResponseWriter, r *http.Request, ws *Workspace) error
	}{
		{auth.ReadConnectors, "GET", "/dataConnectors", s.armListConnectors},
		{auth.ReadConnectors, "GET", "/dataConnectors/{name}", s.armGetConnector},
		{auth.WriteConnectors, "PUT", "/dataConnectors/{name}", s.armPutConnector},
		{auth.WriteConnectors, "DELETE", "/dataConnectors/{name}", s.armDeleteConnector},
		{auth.ReadConnectors, "POST", "/dataConnectorsCheckRequirements", s.armCheckRequirements},
		{auth.ReadConnectors, "GET", "/contentProductPackages", s.armListProducts},
		{auth.ReadConnectors, "GET", "/contentProductPackages/{name}", s.armGetProduct},
		{auth.ReadConnectors, "GET", "/contentPackages", s.armListPackages},
		{auth.ReadConnectors, "GET", "/contentPackages/{name}", s.armGetPackage},
		{auth.WriteConnectors, "PUT", "/contentPackages/{name}", s.armPutPackage},
		{auth.WriteConnectors, "DELETE", "/contentPackages/{name}", s.armDeletePackage},
		{auth.ReadConnectors, "GET", "/alertRules", s.armListRules},
		{auth.ReadConnectors, "GET", "/alertRules/{name}", s.armGetRule},
		{auth.WriteConnectors, "PUT", "/alertRules/{name}", s.armPutRule},
		{auth.WriteConnectors, "DELETE", "/alertRules/{name}", s.armDeleteRule},
	} {
		s.arm(r.act, r.method, armInsights+r.path, r.h)
	}
}

// rest answers what no route does: an unknown API path with an error, everything else with the web UI.
func (s *Server) rest(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/api/") || s.Web == nil {
		s.handle(func(http.ResponseWriter, *http.Request) error {
			return fault.New(fault.NotFound, "route_not_found", "there is nothing at %s %s", r.Method, r.URL.Path)
		}).ServeHTTP(w, r)
		return
	}
	s.Web.ServeHTTP(w, r)
}

// workspace finds a workspace by id or name.
func (s *Server) workspace(key string) (*Workspace, error) {
	for _, w := range s.Workspaces {
		if strings.EqualFold(w.ID, key) || strings.EqualFold(w.Name, key) {
			return w, nil
		}
	}
	return nil, fault.New(fault.NotFound, "workspace_not_found", "there is no workspace %q on this server", key)
}

// inWorkspace resolves the {ws} of a route before its handler runs.
func (s *Server) inWorkspace(r *http.Request) (*Workspace, error) {
	return s.workspace(r.PathValue("ws"))
}

func (s *Server) serveMetrics(h http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}
