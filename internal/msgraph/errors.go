package msgraph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/vedette-siem/vedette/internal/fault"
)

// ResponseError is what Microsoft Graph said when it refused a call. It is the cause of the fault error.
type ResponseError struct {
	Status    int
	Code      string
	Message   string
	RequestID string
	After     time.Duration
}

// Error tells status, code, message and request id.
func (e *ResponseError) Error() string {
	s := fmt.Sprintf("status %d", e.Status)
	if e.Code != "" {
		s += ", " + e.Code
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.RequestID != "" {
		s += " (request " + e.RequestID + ")"
	}
	return s
}

// RetryAfter is how long the service asked to wait, 0 when it did not.
func (e *ResponseError) RetryAfter() time.Duration { return e.After }

// graphError turns an answer of 300 and above into a fault error that says what to do.
func graphError(a *answer, rq call, tenant string) error {
	re := &ResponseError{Status: a.status, After: retryAfter(a.header, a.date, time.Now()), RequestID: a.header.Get("request-id")}
	var body struct {
		Error struct {
			Code       string `json:"code"`
			Message    string `json:"message"`
			InnerError struct {
				RequestID string `json:"request-id"`
			} `json:"innerError"`
		} `json:"error"`
	}
	if json.Unmarshal(a.body, &body) == nil {
		re.Code, re.Message = body.Error.Code, clip(body.Error.Message)
		if id := body.Error.InnerError.RequestID; id != "" {
			re.RequestID = id
		}
	}
	switch {
	case a.status == http.StatusUnauthorized:
		return fault.New(fault.Unauthenticated, "graph_unauthenticated", "Microsoft Graph did not accept the token of the app for %s (%w). Check the app's client id and secret.", rq.what, re)
	case a.status == http.StatusForbidden:
		return fault.New(fault.Permission, "graph_permission", "The app may not use %s of tenant %s (%w). Grant it the application permission %s and an administrator's consent.", rq.what, tenant, re, rq.needs)
	case a.status == http.StatusNotFound:
		return fault.New(fault.NotFound, "graph_not_found", "The tenant has no %s (%w).", rq.what, re)
	case a.status == http.StatusConflict || a.status == http.StatusPreconditionFailed:
		return fault.New(fault.Conflict, "graph_conflict", "Somebody else changed %s at the same moment (%w). It is tried again.", rq.what, re)
	case a.status == http.StatusTooManyRequests:
		return fault.New(fault.Throttled, "graph_throttled", "Microsoft Graph asked to slow down (%w). It goes on by itself.", re)
	case a.status == http.StatusRequestTimeout || a.status >= 500:
		return fault.New(fault.Unavailable, "graph_unavailable", "Microsoft Graph failed on %s (%w). It is tried again.", rq.what, re)
	case a.status < 400:
		return fault.New(fault.Unavailable, "graph_redirect", "Microsoft Graph sent %s elsewhere (%s), which is not followed. Check the Graph endpoint.", rq.what, a.header.Get("Location"))
	case a.status == http.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, "graph_too_large", "Microsoft Graph refused %s as too large (%w).", rq.what, re)
	}
	return fault.New(fault.Invalid, "graph_refused", "Microsoft Graph refused %s (%w).", rq.what, re)
}

// notJSON tells of an answer that is not the JSON it should be: a proxy's page, or half of it.
func notJSON(a *answer, rq call, err error) error {
	head := bytes.TrimSpace(a.body)
	if len(head) > 0 && head[0] == '<' {
		return fault.New(fault.Unavailable, "graph_not_json", "Something between here and Microsoft Graph answered with a web page instead of %s. Check the proxy and the Graph endpoint.", rq.what)
	}
	return fault.New(fault.Unavailable, "graph_malformed", "The answer of Microsoft Graph about %s is not complete JSON: %w. It is asked for again.", rq.what, err)
}

var aadsts = regexp.MustCompile(`AADSTS(\d+)`)

// transportError tells of a request that got no answer: no token, no connection, no time.
func transportError(ctx context.Context, err error, rq call, cfg Config) error {
	if fe, ok := errors.AsType[*fault.Error](err); ok {
		return fe
	}
	if e := signIn(err, cfg); e != nil {
		return e
	}
	if ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.Unavailable, "graph_timeout", "Microsoft Graph gave no answer about %s within %s: %w.", rq.what, cfg.Timeout, context.DeadlineExceeded)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fault.New(fault.Unavailable, "graph_unreachable", "Microsoft Graph cannot be reached for %s: %w. Check the network, the proxy and the CA file.", rq.what, err)
}

