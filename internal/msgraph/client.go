package msgraph

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Config says which tenant to talk to, and as whom.
type Config struct {
	TenantID string
	Cloud    string // public, usgov, usgovdod, custom; "" is public
	// Authority and Graph are base URLs, for the custom cloud only.
	Authority, Graph string
	// CAFile holds the certificates to trust instead of the system's, in PEM; "" is the system's.
	CAFile string
	// ClientID with one of the files, or ManagedIdentity, is the credential. Files are read again whenever a new credential
	// is made. A managed identity needs a ClientID only when it is assigned by a user.
	ClientID                string
	ClientSecretFile        string
	CertificateFile         string // certificate and private key, PEM or PKCS#12
	CertificatePasswordFile string // of a PKCS#12 file, "" when it has none
	FederatedTokenFile      string // token of another issuer that the app trusts
	ManagedIdentity         bool
	// Credential, if set, is used instead.
	Credential azcore.TokenCredential
	// Limiter paces the requests about incidents; AlertLimiter those about alerts, and OtherLimiter the rest: each family
	// has a quota of its own in the service. They are shared by everything that uses the same app in the same tenant; nil
	// makes one with the documented quota.
	Limiter, AlertLimiter, OtherLimiter *Limiter
	// MaxResponse bounds the bytes read of one answer; 0 is 64 MB.
	MaxResponse int64
	// Timeout bounds one request; 0 is 100 s.
	Timeout time.Duration
	// Version of this program, for the user agent.
	Version string

	resource string // that is signed in to, when it is not Graph
}

// Client is safe for concurrent use.
type Client struct {
	cfg    Config
	graph  *url.URL
	cred   *credential
	pipe   runtime.Pipeline
	http   *http.Client
	scopes []string
}

// endpoints are the authority and Graph of the known clouds.
var endpoints = map[string][2]string{
	"":         {"https://login.microsoftonline.com/", "https://graph.microsoft.com"},
	"public":   {"https://login.microsoftonline.com/", "https://graph.microsoft.com"},
	"usgov":    {"https://login.microsoftonline.us/", "https://graph.microsoft.us"},
	"usgovdod": {"https://login.microsoftonline.us/", "https://dod-graph.microsoft.us"},
}

// NoChina says why the cloud of China cannot be connected.
const NoChina = "Microsoft Graph offers no security incidents, alerts or hunting in the cloud operated by 21Vianet in China, so there is nothing to connect to. Tenants of the public and the US Government clouds can be connected."

// New returns a client. It makes no request; a wrong secret shows with the first one.
func New(cfg Config) (*Client, error) {
	ends, ok := endpoints[cfg.Cloud]
	switch {
	case cfg.Cloud == "china":
		return nil, fault.New(fault.Invalid, "cloud_unsupported", "The tenant %s cannot be connected. %s", cfg.TenantID, NoChina)
	case cfg.Cloud == "custom":
		ends = [2]string{cfg.Authority, cfg.Graph}
	case !ok:
		return nil, fault.New(fault.Invalid, "unknown_cloud", "The cloud %q is not known. Use public, usgov, usgovdod or custom.", cfg.Cloud)
	}
	for l, limits := range map[**Limiter]Limits{&cfg.Limiter: {}, &cfg.AlertLimiter: AlertLimits, &cfg.OtherLimiter: OtherLimits} {
		if *l == nil {
			*l = NewLimiter(limits, "")
		}
	}
	if cfg.MaxResponse <= 0 {
		cfg.MaxResponse = 64 << 20
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 100 * time.Second
	}
	graph, err := url.Parse(strings.TrimRight(ends[1], "/"))
	if err != nil || graph.Scheme != "https" || graph.Host == "" {
		return nil, fault.New(fault.Invalid, "graph_endpoint", "The Graph endpoint %q of tenant %s is not an https address.", ends[1], cfg.TenantID)
	}
	hc, err := transport(cfg.CAFile)
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, graph: graph, http: hc, scopes: []string{graph.Scheme + "://" + graph.Host + "/.default"}}
	if c.cred, err = newCredential(cfg, ends[0], hc); err != nil {
		return nil, err
	}
	c.pipe = runtime.NewPipeline("vedette", orDev(cfg.Version), runtime.PipelineOptions{
		PerRetry: []policy.Policy{runtime.NewBearerTokenPolicy(c.cred, c.scopes, nil)},
	}, &policy.ClientOptions{Transport: hc, Retry: policy.RetryOptions{MaxRetries: -1}, Telemetry: policy.TelemetryOptions{ApplicationID: "vedette"}})
	return c, nil
}

