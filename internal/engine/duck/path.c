// Reads one value inside JSON text as text, without leaving the engine: see path.go.

#include "json.h"
#include "path.h"

// member finds the last value of a key in a bag that ends the text.
static bool member(value bag, at key, size_t n, value *out) {
	at p = bag.from, end = bag.to;
	*out = (value){NULL, NULL};
	p++;
	if (p < end && *p == '}')
		return p + 1 == end;
	for (;;) {
		bool escaped;
		at k = p + 1;
		if (p >= end || *p != '"' || !(p = skip_string(p, end, &escaped)) || escaped || p >= end || *p != ':')
			return false;
		bool found = (size_t)(p - 1 - k) == n && memcmp(k, key, n) == 0;
		at v = ++p;
		if (!(p = skip_value(p, end, 1)) || p >= end)
			return false;
		if (found)
			*out = (value){v, p};
		if (*p == '}')
			return p + 1 == end;
		if (*p++ != ',')
			return false;
	}
}

enum { ROOM = 4096 };

// unescape writes a string without its escapes into room; false for long ones and for characters by number.
static bool unescape(value v, unsigned char *room, value *out) {
	if (v.to - v.from > ROOM)
		return false;
	unsigned char *q = room;
	for (at p = v.from; p < v.to; p++) {
		if (*p != '\\') {
			*q++ = *p;
			continue;
		}
		switch (*++p) {
		case 'b': *q++ = '\b'; break;
		case 'f': *q++ = '\f'; break;
		case 'n': *q++ = '\n'; break;
		case 'r': *q++ = '\r'; break;
		case 't': *q++ = '\t'; break;
		case 'u': return false;
		default: *q++ = *p;
		}
	}
	*out = (value){room, q};
	return true;
}

// follow walks the keys, which have line ends between them. It returns false when it cannot tell; else out is the value's
// text, perhaps in room.
static bool follow(const text *json, at keys, size_t n, unsigned char *room, value *out) {
	at from = (at)(json->n <= 12 ? json->prefix : json->ptr);
	value v = {from, from + json->n};
	if (json->n == 0 || *from != '{')
		return false;
	for (size_t a = 0, b = 0; b <= n; b++) {
		if (b < n && keys[b] != '\n')
			continue;
		if (*v.from != '{') { // nothing is inside other values
			v = (value){NULL, NULL};
			break;
		}
		if (!member(v, keys + a, b - a, &v))
			return false;
		if (!v.from)
			break;
		a = b + 1;
	}
	if (!v.from || *v.from == 'n') {
		*out = (value){from, from};
		return true;
	}
	size_t length = (size_t)(v.to - v.from);
	switch (*v.from) {
	case '{':
	case '[':
		return false;
	case '"':
		v = (value){v.from + 1, v.to - 1};
		if (memchr(v.from, '\\', length - 2))
			return unescape(v, room, out);
		*out = v;
		return true;
	case 't':
	case 'f':
		*out = v;
		return true;
	}
	if (length > 18 || memchr(v.from, '.', length) || (*v.from == '-' && v.from[1] == '0'))
		return false;
	*out = v;
	return true;
}

void vedette_duck_path(void *info, void *chunk, void *out) {
	(void)info;
	uint64_t n = duckdb_data_chunk_get_size(chunk);
	if (n == 0)
		return;
	const text *path = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
	void *column = duckdb_data_chunk_get_vector(chunk, 1);
	const text *texts = duckdb_vector_get_data(column);
	const uint64_t *valid = duckdb_vector_get_validity(column);
	at keys = (at)(path->n <= 12 ? path->prefix : path->ptr);
	unsigned char room[ROOM];
	uint64_t *mask = NULL;
	for (uint64_t i = 0; i < n; i++) {
		value v = {(at) "", (at) ""}; // of null
		bool null = valid && !(valid[i >> 6] >> (i & 63) & 1);
		if (null || follow(&texts[i], keys, path->n, room, &v)) {
			duckdb_unsafe_vector_assign_string_element_len(out, i, (const char *)v.from, (uint64_t)(v.to - v.from));
			continue;
		}
		if (!mask) {
			duckdb_vector_ensure_validity_writable(out);
			mask = duckdb_vector_get_validity(out);
		}
		mask[i >> 6] &= ~(1ull << (i & 63));
	}
}
