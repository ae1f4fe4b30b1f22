// Cuts the text of a JSON array into the texts of its elements, without leaving the engine: see list.go.

#include <stdlib.h>

#include "json.h"
#include "list.h"

// As duckdb.h declares them.
extern void *duckdb_list_vector_get_child(void *vector);
extern int duckdb_list_vector_reserve(void *vector, uint64_t capacity);
extern int duckdb_list_vector_set_size(void *vector, uint64_t size);
extern void duckdb_scalar_function_set_error(void *info, const char *error);

// entry is where a list stands among all elements, as the engine lays it out.
typedef struct {
	uint64_t offset, length;
} entry;

// list holds the elements of all rows, one after the other; a null has no from.
typedef struct {
	value *items;
	size_t n, room;
	bool full; // there was no memory
} list;

static bool add(list *l, value v) {
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 8192;
		value *items = realloc(l->items, room * sizeof *items);
		if (!items) {
			l->full = true;
			return false;
		}
		l->items = items;
		l->room = room;
	}
	l->items[l->n++] = v;
	return true;
}

// same reports whether the interpreter writes an element as it is read.
static bool same(value v) {
	size_t n = (size_t)(v.to - v.from);
	switch (*v.from) {
	case '"':
		return !memchr(v.from, '\\', n);
	case '{':
	case '[':
	case 't':
	case 'f':
	case 'n':
		return true;
	}
	return n <= 18 && !memchr(v.from, '.', n) && !(*v.from == '-' && v.from[1] == '0');
}

// elements adds at most limit elements of an array. It returns false for everything that is not plain.
static bool elements(list *l, at p, at end, uint64_t limit) {
	if (p >= end || *p != '[')
		return false;
	p++;
	if (p < end && *p == ']')
		return p + 1 == end;
	for (uint64_t k = 0;; k++) {
		value v = {p, skip_value(p, end, 1)};
		if (!v.to || v.to >= end || !same(v))
			return false;
		p = v.to;
		if (*v.from == 'n')
			v = (value){NULL, NULL};
		if (k < limit && !add(l, v))
			return false;
		if (*p == ']')
			return p + 1 == end;
		if (*p++ != ',')
			return false;
	}
}

static uint64_t *writable(void *vector) {
	duckdb_vector_ensure_validity_writable(vector);
	return duckdb_vector_get_validity(vector);
}

static inline void invalidate(uint64_t *mask, uint64_t i) { mask[i >> 6] &= ~(1ull << (i & 63)); }

void vedette_duck_list(void *info, void *chunk, void *out) {
	uint64_t n = duckdb_data_chunk_get_size(chunk);
	if (n == 0)
		return;
	int64_t most = *(const int64_t *)duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
	uint64_t limit = most > 0 ? (uint64_t)most : UINT64_MAX;
	void *column = duckdb_data_chunk_get_vector(chunk, 1);
	const text *texts = duckdb_vector_get_data(column);
	const uint64_t *valid = duckdb_vector_get_validity(column);
	entry *entries = duckdb_vector_get_data(out);
	uint64_t *mask = NULL;
	list l = {0};
	for (uint64_t i = 0; i < n; i++) {
		size_t before = l.n;
		bool ok;
		if (valid && !(valid[i >> 6] >> (i & 63) & 1)) {
			ok = add(&l, (value){NULL, NULL}); // a null makes a row
		} else {
			at from = (at)(texts[i].n <= 12 ? texts[i].prefix : texts[i].ptr);
			ok = elements(&l, from, from + texts[i].n, limit);
		}
		if (!ok) {
			l.n = before;
			if (!mask)
				mask = writable(out);
			invalidate(mask, i);
		}
		entries[i] = (entry){before, l.n - before};
	}
	if (l.full || duckdb_list_vector_reserve(out, l.n) || duckdb_list_vector_set_size(out, l.n)) {
		duckdb_scalar_function_set_error(info, "Out of Memory Error: the elements of arrays do not fit");
		free(l.items);
		return;
	}
	void *child = duckdb_list_vector_get_child(out);
	mask = NULL;
	for (size_t k = 0; k < l.n; k++) {
		value v = l.items[k];
		if (v.from) {
			duckdb_unsafe_vector_assign_string_element_len(child, k, (const char *)v.from, (uint64_t)(v.to - v.from));
			continue;
		}
		if (!mask)
			mask = writable(child);
		invalidate(mask, k);
	}
	free(l.items);
}
