package column

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestFormatReal(t *testing.T) {
	for _, tt := range []struct {
		f    float64
		want string
	}{
		{1, "1.0"}, {-1.5, "-1.5"}, {0, "0.0"}, {100, "100.0"}, {1e14, "100000000000000.0"}, {1e15, "1E+15"}, {1234567890123456, "1234567890123456.0"},
		{123456789012345680, "1.2345678901234568E+17"}, {0.0001, "0.0001"}, {0.00001, "1E-05"}, {0.1, "0.1"}, {math.NaN(), "NaN"}, {math.Inf(1), "Infinity"},
	} {
		if got := FormatReal(tt.f); got != tt.want {
			t.Errorf("FormatReal(%g) = %s, want %s", tt.f, got, tt.want)
		}
	}
}

func TestFormatTimespan(t *testing.T) {
	for _, tt := range []struct {
		ticks int64
		want  string
	}{
		{0, "00:00:00"}, {Second, "00:00:01"}, {-12 * Hour, "-12:00:00"}, {16*Day + 1, "16.00:00:00.0000001"},
		{Day + 2*Hour + 3*Minute + 4*Second + 500*Millisecond, "1.02:03:04.5000000"}, {math.MinInt64, "-10675199.02:48:05.4775808"},
	} {
		if got := FormatTimespan(tt.ticks); got != tt.want {
			t.Errorf("FormatTimespan(%d) = %s, want %s", tt.ticks, got, tt.want)
		}
	}
}

func TestParseDatetime(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"2017-01-01", "2017-01-01T00:00:00.0000000Z"},
		{"2017", "2017-01-01T00:00:00.0000000Z"},
		{"2017-03", "2017-03-01T00:00:00.0000000Z"},
		{"2017-1-2 3:04", "2017-01-02T03:04:00.0000000Z"},
		{"2017-01-01T10:10:17.1234567Z", "2017-01-01T10:10:17.1234567Z"},
		{"2017-01-01T10:10:17.12345678+01:00", "2017-01-01T09:10:17.1234567Z"},
		{"2017-01-01 10:10:17 -0530", "2017-01-01T15:40:17.0000000Z"},
		{"01-02-2022", "2022-01-02T00:00:00.0000000Z"},
		{"12/31/2019 8:00:01 PM", "2019-12-31T20:00:01.0000000Z"},
		{"Sat, 8 Nov 2014 15:05:02 GMT", "2014-11-08T15:05:02.0000000Z"},
		{"Saturday, 08-Nov-14 15:05:02 UTC", "2014-11-08T15:05:02.0000000Z"},
		{"Nov 8, 2014 12:05 AM", "2014-11-08T00:05:00.0000000Z"},
		{"8 November 2014", "2014-11-08T00:00:00.0000000Z"},
		{"20141108", "2014-11-08T00:00:00.0000000Z"},
		{"9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"},
		{"2017-02-29", ""}, {"2017-13-01", ""}, {"hello", ""}, {"", ""}, {"2017-01-01T25:00", ""}, {"2017-01-01 10:00 xx", ""}, {"12", ""},
		{"9999-12-31T23:59:59-01:00", ""}, {"2017-01-01T", "2017-01-01T00:00:00.0000000Z"},
	} {
		got := ""
		if ticks, ok := ParseDatetime(tt.in); ok {
			got = FormatDatetime(ticks)
		}
		if got != tt.want {
			t.Errorf("ParseDatetime(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestParseTimespan(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"02:03", "02:03:00"}, {"1.02:03:04.5", "1.02:03:04.5000000"}, {"-00:00:01", "-00:00:01"}, {"1d", "1.00:00:00"}, {"1.5h", "01:30:00"},
		{"1tick", "00:00:00.0000001"}, {"-2m", "-00:02:00"}, {"3", "3.00:00:00"}, {"3:01:02:03", "3.01:02:03"}, {"100ms", "00:00:00.1000000"},
		{"", ""}, {"x", ""}, {"25:00", ""}, {"1y", ""}, {"1e3s", ""}, {"NaNs", ""}, {"00:60", ""},
	} {
		got := ""
		if ticks, ok := ParseTimespan(tt.in); ok {
			got = FormatTimespan(ticks)
		}
		if got != tt.want {
			t.Errorf("ParseTimespan(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestTimesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.Int64Range(0, MaxDatetime).Draw(t, "datetime")
		if got, ok := ParseDatetime(FormatDatetime(d)); !ok || got != d {
			t.Fatalf("%s reads as %d, %v", FormatDatetime(d), got, ok)
		}
		s := rapid.Int64Range(-math.MaxInt64/2, math.MaxInt64/2).Draw(t, "timespan")
		if got, ok := ParseTimespan(FormatTimespan(s)); !ok || got != s {
			t.Fatalf("%s reads as %d, %v", FormatTimespan(s), got, ok)
		}
	})
}
