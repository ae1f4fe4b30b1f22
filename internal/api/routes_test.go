package api

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/meta"
)

func testServer(t *testing.T) *Server {
	t.Helper()
	dir := t.TempDir()
	db, err := meta.Open(t.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	keys, err := auth.LoadKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{
		Workspaces: []*Workspace{{ID: "w", Name: "soc", TenantID: "t"}}, Auth: auth.New(db.Auth(), keys, time.Now), Board: &health.Board{},
		Registry: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler), Hub: &Hub{}, PublicURL: "http://127.0.0.1:8080",
	})
}

var wild = regexp.MustCompile(`\{\w+\}`)

func request(t *testing.T, s *Server, method, path, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// TestRoutesAreClosed walks the route table: whatever is not public refuses strangers, forged tokens, and everybody whose
// role does not list the action.
func TestRoutesAreClosed(t *testing.T) {
	s := testServer(t)
	token := map[auth.Role]string{}
	for _, role := range []auth.Role{auth.Reader, auth.Responder, auth.Contributor, auth.Owner} {
		p, secret, err := s.Auth.AddPrincipal(t.Context(), string(role), role)
		if err != nil {
			t.Fatal(err)
		}
		if token[role], err = s.Auth.IssueToken(t.Context(), "i", "t", p.ClientID, secret, "x/.default"); err != nil {
			t.Fatal(err)
		}
	}
	closed := 0
	for _, r := range s.routes {
		method, path, _ := strings.Cut(r.pattern, " ")
		path = wild.ReplaceAllString(path, "1")
		if r.action == "" {
			continue
		}
		closed++
		if w := request(t, s, method, path, "{}", nil); w.Code != http.StatusUnauthorized {
			t.Errorf("%s without credentials: %d", r.pattern, w.Code)
		}
		if w := request(t, s, method, path, "{}", func(r *http.Request) { r.Header.Set("Authorization", "Bearer a.b.c") }); w.Code != http.StatusUnauthorized {
			t.Errorf("%s with a forged token: %d", r.pattern, w.Code)
		}
		for role, tok := range token {
			if (auth.Actor{Role: role}).Can(r.action) {
				continue
			}
			w := request(t, s, method, path, "{}", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+tok) })
			if w.Code != http.StatusForbidden {
				t.Errorf("%s as %s: %d", r.pattern, role, w.Code)
			}
		}
	}
	if closed < 30 {
		t.Errorf("only %d routes need an identity", closed)
	}
}

func TestErrorsHaveOneShape(t *testing.T) {
	s := testServer(t)
	for _, tc := range []struct {
		name, method, path, body string
		change                   func(*http.Request)
		status                   int
		want                     string
	}{
		{"unknown API path", "GET", "/api/nope", "", nil, 404, `"code":"route_not_found"`},
		{"sign-in body", "POST", "/api/session", "{", nil, 400, `"code":"body_invalid"`},
		{"sign-in typo", "POST", "/api/session", `{"nam":"x"}`, nil, 400, `unknown field`},
		{"wrong password", "POST", "/api/session", `{"name":"x","password":"y"}`, nil, 401, `"code":"sign_in_failed"`},
		{"from another site", "POST", "/api/session", `{}`, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403, "cross-origin"},
		{"spent link", "GET", "/signin?token=x", "", nil, 401, "works once"},
		{"unknown tenant", "POST", "/other/oauth2/v2.0/token", "grant_type=client_credentials", form, 400, "AADSTS90002"},
		{"other grant", "POST", "/adfs/oauth2/v2.0/token", "grant_type=password", form, 400, "unsupported_grant_type"},
		{"unknown client", "POST", "/t/oauth2/v2.0/token", "grant_type=client_credentials&client_id=x&scope=y/.default", form, 400, "AADSTS700016"},
		{"log analytics without token", "POST", "/v1/workspaces/w/query", "{}", nil, 401, "InvalidTokenError"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := request(t, s, tc.method, tc.path, tc.body, tc.change)
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.want) {
				t.Errorf("%d %s; want %d with %s", w.Code, w.Body, tc.status, tc.want)
			}
		})
	}
}

func form(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }

// TestSignInLink follows a link: it works once, sets a cookie that scripts cannot read, and the session it opens ends with sign-out.
func TestSignInLink(t *testing.T) {
	s := testServer(t)
	if err := s.Auth.AddUser(t.Context(), "ada", "", auth.Owner); err != nil {
		t.Fatal(err)
	}
	link, err := s.Auth.Link(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	w := request(t, s, "GET", "/signin?token="+link, "", nil)
	cookies := w.Result().Cookies()
	if w.Code != http.StatusOK || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
		t.Fatalf("%d %v", w.Code, cookies)
	}
	with := func(r *http.Request) { r.AddCookie(cookies[0]) }
	if w := request(t, s, "GET", "/api/session", "", with); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"ada"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := request(t, s, "GET", "/signin?token="+link, "", nil); w.Code != http.StatusUnauthorized {
		t.Errorf("the link worked twice: %d", w.Code)
	}
	request(t, s, "DELETE", "/api/session", "", with)
	if w := request(t, s, "GET", "/api/session", "", with); w.Code != http.StatusUnauthorized {
		t.Errorf("signed out, but: %d", w.Code)
	}
}
