package kernel

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/schema"
)

func addresses() family {
	f := family{
		"ipv4_is_match":           {bind: bindIPMatch(parse4, func(c int64) any { return c == 0 }, schema.Bool), min: 2, max: 3},
		"ipv6_is_match":           {bind: bindIPMatch(parse6, func(c int64) any { return c == 0 }, schema.Bool), min: 2, max: 3},
		"ipv4_compare":            {bind: bindIPMatch(parse4, func(c int64) any { return c }, schema.Long), min: 2, max: 3},
		"ipv6_compare":            {bind: bindIPMatch(parse6, func(c int64) any { return c }, schema.Long), min: 2, max: 3},
		"ipv4_is_in_range":        typedFunc(schema.Bool, 2, 2, inRange(parse4)),
		"ipv6_is_in_range":        typedFunc(schema.Bool, 2, 2, inRange(parse6)),
		"ipv4_is_in_any_range":    typedFunc(schema.Bool, 2, -1, inAnyRange(parse4)),
		"ipv6_is_in_any_range":    typedFunc(schema.Bool, 2, -1, inAnyRange(parse6)),
		"ipv4_is_private":         typedFunc(schema.Bool, 1, 1, isPrivate),
		"ipv4_netmask_suffix":     typedFunc(schema.Long, 1, 1, netmaskSuffix),
		"ipv4_range_to_cidr_list": dynamicFunc(2, 2, rangeToCIDR),
		"parse_ipv4":              typedFunc(schema.Long, 1, 1, parseIPv4),
		"parse_ipv4_mask":         typedFunc(schema.Long, 2, 2, parseIPv4),
		"parse_ipv6":              typedFunc(schema.String, 1, 1, parseIPv6),
		"parse_ipv6_mask":         typedFunc(schema.String, 2, 2, parseIPv6),
		"format_ipv4":             typedFunc(schema.String, 1, 2, formatIPv4(false)),
		"format_ipv4_mask":        typedFunc(schema.String, 1, 2, formatIPv4(true)),
	}
	f["geo_info_from_ip_address"] = def{bind: bindGeoInfo, min: 1, max: 1}
	for name, prefix := range map[string]bool{"has_ipv4": false, "has_ipv4_prefix": true} {
		f[name] = typedFunc(schema.Bool, 2, 2, hasIPv4(prefix))
		f[strings.Replace(name, "has_", "has_any_", 1)] = typedFunc(schema.Bool, 2, -1, hasIPv4(prefix))
	}
	return f
}

// network is an address of 128 bits with a prefix length; an IPv4 address counts as ::ffff:a.b.c.d.
type network struct {
	hi, lo uint64
	prefix int
}

// masked clears the bits after the prefix.
func (n network) masked(prefix int) (hi, lo uint64) {
	hi, lo = n.hi, n.lo
	switch {
	case prefix <= 0:
		return 0, 0
	case prefix < 64:
		return hi &^ (1<<(64-prefix) - 1), 0
	case prefix < 128:
		lo &^= 1<<(128-prefix) - 1
	}
	return hi, lo
}

// compare compares under the shortest of the prefixes.
func (n network) compare(o network, prefix int) int64 {
	p := min(n.prefix, o.prefix, prefix)
	ah, al := n.masked(p)
	bh, bl := o.masked(p)
	switch {
	case ah < bh || ah == bh && al < bl:
		return -1
	case ah > bh || ah == bh && al > bl:
		return 1
	}
	return 0
}

// octets reads a dotted address of four decimal numbers without leading zeros' meaning.
func octets(s string) (uint32, bool) {
	var v uint32
	parts := 0
	for {
		i := 0
		var o uint32
		for i < len(s) && s[i] >= '0' && s[i] <= '9' && i < 4 {
			o = o*10 + uint32(s[i]-'0')
			i++
		}
		if i == 0 || i > 3 || o > 255 {
			return 0, false
		}
		v = v<<8 | o
		parts++
		s = s[i:]
		if s == "" {
			return v, parts == 4
		}
		if s[0] != '.' || parts == 4 {
			return 0, false
		}
		s = s[1:]
	}
}

func splitPrefix(s string, most int) (addr string, prefix int, ok bool) {
	s = strings.TrimSpace(s)
	i := strings.IndexByte(s, '/')
	if i < 0 {
		return s, most, true
	}
	p, err := strconv.Atoi(s[i+1:])
	return s[:i], p, err == nil && p >= 0 && p <= most
}

