package simtenant

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// keys is the tenant's private certificate authority, its server certificate, and the key tokens are signed with.
type keys struct {
	leaf    tls.Certificate
	pool    *x509.CertPool
	signing *rsa.PrivateKey
	caFile  string
}

// openKeys reads the keys kept in dir, or makes them.
func openKeys(dir, host string, now time.Time) (*keys, error) {
	k := &keys{caFile: filepath.Join(dir, "ca.pem"), pool: x509.NewCertPool()}
	leaf, sign := filepath.Join(dir, "server.pem"), filepath.Join(dir, "token.key")
	if _, err := os.Stat(sign); errors.Is(err, fs.ErrNotExist) {
		if err := makeKeys(k.caFile, leaf, sign, host, now); err != nil {
			return nil, fmt.Errorf("making the tenant's keys: %w", err)
		}
	}
	ca, err := os.ReadFile(k.caFile)
	if err != nil {
		return nil, fmt.Errorf("reading the tenant's authority: %w", err)
	}
	k.pool.AppendCertsFromPEM(ca)
	if k.leaf, err = tls.LoadX509KeyPair(leaf, leaf); err != nil {
		return nil, fmt.Errorf("reading the tenant's certificate: %w", err)
	}
	b, err := os.ReadFile(sign)
	if err != nil {
		return nil, fmt.Errorf("reading the token key: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("reading the token key: %s holds no PEM block", sign)
	}
	if k.signing, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
		return nil, fmt.Errorf("reading the token key: %w", err)
	}
	return k, nil
}

func makeKeys(caFile, leafFile, signFile, host string, now time.Time) error {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "Simulated tenant authority"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	ips := []net.IP{net.ParseIP("127.0.0.1"), net.IPv6loopback}
	if ip := net.ParseIP(host); ip != nil {
		ips = append(ips, ip)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano() + 1), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(2, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: ips, DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, cert, ca, &key.PublicKey, caKey)
	if err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	signing, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	block := func(kind string, b []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}) }
	leaf := append(append(block("CERTIFICATE", der), block("CERTIFICATE", caDER)...), block("PRIVATE KEY", pkcs8)...)
	for _, f := range []struct { // the token key last: its presence says that all are there
		path string
		data []byte
	}{{caFile, block("CERTIFICATE", caDER)}, {leafFile, leaf}, {signFile, block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(signing))}} {
		if err := writeFile(f.path, f.data); err != nil {
			return err
		}
	}
	return nil
}

// writeFile replaces a file durably; only the owner may read it.
func writeFile(path string, data []byte) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
