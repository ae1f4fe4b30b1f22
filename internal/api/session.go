package api

import (
	"net/http"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/fault"
)

func setSession(w http.ResponseWriter, r *http.Request, token string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: token, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
}

// signIn opens a session for name and password.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	var in struct{ Name, Password string }
	if err := readJSON(r, &in); err != nil {
		return err
	}
	token, a, err := s.Auth.SignIn(r.Context(), in.Name, in.Password)
	if err != nil {
		return err
	}
	setSession(w, r, token, int(auth.SessionMax.Seconds()))
	writeJSON(w, http.StatusOK, s.sessionBody(a))
	return nil
}

// signInLink spends a one-time link. The cookie is SameSite=Strict, so the redirect is a page of ours, not a 302 from elsewhere.
func (s *Server) signInLink(w http.ResponseWriter, r *http.Request) error {
	token, err := s.Auth.SignInLink(r.Context(), r.URL.Query().Get("token"))
	if err != nil {
		if fault.KindOf(err) == fault.Internal {
			return err
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(linkSpent))
		return nil
	}
	setSession(w, r, token, int(auth.SessionMax.Seconds()))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(`<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>Vedette</title><p><a href="/">Continue to Vedette</a></p>`))
	return nil
}

const linkSpent = `<!doctype html><meta charset="utf-8"><title>Vedette</title><h1>This sign-in link was used already or is too old</h1>` +
	`<p>A link works once. Make a new one on the server with <code>vedette user add --name NAME --role ROLE</code>, or <a href="/">sign in with a password</a>.</p>`

// session says who is signed in.
func (s *Server) session(w http.ResponseWriter, r *http.Request) error {
	writeJSON(w, http.StatusOK, s.sessionBody(actorOf(r)))
	return nil
}

func (s *Server) sessionBody(a auth.Actor) any {
	type ws struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	list := make([]ws, 0, len(s.Workspaces))
	for _, x := range s.Workspaces {
		list = append(list, ws{x.ID, x.Name})
	}
	return map[string]any{"user": map[string]string{"name": a.Name, "role": string(a.Role), "kind": a.Kind}, "workspaces": list, "version": s.Version}
}

// signOut ends the session here and in the browser.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if c, err := r.Cookie(sessionCookie); err == nil {
		if err := s.Auth.SignOut(r.Context(), c.Value); err != nil {
			return err
		}
	}
	setSession(w, r, "", -1)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