func parse4(s string) (network, bool) {
	addr, prefix, ok := splitPrefix(s, 32)
	v, okA := octets(addr)
	return network{lo: 0xffff<<32 | uint64(v), prefix: prefix + 96}, ok && okA
}

func parse6(s string) (network, bool) {
	if n, ok := parse4(s); ok {
		return n, true
	}
	most := 128
	if strings.Contains(s, ":") && strings.Contains(s, ".") {
		most = 32 // the last 32 bits are written as IPv4, and so is the prefix
	}
	addr, prefix, ok := splitPrefix(s, most)
	if !ok {
		return network{}, false
	}
	prefix += 128 - most
	a, err := netip.ParseAddr(addr)
	if err != nil || a.Zone() != "" {
		return network{}, false
	}
	b := a.As16()
	var n network
	for i, x := range b {
		if i < 8 {
			n.hi = n.hi<<8 | uint64(x)
		} else {
			n.lo = n.lo<<8 | uint64(x)
		}
	}
	n.prefix = prefix
	return n, true
}

// bindIPMatch binds the comparisons of two addresses, with an optional prefix length.
func bindIPMatch(parse func(string) (network, bool), result func(c int64) any, t schema.Type) binder {
	return func(s *site) (eval, schema.Type, error) {
		v4 := strings.HasPrefix(s.name, "ipv4")
		return boxed(t, func(a []any) any {
			x, okX := parse(Text(a[0]))
			y, okY := parse(Text(a[1]))
			if !okX || !okY {
				return nil
			}
			prefix := 128
			if len(a) > 2 {
				p, ok := toLong(a[2])
				if v4 {
					p += 96
				}
				if !ok || p < 0 || p > 128 {
					return nil
				}
				prefix = int(p)
			}
			return result(x.compare(y, prefix))
		}), t, nil
	}
}

// inRange asks whether an address lies in a network: the range's prefix counts.
func inRange(parse func(string) (network, bool)) func(a []any) any {
	return func(a []any) any {
		x, okX := parse(Text(a[0]))
		y, okY := parse(Text(a[1]))
		if !okX || !okY {
			return nil
		}
		return x.compare(y, 128) == 0
	}
}

func inAnyRange(parse func(string) (network, bool)) func(a []any) any {
	return func(a []any) any {
		x, ok := parse(Text(a[0]))
		if !ok {
			return nil
		}
		some := false
		for _, e := range flattened(a[1:]) {
			y, ok := parse(e)
			if !ok {
				continue
			}
			some = true
			if x.compare(y, 128) == 0 {
				return true
			}
		}
		if !some {
			return nil
		}
		return false
	}
}

// flattened lists texts given one by one or in arrays.
func flattened(a []any) []string {
	var out []string
	for _, v := range a {
		if list, ok := v.([]any); ok {
			for _, e := range list {
				out = append(out, Text(e))
			}
			continue
		}
		out = append(out, Text(v))
	}
	return out
}

func isPrivate(a []any) any {
	x, ok := parse4(Text(a[0]))
	if !ok {
		return nil
	}
	for _, p := range [...]string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"} {
		n, _ := parse4(p)
		if x.prefix >= n.prefix && x.compare(n, 128) == 0 {
			return true
		}
	}
	return false
}

func netmaskSuffix(a []any) any {
	x, ok := parse4(Text(a[0]))
	if !ok {
		return nil
	}
	return int64(x.prefix - 96)
}

// withMask applies a second, optional prefix argument.
func withMask(x network, a []any, base int) (network, bool) {
	if len(a) > 1 {
		p, ok := toLong(a[1])
		if !ok || p < 0 || int(p)+base > 128 {
			return x, false
		}
		x.prefix = min(x.prefix, int(p)+base)
	}
	x.hi, x.lo = x.masked(x.prefix)
	return x, true
}

func parseIPv4(a []any) any {
	x, ok := parse4(Text(a[0]))
	if ok {
		x, ok = withMask(x, a, 96)
	}
	if !ok {
		return nil
	}
	return int64(uint32(x.lo))
}

func parseIPv6(a []any) any {
	x, ok := parse6(Text(a[0]))
	if ok {
		x, ok = withMask(x, a, 0)
	}
	if !ok {
		return ""
	}
	var sb strings.Builder
	for i := range 8 {
		if i > 0 {
			sb.WriteByte(':')
		}
		w := x.hi
		if i >= 4 {
			w = x.lo
		}
		g := strconv.FormatUint(w>>(48-16*(i%4))&0xffff, 16)
		sb.WriteString("0000"[len(g):] + g)
	}
	return sb.String()
}

