package normalize

import "github.com/vedette-siem/vedette/internal/column"

// A time outside these bounds is a defect of its sender, not the time of an event: 1990 and 2200.
var (
	earliest = column.Date(1990, 1, 1)
	latest   = column.Date(2200, 1, 1)
)

// plausible reports whether the ticks can be the time of an event.
func plausible(t int64) bool { return t >= earliest && t < latest }

// parseTime reads a time exactly to the tick: the ISO form with a Z at once, every other form as KQL does.
func parseTime(s string) (int64, bool) {
	if t, ok := parseISO(s); ok {
		return t, true
	}
	return column.ParseDatetime(s)
}

// parseISO reads 2006-01-02T15:04:05[.f{1,7}]Z.
func parseISO(s string) (int64, bool) {
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[len(s)-1] != 'Z' {
		return 0, false
	}
	var ok [6]bool
	var year, month, day, hour, minute, second int
	year, ok[0] = decimal(s[0:4])
	month, ok[1] = decimal(s[5:7])
	day, ok[2] = decimal(s[8:10])
	hour, ok[3] = decimal(s[11:13])
	minute, ok[4] = decimal(s[14:16])
	second, ok[5] = decimal(s[17:19])
	if ok != [6]bool{true, true, true, true, true, true} {
		return 0, false
	}
	if year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	t := column.Date(year, month, day) + int64(hour)*column.Hour + int64(minute)*column.Minute + int64(second)*column.Second
	frac := s[19 : len(s)-1]
	if frac == "" {
		return t, true
	}
	if len(frac) > 8 || frac[0] != '.' || len(frac) < 2 {
		return 0, false
	}
	f, good := decimal(frac[1:])
	for range 8 - len(frac) {
		f *= 10
	}
	return t + int64(f), good
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func decimal(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
