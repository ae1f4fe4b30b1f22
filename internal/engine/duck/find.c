// Searches for texts of ASCII in columns of text, without leaving the engine: see find.go.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "find.h"

// As duckdb.h declares them.
extern void *duckdb_data_chunk_get_vector(void *chunk, uint64_t column);
extern uint64_t duckdb_data_chunk_get_size(void *chunk);
extern void *duckdb_vector_get_data(void *vector);
extern uint64_t *duckdb_vector_get_validity(void *vector);
extern void duckdb_vector_ensure_validity_writable(void *vector);

// text is a string as the engine lays it out.
typedef struct {
	uint32_t n;
	char prefix[4];
	const char *ptr;
} text;

static inline const unsigned char *bytes(const text *t) {
	return (const unsigned char *)(t->n <= 12 ? t->prefix : t->ptr);
}

static inline unsigned char lower(unsigned char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; }

static inline bool in_term(unsigned char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z'); }

enum { NO = 0, YES = 1, UNKNOWN = 2 };

// A needle; when it folds, its bytes are in lower case.
typedef struct {
	const unsigned char *s;
	size_t n;
	bool fold, left, right; // left and right: no term may go on there
} needle;

static inline bool equal(const needle *d, const unsigned char *h) {
	if (!d->fold)
		return memcmp(d->s, h, d->n) == 0;
	for (size_t i = 0; i < d->n; i++)
		if (lower(h[i]) != d->s[i])
			return false;
	return true;
}

// ends reports whether a term ends between two bytes of which the inner one is the needle's. What lies beyond ASCII is
// not known here.
static inline int ends(unsigned char outer, unsigned char inner) {
	if (!in_term(inner))
		return YES;
	if (outer >= 0x80)
		return UNKNOWN;
	return in_term(outer) ? NO : YES;
}

// at tells whether an occurrence at p counts.
static inline int at(const needle *d, const unsigned char *h, size_t n, size_t p) {
	int l = YES, r = YES;
	if (d->left && p > 0)
		l = ends(h[p - 1], d->s[0]);
	if (l != NO && d->right && p + d->n < n)
		r = ends(h[p + d->n], d->s[d->n - 1]);
	if (l == NO || r == NO)
		return NO;
	return l == YES && r == YES ? YES : UNKNOWN;
}

static int search(const needle *d, const unsigned char *h, size_t n) {
	if (d->n > n)
		return NO;
	size_t last = n - d->n, p = 0; // last place to look at
	int found = NO;
#ifdef __SSE2__
	if (last >= 15) {
		// Sixteen places at a time, by the first and the last byte of the needle.
		unsigned char a = d->s[0], z = d->s[d->n - 1];
		bool fa = d->fold && a >= 'a' && a <= 'z', fz = d->fold && z >= 'a' && z <= 'z';
		__m128i first = _mm_set1_epi8((char)a), final = _mm_set1_epi8((char)z);
		__m128i ma = _mm_set1_epi8(fa ? 0x20 : 0), mz = _mm_set1_epi8(fz ? 0x20 : 0);
		for (; p <= last; p += 16) {
			if (p + 15 > last)
				p = last - 15;
			__m128i x = _mm_loadu_si128((const __m128i *)(h + p));
			__m128i y = _mm_loadu_si128((const __m128i *)(h + p + d->n - 1));
			x = _mm_cmpeq_epi8(_mm_or_si128(x, ma), first);
			y = _mm_cmpeq_epi8(_mm_or_si128(y, mz), final);
			unsigned hits = (unsigned)_mm_movemask_epi8(_mm_and_si128(x, y));
			while (hits) {
				size_t q = p + (size_t)__builtin_ctz(hits);
				hits &= hits - 1;
				if (!equal(d, h + q))
					continue;
				int r = at(d, h, n, q);
				if (r == YES)
					return YES;
				if (r == UNKNOWN)
					found = UNKNOWN;
			}
			if (p + 15 >= last)
				return found;
		}
		return found;
	}
#endif
	for (; p <= last; p++) {
		if ((d->fold ? lower(h[p]) : h[p]) != d->s[0] || !equal(d, h + p))
			continue;
		int r = at(d, h, n, p);
		if (r == YES)
			return YES;
		if (r == UNKNOWN)
			found = UNKNOWN;
	}
	return found;
}

static inline int look(const needle *d, const unsigned char *h, size_t n, int flags) {
	bool begin = flags & FIND_BEGIN, end = flags & FIND_END;
	if (!begin && !end)
		return search(d, h, n);
	if (d->n > n || (begin && end && d->n != n))
		return NO;
	return equal(d, begin ? h : h + n - d->n) ? YES : NO;
}

// Many needles are first told apart by their first two bytes.
typedef struct {
	uint64_t pairs[1024];
	bool single; // a needle of one byte needs none
} sieve;

static inline uint32_t pair(unsigned char a, unsigned char b) { return (uint32_t)a << 8 | b; }

static void sift(sieve *v, const needle *d, size_t n) {
	memset(v, 0, sizeof *v);
	for (size_t i = 0; i < n; i++) {
		if (d[i].n == 1) {
			v->single = true;
			return;
		}
		uint32_t k = pair(d[i].s[0], d[i].s[1]);
		v->pairs[k >> 6] |= 1ull << (k & 63);
	}
}

// any searches for all needles in one pass.
static int any(const sieve *v, const needle *d, size_t count, const unsigned char *h, size_t n) {
	int found = NO;
	bool fold = d[0].fold;
	unsigned char a = n > 0 ? (fold ? lower(h[0]) : h[0]) : 0;
	for (size_t p = 0; p + 1 < n; p++) {
		unsigned char b = fold ? lower(h[p + 1]) : h[p + 1];
		uint32_t k = pair(a, b);
		a = b;
		if (!(v->pairs[k >> 6] >> (k & 63) & 1))
			continue;
		for (size_t i = 0; i < count; i++) {
			if (d[i].n > n - p || !equal(&d[i], h + p))
				continue;
			int r = at(&d[i], h, n, p);
			if (r == YES)
				return YES;
			if (r == UNKNOWN)
				found = UNKNOWN;
		}
	}
	return found;
}

// several combines what is known of each needle.
static int several(const sieve *v, const needle *d, size_t count, const unsigned char *h, size_t n, int flags) {
	bool all = flags & FIND_ALL;
	if (count > 2 && !all && !(flags & (FIND_BEGIN | FIND_END)) && !v->single)
		return any(v, d, count, h, n);
	int out = all ? YES : NO;
	for (size_t i = 0; i < count; i++) {
		int r = look(&d[i], h, n, flags);
		if (r == (all ? NO : YES))
			return r;
		if (r == UNKNOWN)
			out = UNKNOWN;
	}
	return out;
}

// split cuts the list of needles at its line ends.
static size_t split(const text *list, int flags, needle *out) {
	const unsigned char *s = bytes(list);
	size_t count = 0, from = 0;
	for (size_t i = 0; i <= list->n && count < FIND_MOST; i++) {
		if (i < list->n && s[i] != '\n')
			continue;
		if (i > from)
			out[count++] = (needle){s + from, i - from, flags & FIND_FOLD, flags & FIND_LEFT, flags & FIND_RIGHT};
		from = i + 1;
	}
	return count;
}

void vedette_duck_find(void *info, void *chunk, void *out) {
	(void)info;
	uint64_t n = duckdb_data_chunk_get_size(chunk);
	if (n == 0)
		return;
	int flags = (int)*(const int64_t *)duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
	const text *list = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 1));
	void *column = duckdb_data_chunk_get_vector(chunk, 2);
	const text *texts = duckdb_vector_get_data(column);
	const uint64_t *valid = duckdb_vector_get_validity(column);
	needle needles[FIND_MOST];
	size_t count = split(list, flags, needles);
	sieve v;
	if (count > 2)
		sift(&v, needles, count);
	uint8_t *result = duckdb_vector_get_data(out);
	uint64_t *mask = NULL;
	for (uint64_t i = 0; i < n; i++) {
		bool null = valid && !(valid[i >> 6] >> (i & 63) & 1);
		int r = null ? UNKNOWN : several(&v, needles, count, bytes(&texts[i]), texts[i].n, flags);
		result[i] = r == YES;
		if (r == UNKNOWN) {
			if (!mask) {
				duckdb_vector_ensure_validity_writable(out);
				mask = duckdb_vector_get_validity(out);
			}
			mask[i >> 6] &= ~(1ull << (i & 63));
		}
	}
}