func dotted(v uint32) string {
	return strconv.Itoa(int(v>>24)) + "." + strconv.Itoa(int(v>>16&255)) + "." + strconv.Itoa(int(v>>8&255)) + "." + strconv.Itoa(int(v&255))
}

// formatIPv4 takes an address as text or number, and an optional prefix length.
func formatIPv4(mask bool) func(a []any) any {
	return func(a []any) any {
		var x network
		var ok bool
		if v, isNumber := a[0].(int64); isNumber {
			x, ok = network{lo: 0xffff<<32 | uint64(uint32(v)), prefix: 128}, v >= 0 && v <= 0xffffffff
		} else {
			x, ok = parse4(Text(a[0]))
		}
		if ok {
			x, ok = withMask(x, a, 96)
		}
		if !ok {
			return ""
		}
		if mask {
			return dotted(uint32(x.lo)) + "/" + strconv.Itoa(x.prefix-96)
		}
		return dotted(uint32(x.lo))
	}
}

// rangeToCIDR lists the fewest networks that cover the range.
func rangeToCIDR(a []any) any {
	from, okF := octets(Text(a[0]))
	to, okT := octets(Text(a[1]))
	if !okF || !okT || from > to {
		return nil
	}
	out := []any{}
	for v, end := uint64(from), uint64(to); v <= end; {
		size := 32
		if v != 0 {
			size = bits.TrailingZeros64(v)
		}
		size = min(size, 32, bits.Len64(end-v+1)-1)
		out = append(out, dotted(uint32(v))+"/"+strconv.Itoa(32-size))
		v += 1 << size
	}
	return out
}

// hasIPv4 looks for addresses in a text that stand between characters that are neither letters, digits nor dots.
func hasIPv4(prefix bool) func(a []any) any {
	return func(a []any) any {
		text := Text(a[0])
		for _, want := range flattened(a[1:]) {
			if prefix {
				if !validPrefix(want) {
					continue
				}
			} else if _, ok := octets(want); !ok {
				continue
			}
			if findIPv4(text, want, prefix) {
				return true
			}
		}
		return false
	}
}

// validPrefix accepts one to three octets that end in a dot, and whole addresses.
func validPrefix(p string) bool {
	if _, ok := octets(p); ok {
		return true
	}
	if !strings.HasSuffix(p, ".") {
		return false
	}
	dots := strings.Count(p, ".")
	if dots > 3 {
		return false
	}
	_, ok := octets(p + strings.Repeat("0.", 3-dots) + "0")
	return ok
}

func addressByte(c byte) bool { return c == '.' || termRune(rune(c)) && c < 0x80 }

func findIPv4(text, want string, prefix bool) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], want)
		if i < 0 {
			return false
		}
		i += from
		from = i + 1
		if i > 0 && addressByte(text[i-1]) {
			continue
		}
		end := i
		for end < len(text) && addressByte(text[end]) {
			end++
		}
		found := strings.TrimRight(text[i:end], ".")
		if _, ok := octets(found); !ok {
			continue
		}
		if prefix || found == want {
			return true
		}
	}
}

// bindGeoInfo binds geo_info_from_ip_address: null for what is not an address, or where nothing is known about it.
func bindGeoInfo(s *site) (eval, schema.Type, error) {
	geo := s.env.Geo
	return boxed(schema.Dynamic, func(a []any) any {
		if geo == nil {
			return nil
		}
		addr, err := netip.ParseAddr(strings.TrimSpace(Text(a[0])))
		if err != nil {
			return nil
		}
		if o := geo(addr.Unmap()); o != nil {
			return o
		}
		return nil
	}), schema.Dynamic, nil
}

// Network reads an address or a network in CIDR form, an IPv4 one as ::ffff:a.b.c.d; ok is false for what is neither.
// Without six only IPv4 is read.
func Network(s string, six bool) (p netip.Prefix, ok bool) {
	parse := parse4
	if six {
		parse = parse6
	}
	n, ok := parse(s)
	if !ok {
		return netip.Prefix{}, false
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], n.hi)
	binary.BigEndian.PutUint64(b[8:], n.lo)
	return netip.PrefixFrom(netip.AddrFrom16(b), n.prefix), true
}
