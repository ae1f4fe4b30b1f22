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
	if text := unusual(f); text != "" {
		return append(dst, text...)
	}
	var buf, digits [32]byte
	e := strconv.AppendFloat(buf[:0], math.Abs(f), 'e', -1, 64) // d.ddde±xx
	n, mark := 0, 0
	for ; e[mark] != 'e'; mark++ {
		if e[mark] != '.' {
			digits[n] = e[mark]
			n++
		}
	}
	exp, _ := strconv.Atoi(string(e[mark+1:]))
	return appendDigits(dst, f < 0, digits[:n], exp+1)
}

// appendJSONReal appends a real as it stands inside a dynamic value.
func appendJSONReal(dst []byte, f float64) []byte {
	if text := unusual(f); text != "" {
		return append(dst, text...)
	}
	digits, point := grisu(math.Abs(f))
	return appendDigits(dst, f < 0, digits, point)
}

// unusual is the text of the values that have no digits of their own.
func unusual(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0 && math.Signbit(f):
		return "-0.0"
	case f == 0:
		return "0.0"
	}
	return ""
}

// appendDigits appends 0.ddd * 10^point.
func appendDigits(dst []byte, negative bool, digits []byte, point int) []byte {
	if negative {
		dst = append(dst, '-')
	}
	n := len(digits)
	switch {
	case point > max(n, 15) || point < -3:
		dst = append(dst, digits[0])
		if n > 1 {
			dst = append(dst, '.')
			dst = append(dst, digits[1:]...)
		}
		exp, sign := point-1, byte('+')
		if exp < 0 {
			exp, sign = -exp, '-'
		}
		dst = append(dst, 'E', sign)
		return appendPadded(dst, int64(exp), 2)
	case point <= 0:
		dst = append(dst, "0."...)
		for range -point {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	case point < n:
		dst = append(dst, digits[:point]...)
		dst = append(dst, '.')
		return append(dst, digits[point:]...)
	}
	dst = append(dst, digits...)
	for range point - n {
		dst = append(dst, '0')
	}
	return append(dst, ".0"...)
}

// Date returns the ticks of midnight, UTC, of a proleptic Gregorian date; months and days outside their range carry over.
func Date(year, month, day int) int64 {
	return FromTime(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC))
}
