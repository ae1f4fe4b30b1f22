package graph

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
)

const graphAppID = "00000003-0000-0000-c000-000000000000"

const keyID = "simulated-tenant-1"

// TokenHandler serves the authority: discovery, keys and tokens for client credentials.
func (s *Server) TokenHandler() http.Handler {
	mux := http.NewServeMux()
	tenant := s.cfg.Dir.TenantID
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		if !s.knownTenant(r.PathValue("tenant")) {
			s.tokenError(w, "invalid_tenant", 90002, fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID.", r.PathValue("tenant")))
			return
		}
		base := s.cfg.TokenURL + "/" + tenant
		writeJSON(w, http.StatusOK, map[string]any{
			"issuer": base + "/v2.0", "token_endpoint": base + "/oauth2/v2.0/token", "authorization_endpoint": base + "/oauth2/v2.0/authorize", "jwks_uri": base + "/discovery/v2.0/keys",
			"device_authorization_endpoint": base + "/oauth2/v2.0/devicecode", "token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic", "private_key_jwt"},
			"response_types_supported": []string{"code", "id_token", "code id_token"}, "subject_types_supported": []string{"pairwise"}, "id_token_signing_alg_values_supported": []string{"RS256"},
			"scopes_supported": []string{"openid", "profile", "email", "offline_access"}, "tenant_region_scope": "EU", "cloud_instance_name": "microsoftonline.com"})
	})
	mux.HandleFunc("GET /{tenant}/discovery/v2.0/keys", func(w http.ResponseWriter, _ *http.Request) {
		e := make([]byte, 4)
		binary.BigEndian.PutUint32(e, uint32(s.cfg.Key.E))
		b := base64.RawURLEncoding
		writeJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "use": "sig", "kid": keyID, "alg": "RS256", "n": b.EncodeToString(s.cfg.Key.N.Bytes()),
			"e": b.EncodeToString(new(big.Int).SetBytes(e).Bytes())}}})
	})
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", s.token)
	return mux
}

func (s *Server) knownTenant(t string) bool {
	return strings.EqualFold(t, s.cfg.Dir.TenantID) || strings.EqualFold(t, "contoso.com") || strings.EqualFold(t, "contoso.onmicrosoft.com")
}

func (s *Server) tokenError(w http.ResponseWriter, code string, number int, text string) {
	now := s.cfg.Now().UTC()
	id := dice.New(now.UnixNano(), code).GUID()
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	writeJSON(w, status, map[string]any{"error": code, "error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", number, text, id, id, now.Format("2006-01-02 15:04:05Z")),
		"error_codes": []int{number}, "timestamp": now.Format("2006-01-02 15:04:05Z"), "trace_id": id, "correlation_id": id, "error_uri": "https://login.microsoftonline.com/error?code=" + fmt.Sprint(number)})
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	kind, _ := s.cfg.Faults.Take(s.cfg.Now(), "token", r.URL.Path, "429", "429-no-retry-after", "500", "html", "drop", "lost-response")
	if kind == "lost-response" {
		kind = "drop" // asking for a token changes nothing
	}
	switch disturb(w, s.cfg.Now(), kind) {
	case "throttled":
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case "broken":
		w.WriteHeader(http.StatusInternalServerError)
		return
	case "done":
		return
	}
	if err := r.ParseForm(); err != nil {
		s.tokenError(w, "invalid_request", 900144, "The request body must be form data.")
		return
	}
	f := r.PostForm
	id, secret := f.Get("client_id"), f.Get("client_secret")
	if u, p, ok := r.BasicAuth(); ok {
		id, _ = url.QueryUnescape(u)
		secret, _ = url.QueryUnescape(p)
	}
	scopes := slices.DeleteFunc(strings.Fields(f.Get("scope")), func(x string) bool { // MSAL adds these to every request
		return x == "openid" || x == "offline_access" || x == "profile"
	})
	resource, dot := strings.CutSuffix(strings.Join(scopes, " "), "/.default")
	switch {
	case !s.knownTenant(r.PathValue("tenant")):
		s.tokenError(w, "invalid_request", 90002, fmt.Sprintf("Tenant '%s' not found.", r.PathValue("tenant")))
	case f.Get("grant_type") != "client_credentials":
		s.tokenError(w, "unsupported_grant_type", 70003, fmt.Sprintf("The app requested an unsupported grant type '%s'.", f.Get("grant_type")))
	case !strings.EqualFold(id, s.cfg.App.ID):
		s.tokenError(w, "unauthorized_client", 700016, fmt.Sprintf("Application with identifier '%s' was not found in the directory 'Contoso'.", id))
	case secret != s.cfg.App.Secret:
		s.tokenError(w, "invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.")
	case !dot || resource == "":
		s.tokenError(w, "invalid_scope", 1002012, fmt.Sprintf("The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.", f.Get("scope")))
	default:
		s.issue(w, strings.TrimSuffix(resource, "/"))
	}
}

