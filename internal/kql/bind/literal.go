package bind

import (
	"math"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// literal gives the value of a literal; what cannot be read is null, except where reading it as null would hide a slip.
func (b *binder) literal(x *syntax.Literal) plan.Expr {
	t, err := schema.ParseType(x.Kind)
	if err != nil {
		return nullOf(schema.Dynamic)
	}
	text := x.Text
	if i := strings.IndexByte(text, '('); i >= 0 {
		text = strings.TrimSpace(strings.TrimSuffix(text[i+1:], ")"))
		if text == "null" || text == "" {
			return nullOf(t)
		}
		if n := len(text); n >= 2 && (text[0] == '"' || text[0] == '\'') && text[n-1] == text[0] {
			text = text[1 : n-1]
		}
	}
	v, ok := literalValue(t, text)
	if !ok {
		b.warnf(x, "KS_literal", "'%s' is not a value of type %s; it is null", text, t)
		return nullOf(t)
	}
	return &plan.Lit{T: t, Value: v}
}

func literalValue(t schema.Type, text string) (any, bool) {
	switch t {
	case schema.Bool:
		switch strings.ToLower(text) {
		case "true", "1":
			return true, true
		case "false", "0":
			return false, true
		}
	case schema.Int:
		n, ok := integer(text)
		return n, ok && n >= math.MinInt32 && n <= math.MaxInt32
	case schema.Long:
		return integer(text)
	case schema.Real:
		return realNumber(text)
	case schema.Decimal:
		d, _, err := apd.NewFromString(text)
		return d, err == nil && d.Form == apd.Finite
	case schema.Datetime:
		if strings.EqualFold(text, "min") {
			return int64(0), true
		}
		if strings.EqualFold(text, "max") {
			return column.MaxDatetime, true
		}
		return column.ParseDatetime(text)
	case schema.Timespan:
		return timespan(text)
	case schema.Guid:
		u, err := uuid.Parse(text)
		return u, err == nil
	}
	return nil, false
}

func integer(text string) (int64, bool) {
	neg := strings.HasPrefix(text, "-")
	digits := strings.TrimSpace(strings.TrimLeft(text, "+-"))
	if h, ok := strings.CutPrefix(strings.ToLower(digits), "0x"); ok {
		n, err := strconv.ParseUint(h, 16, 64)
		if neg {
			return -int64(n), err == nil
		}
		return int64(n), err == nil
	}
	if neg {
		digits = "-" + digits
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil
}

func realNumber(text string) (float64, bool) {
	switch strings.ToLower(text) {
	case "nan":
		return math.NaN(), true
	case "+inf", "inf":
		return math.Inf(1), true
	case "-inf":
		return math.Inf(-1), true
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil || math.IsInf(f, 0)
}

// timespan reads "5min", "1.5h", "1.02:03:04" or a bare number, which counts days.
func timespan(text string) (int64, bool) {
	neg := strings.HasPrefix(text, "-")
	body := strings.TrimSpace(strings.TrimPrefix(text, "-"))
	if i := strings.IndexFunc(body, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }); i > 0 {
		ticks, ok := syntax.SpanUnit(strings.TrimSpace(body[i:]))
		if !ok {
			return 0, false
		}
		n, ok := scaled(strings.TrimSpace(body[:i]), ticks)
		if neg {
			n = -n
		}
		return n, ok
	}
	if !strings.Contains(body, ":") {
		if n, ok := scaled(body, column.Day); ok {
			if neg {
				n = -n
			}
			return n, ok
		}
	}
	return column.ParseTimespan(text)
}

// scaled multiplies exactly where the number is whole.
func scaled(number string, ticks int64) (int64, bool) {
	if n, err := strconv.ParseInt(number, 10, 64); err == nil {
		if ticks == 0 { // nanoseconds
			return n / 100, true
		}
		if n > math.MaxInt64/ticks {
			return 0, false
		}
		return n * ticks, true
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, false
	}
	v := f * float64(ticks)
	if ticks == 0 {
		v = f / 100
	}
	if math.IsNaN(v) || math.Abs(v) >= math.MaxInt64 {
		return 0, false
	}
	return int64(math.Round(v)), true
}

// dynamicValue is the value inside dynamic(...), boxed as column holds dynamic values.
func (b *binder) dynamicValue(x syntax.Expr) any {
	switch x := x.(type) {
	case *syntax.String:
		return x.Value
	case *syntax.Dynamic:
		return b.dynamicValue(x.Value)
	case *syntax.JSONArray:
		out := make([]any, len(x.Items))
		for i, it := range x.Items {
			out[i] = b.dynamicValue(it)
		}
		return out
	case *syntax.JSONObject:
		o := &column.Object{}
		for i, k := range x.Keys {
			if i < len(x.Values) {
				o.Set(k.Value, b.dynamicValue(x.Values[i]))
			}
		}
		return o
	case *syntax.Unary:
		switch v := b.dynamicValue(x.X).(type) {
		case int64:
			return -v
		case float64:
			return -v
		case column.Timespan:
			return -v
		}
	case *syntax.Literal:
		if x.Kind == "null" {
			return nil
		}
		l, ok := b.literal(x).(*plan.Lit)
		if !ok || l.Value == nil {
			return nil
		}
		switch l.T {
		case schema.Datetime:
			return column.Datetime(l.Value.(int64))
		case schema.Timespan:
			return column.Timespan(l.Value.(int64))
		}
		return l.Value
	}
	return nil
}
