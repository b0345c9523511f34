/* Open addressing with linear probing, at most half full: a miss, the usual case, mostly ends at the
 * first slot. The words lie behind each other in one block. */
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

#define MAX_WORDS ((size_t)1 << 24)

struct words {
	struct word {
		uint64_t hash;
		const char *p; /* NULL = free */
		uint32_t n;
	} * slots;
	size_t size; /* a power of two */
	uint64_t hash;
	char *bytes;
};

static struct word *find(const struct words *w, uint64_t hash, const char *p, uint32_t n)
{
	size_t i = hash & (w->size - 1);

	for (; w->slots[i].p; i = (i + 1) & (w->size - 1))
		if (w->slots[i].hash == hash && w->slots[i].n == n &&
		    (n == 0 || memcmp(w->slots[i].p, p, n) == 0))
			break;
	return &w->slots[i];
}

int words_new(const struct tocsin_str *v, size_t n, struct words **ret_words)
{
	struct words *w;
	size_t bytes = 0;
	char *at;

	if (n > MAX_WORDS)
		return -EINVAL;
	w = calloc(1, sizeof *w);
	if (!w)
		return -ENOMEM;
	for (w->size = 4; w->size < 2 * n; w->size *= 2)
		;
	for (size_t i = 0; i < n; i++)
		bytes += v[i].n;
	w->slots = calloc(w->size, sizeof *w->slots);
	w->bytes = at = malloc(bytes ? bytes : 1);
	if (!w->slots || !w->bytes) {
		words_free(w);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t hash = hash_bytes(v[i].p, v[i].n, 0);
		struct word *slot = find(w, hash, v[i].p, v[i].n);

		if (slot->p)
			continue;
		if (v[i].n)
			memcpy(at, v[i].p, v[i].n);
		*slot = (struct word){ hash, at, v[i].n };
		at += v[i].n;
		w->hash += hash;
	}
	*ret_words = w;
	return 0;
}

struct words *words_free(struct words *w)
{
	if (!w)
		return NULL;
	free(w->slots);
	free(w->bytes);
	free(w);
	return NULL;
}

bool words_have(const struct words *w, const struct tocsin_str *word)
{
	return find(w, hash_bytes(word->p, word->n, 0), word->p, word->n)->p;
}

uint64_t words_hash(const struct words *w)
{
	return w->hash;
}
