// Package portal is the Simulated Defender portal: a small page on which a person works incidents on the tenant's side.
package portal

import (
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// Config says what the portal shows.
type Config struct {
	Store         *state.Store
	Dir           *directory.Directory
	Logger        *slog.Logger
	CommentStamps func() bool // a comment changes the incident's stamp
}

// Handler serves the page and its small JSON API.
func Handler(cfg Config) http.Handler {
	p := &portal{cfg, pages()}
	mux := http.NewServeMux()
	static, err := fs.Sub(files, "pages")
	if err != nil {
		panic(err) // the folder is embedded
	}
	mux.HandleFunc("GET /{$}", p.list)
	mux.HandleFunc("GET /incidents/{id}", p.detail)
	mux.HandleFunc("POST /incidents/{id}", p.act)
	mux.HandleFunc("POST /merge", p.mergeSelected)
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.HandleFunc("GET /api/incidents", p.apiList)
	mux.HandleFunc("GET /api/incidents/{id}", p.apiGet)
	mux.HandleFunc("POST /api/incidents/{id}", p.apiPost)
	mux.HandleFunc("GET /api/incidents/{id}/alerts", p.apiAlerts)
	mux.HandleFunc("POST /api/incidents/{id}/merge", p.apiMerge)
	return guarded(sameOrigin(mux))
}

type portal struct {
	cfg   Config
	pages *template.Template
}

// me is who works in the portal: the first analyst.
func (p *portal) me() *directory.User { return p.cfg.Dir.Analysts[0] }

// guarded sends the headers that keep the page to itself: nothing from elsewhere runs in it, nothing elsewhere frames it.
func guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "same-origin")
		h.ServeHTTP(w, r)
	})
}

// sameOrigin refuses changes that another site's page sends.
func sameOrigin(h http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(h)
}
