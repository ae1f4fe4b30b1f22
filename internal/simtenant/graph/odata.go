package graph

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
)

func refuse(text string) error { return &desk.BadRequest{Message: text} }

// predicate decides about an item by its properties; get returns a string, a time.Time, a bool, or nil for null.
type predicate func(get func(string) any) bool

// parseFilter reads the part of OData's $filter the security resources take: comparisons with and, or, not and parentheses.
func parseFilter(text string, known []string) (predicate, error) {
	p := &filterParser{tokens: tokenize(text), known: known}
	f, err := p.or()
	if err == nil && p.pos < len(p.tokens) {
		err = p.bad()
	}
	return f, err
}

type filterParser struct {
	tokens []string
	pos    int
	known  []string
}

func tokenize(s string) []string {
	var out []string
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ' ':
			i++
		case c == '(' || c == ')' || c == ',':
			out = append(out, string(c))
			i++
		case c == '\'':
			j := i + 1
			for j < len(s) && (s[j] != '\'' || j+1 < len(s) && s[j+1] == '\'') {
				if s[j] == '\'' {
					j++
				}
				j++
			}
			out = append(out, "'"+strings.ReplaceAll(s[i+1:min(j, len(s))], "''", "'"))
			i = j + 1
		default:
			j := i
			for j < len(s) && !strings.ContainsRune(" (),'", rune(s[j])) {
				j++
			}
			out = append(out, s[i:j])
			i = j
		}
	}
	return out
}

func (p *filterParser) peek() string {
	if p.pos < len(p.tokens) {
		return p.tokens[p.pos]
	}
	return ""
}

func (p *filterParser) next() string {
	t := p.peek()
	p.pos++
	return t
}

func (p *filterParser) bad() error {
	return refuse("Invalid filter clause: Syntax error at position " + strconv.Itoa(p.pos) + " in '" + strings.Join(p.tokens, " ") + "'.")
}

func (p *filterParser) or() (predicate, error) {
	a, err := p.and()
	for err == nil && strings.EqualFold(p.peek(), "or") {
		p.pos++
		var b predicate
		left := a
		b, err = p.and()
		a = func(get func(string) any) bool { return left(get) || b(get) }
	}
	return a, err
}

func (p *filterParser) and() (predicate, error) {
	a, err := p.term()
	for err == nil && strings.EqualFold(p.peek(), "and") {
		p.pos++
		var b predicate
		left := a
		b, err = p.term()
		a = func(get func(string) any) bool { return left(get) && b(get) }
	}
	return a, err
}

func (p *filterParser) term() (predicate, error) {
	if strings.EqualFold(p.peek(), "not") {
		p.pos++
		f, err := p.term()
		return func(get func(string) any) bool { return !f(get) }, err
	}
	if p.peek() == "(" {
		p.pos++
		f, err := p.or()
		if err == nil && p.next() != ")" {
			err = p.bad()
		}
		return f, err
	}
	return p.comparison()
}

func (p *filterParser) comparison() (predicate, error) {
	field := p.next()
	if strings.EqualFold(field, "startswith") && p.peek() == "(" {
		return p.startsWith()
	}
	if !slices.Contains(p.known, field) {
		return nil, refuse("Invalid filter clause: Could not find a property named '" + field + "' that can be filtered.")
	}
	op := strings.ToLower(p.next())
	if op == "in" {
		return p.in(field)
	}
	want, err := p.literal()
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"eq", "ne", "gt", "ge", "lt", "le"}, op) {
		return nil, p.bad()
	}
	return func(get func(string) any) bool { return compare(get(field), want, op) }, nil
}

func (p *filterParser) startsWith() (predicate, error) {
	p.pos++
	field := p.next()
	if p.next() != "," || !slices.Contains(p.known, field) {
		return nil, p.bad()
	}
	lit, err := p.literal()
	if err != nil {
		return nil, err
	}
	if p.next() != ")" {
		return nil, p.bad()
	}
	want, _ := lit.(string)
	return func(get func(string) any) bool {
		v, _ := get(field).(string)
		return len(v) >= len(want) && strings.EqualFold(v[:len(want)], want)
	}, nil
}

func (p *filterParser) in(field string) (predicate, error) {
	if p.next() != "(" {
		return nil, p.bad()
	}
	var list []any
	for {
		v, err := p.literal()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		switch p.next() {
		case ",":
		case ")":
			return func(get func(string) any) bool {
				return slices.ContainsFunc(list, func(w any) bool { return compare(get(field), w, "eq") })
			}, nil
		default:
			return nil, p.bad()
		}
	}
}

func (p *filterParser) literal() (any, error) {
	t := p.next()
	switch {
	case t == "":
		return nil, p.bad()
	case t[0] == '\'':
		return t[1:], nil
	case t == "null":
		return nil, nil
	case t == "true", t == "false":
		return t == "true", nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if at, err := time.Parse(layout, t); err == nil {
			return at, nil
		}
	}
	return nil, refuse("Invalid filter clause: The value '" + t + "' is not a literal of the expected type.")
}

func compare(have, want any, op string) bool {
	c := 0
	switch h := have.(type) {
	case time.Time:
		w, ok := want.(time.Time)
		if !ok {
			return op == "ne"
		}
		c = h.Compare(w)
	case string:
		w, ok := want.(string)
		if !ok {
			return op == "ne"
		}
		c = strings.Compare(strings.ToLower(h), strings.ToLower(w))
	case bool:
		if w, ok := want.(bool); !ok || w != h {
			c = 1
		}
	case nil:
		return op == "eq" && want == nil || op == "ne" && want != nil
	}
	switch op {
	case "eq":
		return c == 0
	case "ne":
		return c != 0
	case "gt":
		return c > 0
	case "ge":
		return c >= 0
	case "lt":
		return c < 0
	}
	return c <= 0
}

// order is one key of $orderby.
type order struct {
	field string
	desc  bool
}

func parseOrder(text string, known []string) ([]order, error) {
	var out []order
	for part := range strings.SplitSeq(text, ",") {
		f := strings.Fields(part)
		if len(f) == 0 || !slices.Contains(known, f[0]) {
			return nil, refuse("The $orderby expression '" + text + "' is not valid.")
		}
		out = append(out, order{f[0], len(f) > 1 && strings.EqualFold(f[1], "desc")})
	}
	return out, nil
}

// page is where a list goes on; it is sent as an opaque $skiptoken.
type page struct {
	Skip int   `json:"s"`
	Made int64 `json:"m"` // second
}

func (p page) token() string {
	b, _ := json.Marshal(p) // an int always marshals
	return base64.RawURLEncoding.EncodeToString(append([]byte("v1"), b...))
}

func parsePage(token string) (page, error) {
	var p page
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 2 || json.Unmarshal(b[2:], &p) != nil || p.Skip < 0 {
		return p, refuse("The page token (skiptoken) is not valid.")
	}
	return p, nil
}

// nextLink is the address of the page after the one asked for.
func nextLink(base string, u *url.URL, q url.Values, p page) string {
	v := url.Values{}
	for k, vs := range q {
		if k != "$skip" && k != "$skiptoken" {
			v[k] = vs
		}
	}
	v.Set("$skiptoken", p.token())
	return base + u.EscapedPath() + "?" + strings.ReplaceAll(v.Encode(), "+", "%20")
}
