package huntql

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
	"time"
)

// expr is an expression over a row.
type expr interface {
	// bind finds the columns and returns the type of the result.
	bind(cols []Column) (string, error)
	eval(r Row) any
}

type literal struct {
	v any
	t string
}

func (l *literal) bind([]Column) (string, error) { return l.t, nil }
func (l *literal) eval(Row) any                  { return l.v }

// column is a column, or a path into a dynamic one.
type column struct {
	name string
	path []string
	i    int
}

func (c *column) bind(cols []Column) (string, error) {
	c.i = slices.IndexFunc(cols, func(k Column) bool { return k.Name == c.name })
	if c.i < 0 {
		return "", refuse("Failed to resolve column or scalar expression named '%s'. Fix semantic errors in your query.", c.name)
	}
	if len(c.path) > 0 {
		return "dynamic", nil
	}
	return cols[c.i].Type, nil
}

func (c *column) eval(r Row) any {
	v := r(c.i)
	for _, p := range c.path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

type infix struct {
	op   string
	a, b expr
	list []expr // of in and between
	re   *regexp.Regexp
}

func (x *infix) bind(cols []Column) (string, error) {
	for _, e := range append([]expr{x.a, x.b}, x.list...) {
		if e == nil {
			continue
		}
		if _, err := e.bind(cols); err != nil {
			return "", err
		}
	}
	if x.op == "matches regex" {
		t, _ := x.b.eval(nil).(string)
		re, err := regexp.Compile(t)
		if err != nil {
			return "", refuse("The regular expression '%s' is not valid.", t)
		}
		x.re = re
	}
	switch x.op {
	case "+", "-", "*", "/", "%":
		ta, _ := x.a.bind(cols)
		tb, _ := x.b.bind(cols)
		switch {
		case ta == "datetime" && tb == "datetime":
			return "timespan", nil
		case ta == "datetime" || tb == "datetime":
			return "datetime", nil
		case ta == "timespan" || tb == "timespan":
			return "timespan", nil
		case ta == "real" || tb == "real":
			return "real", nil
		}
		return "long", nil
	}
	return "bool", nil
}

func (x *infix) eval(r Row) any {
	switch x.op {
	case "and":
		return truth(x.a.eval(r)) && truth(x.b.eval(r))
	case "or":
		return truth(x.a.eval(r)) || truth(x.b.eval(r))
	}
	a := x.a.eval(r)
	switch x.op {
	case "in", "!in", "in~", "!in~":
		fold := strings.HasSuffix(x.op, "~")
		found := slices.ContainsFunc(x.list, func(e expr) bool {
			v := e.eval(r)
			return fold && strings.EqualFold(asText(a), asText(v)) || !fold && compare(a, v) == 0 && (a == nil) == (v == nil)
		})
		return found == (x.op[0] != '!')
	case "between":
		return a != nil && compare(a, x.list[0].eval(r)) >= 0 && compare(a, x.list[1].eval(r)) <= 0
	case "matches regex":
		return x.re.MatchString(asText(a))
	}
	return binary(x.op, a, x.b.eval(r))
}

func binary(op string, a, b any) any {
	low := func(v any) string { return strings.ToLower(asText(v)) }
	switch op {
	case "==":
		return a != nil && b != nil && compare(a, b) == 0
	case "!=":
		return a == nil || b == nil || compare(a, b) != 0
	case "=~":
		return strings.EqualFold(asText(a), asText(b))
	case "!~":
		return !strings.EqualFold(asText(a), asText(b))
	case "<", "<=", ">", ">=":
		if a == nil || b == nil {
			return false
		}
		n := compare(a, b)
		return n < 0 && op[0] == '<' || n > 0 && op[0] == '>' || n == 0 && len(op) == 2
	case "contains":
		return strings.Contains(low(a), low(b))
	case "!contains":
		return !strings.Contains(low(a), low(b))
	case "startswith":
		return strings.HasPrefix(low(a), low(b))
	case "!startswith":
		return !strings.HasPrefix(low(a), low(b))
	case "endswith":
		return strings.HasSuffix(low(a), low(b))
	case "!endswith":
		return !strings.HasSuffix(low(a), low(b))
	case "has":
		return hasTerm(low(a), low(b))
	case "!has":
		return !hasTerm(low(a), low(b))
	}
	return arithmetic(op, a, b)
}

// hasTerm reports whether the text has the term with no letter or digit directly around it.
func hasTerm(s, term string) bool {
	for i := 0; ; {
		k := strings.Index(s[i:], term)
		if k < 0 || term == "" {
			return term == ""
		}
		k += i
		if (k == 0 || !alnum(s[k-1])) && (k+len(term) == len(s) || !alnum(s[k+len(term)])) {
			return true
		}
		i = k + 1
	}
}

func alnum(c byte) bool { return isDigit(c) || isLetter(c) && c != '_' || c >= 0x80 }

type invoke struct {
	name string
	args []expr
	now  time.Time
}

// arity is how many arguments each function takes, at least and at most.
func arity(name string) (lo, hi int, typ string) {
	switch name {
	case "now":
		return 0, 0, "datetime"
	case "ago", "todatetime", "startofday":
		return 1, 1, "datetime"
	case "bin":
		return 2, 2, ""
	case "tolower", "toupper", "tostring":
		return 1, 1, "string"
	case "tolong", "strlen":
		return 1, 1, "long"
	case "isempty", "isnotempty", "isnull", "isnotnull", "not":
		return 1, 1, "bool"
	case "hash":
		return 1, 2, "long"
	case "strcat":
		return 1, 64, "string"
	case "iff":
		return 3, 3, ""
	}
	return -1, -1, ""
}

func (f *invoke) bind(cols []Column) (string, error) {
	lo, hi, typ := arity(f.name)
	if lo < 0 {
		return "", refuse("This tenant is simulated and does not know the function: %s", f.name)
	}
	if len(f.args) < lo || len(f.args) > hi {
		return "", refuse("%s(): the number of arguments is wrong.", f.name)
	}
	for i, a := range f.args {
		t, err := a.bind(cols)
		if err != nil {
			return "", err
		}
		if f.name == "bin" && i == 0 || f.name == "iff" && i == 1 {
			typ = t
		}
	}
	return typ, nil
}

func (f *invoke) eval(r Row) any {
	v := make([]any, len(f.args))
	for i, a := range f.args {
		v[i] = a.eval(r)
	}
	switch f.name {
	case "now":
		return f.now
	case "ago":
		if d, ok := v[0].(time.Duration); ok {
			return f.now.Add(-d)
		}
		return nil
	case "todatetime":
		return toTime(v[0])
	case "startofday":
		return binned(toTime(v[0]), 24*time.Hour)
	case "bin":
		return binned(v[0], v[1])
	case "tolower":
		return strings.ToLower(asText(v[0]))
	case "toupper":
		return strings.ToUpper(asText(v[0]))
	case "tostring":
		return asText(v[0])
	case "tolong":
		if n, ok := toFloat(v[0]); ok {
			return int64(n)
		}
		return nil
	case "strlen":
		return int64(len([]rune(asText(v[0]))))
	case "isempty":
		return v[0] == nil || asText(v[0]) == ""
	case "isnotempty":
		return v[0] != nil && asText(v[0]) != ""
	case "isnull":
		return v[0] == nil
	case "isnotnull":
		return v[0] != nil
	case "not":
		return !truth(v[0])
	case "hash":
		h := fnv.New64a()
		_, _ = fmt.Fprint(h, asText(v[0]))
		n := int64(h.Sum64() >> 1)
		if len(v) == 2 {
			if m, ok := toFloat(v[1]); ok && m >= 1 {
				n %= int64(m)
			}
		}
		return n
	case "strcat":
		var b strings.Builder
		for _, x := range v {
			b.WriteString(asText(x))
		}
		return b.String()
	}
	if truth(v[0]) { // iff
		return v[1]
	}
	return v[2]
}
