package query

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseTimespan(t *testing.T) {
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cases := map[string]Timespan{
		"":                             {},
		"PT24H":                        {Last: 24 * time.Hour},
		"P7D":                          {Last: 7 * 24 * time.Hour},
		"PT3600.5S":                    {Last: 3600500 * time.Millisecond},
		"PT1e-06S":                     {Last: time.Microsecond},
		"P1W":                          {Last: 7 * 24 * time.Hour},
		"2026-01-01/2026-01-02":        {From: day, To: day.AddDate(0, 0, 1)},
		"2026-01-01T00:00:00Z/PT1H":    {From: day, To: day.Add(time.Hour)},
		"PT1H/2026-01-01T01:00:00Z":    {From: day, To: day.Add(time.Hour)},
		"2026-01-01T00:00:00.0000000Z": {From: day},
		"2026-01-01T02:00:00+02:00/2026-01-01T01:00": {},
	}
	for in, want := range cases {
		got, err := ParseTimespan(in)
		if in == "2026-01-01T02:00:00+02:00/2026-01-01T01:00" {
			if err == nil {
				t.Errorf("%q accepted as %v", in, got)
			}
			continue
		}
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("ParseTimespan(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	for _, bad := range []string{"P", "PT", "yesterday", "1h", "2026-01-02/2026-01-01", "P1D/P2D", "/"} {
		if got, err := ParseTimespan(bad); err == nil {
			t.Errorf("ParseTimespan(%q) = %v, want an error", bad, got)
		}
	}
}
