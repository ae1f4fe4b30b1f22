package column

import (
	"math"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"
)

// carryMark begins a carried value that is more than JSON. No JSON text begins with it.
const carryMark = '\x01'

// carryDepth is how deep a value may nest, brackets of unparsed text counted, and still be carried as plain JSON.
const carryDepth = 256

// AppendCarried appends a dynamic value as text from which Carried makes the same value again: plain JSON where that says
// all, else a marked form that tells datetimes, timespans, guids, decimals and the reals without digits from strings. It
// is for handing values to an engine that only keeps them; it is not JSON and must not be stored.
func AppendCarried(dst []byte, v any) []byte {
	if x, ok := v.(Raw); ok {
		if x == "" || x[0] != carryMark {
			return append(dst, x...)
		}
	}
	if plain(v, 0) {
		return AppendJSON(dst, v)
	}
	return AppendJSON(append(dst, carryMark), tagged(v))
}

// plain reports whether JSON gives the value back.
func plain(v any, depth int) bool {
	switch x := v.(type) {
	case nil, bool, int64, string:
		return true
	case float64:
		return !math.IsNaN(x) && !math.IsInf(x, 0)
	case Raw:
		return (x == "" || x[0] != carryMark) && depth+strings.Count(string(x), "[")+strings.Count(string(x), "{") <= carryDepth
	case []any:
		if depth >= carryDepth {
			return false
		}
		for _, e := range x {
			if !plain(e, depth+1) {
				return false
			}
		}
		return true
	case *Object:
		if depth >= carryDepth {
			return false
		}
		for _, e := range x.Values {
			if !plain(e, depth+1) {
				return false
			}
		}
		return true
	}
	return false
}

// tagged turns every scalar into a string whose first letter is its kind.
func tagged(v any) any {
	switch x := v.(type) {
	case string:
		return "s" + x
	case float64:
		return "f" + strconv.FormatFloat(x, 'g', -1, 64)
	case Raw:
		return "r" + string(x)
	case Datetime:
		return "d" + strconv.FormatInt(int64(x), 10)
	case Timespan:
		return "t" + strconv.FormatInt(int64(x), 10)
	case uuid.UUID:
		return "g" + x.String()
	case *apd.Decimal:
		return "m" + x.String()
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = tagged(e)
		}
		return out
	case *Object:
		out := &Object{Keys: x.Keys, Values: make([]any, len(x.Values))}
		for i, e := range x.Values {
			out.Values[i] = tagged(e)
		}
		return out
	}
	return v
}

// Carried is the value that AppendCarried wrote; of other text, the text as Raw.
func Carried(s string) any {
	if s == "" || s[0] != carryMark {
		return Raw(s)
	}
	p := jsonParser{s: s[1:], deep: true}
	v, ok := p.document()
	if !ok {
		return Raw(s)
	}
	return untagged(v)
}

func untagged(v any) any {
	switch x := v.(type) {
	case string:
		return untag(x)
	case []any:
		for i, e := range x {
			x[i] = untagged(e)
		}
	case *Object:
		for i, e := range x.Values {
			x.Values[i] = untagged(e)
		}
	}
	return v
}

func untag(s string) any {
	if s == "" {
		return s
	}
	text := s[1:]
	switch s[0] {
	case 'f':
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	case 'r':
		return Raw(text)
	case 'd':
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return Datetime(n)
		}
	case 't':
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return Timespan(n)
		}
	case 'g':
		if id, err := uuid.Parse(text); err == nil {
			return id
		}
	case 'm':
		if d, _, err := apd.NewFromString(text); err == nil {
			return d
		}
	}
	return text
}
