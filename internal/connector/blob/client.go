package blob

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/vedette-siem/vedette/internal/fault"
)

// secret reads the connection string. With an identity it is what that signs in with.
func (s *Stream) secret() (string, error) {
	if s.cfg.Identity != nil {
		return "entra " + s.cfg.Identity.Fingerprint(), nil
	}
	raw, err := os.ReadFile(s.cfg.ConnectionStringFile)
	if err != nil {
		return "", fault.New(fault.Unauthenticated, "blob_secret_unreadable", "The connection string of storage account %s cannot be read: %w. Put it into the file, readable for this user.", s.cfg.Account, err)
	}
	text := strings.TrimSpace(string(raw))
	if text == "" {
		return "", fault.New(fault.Unauthenticated, "blob_secret_empty", "The file %s is empty. Put the connection string of storage account %s into it.", s.cfg.ConnectionStringFile, s.cfg.Account)
	}
	return text, nil
}

// dial returns a client of the account that has not connected yet. The secret is a connection string, or the account's
// address with a shared access signature. Errors of the library may tell the secret, so they are left out.
func (s *Stream) dial(secret string) (*azblob.Client, *http.Transport, error) {
	conf, err := s.tlsConfig()
	if err != nil {
		return nil, nil, err
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: conf, MaxIdleConnsPerHost: pieces * 2, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: time.Minute}
	opts := &azblob.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: &http.Client{Transport: transport},
		Retry:     policy.RetryOptions{MaxRetries: 2, RetryDelay: 500 * time.Millisecond, MaxRetryDelay: 10 * time.Second},
	}}
	var c *azblob.Client
	switch {
	case s.cfg.Identity != nil:
		s.cfg.Identity.Renew() // its file was replaced, or its token refused; the client itself would keep that until it expires
		c, err = azblob.NewClient(s.cfg.URL, s.cfg.Identity, opts)
	case strings.HasPrefix(secret, "https://"):
		c, err = azblob.NewClientWithNoCredential(secret, opts)
	case s.cfg.URL != "" && strings.Contains(secret, "sig=") && !strings.ContainsAny(secret, ";:"):
		c, err = azblob.NewClientWithNoCredential(s.cfg.URL+"?"+strings.TrimPrefix(secret, "?"), opts)
	default:
		c, err = azblob.NewClientFromConnectionString(secret, opts)
	}
	if err != nil || !strings.HasPrefix(c.URL(), "https://") {
		return nil, nil, fault.New(fault.Unauthenticated, "blob_secret_invalid", "The file %s holds no connection string of storage account %s. Copy it from the account's access keys, or put its https address with a shared access signature there.", s.cfg.ConnectionStringFile, s.cfg.Account)
	}
	if s.cfg.URL != "" && !strings.EqualFold(hostOf(c.URL()), hostOf(s.cfg.URL)) {
		return nil, nil, fault.New(fault.Unauthenticated, "blob_secret_other", "The file %s is for another storage account than %s. Put that account's connection string there, or correct streaming.storage.accountUrl.", s.cfg.ConnectionStringFile, s.cfg.URL)
	}
	return c, transport, nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

func (s *Stream) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.cfg.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(s.cfg.CAFile)
	if err != nil {
		return nil, fault.New(fault.Invalid, "blob_ca_unreadable", "The trusted authorities of storage account %s cannot be read: %w. Correct streaming.storage.caFile.", s.cfg.Account, err)
	}
	if c.RootCAs, err = x509.SystemCertPool(); err != nil {
		c.RootCAs = x509.NewCertPool()
	}
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Invalid, "blob_ca_empty", "The file %s holds no certificate. Correct streaming.storage.caFile.", s.cfg.CAFile)
	}
	return c, nil
}

// explain turns an error of the client into one that says what to do. Addresses are left out: they may hold a signature.
func (s *Stream) explain(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if e, ok := errors.AsType[*azcore.ResponseError](err); ok {
		if s.cfg.Identity != nil {
			if refused := s.refused(what, e); refused != nil {
				return refused
			}
		}
		if e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden {
			if at := s.signedUntil(); !at.IsZero() && !at.After(time.Now()) {
				return fault.New(fault.Unauthenticated, "blob_signature_expired", "The signature for storage account %s expired at %s. Put a new one into %s; reading goes on where it stopped.",
					s.cfg.Account, at.Format(signedForm), s.cfg.ConnectionStringFile)
			}
			return fault.New(fault.Unauthenticated, "blob_refused", "Storage account %s refuses to show %s (%d %s). Put a connection string or a signature that may read and list into %s; the account's network rules must let this host in.",
				s.cfg.Account, what, e.StatusCode, e.ErrorCode, s.cfg.ConnectionStringFile)
		}
		return fault.New(fault.Unavailable, "blob_failed", "Storage account %s does not show %s: %d %s. It is tried again.", s.cfg.Account, what, e.StatusCode, e.ErrorCode)
	}
	return fault.New(fault.Unavailable, "blob_unreachable", "Storage account %s cannot be reached for %s: %s. Look at name resolution, firewall and proxy; it is tried again.", s.cfg.Account, what, reason(err))
}

// refused explains that the account does not accept the identity or does not let it read, nil for other answers.
func (s *Stream) refused(what string, e *azcore.ResponseError) error {
	who := s.cfg.Identity.Name()
	switch {
	case e.StatusCode == http.StatusUnauthorized || e.ErrorCode == string(bloberror.AuthenticationFailed) || e.ErrorCode == string(bloberror.InvalidAuthenticationInfo):
		s.redial.Store(true)
		return fault.New(fault.Unauthenticated, "blob_token_refused", "Storage account %s refuses the token of %s (%d %s). Check that streaming.storage.auth.tenantId is the account's tenant, and this host's clock; it is tried again with a new token.", s.cfg.Account, who, e.StatusCode, e.ErrorCode)
	case e.StatusCode == http.StatusForbidden:
		s.redial.Store(true)
		return fault.New(fault.Permission, "blob_not_allowed", "Storage account %s does not let %s read %s (%d %s). Give it the role Storage Blob Data Reader on the account, which takes some minutes to be known; the account's network rules must let this host in.", s.cfg.Account, who, what, e.StatusCode, e.ErrorCode)
	}
	return nil
}

// reason is the innermost error, which names no address.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// is reports whether the service answered with the status.
func is(err error, status int) bool {
	e, ok := errors.AsType[*azcore.ResponseError](err)
	return ok && e.StatusCode == status
}
