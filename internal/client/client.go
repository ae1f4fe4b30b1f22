// Package client speaks our own HTTP API: over the operator's unix socket, or over TLS with a token.
//
// Errors come back as *fault.Error with the server's code and message.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Client is safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client
	where string // for messages: which server
}

// Socket returns a client of the server behind a unix socket.
func Socket(path string) *Client {
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}}
	return &Client{base: "http://vedette", http: &http.Client{Transport: tr}, where: path}
}

// URL returns a client of the server at base; caFile, when set, is the authority that signed its certificate.
func URL(base, token, caFile string) (*Client, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile != "" {
		raw, err := os.ReadFile(caFile) //nolint:gosec // the user names the file
		if err != nil {
			return nil, fault.New(fault.Invalid, "ca_file", "reading the authority's certificate: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(raw) {
			return nil, fault.New(fault.Invalid, "ca_file", "%s holds no PEM certificate", caFile)
		}
	}
	return &Client{base: strings.TrimRight(base, "/"), token: token, http: &http.Client{Transport: &http.Transport{TLSClientConfig: cfg, Proxy: http.ProxyFromEnvironment}}, where: base}, nil
}

// Do sends in as JSON (nil: no body) and decodes the answer into out (nil: thrown away).
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	body, err := c.Open(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer body.Close()
	if out == nil {
		_, err := io.Copy(io.Discard, body)
		return err
	}
	if err := json.NewDecoder(body).Decode(out); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the answer of %s: %w", c.where, err)
	}
	return nil
}

// Open is Do for answers that are streamed; the caller closes the body.
func (c *Client) Open(ctx context.Context, method, path string, in any) (io.ReadCloser, error) {
	resp, err := c.send(ctx, method, path, in)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// Download writes a streamed answer to w and returns the value of its trailer, which comes with a whole body only: without it the answer
// was cut, and that is an error.
func (c *Client) Download(ctx context.Context, method, path string, in any, w io.Writer, trailer string) (string, error) {
	resp, err := c.send(ctx, method, path, in)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	_, err = io.Copy(w, resp.Body)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	end := resp.Trailer.Get(trailer)
	if err == nil && end == "" {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", fault.New(fault.Unavailable, "answer_cut", "the answer of %s ended before it was whole; its log has the cause: %w", c.where, err)
	}
	return end, nil
}

func (c *Client) send(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var r io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("encoding the request: %w", err)
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, decodeError(resp)
	}
	return resp, nil
}

func (c *Client) unreachable(err error) error {
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) {
		return fault.New(fault.Unavailable, "server_down", "no server answers at %s; start it with: vedette serve --config FILE (or vedette demo)", c.where)
	}
	if errors.Is(err, syscall.EACCES) {
		return fault.New(fault.Permission, "socket_denied", "%s belongs to the operator's account; run this as that account, or use --url", c.where)
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fault.New(fault.Unavailable, "server_untrusted", "the certificate of %s is not trusted: %w; name its authority with --ca-file", c.where, err)
	}
	return fault.New(fault.Unavailable, "server_down", "no answer from %s: %w", c.where, err)
}

func decodeError(resp *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("reading an error answer: %w", err)
	}
	var body struct {
		Error struct {
			Code, Message string
		}
	}
	if json.Unmarshal(raw, &body) != nil || body.Error.Code == "" {
		return fault.New(kindOf(resp.StatusCode), "http_"+fmt.Sprint(resp.StatusCode), "the server answered %s", resp.Status)
	}
	return fault.New(kindOf(resp.StatusCode), body.Error.Code, "%s", body.Error.Message)
}

func kindOf(status int) fault.Kind {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return fault.Invalid
	case http.StatusUnauthorized:
		return fault.Unauthenticated
	case http.StatusForbidden:
		return fault.Permission
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusConflict, http.StatusPreconditionFailed:
		return fault.Conflict
	case http.StatusTooManyRequests:
		return fault.Throttled
	case http.StatusRequestEntityTooLarge:
		return fault.TooLarge
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return fault.Unavailable
	}
	return fault.Internal
}

// Token gets an access token for a client secret from the server's token endpoint.
func Token(ctx context.Context, base, caFile, tenant, clientID, secret string) (token string, expires time.Time, err error) {
	c, err := URL(base, "", caFile)
	if err != nil {
		return "", time.Time{}, err
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret}, "scope": {c.base + "/.default"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/"+url.PathEscape(tenant)+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", time.Time{}, fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(req)
	if err != nil {
		return "", time.Time{}, c.unreachable(err)
	}
	defer resp.Body.Close()
	var out struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&out); err != nil {
		return "", time.Time{}, fault.New(fault.Unavailable, "token_answer", "%s did not answer as a token endpoint does (%s)", c.where, resp.Status)
	}
	if out.AccessToken == "" {
		return "", time.Time{}, fault.New(fault.Unauthenticated, out.Error, "%s", out.Description)
	}
	return out.AccessToken, time.Now().Add(time.Duration(out.ExpiresIn) * time.Second), nil
}
