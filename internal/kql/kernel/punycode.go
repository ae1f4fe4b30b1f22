package kernel

import (
	"strings"

	"github.com/vedette-siem/vedette/internal/schema"
)

func punycodes() family {
	return family{
		"punycode_from_string":        textFunc(schema.String, func(s string) string { out, _ := punyEncode(s); return out }),
		"punycode_to_string":          textFunc(schema.String, func(s string) string { out, _ := punyDecode(s); return out }),
		"punycode_domain_from_string": textFunc(schema.String, decodeDomain), "punycode_domain_to_string": textFunc(schema.String, decodeDomain),
	}
}

// decodeDomain decodes the labels of a domain that begin with xn--.
func decodeDomain(s string) string {
	labels := strings.Split(s, ".")
	for i, l := range labels {
		if rest, ok := strings.CutPrefix(l, "xn--"); ok {
			d, ok := punyDecode(rest)
			if !ok {
				return ""
			}
			labels[i] = d
		}
	}
	return strings.Join(labels, ".")
}

// The parameters of RFC 3492.
const (
	punyBase, punyMin, punyMax = 36, 1, 26
	punySkew, punyDamp         = 38, 700
	punyBias, punyFirst        = 72, 128
)

func punyAdapt(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (punyBase-punyMin)*punyMax/2; k += punyBase {
		delta /= punyBase - punyMin
	}
	return k + (punyBase-punyMin+1)*delta/(delta+punySkew)
}

func punyThreshold(k, bias int) int { return min(max(k-bias, punyMin), punyMax) }

const punyDigits = "abcdefghijklmnopqrstuvwxyz0123456789"

// maxPuny bounds the text that is encoded: the method takes quadratic time.
const maxPuny = 4096

func punyEncode(s string) (string, bool) {
	if len(s) > maxPuny {
		return "", false
	}
	var out strings.Builder
	runes := []rune(s)
	for _, r := range runes {
		if r < punyFirst {
			out.WriteByte(byte(r))
		}
	}
	basic := out.Len()
	done := basic
	if basic > 0 {
		out.WriteByte('-')
	}
	n, delta, bias := punyFirst, 0, punyBias
	for done < len(runes) {
		m := int(^uint32(0) >> 1)
		for _, r := range runes {
			if int(r) >= n && int(r) < m {
				m = int(r)
			}
		}
		delta += (m - n) * (done + 1)
		n = m
		for _, r := range runes {
			if int(r) < n {
				delta++
			}
			if int(r) != n {
				continue
			}
			q := delta
			for k := punyBase; ; k += punyBase {
				t := punyThreshold(k, bias)
				if q < t {
					break
				}
				out.WriteByte(punyDigits[t+(q-t)%(punyBase-t)])
				q = (q - t) / (punyBase - t)
			}
			out.WriteByte(punyDigits[q])
			bias = punyAdapt(delta, done+1, done == basic)
			delta = 0
			done++
		}
		delta++
		n++
	}
	return out.String(), true
}

func punyDecode(s string) (string, bool) {
	if len(s) > maxPuny {
		return "", false
	}
	var out []rune
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		for _, r := range s[:i] {
			if r >= punyFirst {
				return "", false
			}
			out = append(out, r)
		}
		s = s[i+1:]
	}
	n, at, bias := punyFirst, 0, punyBias
	for s != "" {
		start, w := at, 1
		for k := punyBase; ; k += punyBase {
			if s == "" {
				return "", false
			}
			d := strings.IndexByte(punyDigits, lowerASCII(s[0]))
			s = s[1:]
			if d < 0 || w > 1<<40 || at > 1<<40 {
				return "", false
			}
			at += d * w
			t := punyThreshold(k, bias)
			if d < t {
				break
			}
			w *= punyBase - t
		}
		bias = punyAdapt(at-start, len(out)+1, start == 0)
		n += at / (len(out) + 1)
		at %= len(out) + 1
		if n > 0x10ffff {
			return "", false
		}
		out = append(out[:at], append([]rune{rune(n)}, out[at:]...)...)
		at++
	}
	return string(out), true
}
