// What the functions over JSON text have in common: static, for each file that includes it.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

// As duckdb.h declares them.
extern void *duckdb_data_chunk_get_vector(void *chunk, uint64_t column);
extern uint64_t duckdb_data_chunk_get_size(void *chunk);
extern void *duckdb_vector_get_data(void *vector);
extern uint64_t *duckdb_vector_get_validity(void *vector);
extern void duckdb_vector_ensure_validity_writable(void *vector);
extern void duckdb_unsafe_vector_assign_string_element_len(void *vector, uint64_t index, const char *str, uint64_t len);

// text is a string as the engine lays it out.
typedef struct {
	uint32_t n;
	char prefix[4];
	const char *ptr;
} text;

typedef const unsigned char *at;

static inline bool hex(unsigned char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

// skip functions return the place after what they skip, or NULL for everything that is not plain: broken text, blanks,
// exponents, deep nesting.

static at skip_string(at p, at end, bool *escaped) {
	*escaped = false;
	for (p++; p < end;) {
#ifdef __SSE2__
		if (end - p >= 16) {
			__m128i x = _mm_loadu_si128((const __m128i *)p);
			__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\\')));
			// Control characters: those that stay the same when bounded by 0x1f.
			hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x));
			unsigned m = (unsigned)_mm_movemask_epi8(hit);
			if (!m) {
				p += 16;
				continue;
			}
			p += __builtin_ctz(m);
		}
#endif
		unsigned char c = *p;
		if (c == '"')
			return p + 1;
		if (c < 0x20)
			return NULL;
		if (c != '\\') {
			p++;
			continue;
		}
		*escaped = true;
		if (end - p >= 2 && memchr("\"\\/bfnrt", p[1], 8))
			p += 2;
		else if (end - p >= 6 && p[1] == 'u' && hex(p[2]) && hex(p[3]) && hex(p[4]) && hex(p[5]))
			p += 6;
		else
			return NULL;
	}
	return NULL;
}

static inline bool digit(unsigned char c) { return c >= '0' && c <= '9'; }

static at skip_number(at p, at end) {
	if (p < end && *p == '-')
		p++;
	if (p >= end || !digit(*p))
		return NULL;
	if (*p == '0' && p + 1 < end && digit(p[1]))
		return NULL;
	while (p < end && digit(*p))
		p++;
	if (p < end && *p == '.') {
		if (++p >= end || !digit(*p))
			return NULL;
		while (p < end && digit(*p))
			p++;
	}
	if (p < end && (*p == 'e' || *p == 'E'))
		return NULL;
	return p;
}

static at skip_word(at p, at end, const char *w) {
	size_t n = strlen(w);
	return (size_t)(end - p) >= n && memcmp(p, w, n) == 0 ? p + n : NULL;
}

static at skip_value(at p, at end, int depth) {
	bool escaped;
	if (p >= end || depth > 64)
		return NULL;
	switch (*p) {
	case '"':
		return skip_string(p, end, &escaped);
	case 't':
		return skip_word(p, end, "true");
	case 'f':
		return skip_word(p, end, "false");
	case 'n':
		return skip_word(p, end, "null");
	case '{':
	case '[':
		break;
	default:
		return skip_number(p, end);
	}
	unsigned char closer = *p == '{' ? '}' : ']';
	p++;
	if (p < end && *p == closer)
		return p + 1;
	for (;;) {
		if (closer == '}') {
			if (p >= end || *p != '"' || !(p = skip_string(p, end, &escaped)) || p >= end || *p != ':')
				return NULL;
			p++;
		}
		if (!(p = skip_value(p, end, depth + 1)) || p >= end)
			return NULL;
		if (*p == closer)
			return p + 1;
		if (*p++ != ',')
			return NULL;
	}
}

// value is where one begins and ends; from is NULL when there is none.
typedef struct {
	at from, to;
} value;
