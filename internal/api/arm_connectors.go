package api

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/fault"
)

// ARMNames keeps the names that programs choose for resources which have ids of their own here.
type ARMNames interface {
	ARMNames(ctx context.Context, workspace, kind string) (map[string]string, error)
	PutARMName(ctx context.Context, workspace, kind, id, name string) error
}

// armResource is the envelope of a resource.
type armResource struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Type       string `json:"type"`
	Etag       string `json:"etag,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Properties any    `json:"properties"`
}

// insights is a resource of Microsoft.SecurityInsights.
func (ws *Workspace) insights(kind, name string) armResource {
	const provider = "Microsoft.SecurityInsights/"
	return armResource{ID: ws.armID("/providers/" + provider + kind + "/" + name), Name: name, Type: provider + kind}
}

// readARM decodes a resource; programs send it back whole, so that read-only parts are left out and not refused.
func readARM(r *http.Request, v any) error {
	var raw json.RawMessage
	if err := readJSON(r, &raw); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return badBody(err)
	}
	return nil
}

const dataConnectors = "dataConnectors"

type armState struct {
	State string `json:"state"`
}

func on(enabled bool) armState {
	if enabled {
		return armState{"Enabled"}
	}
	return armState{"Disabled"}
}

// armConnector is the connector as a resource, and whether it is one: only what is connected here is.
func (s *Server) armConnector(ws *Workspace, d connector.Definition, names map[string]string) (armResource, bool) {
	c := s.Connectors.Choice(ws.ID, d.ID)
	if c.ConnectedAt.IsZero() {
		return armResource{}, false
	}
	name := names[d.ID]
	if name == "" {
		name = d.ID
	}
	a := ws.insights(dataConnectors, name)
	types := map[string]armState{"alerts": on(c.Incidents)}
	if d.Kind == connector.KindXDR {
		types["incidents"] = on(c.Incidents)
	}
	a.Kind = d.ARMKind
	a.Properties = map[string]any{"tenantId": ws.TenantID, "dataTypes": types}
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, c.Incidents, c.Tables, c.KeepIncidentRules, c.ConnectedAt.UnixMilli())
	a.Etag = fmt.Sprintf(`"%x"`, h.Sum64())
	return a, true
}

func (s *Server) armListConnectors(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	names, err := s.Names.ARMNames(r.Context(), ws.ID, dataConnectors)
	if err != nil {
		return err
	}
	value := []armResource{}
	for _, d := range connector.Definitions() {
		if a, ok := s.armConnector(ws, d, names); ok {
			value = append(value, a)
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": value})
	return nil
}

// namedConnector finds the connector behind the name in the path: the name that a program gave it, or its own id.
func (s *Server) namedConnector(r *http.Request, ws *Workspace) (armResource, connector.Definition, map[string]string, error) {
	names, err := s.Names.ARMNames(r.Context(), ws.ID, dataConnectors)
	if err != nil {
		return armResource{}, connector.Definition{}, nil, err
	}
	name := r.PathValue("name")
	for _, d := range connector.Definitions() {
		if strings.EqualFold(names[d.ID], name) || strings.EqualFold(d.ID, name) {
			if a, ok := s.armConnector(ws, d, names); ok {
				return a, d, names, nil
			}
		}
	}
	return armResource{}, connector.Definition{}, names, fault.New(fault.NotFound, "ResourceNotFound", "there is no data connector %q in workspace %s; what is not connected has none", name, ws.Name)
}

func (s *Server) armGetConnector(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	a, _, _, err := s.namedConnector(r, ws)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, a)
	return nil
}

type armConnectorBody struct {
	Kind       string `json:"kind"`
	Etag       string `json:"etag"`
	Properties struct {
		TenantID       string              `json:"tenantId"`
		SubscriptionID string              `json:"subscriptionId"` // of AzureSecurityCenter
		DataTypes      map[string]armState `json:"dataTypes"`
	} `json:"properties"`
}

// kindOf finds the connector of a kind and checks the tenant that the body names.
func (b armConnectorBody) kindOf(ws *Workspace) (connector.Definition, error) {
	var kinds []string
	for _, d := range connector.Definitions() {
		if strings.EqualFold(d.ARMKind, b.Kind) {
			if t := b.Properties.TenantID; t != "" && !strings.EqualFold(t, ws.TenantID) {
				return d, fault.New(fault.Invalid, "tenant_mismatch", "properties.tenantId is %s; the workspace %s belongs to tenant %s", t, ws.Name, ws.TenantID)
			}
			return d, nil
		}
		kinds = append(kinds, d.ARMKind)
	}
	return connector.Definition{}, fault.New(fault.Invalid, "kind_unknown", "there is no data connector of kind %q here; the kinds are %s", b.Kind, strings.Join(kinds, ", "))
}

// armPutConnector connects what is Enabled and disconnects what is Disabled; any other state of the open list counts as Disabled.
func (s *Server) armPutConnector(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	var in armConnectorBody
	if err := readARM(r, &in); err != nil {
		return err
	}
	d, err := in.kindOf(ws)
	if err != nil {
		return err
	}
	if in.Properties.SubscriptionID != "" && d.ReplacedBy != "" {
		return fault.New(fault.Invalid, "subscription_not_chosen", "subscriptions cannot be chosen here: %s brings the alerts of all subscriptions of the tenant. Leave properties.subscriptionId out, or connect %s", d.Title, d.ReplacedBy)
	}
	if len(r.PathValue("name")) > 200 {
		return fault.New(fault.Invalid, "name_too_long", "the name of a data connector has at most 200 characters")
	}
	was, _, names, err := s.namedConnector(r, ws)
	existed := err == nil
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if existed && was.Kind != d.ARMKind {
		return fault.New(fault.Conflict, "kind_changed", "the data connector %s is of kind %s and cannot become %s; choose another name", was.Name, was.Kind, d.ARMKind)
	}
	if in.Etag != "" && (!existed || strings.Trim(in.Etag, `"`) != strings.Trim(was.Etag, `"`)) {
		return fault.New(fault.Conflict, "etag_mismatch", "the data connector %s was changed since you read it; read it again", r.PathValue("name"))
	}
	if through := s.Connectors.Choice(ws.ID, connector.DefenderXDR); d.Kind == connector.KindComponent && through.Incidents {
		return fault.New(fault.Conflict, "connected_through_xdr", "%s comes through Microsoft Defender XDR, which is connected", d.Title)
	}
	part, yes := "alerts", true
	if d.Kind == connector.KindXDR {
		part = "incidents"
	}
	wanted := strings.EqualFold(in.Properties.DataTypes[part].State, "Enabled")
	if alerts := in.Properties.DataTypes["alerts"]; d.Kind == connector.KindXDR && !wanted && strings.EqualFold(alerts.State, "Enabled") {
		return fault.New(fault.Invalid, "alerts_only", "alerts of Microsoft Defender XDR come with its incidents; to have alerts alone, connect the connectors of the products")
	}
	if wanted {
		_, err = s.Connectors.Connect(r.Context(), ws.ID, d.ID, connector.Request{Incidents: &yes}, actorOf(r).Name)
	} else {
		_, err = s.Connectors.Disconnect(r.Context(), ws.ID, d.ID, connector.Request{Incidents: &yes}, actorOf(r).Name)
	}
	if err != nil {
		return err
	}
	if !existed {
		names[d.ID] = r.PathValue("name")
		if err := s.Names.PutARMName(r.Context(), ws.ID, dataConnectors, d.ID, names[d.ID]); err != nil {
			return err
		}
	}
	a, ok := s.armConnector(ws, d, names)
	if !ok { // put with everything disabled: nothing is connected, and the answer says so
		a = ws.insights(dataConnectors, r.PathValue("name"))
		a.Kind, a.Properties = d.ARMKind, map[string]any{"tenantId": ws.TenantID, "dataTypes": map[string]armState{part: on(false)}}
	}
	status := http.StatusOK
	if !existed {
		status = http.StatusCreated
	}
	writeJSON(w, status, a)
	return nil
}

func (s *Server) armDeleteConnector(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	_, d, _, err := s.namedConnector(r, ws)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if err == nil {
		_, err = s.Connectors.Disconnect(r.Context(), ws.ID, d.ID, connector.Request{}, actorOf(r).Name)
	}
	if err == nil {
		err = s.Names.PutARMName(r.Context(), ws.ID, dataConnectors, d.ID, "")
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// armCheckRequirements answers whether the acting person and the tenant's licence allow a connector of the kind. What
// cannot be checked is Valid, since it never blocks; a licence has a word for it.
func (s *Server) armCheckRequirements(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	var in armConnectorBody
	if err := readARM(r, &in); err != nil {
		return err
	}
	d, err := in.kindOf(ws)
	if err != nil {
		return err
	}
	v, err := s.Connectors.Show(r.Context(), ws.ID, d.ID, personOf(r))
	if err != nil {
		return err
	}
	auth, licence := "Valid", "Unknown"
	for _, p := range v.Prerequisites {
		switch {
		case p.ID == "licence" && p.State == connector.Met:
			licence = "Valid"
		case p.ID == "licence" && p.State == connector.NotMet:
			licence = "Invalid"
		case (p.ID == "administrator" || p.ID == "membership" || p.ID == "tenant") && p.State == connector.NotMet:
			auth = "Invalid"
		}
	}
	writeJSON(w, http.StatusOK, map[string]string{"authorizationState": auth, "licenseState": licence})
	return nil
}
