package fetch_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/fetch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a server that answers for all hosts, and the addresses they resolve to.
type world struct {
	server *httptest.Server
	addrs  map[string]string
	dialed []string
	hits   int
}

func newWorld(t *testing.T, handler func(w *world, rw http.ResponseWriter, r *http.Request)) *world {
	t.Helper()
	w := &world{addrs: map[string]string{}}
	w.server = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.hits++
		handler(w, rw, r)
	}))
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) fetcher(c fetch.Config) *fetch.Fetcher {
	c.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
		if a, ok := w.addrs[host]; ok {
			return []netip.Addr{netip.MustParseAddr(a)}, nil
		}
		return nil, errors.New("no such host")
	}
	c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		w.dialed = append(w.dialed, address)
		return (&net.Dialer{}).DialContext(ctx, network, w.server.Listener.Addr().String())
	}
	c.TLS = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the server stands for many names
	return fetch.New(c)
}

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestGet(t *testing.T) {
	w := newWorld(t, func(_ *world, rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			t.Error("something that identifies the server was sent along")
		}
		_, _ = rw.Write([]byte("a,b\n"))
	})
	w.addrs["lists.example.com"] = "93.184.216.34"
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f := w.fetcher(fetch.Config{Allow: []string{"*.example.com"}, Now: func() time.Time { return now }})
	for range 2 {
		body, err := f.Get(t.Context(), "https://Lists.Example.com./list.csv#x")
		if err != nil || string(body) != "a,b\n" {
			t.Fatal(string(body), err)
		}
	}
	if w.hits != 1 || w.dialed[0] != "93.184.216.34:443" {
		t.Errorf("%d requests, dialled %v: the checked address is dialled, once in five minutes", w.hits, w.dialed)
	}
	now = now.Add(time.Hour)
	if _, err := f.Get(t.Context(), "https://lists.example.com/list.csv"); err != nil || w.hits == 1 {
		t.Error("an old file was not read again", err)
	}
}

// No address that leads elsewhere than to a listed public host is asked anything.
func TestRefusals(t *testing.T) {
	w := newWorld(t, func(_ *world, _ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.URL) })
	for host, addr := range map[string]string{
		"loop.test": "127.0.0.1", "meta.test": "169.254.169.254", "wire.test": "168.63.129.16", "zero.test": "0.0.0.0", "lan.test": "10.1.2.3", "lan2.test": "192.168.1.1",
		"lan3.test": "172.20.0.1", "cgnat.test": "100.64.0.1", "six.test": "::1", "ula.test": "fd00::1", "link.test": "fe80::1", "mapped.test": "::ffff:127.0.0.1",
		"nat64.test": "64:ff9b::7f00:1", "sixtofour.test": "2002:7f00:1::", "multi.test": "224.0.0.1", "compat.test": "::127.0.0.1",
	} {
		w.addrs[host] = addr
	}
	f := w.fetcher(fetch.Config{Allow: []string{"*.test", "127.0.0.1", "2130706433", "bücher.example", "::1", "0x7f.1"}})
	for host := range w.addrs {
		if _, err := f.Get(t.Context(), "https://"+host+"/x"); codeOf(err) != "fetch_private" {
			t.Errorf("%s: %v", host, err)
		}
	}
	for address, want := range map[string]string{
		"http://ok.test/x": "fetch_scheme", "file:///etc/passwd": "fetch_scheme", "gopher://ok.test": "fetch_scheme", "ftp://ok.test/x": "fetch_scheme",
		"https://me:secret@ok.test/": "fetch_credentials", "https://ok.test:8443/": "fetch_port", "https://other.example/": "fetch_not_allowed",
		"https://test/": "fetch_not_allowed", "https://evil-test/": "fetch_not_allowed", "https://xn--/": "fetch_host", "https:///x": "fetch_host",
		"https://127.0.0.1/": "fetch_private", "https://[::1]/": "fetch_private", "://": "fetch_address", "https://ok.test.evil.example/": "fetch_not_allowed",
		"https://ok.test/;key=1": "fetch_failed", // not found by the resolver
	} {
		if _, err := f.Get(t.Context(), address); codeOf(err) != want {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	if _, err := f.Get(t.Context(), "https://me:secret@ok.test/"); strings.Contains(err.Error(), "secret") {
		t.Error("the error tells the secret")
	}
	if len(w.dialed) != 0 {
		t.Errorf("dialled %v", w.dialed)
	}
	if _, err := fetch.New(fetch.Config{}).Get(t.Context(), "https://example.com/"); codeOf(err) != "fetch_not_allowed" {
		t.Errorf("without a list: %v", err)
	}
}

func TestRedirectsAndLimits(t *testing.T) {
	w := newWorld(t, func(_ *world, rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/once":
			http.Redirect(rw, r, "https://b.test/end", http.StatusFound)
		case "/end":
			_, _ = rw.Write([]byte("end"))
		case "/inside":
			http.Redirect(rw, r, "https://in.test/end", http.StatusFound)
		case "/plain":
			http.Redirect(rw, r, "http://b.test/end", http.StatusFound)
		case "/away":
			http.Redirect(rw, r, "https://other.example/end", http.StatusFound)
		case "/big":
			_, _ = rw.Write(make([]byte, 4096))
		case "/slow":
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
		case "/gone":
			http.NotFound(rw, r)
		default:
			http.Redirect(rw, r, r.URL.Path+"x", http.StatusFound)
		}
	})
	w.addrs = map[string]string{"a.test": "93.184.216.34", "b.test": "93.184.216.35", "in.test": "10.0.0.1"}
	f := w.fetcher(fetch.Config{Allow: []string{"*.test"}, MaxBytes: 1024, Timeout: 300 * time.Millisecond})
	for path, want := range map[string]string{
		"/once": "", "/inside": "fetch_private", "/plain": "fetch_scheme", "/away": "fetch_not_allowed", "/loop": "fetch_redirects",
		"/big": "fetch_size", "/slow": "fetch_timeout", "/gone": "fetch_status",
	} {
		if _, err := f.Get(t.Context(), "https://a.test"+path); codeOf(err) != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}
