package column

import (
	"math"
	"strconv"
	"time"
)

// FormatDatetime prints ticks as KQL does: "2006-01-02T15:04:05.0000000Z".
func FormatDatetime(ticks int64) string { return string(AppendDatetime(nil, ticks)) }

// AppendDatetime appends what FormatDatetime returns.
func AppendDatetime(dst []byte, ticks int64) []byte {
	t := ToTime(ticks)
	y, mo, d := t.Date()
	dst = appendPadded(dst, int64(y), 4)
	dst = append(dst, '-')
	dst = appendPadded(dst, int64(mo), 2)
	dst = append(dst, '-')
	dst = appendPadded(dst, int64(d), 2)
	dst = append(dst, 'T')
	dst = appendPadded(dst, int64(t.Hour()), 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, int64(t.Minute()), 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, int64(t.Second()), 2)
	dst = append(dst, '.')
	dst = appendPadded(dst, int64(t.Nanosecond()/100), 7)
	return append(dst, 'Z')
}

func appendPadded(dst []byte, n int64, width int) []byte {
	var buf [20]byte
	s := strconv.AppendInt(buf[:0], n, 10)
	for range width - len(s) {
		dst = append(dst, '0')
	}
	return append(dst, s...)
}

// FormatTimespan prints ticks in .NET's constant form: "[-][d.]hh:mm:ss[.fffffff]".
func FormatTimespan(ticks int64) string { return string(AppendTimespan(nil, ticks)) }

// AppendTimespan appends what FormatTimespan returns.
func AppendTimespan(dst []byte, ticks int64) []byte {
	u := uint64(ticks)
	if ticks < 0 {
		dst = append(dst, '-')
		u = -u
	}
	if d := u / uint64(Day); d > 0 {
		dst = strconv.AppendUint(dst, d, 10)
		dst = append(dst, '.')
	}
	r := int64(u % uint64(Day))
	dst = appendPadded(dst, r/Hour, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, r/Minute%60, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, r/Second%60, 2)
	if f := r % Second; f > 0 {
		dst = append(dst, '.')
		dst = appendPadded(dst, f, 7)
	}
	return dst
}

// FormatReal prints a real: the shortest digits that read back the same, always with a fraction or an exponent.
func FormatReal(f float64) string { return string(AppendReal(nil, f)) }

// AppendReal appends what FormatReal returns. An exponent is used from 1E+15 on (or more digits) and below 0.0001.
func AppendReal(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == 0:
		if math.Signbit(f) {
			return append(dst, "-0.0"...)
		}
		return append(dst, "0.0"...)
	}
	var buf [32]byte
	e := strconv.AppendFloat(buf[:0], f, 'e', -1, 64)
	// d.ddde±xx
	mark := len(e) - 1
	for e[mark] != 'e' {
		mark--
	}
	exp, _ := strconv.Atoi(string(e[mark+1:]))
	digits := 0
	for _, c := range e[:mark] {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	if exp+1 > max(digits, 15) || exp+1 < -3 {
		dst = append(dst, e[:mark]...)
		dst = append(dst, 'E')
		if exp < 0 {
			dst = append(dst, '-')
			exp = -exp
		} else {
			dst = append(dst, '+')
		}
		return appendPadded(dst, int64(exp), 2)
	}
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if exp+1 >= digits {
		dst = append(dst, ".0"...)
	}
	return dst
}

// Date returns the ticks of midnight, UTC, of a proleptic Gregorian date; months and days outside their range carry over.
func Date(year, month, day int) int64 {
	return FromTime(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC))
}
