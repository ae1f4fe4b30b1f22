package blob

import (
	"fmt"
	"net/url"
	"regexp"
	"time"
)

const (
	signedForm   = "2006-01-02 15:04 UTC"
	signedNotice = 7 * 24 * time.Hour // how long before a signature expires people are told
)

var signedEnd = regexp.MustCompile(`[?&=;]se=([^&;\s]+)`)

// signedUntil reads from a secret until when its signature is good, in seconds since 1970; 0 when that is not said.
func signedUntil(secret string) int64 {
	m := signedEnd.FindStringSubmatch("&" + secret)
	if m == nil {
		return 0
	}
	text, err := url.QueryUnescape(m[1])
	if err != nil {
		return 0
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04Z", "2006-01-02"} {
		if at, err := time.Parse(form, text); err == nil {
			return at.Unix()
		}
	}
	return 0
}

// signedUntil is when the signature in use expires, zero without one.
func (s *Stream) signedUntil() time.Time {
	if at := s.signed.Load(); at != 0 {
		return time.Unix(at, 0).UTC()
	}
	return time.Time{}
}

// warnSigned tells in time that a signature expires.
func (s *Stream) warnSigned(now time.Time) {
	text := ""
	if at := s.signedUntil(); !at.IsZero() && at.After(now) && at.Sub(now) < signedNotice {
		text = fmt.Sprintf("The signature for storage account %s expires at %s. Put a new one into %s before that.", s.cfg.Account, at.Format(signedForm), s.cfg.ConnectionStringFile)
	}
	s.health.warn("signature", "signature_expires", text)
}