func orDev(v string) string {
	if v == "" {
		return "v0.0.0"
	}
	return v
}

// transport returns an HTTP client that trusts the CA file, or the system, and follows no redirect: a token must not
// travel to another host.
func transport(caFile string) (*http.Client, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	t.MaxIdleConnsPerHost = 8
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, fault.New(fault.Invalid, "ca_file", "The CA file %s cannot be read: %w.", caFile, err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fault.New(fault.Invalid, "ca_file", "The CA file %s holds no PEM certificate.", caFile)
		}
		t.TLSClientConfig.RootCAs = pool
	}
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, nil
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Limiter returns the limiter of requests about incidents.
func (c *Client) Limiter() *Limiter { return c.cfg.Limiter }

// Limiters returns all limiters by the name of their family; "" is that of incidents.
func (c *Client) Limiters() map[string]*Limiter {
	return map[string]*Limiter{"": c.cfg.Limiter, "alerts": c.cfg.AlertLimiter, "other": c.cfg.OtherLimiter}
}

// limiter returns the limiter of the family that a path or a link to the next page belongs to.
func (c *Client) limiter(path string) *Limiter {
	if u, err := url.Parse(path); err == nil {
		path = u.Path
	}
	switch {
	case strings.Contains(path, Incidents.Path):
		return c.cfg.Limiter
	case strings.Contains(path, Alerts.Path):
		return c.cfg.AlertLimiter
	}
	return c.cfg.OtherLimiter
}

// answer is a response whose body was read.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	date    time.Time // of the server, zero when it gave none
	partial bool      // 206 or a Warning header: providers are missing
}

// call is one request.
type call struct {
	method   string
	path     string // below /v1.0, or an absolute nextLink
	query    url.Values
	body     any
	priority Priority
	needs    string // the permission that the call needs
	headers  map[string]string
	what     string // the object, for messages: "incident 27"
}

// do sends one request when the limiter lets it pass, and reads its answer. A 401 is repeated once with a new token; the
// service has not done anything then.
func (c *Client) do(ctx context.Context, rq call) (*answer, error) {
	a, err := c.once(ctx, rq)
	if err == nil && a.status == http.StatusUnauthorized {
		c.cred.renew()
		a, err = c.once(ctx, rq)
	}
	if err != nil {
		return nil, err
	}
	if a.status >= 300 {
		err := graphError(a, rq, c.cfg.TenantID)
		if after := retryAfter(a.header, a.date, time.Now()); a.status == http.StatusTooManyRequests || (a.status == http.StatusServiceUnavailable && after > 0) {
			if after <= 0 {
				after = 30 * time.Second
			}
			c.limiter(rq.path).Throttled(after)
		}
		return nil, err
	}
	return a, nil
}

// once sends one request and tells the limiter how the service is.
func (c *Client) once(ctx context.Context, rq call) (*answer, error) {
	l := c.limiter(rq.path)
	if err := l.Wait(ctx, rq.priority); err != nil {
		return nil, err
	}
	a, err := c.send(ctx, rq)
	switch {
	case ctx.Err() != nil:
		l.Answered(Unclear)
	case err != nil && unanswered(err), a != nil && gone(a.status):
		l.Answered(Down)
	case a != nil && a.status < 500:
		l.Answered(Up)
	default:
		l.Answered(Unclear)
	}
	return a, err
}