// signIn explains an error of the token endpoint, nil for another error.
func signIn(err error, cfg Config) error {
	text := err.Error()
	auth, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if ok && auth.RawResponse != nil && auth.RawResponse.Body != nil {
		if b, e := io.ReadAll(io.LimitReader(auth.RawResponse.Body, 1<<16)); e == nil {
			text += " " + string(b)
		}
	}
	if e := signInError(text, cfg); e != nil || !ok {
		return e
	}
	status := 0
	if auth.RawResponse != nil {
		status = auth.RawResponse.StatusCode
	}
	if status >= 400 && status < 500 && status != http.StatusTooManyRequests {
		return fault.New(fault.Unauthenticated, "sign_in", "Signing in to tenant %s was refused with status %d. Check tenant.id and tenant.credential.", cfg.TenantID, status)
	}
	return fault.New(fault.Unavailable, "sign_in_unavailable", "Signing in to tenant %s is not possible now: %s. It is tried again.", cfg.TenantID, clip(firstLine(err.Error())))
}

// signInError explains the refusals of the token endpoint that people meet, nil for others.
func signInError(text string, cfg Config) error {
	m := aadsts.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	say := func(code, format string, args ...any) error {
		return fault.New(fault.Unauthenticated, code, format+" (AADSTS%s)", append(args, m[1])...)
	}
	switch m[1] {
	case "7000215":
		return say("secret_wrong", "The client secret of app %s is wrong. Put the secret's value (not its id) into %s.", cfg.ClientID, cfg.ClientSecretFile)
	case "7000222":
		return say("secret_expired", "The client secret of app %s has expired. Make a new one in Entra ID and put it into %s.", cfg.ClientID, cfg.ClientSecretFile)
	case "700016":
		return say("app_unknown", "Tenant %s has no app %s. Check tenant.credential.clientId, and that the app is registered in this tenant.", cfg.TenantID, cfg.ClientID)
	case "90002", "900023":
		return say("tenant_unknown", "There is no tenant %s in this cloud. Check tenant.id and tenant.cloud.", cfg.TenantID)
	case "700027", "700024":
		return say("assertion_refused", "The app's signed assertion was refused. Check that the certificate is the app's in Entra ID and has not expired, and this host's clock.")
	case "700211", "700212", "700213", "700223":
		return say("federation_refused", "App %s does not trust the federated token in %s: issuer, subject or audience are not those of a federated credential of the app.", cfg.ClientID, cfg.FederatedTokenFile)
	case "500011":
		if cfg.resource != "" {
			return say("resource_unknown", "Tenant %s does not know the service %s. Check the service's address, and that it belongs to this tenant.", cfg.TenantID, cfg.resource)
		}
		return say("resource_unknown", "Tenant %s does not know the Graph resource. Check tenant.cloud and tenant.endpoints.graph.", cfg.TenantID)
	case "50173", "700082", "70043", "50132":
		return say("sign_in_revoked", "The sign-in of app %s to tenant %s was revoked. It signs in anew by itself; if it stays refused, look at the app in Entra ID.", cfg.ClientID, cfg.TenantID)
	case "53003", "530003":
		return say("sign_in_blocked", "A Conditional Access policy of tenant %[2]s blocks app %[1]s. Let this host's address through for it.", cfg.ClientID, cfg.TenantID)
	}
	return say("sign_in", "Signing in as app %s to tenant %s was refused.", cfg.ClientID, cfg.TenantID)
}

func clip(s string) string {
	if len(s) > 300 {
		return strings.ToValidUTF8(s[:300], "") + "..."
	}
	return s
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// retryAfter reads the header as seconds or as a date, measured against the server's clock. It is 0 when the header is
// missing or makes no sense, and at least a second and at most an hour else.
func retryAfter(h http.Header, serverNow, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		if n < 0 {
			return 0
		}
		return min(max(time.Duration(min(n, 3600))*time.Second, time.Second), time.Hour)
	}
	t, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if serverNow.IsZero() {
		serverNow = now
	}
	return min(max(t.Sub(serverNow), time.Second), time.Hour)
}
