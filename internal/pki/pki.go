// Package pki makes the private certificate authority and the server certificate that TLS listeners use when the
// operator brings none.
//
// The authority lives ten years, the leaf one; a leaf is renewed at start when it has less than 30 days left or lacks a
// wanted name. Keys are ECDSA P-256 in files of mode 0600.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Pair is a server certificate ready to use and the file of the authority that signed it.
type Pair struct {
	Cert   tls.Certificate
	CAFile string
}

// Ensure returns the certificate in dir for the names (host names and addresses), making authority and leaf as needed.
func Ensure(dir string, names []string, now time.Time) (Pair, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Pair{}, fmt.Errorf("making certificate folder: %w", err)
	}
	ca, caKey, err := authority(dir, now)
	if err != nil {
		return Pair{}, err
	}
	certFile, keyFile := filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key")
	if pair, err := tls.LoadX509KeyPair(certFile, keyFile); err == nil && fits(pair.Leaf, ca, names, now) {
		return Pair{Cert: pair, CAFile: filepath.Join(dir, "ca.pem")}, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("making server key: %w", err)
	}
	t := template("Vedette server", now, now.AddDate(1, 0, 0))
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, ca, &key.PublicKey, caKey)
	if err != nil {
		return Pair{}, fmt.Errorf("signing server certificate: %w", err)
	}
	if err := write(keyFile, key, certFile, der, ca.Raw); err != nil {
		return Pair{}, err
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return Pair{}, fmt.Errorf("loading server certificate: %w", err)
	}
	return Pair{Cert: pair, CAFile: filepath.Join(dir, "ca.pem")}, nil
}

// authority loads or makes the authority.
func authority(dir string, now time.Time) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	certFile, keyFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca.key")
	if pair, err := tls.LoadX509KeyPair(certFile, keyFile); err == nil {
		if key, ok := pair.PrivateKey.(*ecdsa.PrivateKey); ok && now.Before(pair.Leaf.NotAfter) {
			return pair.Leaf, key, nil
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making authority key: %w", err)
	}
	t := template("Vedette private CA", now, now.AddDate(10, 0, 0))
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero = true, true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return nil, nil, fmt.Errorf("signing authority: %w", err)
	}
	if err := write(keyFile, key, certFile, der); err != nil {
		return nil, nil, err
	}
	ca, err := x509.ParseCertificate(der)
	return ca, key, err
}

// fits reports whether a leaf can go on serving all names.
func fits(leaf, ca *x509.Certificate, names []string, now time.Time) bool {
	if now.Before(leaf.NotBefore) || now.AddDate(0, 0, 30).After(leaf.NotAfter) || leaf.CheckSignatureFrom(ca) != nil {
		return false
	}
	for _, n := range names {
		if leaf.VerifyHostname(n) != nil {
			return false
		}
	}
	return true
}

func template(name string, from, to time.Time) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic(err) // the system's random source is gone
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Organization: []string{"Vedette"}},
		NotBefore: from.Add(-5 * time.Minute), NotAfter: to,
	}
}

// write stores the key (0600) before the certificates, so that a certificate never stands without its key.
func write(keyFile string, key *ecdsa.PrivateKey, certFile string, ders ...[]byte) error {
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", keyFile, err)
	}
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", keyFile, err)
	}
	var out []byte
	for _, d := range ders {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d})...)
	}
	if err := os.WriteFile(certFile, out, 0o644); err != nil { //nolint:gosec // certificates are public
		return fmt.Errorf("writing %s: %w", certFile, err)
	}
	return nil
}
