package blob

import (
	"testing"
	"time"
)

// The end of a signature is read from every form in which people have one.
func TestSignedUntil(t *testing.T) {
	end := time.Date(2026, 12, 24, 18, 30, 0, 0, time.UTC)
	for secret, want := range map[string]time.Time{
		"sv=2024-01-01&ss=b&se=2026-12-24T18%3A30%3A00Z&sig=x": end,
		"?se=2026-12-24T18:30Z&sig=x":                          end,
		"se=2026-12-24&sig=x":                                  time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC),
		"https://a.blob.core.windows.net/?sv=2024-01-01&sig=x&se=2026-12-24T18%3A30%3A00Z":                                end,
		"BlobEndpoint=https://a.blob.core.windows.net;SharedAccessSignature=se=2026-12-24T18%3A30%3A00Z&sp=rl&sig=x":      end,
		"BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature=sv=1&se=2026-12-24T18%3A30%3A00Z&sig=abc%3D": end,
		"sv=2024-01-01&si=policy&sig=x":                                        {}, // the end stands in a policy of the account
		"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2U9MjAyNg==": {},
		"se=tomorrow&sig=x":                                                    {},
	} {
		got := signedUntil(secret)
		if want.IsZero() && got != 0 || !want.IsZero() && got != want.Unix() {
			t.Errorf("%s: %d, want %s", secret, got, want)
		}
	}
}
