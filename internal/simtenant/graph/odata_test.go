package graph

import (
	"errors"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
)

func FuzzParseFilter(f *testing.F) {
	for _, s := range []string{"status eq 'active'", "not (a eq null or status ne 'x''y')", "lastUpdateDateTime ge 2026-01-01T00:00:00.1234567Z and severity in ('low','high')", "startswith(status,'re')", "((", "'"} {
		f.Add(s)
	}
	get := func(field string) any {
		if field == "lastUpdateDateTime" {
			return time.Unix(1_700_000_000, 0)
		}
		return "active"
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseFilter(text, []string{"status", "severity", "lastUpdateDateTime"})
		if err != nil {
			if bad := (*desk.BadRequest)(nil); !errors.As(err, &bad) {
				t.Fatalf("%q: %v is no refusal", text, err)
			}
			return
		}
		p(get)
	})
}

func TestFilterKeepsTheDigitsOfAStamp(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 533_333_300, time.UTC)
	get := func(string) any { return at }
	for text, want := range map[string]bool{"u ge 2026-01-02T03:04:05.5333333Z": true, "u gt 2026-01-02T03:04:05.5333333Z": false, "u gt 2026-01-02T03:04:05.5333332Z": true, "u lt 2026-01-02T03:04:05.5333334Z": true,
		"u eq 2026-01-02T03:04:05.5333333Z": true, "u ne 2026-01-02T04:04:05.5333333+01:00": false} {
		p, err := parseFilter(text, []string{"u"})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if p(get) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}
