package kernel

import (
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func timeFormats() family {
	return family{
		"format_datetime": {bind: func(*site) (eval, schema.Type, error) {
			return map2(schema.String, asDatetimes, asTexts, func(d int64, f string) (string, bool) { return formatDatetime(d, f), true }), schema.String, nil
		}, min: 2, max: 2},
		"format_timespan": {bind: func(*site) (eval, schema.Type, error) {
			return map2(schema.String, asTimespans, asTexts, func(d int64, f string) (string, bool) { return formatTimespan(d, f), true }), schema.String, nil
		}, min: 2, max: 2},
		"format_bytes": {bind: bindFormatBytes, min: 1, max: 3},
	}
}

// run returns how often the first letter of s repeats.
func run(s string) int {
	n := 1
	for n < len(s) && s[n] == s[0] {
		n++
	}
	return n
}

func pad(n int64, width int) string {
	s := strconv.FormatInt(n, 10)
	if len(s) < width {
		s = strings.Repeat("0", width-len(s)) + s
	}
	return s
}

// fraction prints the first digits of the 100 ns part of a second; F drops trailing zeros.
func fraction(ticks int64, digits int, trim bool) string {
	s := pad(ticks%column.Second, 7)
	for len(s) < digits {
		s += "0"
	}
	s = s[:digits]
	if trim {
		s = strings.TrimRight(s, "0")
	}
	return s
}

// formatDatetime prints a datetime by KQL's format letters; other characters stand for themselves.
func formatDatetime(d int64, format string) string {
	t := column.ToTime(d)
	var sb strings.Builder
	for i := 0; i < len(format); {
		n := run(format[i:])
		switch c := format[i]; c {
		case 'y':
			if n <= 2 {
				sb.WriteString(pad(int64(t.Year()%100), n))
			} else {
				sb.WriteString(pad(int64(t.Year()), n))
			}
		case 'M':
			sb.WriteString(pad(int64(t.Month()), min(n, 2)))
		case 'd':
			sb.WriteString(pad(int64(t.Day()), min(n, 2)))
		case 'H':
			sb.WriteString(pad(int64(t.Hour()), min(n, 2)))
		case 'h':
			sb.WriteString(pad(int64((t.Hour()+11)%12+1), min(n, 2)))
		case 'm':
			sb.WriteString(pad(int64(t.Minute()), min(n, 2)))
		case 's':
			sb.WriteString(pad(int64(t.Second()), min(n, 2)))
		case 'f', 'F':
			n = min(n, 7)
			sb.WriteString(fraction(d, n, c == 'F'))
		case 't':
			half := "AM"
			if t.Hour() >= 12 {
				half = "PM"
			}
			sb.WriteString(half[:min(n, 2)])
		default:
			sb.WriteString(format[i : i+n])
		}
		i += n
	}
	return sb.String()
}

// formatTimespan prints a timespan by KQL's format letters.
func formatTimespan(ticks int64, format string) string {
	var sb strings.Builder
	u := ticks
	if u < 0 {
		sb.WriteByte('-')
		u = -u
	}
	for i := 0; i < len(format); {
		n := run(format[i:])
		switch c := format[i]; c {
		case 'd':
			sb.WriteString(pad(u/column.Day, n))
		case 'H', 'h':
			sb.WriteString(pad(u/column.Hour%24, min(n, 2)))
		case 'm':
			sb.WriteString(pad(u/column.Minute%60, min(n, 2)))
		case 's':
			sb.WriteString(pad(u/column.Second%60, min(n, 2)))
		case 'f', 'F':
			n = min(n, 7)
			sb.WriteString(fraction(u, n, c == 'F'))
		default:
			sb.WriteString(format[i : i+n])
		}
		i += n
	}
	return sb.String()
}

// bindFormatBytes binds format_bytes(value [, precision [, unit]]).
func bindFormatBytes(*site) (eval, schema.Type, error) {
	units := []string{"Bytes", "KB", "MB", "GB", "TB", "PB", "EB"}
	return boxed(schema.String, func(a []any) any {
		v, ok := toReal(a[0])
		if !ok {
			return ""
		}
		precision := 0
		if len(a) > 1 {
			p, ok := toLong(a[1])
			if !ok || p < 0 || p > 15 {
				return ""
			}
			precision = int(p)
		}
		size, k := v, 0
		if len(a) > 2 {
			want, _ := a[2].(string)
			k = -1
			for i, u := range units {
				if strings.EqualFold(u, want) {
					k = i
				}
			}
			if k < 0 {
				return ""
			}
			for range k {
				size /= 1024
			}
		} else {
			for k < len(units)-1 && (size >= 1024 || size <= -1024) {
				size /= 1024
				k++
			}
		}
		text := strconv.FormatFloat(size, 'f', precision, 64)
		if strings.IndexByte(text, '.') >= 0 {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return text + " " + units[k]
	}), schema.String, nil
}