// gone reports whether a status means that the service as a whole is not there. A 500 may be about one object only.
func gone(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// unanswered reports whether a request has had no answer at all.
func unanswered(err error) bool {
	code := fault.CodeOf(err)
	return code == "graph_unreachable" || code == "graph_timeout"
}

func (c *Client) send(ctx context.Context, rq call) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := c.request(ctx, rq)
	if err != nil {
		return nil, err
	}
	resp, err := c.pipe.Do(req)
	if err != nil {
		return nil, transportError(ctx, err, rq, c.cfg)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.cfg.MaxResponse+1))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "graph_truncated", "The answer of Microsoft Graph about %s broke off after %d bytes: %w. It is asked for again.", rq.what, len(body), err)
	}
	if int64(len(body)) > c.cfg.MaxResponse {
		return nil, fault.New(fault.TooLarge, "graph_too_large", "The answer of Microsoft Graph about %s is larger than %d bytes and was not read.", rq.what, c.cfg.MaxResponse)
	}
	a := &answer{status: resp.StatusCode, header: resp.Header, body: body}
	if t, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		a.date = t.UTC()
	}
	a.partial = resp.StatusCode == http.StatusPartialContent || resp.Header.Get("Warning") != ""
	return a, nil
}

func (c *Client) request(ctx context.Context, rq call) (*policy.Request, error) {
	target := rq.path
	if !strings.HasPrefix(target, "https://") {
		u := *c.graph
		u.Path = strings.TrimRight(u.Path, "/") + "/v1.0" + rq.path
		u.RawQuery = strings.ReplaceAll(rq.query.Encode(), "+", "%20")
		target = u.String()
	}
	req, err := runtime.NewRequest(ctx, rq.method, target)
	if err != nil {
		return nil, fmt.Errorf("making a request to %s: %w", target, err)
	}
	runtime.SkipBodyDownload(req)
	h := req.Raw().Header
	h.Set("Accept", "application/json")
	h.Set("Prefer", "include-unknown-enum-members")
	for k, v := range rq.headers {
		h.Set(k, v)
	}
	if rq.body != nil {
		b, err := json.Marshal(rq.body)
		if err != nil {
			return nil, fmt.Errorf("encoding a request about %s: %w", rq.what, err)
		}
		if err := req.SetBody(streaming.NopCloser(bytes.NewReader(b)), "application/json"); err != nil {
			return nil, fmt.Errorf("encoding a request about %s: %w", rq.what, err)
		}
	}
	return req, nil
}

// decode reads an answer's JSON into out.
func (a *answer) decode(rq call, out any) error {
	if err := json.Unmarshal(a.body, out); err != nil {
		return notJSON(a, rq, err)
	}
	return nil
}

// Page is one page of a list.
type Page struct {
	Rows    []json.RawMessage
	Next    string    // "" on the last page
	Delta   string    // where to ask for later changes, "" when this is no list of changes
	Count   int       // of the whole list, -1 when the service did not say
	Date    time.Time // of the server
	Partial bool      // rows of some provider are missing
}

func (c *Client) page(ctx context.Context, rq call) (*Page, error) {
	a, err := c.do(ctx, rq)
	if err != nil {
		return nil, err
	}
	var list struct {
		Value []json.RawMessage `json:"value"`
		Next  string            `json:"@odata.nextLink"`
		Delta string            `json:"@odata.deltaLink"`
		Count *int              `json:"@odata.count"`
	}
	if err := a.decode(rq, &list); err != nil {
		return nil, err
	}
	if list.Value == nil && !bytes.Contains(a.body, []byte(`"value"`)) {
		return nil, notJSON(a, rq, fmt.Errorf("no list in it"))
	}
	p := &Page{Rows: list.Value, Next: list.Next, Count: -1, Date: a.date, Partial: a.partial}
	if list.Count != nil {
		p.Count = *list.Count
	}
	if p.Next, err = c.link(p.Next, rq); err != nil {
		return nil, err
	}
	p.Delta, err = c.link(list.Delta, rq)
	return p, err
}

// link returns a link of an answer as an absolute address; one to another host is an error, for the token goes along.
func (c *Client) link(to string, rq call) (string, error) {
	if to == "" {
		return "", nil
	}
	next, err := c.graph.Parse(to)
	if err != nil || next.Scheme != c.graph.Scheme || next.Host != c.graph.Host {
		return "", fault.New(fault.Unavailable, "graph_next_link", "The list of %s continues on another host (%s); it was not followed.", rq.what, to)
	}
	return next.String(), nil
}
