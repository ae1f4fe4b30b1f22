// Package fetch reads files from addresses that people write, over https, without being turned against the network it
// stands in.
//
// Only hosts on a list are asked, and the list is empty until somebody fills it. A name is resolved, its addresses are
// checked, and a checked address is dialled, on every redirect anew. Nothing that identifies this server is sent along.
package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Limits of one file, and what is kept.
const (
	defaultBytes   = 100 << 20
	defaultTimeout = 10 * time.Second
	maxRedirects   = 3
	cacheTime      = 5 * time.Minute
	cacheBytes     = 128 << 20
)

// Config says what may be read. Zero values mean the defaults named there.
type Config struct {
	// Allow lists hosts: example.com, or *.example.com for all below it. Empty: nothing may be read.
	Allow []string
	// MaxBytes of one file, default 100 MB; Timeout of one file, default 10 s.
	MaxBytes int64
	Timeout  time.Duration
	// Resolve finds the addresses of a host, Dial connects to one that was checked; TLS adds trust. For tests.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
	TLS     *tls.Config
	Now     func() time.Time
}

// Fetcher reads files and keeps them for five minutes. It is safe for concurrent use.
type Fetcher struct {
	cfg    Config
	client *http.Client

	mu    sync.Mutex
	cache map[string]entry
	size  int64
}

type entry struct {
	body []byte
	at   time.Time
}

// New returns a fetcher.
func New(c Config) *Fetcher {
	if c.MaxBytes <= 0 {
		c.MaxBytes = defaultBytes
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.Resolve == nil {
		c.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{Timeout: c.Timeout}).DialContext
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	f := &Fetcher{cfg: c, cache: map[string]entry{}}
	f.client = &http.Client{
		Transport: &http.Transport{
			DialContext: f.dial, TLSClientConfig: c.TLS, DisableCompression: true, DisableKeepAlives: true,
			TLSHandshakeTimeout: c.Timeout, ResponseHeaderTimeout: c.Timeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fault.New(fault.Invalid, "fetch_redirects", "%s leads on more than %d times", via[0].URL.Redacted(), maxRedirects)
			}
			r.Header.Del("Referer")
			return f.check(r.URL)
		},
	}
	return f
}

// Get returns the file. The caller must not change it.
func (f *Fetcher) Get(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return nil, fault.New(fault.Invalid, "fetch_address", "%q is not an address", address)
	}
	if err := f.check(u); err != nil {
		return nil, err
	}
	u.Fragment = ""
	if body, ok := f.cached(u.String()); ok {
		return body, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, f.cfg.Timeout, fault.New(fault.Unavailable, "fetch_timeout", "reading %s took longer than %s", u.Redacted(), f.cfg.Timeout))
	defer cancel()
	body, err := f.read(ctx, u)
	if err != nil {
		var own *fault.Error
		switch {
		case errors.Is(err, context.DeadlineExceeded) && context.Cause(ctx) != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, context.Canceled):
			return nil, err
		case errors.As(err, &own):
			return nil, own
		}
		return nil, fault.New(fault.Unavailable, "fetch_failed", "reading %s: %w", u.Redacted(), err)
	}
	f.keep(u.String(), body)
	return body, nil
}

func (f *Fetcher) read(ctx context.Context, u *url.URL) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "vedette")
	res, err := f.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end or given up
	if res.StatusCode != http.StatusOK {
		return nil, fault.New(fault.Unavailable, "fetch_status", "%s answers %s", u.Redacted(), res.Status)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, f.cfg.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > f.cfg.MaxBytes {
		return nil, fault.New(fault.TooLarge, "fetch_size", "%s is larger than %d MB", u.Redacted(), f.cfg.MaxBytes>>20)
	}
	return body, nil
}

// check holds an address against the rules that need no network, and writes its host in the one normal spelling.
func (f *Fetcher) check(u *url.URL) error {
	switch {
	case u.Scheme != "https":
		return fault.New(fault.Invalid, "fetch_scheme", "%s is not an https address; no other is read", u.Redacted())
	case u.User != nil:
		return fault.New(fault.Invalid, "fetch_credentials", "the address %s has credentials in it", u.Redacted())
	case u.Port() != "" && u.Port() != "443":
		return fault.New(fault.Invalid, "fetch_port", "%s names a port; only 443 is read", u.Redacted())
	}
	host, err := normal(u.Hostname())
	if err != nil {
		return fault.New(fault.Invalid, "fetch_host", "%q is not a host name", u.Hostname())
	}
	if u.Host = host; strings.Contains(host, ":") {
		u.Host = "[" + host + "]"
	}
	for _, a := range f.cfg.Allow {
		if base, ok := strings.CutPrefix(a, "*."); ok {
			if b, err := normal(base); err == nil && strings.HasSuffix(host, "."+b) {
				return nil
			}
			continue
		}
		if b, err := normal(a); err == nil && b == host {
			return nil
		}
	}
	return fault.New(fault.Permission, "fetch_not_allowed", "files of %s may not be read; an administrator can add the host to query.externalData.allow in the configuration", host)
}

// normal is the one spelling of a host: lower case, ASCII, without a dot at its end.
func normal(host string) (string, error) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "" {
		return "", errors.New("no host")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return host, nil
	}
	out, err := idna.Lookup.ToASCII(host)
	if out == "" && err == nil {
		err = errors.New("no host")
	}
	return out, err
}

// dial resolves the host, checks what it finds, and connects to an address that passed.
func (f *Fetcher) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port != "443" {
		return nil, fault.New(fault.Invalid, "fetch_port", "%s names a port; only 443 is read", address)
	}
	var found []netip.Addr
	if ip, err := netip.ParseAddr(host); err == nil {
		found = []netip.Addr{ip}
	} else if found, err = f.cfg.Resolve(ctx, host); err != nil {
		return nil, err
	}
	var last error
	for _, ip := range found {
		if !Public(ip) {
			last = fault.New(fault.Permission, "fetch_private", "%s stands at %s, which is not a public address", host, ip.Unmap())
			continue
		}
		c, err := f.cfg.Dial(ctx, network, net.JoinHostPort(ip.Unmap().String(), port))
		if err == nil {
			return c, nil
		}
		last = err
	}
	if last == nil {
		last = fmt.Errorf("%s has no address", host)
	}
	return nil, last
}

func (f *Fetcher) cached(key string) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.cache[key]
	if ok && f.cfg.Now().Sub(e.at) < cacheTime {
		return e.body, true
	}
	return nil, false
}

// keep remembers a file, and forgets the old and, when there is no room, the oldest.
func (f *Fetcher) keep(key string, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.cfg.Now()
	drop := func(k string) {
		f.size -= int64(len(f.cache[k].body))
		delete(f.cache, k)
	}
	drop(key)
	for k, e := range f.cache {
		if now.Sub(e.at) >= cacheTime {
			drop(k)
		}
	}
	for f.size+int64(len(body)) > cacheBytes && len(f.cache) > 0 {
		oldest := ""
		for k, e := range f.cache {
			if oldest == "" || e.at.Before(f.cache[oldest].at) {
				oldest = k
			}
		}
		drop(oldest)
	}
	if int64(len(body)) <= cacheBytes {
		f.cache[key] = entry{body, now}
		f.size += int64(len(body))
	}
}
