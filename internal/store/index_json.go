package store

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape returns JSON with the escapes of its strings replaced by what they mean. Malformed ones stay.
func unescape(v []byte) []byte {
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		if v[i] != '\\' || i+1 == len(v) {
			out = append(out, v[i])
			continue
		}
		i++
		switch c := v[i]; c {
		case 'n', 't', 'r', 'b', 'f':
			out = append(out, ' ') // a boundary like any of them
		case 'u':
			r, ok := hex4(v[i+1:])
			if !ok {
				out = append(out, '\\', c)
				continue
			}
			i += 4
			if utf16.IsSurrogate(r) && i+2 < len(v) && v[i+1] == '\\' && v[i+2] == 'u' {
				if low, ok := hex4(v[i+3:]); ok {
					if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
						r = both
						i += 6
					}
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, c)
		}
	}
	return out
}

func hex4(v []byte) (rune, bool) {
	if len(v) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(v[:4]), 16, 32)
	return rune(n), err == nil
}
