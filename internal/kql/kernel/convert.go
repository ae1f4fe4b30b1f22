package kernel

import (
	"math"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Convert returns the vector as another type, as the toX functions convert: what does not convert is null (or "").
func Convert(v *column.Vector, t schema.Type) *column.Vector {
	if v.Type == t || t == schema.Unknown {
		return v
	}
	n := v.Len()
	switch {
	case t == schema.String:
		return toStrings(v)
	case t == schema.Long && (v.Type == schema.Int || v.Type == schema.Datetime || v.Type == schema.Timespan),
		v.Type == schema.Long && t == schema.Timespan:
		out := *v
		out.Type = t
		return &out
	case t == schema.Real && (v.Type == schema.Int || v.Type == schema.Long):
		out := &column.Vector{Type: t, Nulls: v.Nulls, Floats: make([]float64, n)}
		for i, x := range v.Ints {
			out.Floats[i] = float64(x)
		}
		return out
	}
	out := column.New(t, n)
	for i := range n {
		if v.Null(i) {
			out.AppendNull()
			continue
		}
		out.Append(Unbox(Box(v, i), t))
	}
	return out
}

func toStrings(v *column.Vector) *column.Vector {
	n := v.Len()
	out := column.Make(schema.String, n)
	for i := range n {
		if v.Null(i) {
			continue
		}
		switch v.Type {
		case schema.Int, schema.Long:
			out.Strings[i] = strconv.FormatInt(v.Ints[i], 10)
		case schema.Dynamic:
			out.Strings[i] = Text(v.Any[i])
		default:
			out.Strings[i] = Text(Box(v, i))
		}
	}
	return out
}

// Text is tostring of a dynamic value: null is "", a string is itself, arrays and bags are JSON.
func Text(x any) string {
	switch x := x.(type) {
	case nil:
		return ""
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return column.FormatReal(x)
	case column.Datetime:
		return column.FormatDatetime(int64(x))
	case column.Timespan:
		return column.FormatTimespan(int64(x))
	case uuid.UUID:
		return x.String()
	case *apd.Decimal:
		return x.Text('f')
	case column.Raw:
		if s := strings.TrimLeft(string(x), " \t\r\n"); s == "" || s[0] != '{' && s[0] != '[' {
			return Text(column.Resolve(x))
		}
		return string(column.AppendJSON(nil, x))
	}
	return string(column.AppendJSON(nil, x))
}

func toBool(x any) (bool, bool) {
	switch x := x.(type) {
	case bool:
		return x, true
	case int64:
		return x != 0, true
	case float64:
		return x != 0, !math.IsNaN(x)
	case string:
		s := strings.TrimSpace(x)
		switch {
		case strings.EqualFold(s, "true"):
			return true, true
		case strings.EqualFold(s, "false"):
			return false, true
		}
		n, err := strconv.ParseInt(s, 10, 64)
		return n != 0, err == nil
	case *apd.Decimal:
		return !x.IsZero(), true
	case column.Raw:
		return toBool(column.Resolve(x))
	}
	return false, false
}

func toLong(x any) (int64, bool) {
	switch x := x.(type) {
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	case int64:
		return x, true
	case float64:
		return realToLong(x)
	case string:
		return parseLong(x)
	case column.Datetime:
		return int64(x), true
	case column.Timespan:
		return int64(x), true
	case *apd.Decimal:
		var whole apd.Decimal
		c := apd.BaseContext.WithPrecision(40)
		c.Rounding = apd.RoundDown
		if _, err := c.RoundToIntegralValue(&whole, x); err != nil {
			return 0, false
		}
		n, err := whole.Int64()
		return n, err == nil
	case column.Raw:
		return toLong(column.Resolve(x))
	}
	return 0, false
}

func realToLong(f float64) (int64, bool) {
	f = math.Trunc(f)
	if math.IsNaN(f) || f >= math.MaxInt64 || f < math.MinInt64 {
		return 0, false
	}
	return int64(f), true
}

func parseLong(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		u, err := strconv.ParseUint(s[2:], 16, 64)
		return int64(u), err == nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func toInt(x any) (int64, bool) {
	if s, isText := x.(string); isText {
		if h := strings.TrimSpace(s); len(h) > 2 && len(h) <= 10 && h[0] == '0' && (h[1] == 'x' || h[1] == 'X') {
			u, err := strconv.ParseUint(h[2:], 16, 32)
			return int64(int32(u)), err == nil
		}
	}
	n, ok := toLong(x)
	return n, ok && n >= math.MinInt32 && n <= math.MaxInt32
}

func toReal(x any) (float64, bool) {
	switch x := x.(type) {
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	case int64:
		return float64(x), true
	case float64:
		return x, true
	case string:
		return parseReal(x)
	case column.Datetime:
		return float64(x), true
	case column.Timespan:
		return float64(x), true
	case *apd.Decimal:
		f, err := x.Float64()
		return f, err == nil
	case column.Raw:
		return toReal(column.Resolve(x))
	}
	return 0, false
}

func parseReal(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	switch strings.ToLower(s) {
	case "nan":
		return math.NaN(), true
	case "infinity", "+infinity", "inf", "+inf":
		return math.Inf(1), true
	case "-infinity", "-inf":
		return math.Inf(-1), true
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			if n, ok := parseLong(s); ok {
				return float64(n), true
			}
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

func toDatetime(x any) (int64, bool) {
	switch x := x.(type) {
	case column.Datetime:
		return int64(x), true
	case int64:
		return x, x >= 0 && x <= column.MaxDatetime
	case string:
		return column.ParseDatetime(x)
	case column.Raw:
		return toDatetime(column.Resolve(x))
	}
	return 0, false
}

func toTimespan(x any) (int64, bool) {
	switch x := x.(type) {
	case column.Timespan:
		return int64(x), true
	case int64:
		return x, true
	case string:
		return column.ParseTimespan(x)
	case column.Raw:
		return toTimespan(column.Resolve(x))
	}
	return 0, false
}

func toGuid(x any) (uuid.UUID, bool) {
	switch x := x.(type) {
	case uuid.UUID:
		return x, true
	case string:
		return parseGuid(x)
	case column.Raw:
		return toGuid(column.Resolve(x))
	}
	return uuid.UUID{}, false
}

// parseGuid takes 32 hexadecimal digits, dashes anywhere between them, braces around them.
func parseGuid(s string) (u uuid.UUID, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) > 2 && s[0] == '{' && s[len(s)-1] == '}' {
		s = s[1 : len(s)-1]
	}
	k := 0
	for _, c := range []byte(s) {
		var d byte
		switch {
		case c == '-':
			continue
		case c >= '0' && c <= '9':
			d = c - '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			d = c | 0x20 - 'a' + 10
		default:
			return uuid.UUID{}, false
		}
		if k >= 32 {
			return uuid.UUID{}, false
		}
		u[k/2] = u[k/2]<<4 | d
		k++
	}
	return u, k == 32
}

func toDecimal(x any) (*apd.Decimal, bool) {
	switch x := x.(type) {
	case *apd.Decimal:
		return x, true
	case int64:
		return apd.New(x, 0), true
	case bool:
		if x {
			return apd.New(1, 0), true
		}
		return apd.New(0, 0), true
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, false
		}
		d, err := new(apd.Decimal).SetFloat64(x)
		return d, err == nil
	case string:
		d, _, err := apd.NewFromString(strings.TrimSpace(x))
		if err != nil || d.Form != apd.Finite || d.Exponent > 40 || d.Exponent < -60 {
			return nil, false
		}
		return d, true
	case column.Raw:
		return toDecimal(column.Resolve(x))
	}
	return nil, false
}

// conversion binds a toX function.
func conversion(t schema.Type) binder {
	return func(*site) (eval, schema.Type, error) {
		return func(args []*column.Vector, n int) *column.Vector {
			return spread(Convert(args[0], t), n)
		}, t, nil
	}
}

// spread repeats a single value n times.
func spread(v *column.Vector, n int) *column.Vector {
	if v.Len() == n {
		return v
	}
	rows := make([]int, n)
	return v.Gather(rows)
}

// Spread returns v with n values: v itself, or its single value repeated.
func Spread(v *column.Vector, n int) *column.Vector { return spread(v, n) }

func conversions() family {
	f := family{}
	for t, names := range map[schema.Type][]string{
		schema.String: {"tostring"}, schema.Long: {"tolong"}, schema.Int: {"toint"}, schema.Real: {"toreal", "todouble"},
		schema.Bool: {"tobool", "toboolean"}, schema.Datetime: {"todatetime"}, schema.Timespan: {"totimespan", "totime"},
		schema.Guid: {"toguid"}, schema.Decimal: {"todecimal"},
	} {
		for _, name := range names {
			f[name] = def{bind: conversion(t), min: 1, max: 1}
		}
	}
	f["gettype"] = def{bind: bindGetType, min: 1, max: 1}
	return f
}

func bindGetType(s *site) (eval, schema.Type, error) {
	if t := s.typ(0); t != schema.Dynamic {
		name := t.String()
		return map1(schema.String, anyRow, func(struct{}) (string, bool) { return name, true }), schema.String, nil
	}
	return func(args []*column.Vector, n int) *column.Vector {
		a := anys(args[0], n)
		out := column.Make(schema.String, n)
		for r := range n {
			out.Strings[r] = typeName(column.Resolve(a.at(r)))
		}
		return out
	}, schema.String, nil
}

// anyRow reads nothing: for functions that only look at the type.
func anyRow(*column.Vector, int) in[struct{}] { return in[struct{}]{v: make([]struct{}, 1)} }
