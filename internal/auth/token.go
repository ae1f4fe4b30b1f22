package auth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/vedette-siem/vedette/internal/fault"
)

// TokenLife is how long an access token works.
const TokenLife = time.Hour

// Keys signs access tokens (RS256, the algorithm every client of the Microsoft identity platform takes).
type Keys struct {
	key *rsa.PrivateKey
	id  string
}

// LoadKeys reads the signing key in dir, making it on first use (mode 0600).
func LoadKeys(dir string) (*Keys, error) {
	path := filepath.Join(dir, "token.key")
	raw, err := os.ReadFile(path) //nolint:gosec // our own data folder
	if os.IsNotExist(err) {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, fmt.Errorf("making token key: %w", err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, fmt.Errorf("encoding token key: %w", err)
		}
		raw = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			return nil, fmt.Errorf("writing token key: %w", err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("reading token key: %w", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("token key %s is not PEM; remove it to make a new one (all tokens end)", path)
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := k.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("token key %s is not an RSA key; remove it to make a new one (all tokens end)", path)
	}
	sum := sha256.Sum256(key.N.Bytes())
	return &Keys{key: key, id: base64.RawURLEncoding.EncodeToString(sum[:12])}, nil
}

// JWKS is the public half, in the shape of a JSON Web Key Set.
func (k *Keys) JWKS() map[string]any {
	b := base64.RawURLEncoding
	return map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k.id,
		"n": b.EncodeToString(k.key.N.Bytes()), "e": b.EncodeToString(big.NewInt(int64(k.key.E)).Bytes()),
	}}}
}

type claims struct {
	jwt.RegisteredClaims
	AppID string `json:"appid"`
	OID   string `json:"oid"`
	TID   string `json:"tid"`
	Ver   string `json:"ver"`
}

// IssueToken checks a client secret and returns a signed access token for the scope's resource. The errors carry the
// AADSTS numbers that clients print: 700016 unknown client, 7000215 wrong secret, 70011 bad scope.
func (s *Service) IssueToken(ctx context.Context, issuer, tenant, clientID, secret, scope string) (string, error) {
	p, err := s.repo.Principal(ctx, strings.ToLower(clientID))
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return "", fault.New(fault.Invalid, "unauthorized_client", "AADSTS700016: application %q was not found here; make one with: vedette principal add --name N --role R", clientID)
	}
	if err != nil {
		return "", err
	}
	if subtle.ConstantTimeCompare([]byte(digest(secret)), []byte(p.SecretHash)) != 1 {
		return "", fault.New(fault.Unauthenticated, "invalid_client", "AADSTS7000215: the client secret of %q is wrong", p.Name)
	}
	resource := ""
	for f := range strings.FieldsSeq(scope) {
		if r, ok := strings.CutSuffix(f, "/.default"); ok {
			resource = r
		}
	}
	if resource == "" {
		return "", fault.New(fault.Invalid, "invalid_scope", "AADSTS70011: the scope %q must end in /.default", scope)
	}
	now := s.now()
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Subject: p.ClientID, Audience: jwt.ClaimStrings{resource},
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now.Add(-time.Minute)), ExpiresAt: jwt.NewNumericDate(now.Add(TokenLife)),
		},
		AppID: p.ClientID, OID: p.ClientID, TID: tenant, Ver: "1.0",
	})
	t.Header["kid"] = s.keys.id
	return t.SignedString(s.keys.key)
}

// Token returns the principal behind an access token. The role is read now, so a removed or changed principal counts at once.
func (s *Service) Token(ctx context.Context, token string) (Actor, error) {
	bad := fault.New(fault.Unauthenticated, "InvalidAuthenticationToken", "the access token is invalid or expired; get a new one from the token endpoint")
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return &s.keys.key.PublicKey, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.now))
	if err != nil {
		return Actor{}, bad
	}
	p, err := s.repo.Principal(ctx, c.AppID)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return Actor{}, bad
		}
		return Actor{}, err
	}
	return Actor{Kind: "principal", ID: p.ClientID, Name: p.Name, Role: p.Role}, nil
}

// Keys returns the signing keys, for the key endpoint.
func (s *Service) Keys() *Keys { return s.keys }
