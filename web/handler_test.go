package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func packed(t *testing.T, text string) *fstest.MapFile {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: b.Bytes()}
}

func TestHandler(t *testing.T) {
	built := newHandler(fstest.MapFS{
		".gitkeep":              {},
		"index.html.gz":         packed(t, "<title>the page</title>"),
		"favicon.svg.gz":        packed(t, "<svg/>"),
		"assets/app-1a2b.js.gz": packed(t, "run()"),
		".vite/manifest.json":   {Data: []byte("{}")},
	})
	empty := newHandler(fstest.MapFS{".gitkeep": {}})
	const page = "text/html,application/xhtml+xml"
	cases := []struct {
		name, method, path, accept, encoding string
		handler                              http.Handler
		status                               int
		body, cache, kind                    string
	}{
		{"root", "GET", "/", page, "gzip", built, 200, "the page", "no-cache", "text/html; charset=utf-8"},
		{"deep link", "GET", "/w/soc/incidents/12", page, "gzip", built, 200, "the page", "no-cache", "text/html; charset=utf-8"},
		{"without gzip", "GET", "/", page, "", built, 200, "the page", "no-cache", "text/html; charset=utf-8"},
		{"gzip refused", "GET", "/", page, "gzip;q=0", built, 200, "the page", "no-cache", "text/html; charset=utf-8"},
		{"asset", "GET", "/assets/app-1a2b.js", "*/*", "br, gzip", built, 200, "run()", "public, max-age=31536000, immutable", "text/javascript; charset=utf-8"},
		{"other file", "GET", "/favicon.svg", "*/*", "gzip", built, 200, "<svg/>", "no-cache", "image/svg+xml"},
		{"missing asset is no page", "GET", "/assets/old-9.js", page, "gzip", built, 404, "", "", ""},
		{"api is no page", "GET", "/api/unknown", page, "gzip", built, 404, "", "", ""},
		{"v1 is no page", "GET", "/v1/workspaces/x", page, "gzip", built, 404, "", "", ""},
		{"program's request", "GET", "/w/soc", "application/json", "gzip", built, 404, "", "", ""},
		{"manifest is not served", "GET", "/.vite/manifest.json", "*/*", "gzip", built, 404, "", "", ""},
		{"post", "POST", "/", page, "gzip", built, 405, "", "", ""},
		{"head", "HEAD", "/", page, "gzip", built, 200, "", "no-cache", "text/html; charset=utf-8"},
		{"not built", "GET", "/", page, "gzip", empty, 503, "UI not built", "no-cache", "text/html; charset=utf-8"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, nil)
			r.Header.Set("Accept", c.accept)
			r.Header.Set("Accept-Encoding", c.encoding)
			w := httptest.NewRecorder()
			c.handler.ServeHTTP(w, r)
			if w.Code != c.status {
				t.Fatalf("status %d, want %d", w.Code, c.status)
			}
			body := io.Reader(w.Body)
			if w.Header().Get("Content-Encoding") == "gzip" && c.method == "GET" {
				z, err := gzip.NewReader(body)
				if err != nil {
					t.Fatal(err)
				}
				body = z
			}
			text, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), c.body) {
				t.Errorf("body %q does not contain %q", text, c.body)
			}
			if got := w.Header().Get("Cache-Control"); c.status == 200 && got != c.cache {
				t.Errorf("Cache-Control %q, want %q", got, c.cache)
			}
			if got := w.Header().Get("Content-Type"); c.kind != "" && got != c.kind {
				t.Errorf("Content-Type %q, want %q", got, c.kind)
			}
			policy := w.Header().Get("Content-Security-Policy")
			if !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe-eval") {
				t.Errorf("Content-Security-Policy %q", policy)
			}
			if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Referrer-Policy") != "same-origin" {
				t.Errorf("security headers missing: %v", w.Header())
			}
		})
	}
}

func TestNotModified(t *testing.T) {
	h := newHandler(fstest.MapFS{"index.html.gz": packed(t, "page")})
	ask := func(etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set("If-None-Match", etag)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	etag := ask("").Header().Get("Etag")
	if etag == "" {
		t.Fatal("no ETag")
	}
	if got := ask(`"other", W/` + etag).Code; got != http.StatusNotModified {
		t.Errorf("status %d with the current ETag, want 304", got)
	}
	if got := ask(`"other"`).Code; got != http.StatusOK {
		t.Errorf("status %d with another ETag, want 200", got)
	}
}
