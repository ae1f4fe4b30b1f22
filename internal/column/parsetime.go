package column

import (
	"math"
	"strconv"
	"strings"
)

// ParseDatetime reads a datetime in the forms KQL takes: ISO 8601 with or without time and offset ("2017-01-01",
// "2017-01-01 10:10:17.5", "2017-01-01T10:10:17+01:00", "2017-01", "2017"), month/day/year, and the forms with the month's
// name (RFC 822, RFC 850, "1 Jan 2017", "Jan 1, 2017 1:00 PM"). Without an offset the time is UTC.
func ParseDatetime(s string) (int64, bool) {
	p := timeParser{s: strings.TrimSpace(s)}
	if p.s == "" {
		return 0, false
	}
	date, ok := p.date()
	if !ok {
		return 0, false
	}
	ticks := date + p.clock()
	if p.bad || p.i != len(p.s) || ticks < 0 || ticks > MaxDatetime {
		return 0, false
	}
	return ticks, true
}

type timeParser struct {
	s   string
	i   int
	bad bool
}

// number reads a run of digits no longer than most; n is how many there were.
func (p *timeParser) number(most int) (v, n int) {
	for p.i < len(p.s) && n < most && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		v = v*10 + int(p.s[p.i]-'0')
		p.i++
		n++
	}
	return v, n
}

func (p *timeParser) eat(c byte) bool {
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *timeParser) spaces() (any bool) {
	for p.eat(' ') {
		any = true
	}
	return any
}

func (p *timeParser) word() string {
	start := p.i
	for p.i < len(p.s) && (p.s[p.i]|0x20) >= 'a' && (p.s[p.i]|0x20) <= 'z' {
		p.i++
	}
	return strings.ToLower(p.s[start:p.i])
}

var monthNames = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

func monthNumber(w string) int {
	if len(w) < 3 {
		return 0
	}
	for i, m := range monthNames {
		if w == m || w == m[:3] || m == "september" && w == "sept" {
			return i + 1
		}
	}
	return 0
}

func isWeekday(w string) bool {
	for _, d := range [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		if w == d || w == d[:3] {
			return true
		}
	}
	return false
}

func (p *timeParser) date() (int64, bool) {
	w := p.word()
	if isWeekday(w) {
		p.eat(',')
		p.spaces()
		w = p.word()
	}
	if w != "" { // Jan 1, 2017
		m := monthNumber(w)
		p.spaces()
		d, n := p.number(2)
		p.eat(',')
		p.spaces()
		y, ny := p.number(4)
		return checkedDate(y, m, d, m > 0 && n > 0 && ny == 4)
	}
	a, na := p.number(8)
	if na == 0 {
		return 0, false
	}
	if na == 8 {
		return checkedDate(a/10000, a/100%100, a%100, true)
	}
	if p.i == len(p.s) {
		return checkedDate(a, 1, 1, na == 4)
	}
	switch c := p.s[p.i]; {
	case c == ',' && na == 4: // the arguments of make_datetime
		p.i++
		p.spaces()
		m, nm := p.number(2)
		ok := p.eat(',')
		p.spaces()
		d, nd := p.number(2)
		return checkedDate(a, m, d, ok && nm > 0 && nd > 0)
	case c == '-' || c == '/' || c == '.':
		p.i++
		if m := monthNumber(p.word()); m > 0 { // 01-Jan-17
			ok := p.eat(c)
			y, ny := p.number(4)
			if ny == 2 {
				y += 2000
				if y >= 2050 {
					y -= 100
				}
			}
			return checkedDate(y, m, a, ok && na <= 2 && (ny == 2 || ny == 4))
		}
		b, nb := p.number(2)
		if nb == 0 {
			return 0, false
		}
		if na == 4 {
			if p.i == len(p.s) {
				return checkedDate(a, b, 1, true)
			}
			ok := p.eat(c)
			d, nd := p.number(2)
			return checkedDate(a, b, d, ok && nd > 0)
		}
		ok := p.eat(c)
		y, ny := p.number(4)
		return checkedDate(y, a, b, ok && na <= 2 && ny == 4)
	case c == ' ':
		p.spaces()
		m := monthNumber(p.word())
		p.eat(',')
		p.spaces()
		y, ny := p.number(4)
		if ny == 2 {
			y += 2000
		}
		return checkedDate(y, m, a, m > 0 && na <= 2 && (ny == 2 || ny == 4))
	}
	return 0, false
}

func checkedDate(y, m, d int, ok bool) (int64, bool) {
	if !ok || y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, false
	}
	return Date(y, m, d), true
}

func daysIn(y, m int) int { return int((Date(y, m+1, 1) - Date(y, m, 1)) / Day) }

