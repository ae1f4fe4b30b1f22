package api

import (
	"net/http"
	"strings"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/fault"
)

// origin is how the client reached us, for the addresses in discovery documents.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// tenantAlias reports whether the authority's first segment is one we answer: the tenant id of a workspace or "adfs".
func (s *Server) tenantAlias(name string) bool {
	if strings.EqualFold(name, "adfs") {
		return true
	}
	for _, w := range s.Workspaces {
		if strings.EqualFold(name, w.TenantID) {
			return true
		}
	}
	return false
}

// discovery answers the OpenID configuration that client libraries read first.
func (s *Server) discovery(w http.ResponseWriter, r *http.Request) error {
	tenant := r.PathValue("tenant")
	if !s.tenantAlias(tenant) {
		return fault.New(fault.Invalid, "invalid_tenant", "AADSTS90002: tenant %q is not known here", tenant)
	}
	base := origin(r) + "/" + tenant
	issuer := base + "/v2.0"
	if strings.EqualFold(tenant, "adfs") {
		issuer = base
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": issuer, "token_endpoint": base + "/oauth2/v2.0/token",
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"device_authorization_endpoint":         base + "/oauth2/v2.0/devicecode",
		"jwks_uri":                              base + "/discovery/v2.0/keys",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"},
		"response_types_supported":              []string{"token"}, "subject_types_supported": []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	})
	return nil
}

// keys answers the public signing keys.
func (s *Server) keys(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, s.Auth.Keys().JWKS())
	return nil
}

// token issues an access token for a client secret. Errors have the shape of the Microsoft identity platform.
func (s *Server) token(w http.ResponseWriter, r *http.Request) error {
	tenant := r.PathValue("tenant")
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		tokenError(w, fault.New(fault.Invalid, "invalid_request", "AADSTS900144: the body is not a form: %s", err))
		return nil
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	if g := r.PostForm.Get("grant_type"); g != "client_credentials" {
		tokenError(w, fault.New(fault.Invalid, "unsupported_grant_type", "AADSTS70003: grant type %q is not supported; use client_credentials", g))
		return nil
	}
	scope := r.PostForm.Get("scope")
	if scope == "" && r.PostForm.Get("resource") != "" {
		scope = r.PostForm.Get("resource") + "/.default"
	}
	if !s.tenantAlias(tenant) {
		tokenError(w, fault.New(fault.Invalid, "invalid_tenant", "AADSTS90002: tenant %q is not known here", tenant))
		return nil
	}
	jwt, err := s.Auth.IssueToken(r.Context(), origin(r)+"/"+tenant+"/v2.0", tenant, id, secret, scope)
	if err != nil {
		if fault.KindOf(err) == fault.Internal {
			return err
		}
		tokenError(w, err)
		return nil
	}
	life := int(auth.TokenLife.Seconds()) - 1
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": jwt})
	return nil
}

func tokenError(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	if fault.KindOf(err) == fault.Unauthenticated {
		status = http.StatusUnauthorized
	}
	writeJSON(w, status, map[string]any{"error": fault.CodeOf(err), "error_description": err.Error(), "error_codes": []int{}})
}
