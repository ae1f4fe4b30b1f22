package query

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
)

// Timespan limits a query to rows by TimeGenerated. The zero value limits nothing.
type Timespan struct {
	From, To time.Time     // To is exclusive; zero: open
	Last     time.Duration // up to now, when From and To are zero
}

// Bounds returns the limits in ticks at the query's instant, and whether there are any. To is exclusive.
func (t Timespan) Bounds(now time.Time) (from, to int64, ok bool) {
	to = column.MaxDatetime
	if t.Last > 0 {
		return column.FromTime(now.Add(-t.Last)), to, true
	}
	if !t.From.IsZero() {
		from, ok = column.FromTime(t.From), true
	}
	if !t.To.IsZero() {
		to, ok = column.FromTime(t.To), true
	}
	return from, to, ok
}

var isoDuration = regexp.MustCompile(`^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)S)?)?$`)

// ParseTimespan reads what clients send: "" (no limit), an ISO 8601 duration (PT24H, P7D, PT3600.5S, PT1e-06S), or an
// interval: start/end, start/duration, duration/end, or a start alone.
func ParseTimespan(s string) (Timespan, error) {
	bad := func() (Timespan, error) {
		return Timespan{}, fault.New(fault.Invalid, "timespan_invalid", "the timespan %q is not a duration such as PT24H, nor an interval such as 2026-01-01T00:00:00Z/2026-01-02T00:00:00Z", s)
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return Timespan{}, nil
	}
	a, b, pair := strings.Cut(s, "/")
	if !pair {
		if d, ok := parseDuration(a); ok {
			return Timespan{Last: max(d, 1)}, nil
		}
		if t, ok := parseInstant(a); ok {
			return Timespan{From: t}, nil
		}
		return bad()
	}
	from, okFrom := parseInstant(a)
	to, okTo := parseInstant(b)
	switch {
	case okFrom && okTo:
	case okFrom:
		d, ok := parseDuration(b)
		if !ok {
			return bad()
		}
		to = from.Add(d)
	case okTo:
		d, ok := parseDuration(a)
		if !ok {
			return bad()
		}
		from = to.Add(-d)
	default:
		return bad()
	}
	if to.Before(from) {
		return Timespan{}, fault.New(fault.Invalid, "timespan_invalid", "the timespan %q ends before it starts", s)
	}
	return Timespan{From: from, To: to}, nil
}

func parseDuration(s string) (time.Duration, bool) {
	m := isoDuration.FindStringSubmatch(s)
	if m == nil || s == "P" || strings.HasSuffix(s, "T") {
		return 0, false
	}
	var secs float64
	for i, unit := range []float64{7 * 86400, 86400, 3600, 60, 1} {
		if m[i+1] == "" {
			continue
		}
		v, err := strconv.ParseFloat(m[i+1], 64)
		if err != nil {
			return 0, false
		}
		secs += v * unit
	}
	// Python clients ask for ten years and more; a Duration holds 292.
	const most = 290 * 365 * 86400
	return time.Duration(min(secs, most) * float64(time.Second)), true
}

func parseInstant(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