func (s *Server) issue(w http.ResponseWriter, resource string) {
	now := s.cfg.Now()
	roles := []string{}
	if s.isGraph(resource) {
		roles = s.roles()
	}
	// Tokens for services of Microsoft are of version 1.0, whose issuer is not the authority that issued them.
	issuer, issued := "https://sts.windows.net/"+s.cfg.Dir.TenantID+"/", now.Add(-s.cfg.Modes().TokenAge)
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"aud": resource, "iss": issuer, "iat": issued.Unix(), "nbf": issued.Unix(), "exp": issued.Add(time.Hour).Unix(), "appid": s.cfg.App.ID,
		"azp": s.cfg.App.ID, "app_displayname": s.cfg.App.Name, "idtyp": "app", "oid": dice.New(1, s.cfg.App.ID).GUID(), "roles": roles, "tid": s.cfg.Dir.TenantID, "ver": "1.0",
		"uti": dice.New(now.UnixNano(), "uti").Hex(8)})
	t.Header["kid"] = keyID
	text, err := t.SignedString(s.cfg.Key)
	if err != nil {
		s.cfg.Logger.Error("signing a token", "err", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store, no-cache")
	writeJSON(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": text})
}

func (s *Server) roles() []string {
	if r := s.cfg.Store.Meta().Roles; r != nil {
		return r
	}
	return Roles()
}

func (s *Server) isGraph(resource string) bool {
	return slices.Contains([]string{"https://graph.microsoft.com", graphAppID, s.cfg.GraphURL}, strings.TrimSuffix(resource, "/"))
}

// authenticate checks the bearer token and returns the roles in it.
func (s *Server) authenticate(r *http.Request) ([]string, error) {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || text == "" {
		return nil, errors.New("Access token is empty.")
	}
	claims, err := s.verify(text)
	if err != nil {
		return nil, err
	}
	if aud, _ := claims["aud"].(string); !s.isGraph(aud) {
		return nil, errors.New("Access token validation failure. Invalid audience.")
	}
	if issued, _ := claims["iat"].(float64); int64(issued) <= s.revoked.Load() {
		return nil, errRevoked
	}
	var roles []string
	list, _ := claims["roles"].([]any)
	for _, v := range list {
		if t, ok := v.(string); ok {
			roles = append(roles, t)
		}
	}
	return roles, nil
}

// verify checks signature and lifetime of a token and returns what it says.
func (s *Server) verify(text string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(s.cfg.Now), jwt.WithLeeway(5*time.Minute)).
		ParseWithClaims(text, claims, func(*jwt.Token) (any, error) { return &s.cfg.Key.PublicKey, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, errors.New("Lifetime validation failed, the token is expired.")
	case err != nil:
		return nil, errors.New("Access token validation failure. Invalid signature.")
	}
	return claims, nil
}

// StorageToken reports whether the token is one for the storage service.
func (s *Server) StorageToken(text string) bool {
	claims, err := s.verify(text)
	if err != nil {
		return false
	}
	aud, _ := claims["aud"].(string)
	return strings.TrimSuffix(aud, "/") == "https://storage.azure.com"
}

// errRevoked is a token that was taken back before it ran out.
var errRevoked = errors.New("Continuous access evaluation resulted in challenge.")

// challenge answers 401 and says which claims a new token must have.
func (c *call) challenge() {
	claims := fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, c.s.revoked.Load()+1)
	c.w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="", authorization_uri="%s/%s/oauth2/v2.0/authorize", client_id="%s", error="insufficient_claims", claims="%s"`,
		c.s.cfg.TokenURL, c.s.cfg.Dir.TenantID, graphAppID, base64.StdEncoding.EncodeToString([]byte(claims))))
	c.fail(http.StatusUnauthorized, "InvalidAuthenticationToken", errRevoked.Error())
}
