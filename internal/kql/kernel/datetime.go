package kernel

import (
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func datetimes() family {
	f := family{
		"now": {bind: bindNow(1), max: 1}, "ago": {bind: bindNow(-1), min: 1, max: 1},
		"datetime_add":  {bind: bindDatetimeAdd, min: 3, max: 3},
		"datetime_diff": {bind: bindDatetimeDiff, min: 3, max: 3},
		"datetime_part": {bind: bindDatetimePart, min: 2, max: 2}, "datepart": {bind: bindDatetimePart, min: 2, max: 2},
		"dayofweek":             {bind: timePart(schema.Timespan, func(t time.Time) int64 { return int64(t.Weekday()) * column.Day }), min: 1, max: 1},
		"make_datetime":         {bind: bindMakeDatetime, min: 1, max: 7},
		"make_timespan":         {bind: bindMakeTimespan, min: 2, max: 4},
		"around":                {bind: bindAround, min: 3, max: 3},
		"datetime_utc_to_local": {bind: bindZone(false), min: 2, max: 2}, "datetime_local_to_utc": {bind: bindZone(true), min: 2, max: 2},
	}
	for name, part := range map[string]func(t time.Time) int64{
		"dayofmonth": func(t time.Time) int64 { return int64(t.Day()) }, "dayofyear": func(t time.Time) int64 { return int64(t.YearDay()) },
		"hourofday": func(t time.Time) int64 { return int64(t.Hour()) }, "monthofyear": month, "getmonth": month,
		"getyear": func(t time.Time) int64 { return int64(t.Year()) }, "weekofyear": isoWeek, "week_of_year": isoWeek,
	} {
		f[name] = def{bind: timePart(schema.Long, part), min: 1, max: 1}
	}
	for _, unit := range []string{"day", "week", "month", "year"} {
		f["startof"+unit] = def{bind: bindEdge(unit, false), min: 1, max: 2}
		f["endof"+unit] = def{bind: bindEdge(unit, true), min: 1, max: 2}
	}
	for unit, ticks := range map[string]float64{"seconds": 1e7, "milliseconds": 1e4, "microseconds": 10, "nanoseconds": 0.01} {
		f["unixtime_"+unit+"_todatetime"] = def{bind: bindUnixTime(ticks), min: 1, max: 1}
	}
	return f
}

func month(t time.Time) int64 { return int64(t.Month()) }

func isoWeek(t time.Time) int64 {
	_, w := t.ISOWeek()
	return int64(w)
}

// asDatetimes reads an argument as datetimes, converting what is not.
func asDatetimes(v *column.Vector, n int) in[int64] {
	if v.Type != schema.Datetime {
		v = Convert(v, schema.Datetime)
	}
	return ints(v, n)
}

// asTimespans reads an argument as timespans, converting what is not.
func asTimespans(v *column.Vector, n int) in[int64] {
	if v.Type != schema.Timespan {
		v = Convert(v, schema.Timespan)
	}
	return ints(v, n)
}

// checked refuses ticks outside the years 1 to 9999.
func checked(t int64) (int64, bool) { return t, t >= 0 && t <= column.MaxDatetime }

// bindNow binds now([offset]) and ago(span): the query's one instant, moved.
func bindNow(sign int64) binder {
	return func(s *site) (eval, schema.Type, error) {
		now := s.env.Now
		if len(s.args) == 0 {
			return func(_ []*column.Vector, n int) *column.Vector {
				out := column.Make(schema.Datetime, n)
				for i := range out.Ints {
					out.Ints[i] = now
				}
				return out
			}, schema.Datetime, nil
		}
		return map1(schema.Datetime, asTimespans, func(d int64) (int64, bool) { return checked(now + sign*d) }), schema.Datetime, nil
	}
}

func timePart(t schema.Type, part func(time.Time) int64) binder {
	return func(*site) (eval, schema.Type, error) {
		return map1(t, asDatetimes, func(d int64) (int64, bool) { return part(column.ToTime(d)), true }), t, nil
	}
}

// edge returns the first tick of the day, week, month or year that lies offset units from the one with d in it.
func edge(unit string, d, offset int64) (int64, bool) {
	if offset > 4_000_000 || offset < -4_000_000 {
		return 0, false
	}
	t := column.ToTime(d)
	y, m, day := t.Date()
	o := int(offset)
	switch unit {
	case "day":
		return column.Date(y, int(m), day+o), true
	case "week":
		return column.Date(y, int(m), day-int(t.Weekday())+7*o), true
	case "month":
		return column.Date(y, int(m)+o, 1), true
	}
	return column.Date(y+o, 1, 1), true
}

func bindEdge(unit string, end bool) binder {
	return func(s *site) (eval, schema.Type, error) {
		f := func(d, offset int64) (int64, bool) {
			if end {
				v, ok := edge(unit, d, offset+1)
				if !ok {
					return 0, false
				}
				return checked(v - 1)
			}
			v, ok := edge(unit, d, offset)
			if !ok {
				return 0, false
			}
			return checked(v)
		}
		if len(s.args) == 1 {
			return map1(schema.Datetime, asDatetimes, func(d int64) (int64, bool) { return f(d, 0) }), schema.Datetime, nil
		}
		return map2(schema.Datetime, asDatetimes, asInts, f), schema.Datetime, nil
	}
}

// fixedUnit returns the ticks of the units of constant length.
func fixedUnit(unit string) int64 {
	switch unit {
	case "week":
		return 7 * column.Day
	case "day":
		return column.Day
	case "hour":
		return column.Hour
	case "minute":
		return column.Minute
	case "second":
		return column.Second
	case "millisecond":
		return column.Millisecond
	case "microsecond":
		return column.Microsecond
	}
	return 0
}

func bindDatetimeAdd(*site) (eval, schema.Type, error) {
	return map3(schema.Datetime, asTexts, asInts, asDatetimes, func(unit string, k, d int64) (int64, bool) {
		unit = strings.ToLower(unit)
		if unit == "nanosecond" {
			return checked(d + k/100)
		}
		if size := fixedUnit(unit); size > 0 {
			if k > column.MaxDatetime/size || k < -column.MaxDatetime/size {
				return 0, false
			}
			return checked(d + k*size)
		}
		months := k
		switch unit {
		case "year":
			months = 12 * k
		case "quarter":
			months = 3 * k
		case "month":
		default:
			return 0, false
		}
		if k > 120_000 || k < -120_000 {
			return 0, false
		}
		return addMonths(d, int(months))
	}), schema.Datetime, nil
}

// addMonths keeps the day of the month, or takes the month's last.
func addMonths(d int64, months int) (int64, bool) {
	t := column.ToTime(d)
	y, m, day := t.Date()
	first := column.Date(y, int(m)+months, 1)
	if _, ok := checked(first); !ok {
		return 0, false
	}
	f := column.ToTime(first)
	last := column.ToTime(column.Date(f.Year(), int(f.Month())+1, 0)).Day()
	return checked(first + int64(min(day, last)-1)*column.Day + d%column.Day)
}

// boundaries counts the units between the beginning of the era and d, such that a difference counts boundaries crossed.
func boundaries(unit string, d int64) (int64, bool) {
	t := column.ToTime(d)
	switch unit {
	case "year":
		return int64(t.Year()), true
	case "quarter":
		return int64(t.Year())*4 + (int64(t.Month())-1)/3, true
	case "month":
		return int64(t.Year())*12 + int64(t.Month()), true
	case "week": // weeks begin on Sunday; day 0 is a Monday
		return (d/column.Day + 1) / 7, true
	case "nanosecond":
		return d * 100, true
	}
	size := fixedUnit(unit)
	if size == 0 {
		return 0, false
	}
	return d / size, true
}

func bindDatetimeDiff(*site) (eval, schema.Type, error) {
	return map3(schema.Long, asTexts, asDatetimes, asDatetimes, func(unit string, a, b int64) (int64, bool) {
		unit = strings.ToLower(unit)
		if unit == "nanosecond" {
			return (a - b) * 100, true
		}
		x, okX := boundaries(unit, a)
		y, okY := boundaries(unit, b)
		return x - y, okX && okY
	}), schema.Long, nil
}

func bindDatetimePart(*site) (eval, schema.Type, error) {
	return map2(schema.Long, asTexts, asDatetimes, func(unit string, d int64) (int64, bool) {
		t := column.ToTime(d)
		switch strings.ToLower(unit) {
		case "year":
			return int64(t.Year()), true
		case "quarter":
			return (int64(t.Month())-1)/3 + 1, true
		case "month":
			return int64(t.Month()), true
		case "week_of_year":
			return isoWeek(t), true
		case "day":
			return int64(t.Day()), true
		case "dayofyear":
			return int64(t.YearDay()), true
		case "hour":
			return int64(t.Hour()), true
		case "minute":
			return int64(t.Minute()), true
		case "second":
			return int64(t.Second()), true
		case "millisecond":
			return int64(t.Nanosecond()) / 1e6, true
		case "microsecond":
			return int64(t.Nanosecond()) / 1e3, true
		case "nanosecond":
			return int64(t.Nanosecond()), true
		}
		return 0, false
	}), schema.Long, nil
}

// bindMakeDatetime binds make_datetime(y, m, d [, h, mi [, s]]); seconds may have a fraction.
func bindMakeDatetime(s *site) (eval, schema.Type, error) {
	if len(s.args) == 1 {
		return conversion(schema.Datetime)(s)
	}
	return boxed(schema.Datetime, func(a []any) any {
		v := [6]int64{1, 1, 1}
		for i := range min(len(a), 5) {
			n, ok := toLong(a[i])
			if !ok {
				return nil
			}
			v[i] = n
		}
		sec := 0.0
		if len(a) > 5 {
			f, ok := toReal(a[5])
			if !ok {
				return nil
			}
			sec = f
		}
		if v[0] < 1 || v[0] > 9999 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31 || v[3] < 0 || v[3] > 23 || v[4] < 0 || v[4] > 59 || !(sec >= 0) || sec >= 60 {
			return nil
		}
		d := column.Date(int(v[0]), int(v[1]), int(v[2]))
		if column.ToTime(d).Day() != int(v[2]) {
			return nil
		}
		return d + v[3]*column.Hour + v[4]*column.Minute + int64(sec*float64(column.Second)+0.5)
	}), schema.Datetime, nil
}

// bindMakeTimespan binds make_timespan([d,] h, m [, s]).
func bindMakeTimespan(*site) (eval, schema.Type, error) {
	return boxed(schema.Timespan, func(a []any) any {
		var days int64
		if len(a) == 4 {
			d, ok := toLong(a[0])
			if !ok || d > 10_000_000 || d < 0 {
				return nil
			}
			days, a = d, a[1:]
		}
		h, okH := toLong(a[0])
		m, okM := toLong(a[1])
		sec := 0.0
		if len(a) > 2 {
			f, ok := toReal(a[2])
			if !ok {
				return nil
			}
			sec = f
		}
		if !okH || !okM || h < 0 || h > 23 || m < 0 || m > 59 || !(sec >= 0) || sec >= 60 {
			return nil
		}
		return days*column.Day + h*column.Hour + m*column.Minute + int64(sec*float64(column.Second)+0.5)
	}), schema.Timespan, nil
}

func bindAround(s *site) (eval, schema.Type, error) {
	if isTime(s.typ(0)) || s.typ(0) != schema.Real && s.typ(1) != schema.Real && s.typ(2) != schema.Real {
		return map3(schema.Bool, asInts, asInts, asInts, func(v, center, delta int64) (bool, bool) {
			return v >= center-delta && v <= center+delta, true
		}), schema.Bool, nil
	}
	return map3(schema.Bool, asReals, asReals, asReals, func(v, center, delta float64) (bool, bool) {
		return v >= center-delta && v <= center+delta, true
	}), schema.Bool, nil
}

func bindUnixTime(ticks float64) binder {
	const epoch = 621355968000000000
	return func(s *site) (eval, schema.Type, error) {
		if ticks >= 1 && (s.typ(0) == schema.Long || s.typ(0) == schema.Int) {
			k := int64(ticks)
			return map1(schema.Datetime, asInts, func(v int64) (int64, bool) {
				if v > column.MaxDatetime/k || v < -column.MaxDatetime/k {
					return 0, false
				}
				return checked(epoch + v*k)
			}), schema.Datetime, nil
		}
		if ticks < 1 && (s.typ(0) == schema.Long || s.typ(0) == schema.Int) {
			return map1(schema.Datetime, asInts, func(v int64) (int64, bool) {
				t, _ := floorTo(v, 100)
				return checked(epoch + t/100)
			}), schema.Datetime, nil
		}
		return map1(schema.Datetime, asReals, func(v float64) (int64, bool) {
			t, ok := realToLong(v * ticks)
			if !ok {
				return 0, false
			}
			return checked(epoch + t)
		}), schema.Datetime, nil
	}
}

// bindZone binds datetime_utc_to_local and datetime_local_to_utc over IANA zone names.
func bindZone(toUTC bool) binder {
	return func(s *site) (eval, schema.Type, error) {
		zones := map[string]*time.Location{}
		if name, ok := s.text(1); ok {
			zones[name] = zone(name)
		}
		return func(args []*column.Vector, n int) *column.Vector {
			d, name := asDatetimes(args[0], n), asTexts(args[1], n)
			out := newOutput[int64](schema.Datetime, n)
			for r := range n {
				loc, known := zones[name.at(r)]
				if !known {
					loc = zone(name.at(r))
				}
				if d.null(r) || loc == nil {
					out.setNull(r)
					continue
				}
				t := column.ToTime(d.at(r))
				var v int64
				if toUTC {
					y, m, day := t.Date()
					v = column.FromTime(time.Date(y, m, day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc))
				} else {
					_, offset := t.In(loc).Zone()
					v = d.at(r) + int64(offset)*column.Second
				}
				if v, ok := checked(v); ok {
					out.v[r] = v
				} else {
					out.setNull(r)
				}
			}
			return out.vec
		}, schema.Datetime, nil
	}
}

// zone finds a time zone; nil for a name that is none.
func zone(name string) *time.Location {
	if name == "" || name == "Local" {
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return loc
}
