package auth_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
)

type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func service(t *testing.T) (*auth.Service, *clock) {
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
	c := &clock{time.Now()}
	return auth.New(db.Auth(), keys, c.now), c
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.CodeOf(err)
}

func TestSignIn(t *testing.T) {
	s, c := service(t)
	ctx := t.Context()
	if err := s.AddUser(ctx, "ada", "right horse", auth.Responder); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, pw, want string }{
		{"ada", "wrong", "sign_in_failed"}, {"bob", "right horse", "sign_in_failed"}, {"ada", "", "sign_in_failed"}, {"ada", "right horse", ""},
	} {
		if _, _, err := s.SignIn(ctx, tc.name, tc.pw); code(err) != tc.want {
			t.Errorf("SignIn(%s, %s) = %v, want %q", tc.name, tc.pw, err, tc.want)
		}
	}
	token, a, err := s.SignIn(ctx, "ada", "right horse")
	if err != nil || a.Role != auth.Responder {
		t.Fatal(a, err)
	}
	if a, err = s.Session(ctx, token); err != nil || a.Name != "ada" || a.Can(auth.ManageAccess) || !a.Can(auth.WriteIncidents) {
		t.Fatal(a, err)
	}
	if _, err := s.Session(ctx, token+"x"); code(err) != "session_expired" {
		t.Error(err)
	}
	c.t = c.t.Add(auth.SessionIdle + time.Minute)
	if _, err := s.Session(ctx, token); code(err) != "session_expired" {
		t.Errorf("idle session lives: %v", err)
	}
	token, _, _ = s.SignIn(ctx, "ada", "right horse")
	if err := s.RemoveUser(ctx, "ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Session(ctx, token); code(err) != "session_expired" {
		t.Errorf("session of a removed user lives: %v", err)
	}
}

func TestGuessingIsSlowed(t *testing.T) {
	s, c := service(t)
	for range 6 {
		_, _, _ = s.SignIn(t.Context(), "ada", "x")
	}
	if _, _, err := s.SignIn(t.Context(), "ada", "x"); code(err) != "sign_in_throttled" {
		t.Error(err)
	}
	c.t = c.t.Add(2 * time.Minute)
	if _, _, err := s.SignIn(t.Context(), "ada", "x"); code(err) != "sign_in_failed" {
		t.Error(err)
	}
}

func TestLinkWorksOnce(t *testing.T) {
	s, c := service(t)
	ctx := t.Context()
	if err := s.AddUser(ctx, "ada", "", auth.Owner); err != nil {
		t.Fatal(err)
	}
	link, err := s.Link(ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.SignInLink(ctx, link)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Session(ctx, token); err != nil {
		t.Error(err)
	}
	if _, err := s.SignInLink(ctx, link); code(err) != "link_spent" {
		t.Errorf("link worked twice: %v", err)
	}
	late, _ := s.Link(ctx, "ada")
	c.t = c.t.Add(auth.LinkLife + time.Second)
	if _, err := s.SignInLink(ctx, late); code(err) != "link_spent" {
		t.Errorf("old link worked: %v", err)
	}
}

func TestToken(t *testing.T) {
	s, c := service(t)
	ctx := t.Context()
	p, secret, err := s.AddPrincipal(ctx, "grafana", auth.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(id, secret, scope string) (string, error) {
		return s.IssueToken(ctx, "https://x/t/v2.0", "t", id, secret, scope)
	}
	token, err := issue(p.ClientID, secret, "https://x//.default openid")
	if err != nil {
		t.Fatal(err)
	}
	if a, err := s.Token(ctx, token); err != nil || a.Name != "grafana" {
		t.Fatal(a, err)
	}
	for _, tc := range []struct{ id, secret, scope, want string }{
		{"nobody", secret, "x/.default", "unauthorized_client"}, {p.ClientID, "no", "x/.default", "invalid_client"}, {p.ClientID, secret, "x", "invalid_scope"},
	} {
		if _, err := issue(tc.id, tc.secret, tc.scope); code(err) != tc.want {
			t.Errorf("%v: %v", tc, err)
		}
	}
	parts := strings.Split(token, ".")
	for name, bad := range map[string]string{"garbage": "x", "none": "eyJhbGciOiJub25lIn0." + parts[1] + ".", "other signature": parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2]))} {
		if _, err := s.Token(ctx, bad); code(err) != "InvalidAuthenticationToken" {
			t.Errorf("%s accepted: %v", name, err)
		}
	}
	c.t = c.t.Add(auth.TokenLife + time.Minute)
	if _, err := s.Token(ctx, token); code(err) != "InvalidAuthenticationToken" {
		t.Errorf("expired token accepted: %v", err)
	}
	c.t = c.t.Add(-auth.TokenLife)
	if err := s.RemovePrincipal(ctx, "grafana"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Token(ctx, token); code(err) != "InvalidAuthenticationToken" {
		t.Errorf("token of a removed principal accepted: %v", err)
	}
}
