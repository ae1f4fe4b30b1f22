package kernel

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/md5"  //nolint:gosec // hash_md5 is a function of the language, not a safeguard
	"crypto/sha1" //nolint:gosec // likewise hash_sha1
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/adler32"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func encodings() family {
	return family{
		"base64_encode_tostring": textFunc(schema.String, encode64), "base64_encodestring": textFunc(schema.String, encode64),
		"base64_decode_tostring": textFunc(schema.String, decodeText64), "base64_decodestring": textFunc(schema.String, decodeText64),
		"base64_decode_toarray":   dynamicFunc(1, 1, decodeArray64),
		"base64_encode_fromarray": typedFunc(schema.String, 1, 1, encodeArray64),
		"base64_decode_toguid":    typedFunc(schema.Guid, 1, 1, decodeGuid64),
		"base64_encode_fromguid":  typedFunc(schema.String, 1, 1, encodeGuid64),
		"url_encode":              textFunc(schema.String, func(s string) string { return escapeURL(s, "-_.!*()", '+') }),
		"url_encode_component":    textFunc(schema.String, func(s string) string { return escapeURL(s, "-_.~", 0) }),
		"url_decode":              textFunc(schema.String, unescapeURL),
		"hash_md5":                textFunc(schema.String, func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }),  //nolint:gosec // as above
		"hash_sha1":               textFunc(schema.String, func(s string) string { h := sha1.Sum([]byte(s)); return hex.EncodeToString(h[:]) }), //nolint:gosec // as above
		"hash_sha256":             textFunc(schema.String, func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }),
		"hash":                    {bind: bindHash, min: 1, max: 2}, "hash_xxhash64": {bind: bindHash, min: 1, max: 2},
		"zlib_compress_to_base64_string": textFunc(schema.String, zlibText),
		"gzip_compress_to_base64_string": textFunc(schema.String, func(s string) string {
			return deflate(s, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
		}),
		"zlib_decompress_from_base64_string": textFunc(schema.String, func(s string) string {
			return inflate(s, func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) })
		}),
		"gzip_decompress_from_base64_string": textFunc(schema.String, func(s string) string {
			return inflate(s, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
		}),
	}
}

func encode64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// decode64 takes standard base64, whose padding may be missing.
func decode64(s string) ([]byte, bool) {
	s = strings.TrimRight(strings.TrimSpace(s), "=")
	b, err := base64.RawStdEncoding.DecodeString(s)
	return b, err == nil
}

// decodeText64 gives "" for what does not decode to UTF-8.
func decodeText64(s string) string {
	b, ok := decode64(s)
	if !ok || !utf8.Valid(b) {
		return ""
	}
	return string(b)
}

func decodeArray64(a []any) any {
	s := Text(a[0])
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	out := make([]any, len(b))
	for i, c := range b {
		out[i] = int64(c)
	}
	return out
}

func encodeArray64(a []any) any {
	list, ok := a[0].([]any)
	if !ok {
		return ""
	}
	b := make([]byte, len(list))
	for i, e := range list {
		k, ok := toLong(e)
		if !ok || k < 0 || k > 255 {
			return ""
		}
		b[i] = byte(k)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// mixed swaps the first three groups between the text order of a guid and the byte order of .NET.
func mixed(u uuid.UUID) uuid.UUID {
	u[0], u[1], u[2], u[3] = u[3], u[2], u[1], u[0]
	u[4], u[5], u[6], u[7] = u[5], u[4], u[7], u[6]
	return u
}

func decodeGuid64(a []any) any {
	b, ok := decode64(Text(a[0]))
	if !ok || len(b) != 16 {
		return nil
	}
	return mixed(uuid.UUID(b))
}

func encodeGuid64(a []any) any {
	u, ok := toGuid(a[0])
	if !ok {
		return ""
	}
	m := mixed(u)
	return base64.StdEncoding.EncodeToString(m[:])
}

// escapeURL escapes all but ASCII letters, digits and the given marks; space stands for a blank unless it is 0.
func escapeURL(s, marks string, space byte) string {
	var sb strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c < utf8.RuneSelf && termRune(rune(c)) || strings.IndexByte(marks, c) >= 0:
			sb.WriteByte(c)
		case c == ' ' && space != 0:
			sb.WriteByte(space)
		default:
			const digits = "0123456789abcdef"
			sb.WriteByte('%')
			sb.WriteByte(digits[c>>4])
			sb.WriteByte(digits[c&15])
		}
	}
	return sb.String()
}

// unescapeURL decodes %xx and +; a broken escape stays.
func unescapeURL(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			out = append(out, ' ')
		case s[i] == '%' && i+3 <= len(s):
			if b, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				out = append(out, b[0])
				i += 2
			} else {
				out = append(out, s[i])
			}
		default:
			out = append(out, s[i])
		}
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

// bindHash binds hash(value [, mod]): xxhash64 of the text's bytes, or of the eight bytes of a number.
func bindHash(s *site) (eval, schema.Type, error) {
	sum := func(v any) (int64, bool) {
		var b [8]byte
		switch x := v.(type) {
		case string:
			return int64(xxhash.Sum64String(x)), true
		case int64:
			binary.LittleEndian.PutUint64(b[:], uint64(x))
		case float64:
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(x))
		default:
			return 0, false
		}
		return int64(xxhash.Sum64(b[:])), true
	}
	switch s.typ(0) {
	case schema.String, schema.Long, schema.Datetime, schema.Timespan, schema.Real:
	default:
		return nil, 0, s.badType(0)
	}
	return func(args []*column.Vector, n int) *column.Vector {
		out := column.New(schema.Long, n)
		for r := range n {
			v, ok := sum(args[0].Value(rowOf(args[0], r, n)))
			if ok && len(args) > 1 {
				mod, okM := toLong(Box(args[1], rowOf(args[1], r, n)))
				if ok = okM && mod > 0; ok {
					v = int64(uint64(v) % uint64(mod))
				}
			}
			if !ok {
				out.AppendNull()
				continue
			}
			out.AppendInt(v)
		}
		return out
	}, schema.Long, nil
}

func deflate(s string, wrap func(io.Writer) io.WriteCloser) string {
	var buf bytes.Buffer
	w := wrap(&buf)
	_, _ = io.WriteString(w, s) // a buffer takes everything
	_ = w.Close()
	return base64.StdEncoding.EncodeToString(buf.Bytes())
}

// zlibText compresses a text; as one stored block where that is shorter.
func zlibText(s string) string {
	var buf bytes.Buffer
	w := zlib.NewWriter(&buf)
	_, _ = io.WriteString(w, s) // a buffer takes everything
	_ = w.Close()
	if n := len(s); n < 1<<16 && n+11 < buf.Len() {
		b := []byte{0x78, 0x01, 1, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)}
		b = append(b, s...)
		b = binary.BigEndian.AppendUint32(b, adler32.Checksum([]byte(s)))
		return base64.StdEncoding.EncodeToString(b)
	}
	return base64.StdEncoding.EncodeToString(buf.Bytes())
}

// maxInflated bounds what a compressed text may grow to.
const maxInflated = 16 << 20

func inflate(s string, wrap func(io.Reader) (io.Reader, error)) string {
	b, ok := decode64(s)
	if !ok {
		return ""
	}
	r, err := wrap(bytes.NewReader(b))
	if err != nil {
		return ""
	}
	out, err := io.ReadAll(io.LimitReader(r, maxInflated+1))
	if err != nil || len(out) > maxInflated || !utf8.Valid(out) {
		return ""
	}
	return string(out)
}
