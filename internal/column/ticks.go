package column

import "time"

// Ticks per unit of time.
const (
	Microsecond int64 = 10
	Millisecond       = 1000 * Microsecond
	Second            = 1000 * Millisecond
	Minute            = 60 * Second
	Hour              = 60 * Minute
	Day               = 24 * Hour
)

// unixEpoch is 1970-01-01 in ticks.
const unixEpoch int64 = 621355968000000000

// MaxDatetime is the last tick of the year 9999.
const MaxDatetime int64 = 3155378975999999999

// FromTime returns the ticks of an instant, rounded down to 100 ns.
func FromTime(t time.Time) int64 {
	return unixEpoch + t.Unix()*Second + int64(t.Nanosecond()/100)
}

// ToTime returns the UTC instant of the ticks.
func ToTime(ticks int64) time.Time {
	d := ticks - unixEpoch
	s := d / Second
	r := d % Second
	if r < 0 {
		s, r = s-1, r+Second
	}
	return time.Unix(s, r*100).UTC()
}
