package defenderxdr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// object is a JSON object that keeps the order of its members.
type object struct {
	keys []string
	vals []any
}

func (o *object) set(key string, v any) {
	if i := slices.Index(o.keys, key); i >= 0 {
		o.vals[i] = v
		return
	}
	o.keys, o.vals = append(o.keys, key), append(o.vals, v)
}

// text sets a member unless it is empty.
func (o *object) text(key, v string) {
	if v != "" {
		o.set(key, v)
	}
}

// some sets a member unless it is missing, null or empty.
func (o *object) some(key string, v any) {
	switch x := v.(type) {
	case nil:
		return
	case string:
		if x == "" {
			return
		}
	case []any:
		if len(x) == 0 {
			return
		}
	case map[string]any:
		if len(x) == 0 {
			return
		}
	case *object:
		if x == nil || len(x.keys) == 0 {
			return
		}
	}
	o.set(key, v)
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, k := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		val, err := plain(o.vals[i])
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(val)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// plain encodes without escaping < > &, which are common in command lines.
func plain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// graph turns an alert's evidence into entities that refer to each other by $id and $ref.
type graph struct {
	last  int
	known map[string]string // identity of an entity -> its $id
	told  map[string]any    // identity of an entity -> the evidence it was made of
	// of the first device and user, for CompromisedEntity
	host, upn, mailbox string
	device             map[string]map[string]any // mdeDeviceId -> its evidence
	whole              bool                      // the next entity is written whole even if it is known
}

// evidence is one piece of evidence; what its mapping has taken is not passed on again.
type evidence struct {
	m    map[string]any
	used map[string]bool
}

func newEvidence(m map[string]any) *evidence { return &evidence{m: m, used: map[string]bool{}} }

func (e *evidence) take(key string) any { e.used[key] = true; return e.m[key] }

func (e *evidence) text(key string) string { return asText(e.take(key)) }

func (e *evidence) sub(key string) map[string]any { m, _ := e.take(key).(map[string]any); return m }

func (e *evidence) list(key string) []any { l, _ := e.take(key).([]any); return l }

func asText(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	case bool:
		return strconv.FormatBool(x)
	}
	return ""
}

// entities returns one entity per piece of evidence. None is left out, whatever its type. Devices, users and addresses come
// first, because others refer to them.
func (g *graph) entities(raw []json.RawMessage) ([]json.RawMessage, error) {
	g.last, g.known, g.told, g.device = 1, map[string]string{}, map[string]any{}, map[string]map[string]any{}
	var all []map[string]any
	for _, r := range raw {
		d := json.NewDecoder(bytes.NewReader(r))
		d.UseNumber()
		var m map[string]any
		if err := d.Decode(&m); err != nil {
			return nil, fmt.Errorf("decoding evidence: %w", err)
		}
		if m == nil {
			continue
		}
		if id := asText(m["mdeDeviceId"]); id != "" && typeOf(m) == "device" {
			g.device[id] = m
		}
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b map[string]any) int { return rank(a) - rank(b) })
	out := make([]json.RawMessage, 0, len(all))
	for _, m := range all {
		g.whole = true
		b, err := plain(g.entity(m))
		if err != nil {
			return nil, fmt.Errorf("encoding an entity: %w", err)
		}
		out = append(out, b)
	}
	return out, nil
}

func rank(m map[string]any) int {
	if i := slices.Index([]string{"device", "user", "ip"}, typeOf(m)); i >= 0 {
		return i
	}
	return 3
}

// typeOf is the evidence's type without namespace and ending: "device", "cloudLogonRequest".
func typeOf(m map[string]any) string {
	t := asText(m["@odata.type"])
	t = t[strings.LastIndexByte(t, '.')+1:]
	return strings.TrimSuffix(strings.TrimPrefix(t, "#"), "Evidence")
}

// start opens an entity: a reference when the same one was written before and tells all that m tells, else a new object
// with $id and Type. identity is what makes two of them the same; "" is never the same.
func (g *graph) start(kind, identity string, m map[string]any) (o *object, isNew bool) {
	o = &object{}
	whole := g.whole
	g.whole = false
	if identity != "" {
		identity = kind + "|" + strings.ToLower(identity)
		if id, ok := g.known[identity]; ok && !whole && within(m, g.told[identity]) {
			o.set("$ref", id)
			return o, false
		}
	}
	g.last++
	id := strconv.Itoa(g.last)
	if identity != "" {
		g.known[identity], g.told[identity] = id, m
	}
	o.set("$id", id)
	o.set("Type", kind)
	return o, true
}

// within reports whether everything that a tells is told by b.
func within(a, b any) bool {
	switch x := a.(type) {
	case nil:
		return true
	case map[string]any:
		y, _ := b.(map[string]any)
		for k, v := range x {
			if !within(v, y[k]) {
				return false
			}
		}
		return true
	case []any:
		y, _ := b.([]any)
		for i, v := range x {
			if i >= len(y) || !within(v, y[i]) {
				return false
			}
		}
		return true
	}
	return a == b
}

// finish adds what all evidence shares, and everything that the mapping has not taken, under its own name.
func (g *graph) finish(o *object, e *evidence) {
	e.used["@odata.type"] = true
	for _, k := range sharedMembers {
		o.some(pascal(k), g.value(e.take(k)))
	}
	g.rest(o, e)
}

var sharedMembers = []string{"createdDateTime", "verdict", "remediationStatus", "remediationStatusDetails", "roles", "detailedRoles", "tags"}

// rest adds the members that were not taken, sorted by name.
func (g *graph) rest(o *object, e *evidence) {
	var left []string
	for k := range e.m {
		if !e.used[k] && !strings.HasPrefix(k, "@") && !strings.Contains(k, "@odata") {
			left = append(left, k)
		}
	}
	slices.Sort(left)
	for _, k := range left {
		name := pascal(k)
		if slices.Contains(o.keys, name) {
			name = "Provider" + name
		}
		o.some(name, g.value(e.m[k]))
	}
}

// value passes a value on: nested evidence as an entity, other objects with capital member names.
func (g *graph) value(v any) any {
	switch x := v.(type) {
	case map[string]any:
		if t := typeOf(x); t != "" && strings.HasSuffix(asText(x["@odata.type"]), "Evidence") {
			return g.entity(x)
		}
		o := &object{}
		g.rest(o, newEvidence(x))
		return o
	case []any:
		out := make([]any, 0, len(x))
		for _, y := range x {
			out = append(out, g.value(y))
		}
		return out
	}
	return v
}

// pascal turns a member name of the tenant into one of the workspace: "osBuild" is "OsBuild".
func pascal(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}

// kebab turns an evidence type into an entity type: "cloudLogonRequest" is "cloud-logon-request".
func kebab(s string) string {
	s = strings.ReplaceAll(s, "gitHub", "github")
	var b strings.Builder
	for i, r := range s {
		if unicode.IsUpper(r) {
			if i > 0 {
				b.WriteByte('-')
			}
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}
