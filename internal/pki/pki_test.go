package pki

import (
	"bytes"
	"crypto/x509"
	"os"
	"testing"
	"time"
)

func TestEnsure(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	a, err := Ensure(dir, []string{"localhost", "127.0.0.1"}, now)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(a.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(raw)
	for _, name := range []string{"localhost", "127.0.0.1"} {
		if _, err := a.Cert.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name}); err != nil {
			t.Errorf("verifying %s: %v", name, err)
		}
	}
	same, _ := Ensure(dir, []string{"localhost"}, now)
	if !bytes.Equal(same.Cert.Leaf.Raw, a.Cert.Leaf.Raw) {
		t.Error("a leaf that fits was replaced")
	}
	more, _ := Ensure(dir, []string{"localhost", "soc.example"}, now)
	if bytes.Equal(more.Cert.Leaf.Raw, a.Cert.Leaf.Raw) || more.Cert.Leaf.CheckSignatureFrom(a.Cert.Leaf) == nil {
		t.Error("a new name needs a new leaf")
	}
	late, _ := Ensure(dir, []string{"localhost"}, now.AddDate(0, 11, 20))
	if bytes.Equal(late.Cert.Leaf.Raw, more.Cert.Leaf.Raw) {
		t.Error("a leaf about to expire was kept")
	}
	if info, _ := os.Stat(dir + "/ca.key"); info.Mode().Perm() != 0o600 {
		t.Errorf("authority key has mode %v", info.Mode())
	}
}
