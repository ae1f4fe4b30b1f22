package api

import (
	"net/http"

	"github.com/vedette-siem/vedette/internal/auth"
)

func (s *Server) listUsers(w http.ResponseWriter, r *http.Request) error {
	users, err := s.Auth.Users(r.Context())
	if err != nil {
		return err
	}
	items := make([]map[string]string, 0, len(users))
	for _, u := range users {
		items = append(items, map[string]string{"name": u.Name, "role": string(u.Role), "created": stamp(u.Created), "tenantId": u.TenantID, "objectId": u.ObjectID})
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}

func (s *Server) addUser(w http.ResponseWriter, r *http.Request) error {
	var in struct{ Name, Role, Password string }
	if err := readJSON(r, &in); err != nil {
		return err
	}
	role, err := auth.ParseRole(in.Role)
	if err != nil {
		return err
	}
	if err := s.Auth.AddUser(r.Context(), in.Name, in.Password, role); err != nil {
		return err
	}
	return s.writeLink(w, r, in.Name)
}

func (s *Server) userLink(w http.ResponseWriter, r *http.Request) error {
	return s.writeLink(w, r, r.PathValue("name"))
}

// writeLink makes a one-time sign-in link under the portal's address when there is one.
func (s *Server) writeLink(w http.ResponseWriter, r *http.Request, name string) error {
	token, err := s.Auth.Link(r.Context(), name)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]string{"link": s.PublicURL + "/signin?token=" + token, "token": token})
	return nil
}

// linkTenant links an account to a user of a tenant; empty ids unlink it.
func (s *Server) linkTenant(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		TenantID string `json:"tenantId"`
		ObjectID string `json:"objectId"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if err := s.Auth.LinkTenant(r.Context(), r.PathValue("name"), in.TenantID, in.ObjectID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) removeUser(w http.ResponseWriter, r *http.Request) error {
	if err := s.Auth.RemoveUser(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) listPrincipals(w http.ResponseWriter, r *http.Request) error {
	ps, err := s.Auth.Principals(r.Context())
	if err != nil {
		return err
	}
	items := make([]map[string]string, 0, len(ps))
	for _, p := range ps {
		items = append(items, map[string]string{"name": p.Name, "clientId": p.ClientID, "role": string(p.Role), "created": stamp(p.Created)})
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}

func (s *Server) addPrincipal(w http.ResponseWriter, r *http.Request) error {
	var in struct{ Name, Role string }
	if err := readJSON(r, &in); err != nil {
		return err
	}
	role, err := auth.ParseRole(in.Role)
	if err != nil {
		return err
	}
	p, secret, err := s.Auth.AddPrincipal(r.Context(), in.Name, role)
	if err != nil {
		return err
	}
	tenant := "adfs"
	if len(s.Workspaces) > 0 && s.Workspaces[0].TenantID != "" {
		tenant = s.Workspaces[0].TenantID
	}
	writeJSON(w, http.StatusCreated, map[string]string{"tenantId": tenant, "clientId": p.ClientID, "clientSecret": secret})
	return nil
}

func (s *Server) removePrincipal(w http.ResponseWriter, r *http.Request) error {
	if err := s.Auth.RemovePrincipal(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
