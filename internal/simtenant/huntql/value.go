package huntql

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

func truth(v any) bool { b, _ := v.(bool); return b }

func asText(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case time.Time:
		return x.UTC().Format("2006-01-02T15:04:05.0000000Z")
	case map[string]any, []any:
		b, err := json.Marshal(x)
		if err != nil {
			return ""
		}
		return string(b)
	}
	return fmt.Sprint(v)
}

func toFloat(v any) (float64, bool) {
	switch x := v.(type) {
	case int64:
		return float64(x), true
	case float64:
		return x, true
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	case time.Duration:
		return float64(x), true
	case string:
		f, err := strconv.ParseFloat(x, 64)
		return f, err == nil
	}
	return 0, false
}

func toTime(v any) any {
	switch x := v.(type) {
	case time.Time:
		return x
	case string:
		if t := parseTime(x); t != nil {
			return *t
		}
	}
	return nil
}

// compare orders two values: nil first, times and numbers by value, everything else as text.
func compare(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(btoi(a != nil), btoi(b != nil))
	}
	if x, ok := a.(time.Time); ok {
		if y, ok := toTime(b).(time.Time); ok {
			return x.Compare(y)
		}
	}
	if x, ok := a.(int64); ok {
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	}
	_, ta := a.(string)
	_, tb := b.(string)
	if x, ok := toFloat(a); ok && !(ta && tb) {
		if y, ok := toFloat(b); ok {
			return cmp.Compare(x, y)
		}
	}
	return strings.Compare(asText(a), asText(b))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// binned rounds down to a multiple of the size.
func binned(v, size any) any {
	switch x := v.(type) {
	case time.Time:
		if d, ok := size.(time.Duration); ok && d > 0 {
			return x.Truncate(d) // counted from the year 1, as the language does
		}
	case int64:
		if n, ok := size.(int64); ok && n > 0 {
			m := x % n
			if m < 0 {
				m += n
			}
			return x - m
		}
	}
	return nil
}

func arithmetic(op string, a, b any) any {
	ta, isTime := a.(time.Time)
	tb, bothTimes := b.(time.Time)
	d, isSpan := b.(time.Duration)
	switch {
	case isTime && bothTimes && op == "-":
		return ta.Sub(tb)
	case isTime && isSpan && op == "-":
		return ta.Add(-d)
	case isTime && isSpan && op == "+":
		return ta.Add(d)
	}
	x, ok1 := a.(int64)
	y, ok2 := b.(int64)
	if ok1 && ok2 {
		switch op {
		case "+":
			return x + y
		case "-":
			return x - y
		case "*":
			return x * y
		}
		if y == 0 {
			return nil
		}
		if op == "/" {
			return x / y
		}
		return x % y
	}
	f, ok1 := toFloat(a)
	g, ok2 := toFloat(b)
	if !ok1 || !ok2 {
		return nil
	}
	r := map[string]float64{"+": f + g, "-": f - g, "*": f * g, "/": f / g, "%": 0}[op]
	if da, ok := a.(time.Duration); ok && op != "/" || isSpan && op == "*" {
		_ = da
		return time.Duration(r)
	}
	return r
}