// clock reads the time of day and the offset, and returns the ticks to add to midnight.
func (p *timeParser) clock() int64 {
	if p.i == len(p.s) {
		return 0
	}
	if !p.eat('T') && !p.eat('t') && !p.spaces() {
		return p.offset()
	}
	p.spaces()
	h, n := p.number(2)
	if n == 0 {
		return p.offset()
	}
	var mi, se int
	var frac int64
	colon := p.eat(':')
	if colon {
		if mi, n = p.number(2); n == 0 {
			p.bad = true
		}
		if p.eat(':') {
			if se, n = p.number(2); n == 0 {
				p.bad = true
			}
			if p.eat('.') || p.eat(',') {
				frac = p.fraction()
			}
		}
	}
	p.spaces()
	save := p.i
	switch w := p.word(); w {
	case "am", "pm":
		if h < 1 || h > 12 {
			p.bad = true
		}
		h %= 12
		if w == "pm" {
			h += 12
		}
		p.spaces()
	default:
		p.i = save
		p.bad = p.bad || !colon
	}
	if h > 23 || mi > 59 || se > 59 {
		p.bad = true
	}
	return int64(h)*Hour + int64(mi)*Minute + int64(se)*Second + frac + p.offset()
}

// fraction reads the digits after the point: ticks, further digits dropped.
func (p *timeParser) fraction() int64 {
	var f int64
	scale := Second
	any := false
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		scale /= 10
		f += int64(p.s[p.i]-'0') * scale
		p.i++
		any = true
	}
	p.bad = p.bad || !any
	return f
}

// offset reads what follows the time: nothing, Z, GMT, UTC or a distance from UTC.
func (p *timeParser) offset() int64 {
	p.spaces()
	if p.i == len(p.s) {
		return 0
	}
	if c := p.s[p.i]; c == '+' || c == '-' {
		p.i++
		h, n := p.number(2)
		p.eat(':')
		m, nm := p.number(2)
		if n == 0 || nm == 1 || h > 14 || m > 59 {
			p.bad = true
		}
		d := int64(h)*Hour + int64(m)*Minute
		if c == '+' {
			return -d
		}
		return d
	}
	switch p.word() {
	case "z", "gmt", "utc", "ut":
	default:
		p.bad = true
	}
	return 0
}

// ParseTimespan reads a timespan: .NET's forms ("02:03", "1.02:03:04.5", "-00:00:01"), a number with a KQL unit ("1.5h",
// "1tick"), or a bare number of days.
func ParseTimespan(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, false
	}
	if strings.IndexByte(s, ':') >= 0 {
		return parseClockSpan(s)
	}
	i := len(s)
	for i > 0 && (s[i-1]|0x20) >= 'a' && (s[i-1]|0x20) <= 'z' {
		i--
	}
	unit, num := s[i:], strings.TrimSpace(s[:i])
	if unit == "" {
		d, err := strconv.ParseInt(num, 10, 32)
		if err != nil || d > math.MaxInt64/Day || d < math.MinInt64/Day {
			return 0, false
		}
		return d * Day, true
	}
	scale, ok := TimespanUnit(unit)
	if !ok {
		return 0, false
	}
	if n, err := strconv.ParseInt(num, 10, 64); err == nil {
		if n > math.MaxInt64/scale || n < math.MinInt64/scale {
			return 0, false
		}
		return n * scale, true
	}
	for _, c := range []byte(num) {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(num, 64)
	if err != nil {
		return 0, false
	}
	f = math.Round(f * float64(scale))
	if f >= math.MaxInt64 || f <= math.MinInt64 {
		return 0, false
	}
	return int64(f), true
}

// TimespanUnit returns the ticks of a timespan unit as KQL literals name it.
func TimespanUnit(unit string) (int64, bool) {
	switch strings.ToLower(unit) {
	case "d", "day", "days":
		return Day, true
	case "h", "hr", "hrs", "hour", "hours":
		return Hour, true
	case "m", "min", "minute", "minutes":
		return Minute, true
	case "s", "sec", "second", "seconds":
		return Second, true
	case "ms", "milli", "millis", "millisec", "millisecond", "milliseconds":
		return Millisecond, true
	case "us", "micro", "micros", "microsec", "microsecond", "microseconds":
		return Microsecond, true
	case "tick", "ticks":
		return 1, true
	}
	return 0, false
}

func parseClockSpan(s string) (int64, bool) {
	p := timeParser{s: s}
	neg := p.eat('-')
	a, n := p.number(9)
	if n == 0 {
		return 0, false
	}
	var d, h int
	if p.eat('.') {
		d = a
		if h, n = p.number(2); n == 0 {
			return 0, false
		}
	} else {
		h = a
	}
	var part [3]int // after the first colon
	k := 0
	for k < 3 && p.eat(':') {
		if part[k], n = p.number(2); n == 0 {
			return 0, false
		}
		k++
	}
	var m, sec int
	switch k {
	case 1:
		m = part[0]
	case 2:
		m, sec = part[0], part[1]
	case 3: // d:hh:mm:ss
		if d != 0 {
			return 0, false
		}
		d, h, m, sec = h, part[0], part[1], part[2]
	default:
		return 0, false
	}
	var frac int64
	if k > 1 && p.eat('.') {
		frac = p.fraction()
	}
	if p.bad || p.i != len(p.s) || h > 23 || m > 59 || sec > 59 || int64(d) >= math.MaxInt64/Day {
		return 0, false
	}
	t := int64(d)*Day + int64(h)*Hour + int64(m)*Minute + int64(sec)*Second + frac
	if neg {
		t = -t
	}
	return t, true
}
