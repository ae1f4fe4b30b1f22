package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// contentPolicy lets the pages load only what this server serves. The editor and the component library set styles from
// scripts, hence 'unsafe-inline' for styles; nothing may run code that is not in a file of ours.
const contentPolicy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'; " +
	"font-src 'self' data:; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; " +
	"form-action 'self'; frame-ancestors 'none'"

const notBuilt = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Vedette</title></head>
<body><h1>UI not built</h1><p>This binary was built without its pages; the API works. Run <code>make build</code> and start the new binary.</p></body></html>
`

// Handler serves the embedded pages: files by their path, and the application's page for every other address a browser
// asks for by navigation, so that deep links work. It never answers under /api or /v1 with a page.
func Handler() http.Handler {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		// Sub fails for malformed names only, and this one is a constant.
		panic(err)
	}
	return newHandler(sub)
}

type asset struct {
	packed      []byte
	contentType string
	etag        string
}

type handler struct {
	assets map[string]*asset
}

// newHandler reads every gzipped file of the build once; the handler never changes after that.
func newHandler(files fs.FS) *handler {
	h := &handler{assets: map[string]*asset{}}
	_ = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".gz") {
			return nil
		}
		packed, err := fs.ReadFile(files, name)
		if err != nil {
			return nil
		}
		sum := sha256.Sum256(packed)
		plain := strings.TrimSuffix(name, ".gz")
		h.assets["/"+plain] = &asset{packed: packed, contentType: contentType(plain), etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
		return nil
	})
	return h
}

// contentType does not ask the machine's MIME table for what decides whether a page works.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".ttf":
		return "font/ttf"
	case ".woff2":
		return "font/woff2"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", contentPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if a, ok := h.assets[r.URL.Path]; ok && r.URL.Path != "/index.html" {
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			// The name carries the content's hash: it never means anything else.
			header.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			header.Set("Cache-Control", "no-cache")
		}
		serve(w, r, a)
		return
	}
	if !wantsPage(r) {
		http.NotFound(w, r)
		return
	}
	header.Set("Cache-Control", "no-cache")
	page, ok := h.assets["/index.html"]
	if !ok {
		header.Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusServiceUnavailable)
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, notBuilt)
		}
		return
	}
	serve(w, r, page)
}

// wantsPage tells a person's navigation from a program's request for something that does not exist.
func wantsPage(r *http.Request) bool {
	for _, root := range []string{"/api", "/v1", "/v2", "/assets"} {
		if r.URL.Path == root || strings.HasPrefix(r.URL.Path, root+"/") {
			return false
		}
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

func serve(w http.ResponseWriter, r *http.Request, a *asset) {
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r) {
		header.Set("Etag", a.etag)
		if matches(r, a.etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		header.Set("Content-Encoding", "gzip")
		header.Set("Content-Length", strconv.Itoa(len(a.packed)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(a.packed)
		}
		return
	}
	if r.Method == http.MethodHead {
		return
	}
	plain, err := gzip.NewReader(bytes.NewReader(a.packed))
	if err != nil {
		http.Error(w, "this file is damaged in the binary; build it again", http.StatusInternalServerError)
		return
	}
	_, _ = io.Copy(w, plain)
}

func matches(r *http.Request, etag string) bool {
	for one := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == etag || one == "*" {
			return true
		}
	}
	return false
}

// acceptsGzip reads Accept-Encoding; an explicit refusal (q=0) counts.
func acceptsGzip(r *http.Request) bool {
	for one := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(one), ";")
		if name != "gzip" && name != "*" {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !found {
			return true
		}
		v, err := strconv.ParseFloat(q, 64)
		return err != nil || v > 0
	}
	return false
}
