package blob

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
)

// A secret is used as people have it, and never for another account than the configured one.
func TestDial(t *testing.T) {
	const url = "https://contosologs.blob.core.windows.net"
	for _, tc := range []struct{ name, secret, code string }{
		{"connection string", "DefaultEndpointsProtocol=https;AccountName=contosologs;AccountKey=a2V5;EndpointSuffix=core.windows.net", ""},
		{"signature", "sv=2024-01-01&ss=b&sig=x", ""},
		{"signature in another order", "ss=b&sp=rl&sig=x%3A&sv=2024-01-01", ""},
		{"signature with its mark", "?sv=2024-01-01&ss=b&sig=x", ""},
		{"address and signature", url + "/?sv=2024-01-01&sig=x", ""},
		{"another account", "DefaultEndpointsProtocol=https;AccountName=elsewhere;AccountKey=a2V5;EndpointSuffix=core.windows.net", "blob_secret_other"},
		{"not encrypted", "DefaultEndpointsProtocol=http;AccountName=contosologs;AccountKey=a2V5;EndpointSuffix=core.windows.net", "blob_secret_invalid"},
		{"rubbish", "hello", "blob_secret_invalid"},
	} {
		file := filepath.Join(t.TempDir(), "secret")
		must(t, os.WriteFile(file, []byte(tc.secret), 0o600))
		s, err := New(Config{Workspace: "w", Account: "contosologs", URL: url + "/", ConnectionStringFile: file}, Deps{Pause: func(context.Context, string, string) error { return nil }})
		must(t, err)
		c, _, err := s.dial(tc.secret)
		code := ""
		if err != nil {
			code = fault.CodeOf(err)
		}
		if code != tc.code || err == nil && !strings.HasPrefix(c.URL(), url) {
			t.Errorf("%s: %v", tc.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "sig=") {
			t.Errorf("%s: the error tells the signature", tc.name)
		}
	}
}
