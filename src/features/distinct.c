/* Open addressing as in key.c: linear probing, at most half full, and removal that moves later
 * entries back. Nothing reads the table in its own order, so its layout never shows in a result.
 *
 * Of texts the window keeps XXH3's 64 bits, not the text: memory stays bounded by the number of
 * events. Two of n texts are taken for one with a chance of n^2 / 2^65: 3e-8 for a million accounts
 * in one window. */
#include "distinct.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_SIZE 8

struct distinct_slot {
	int64_t value;
	uint64_t n; /* how often; 0 = free */
};

/* Prices differ in few bits: all of them must matter (finalizer of MurmurHash3, Appleby 2011). */
static uint32_t home(const struct distinct *d, int64_t value)
{
	uint64_t h = (uint64_t)value;

	h = (h ^ h >> 33) * 0xff51afd7ed558ccdULL;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return (uint32_t)(h ^ h >> 33) & (d->size - 1);
}

/* Where the value is, or would be put. */
static struct distinct_slot *find(const struct distinct *d, int64_t value)
{
	uint32_t i = home(d, value);

	while (d->slots[i].n && d->slots[i].value != value)
		i = (i + 1) & (d->size - 1);
	return &d->slots[i];
}

static int grow(struct distinct *d, size_t *bytes)
{
	struct distinct more = { .n = d->n, .size = d->size ? 2 * d->size : FIRST_SIZE };

	more.slots = calloc(more.size, sizeof *more.slots);
	if (!more.slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->size; i++)
		if (d->slots[i].n)
			*find(&more, d->slots[i].value) = d->slots[i];
	*bytes += (more.size - d->size) * sizeof *more.slots;
	free(d->slots);
	*d = more;
	return 0;
}

int distinct_add(struct distinct *d, int64_t v, size_t *bytes)
{
	struct distinct_slot *slot;

	if (2 * (d->n + 1) > d->size) {
		int e = grow(d, bytes);

		if (e)
			return e;
	}
	slot = find(d, v);
	d->n += slot->n == 0;
	slot->value = v;
	slot->n++;
	return 0;
}

void distinct_remove(struct distinct *d, int64_t v)
{
	uint32_t mask = d->size - 1, hole;
	struct distinct_slot *slot = d->size ? find(d, v) : NULL;

	if (!slot || slot->n == 0 || --slot->n)
		return;
	d->n--;
	hole = (uint32_t)(slot - d->slots);
	for (uint32_t i = (hole + 1) & mask; d->slots[i].n; i = (i + 1) & mask) {
		uint32_t at = home(d, d->slots[i].value);

		if (((i - at) & mask) < ((i - hole) & mask))
			continue; /* it lies between its home and here already */
		d->slots[hole] = d->slots[i];
		d->slots[i].n = 0;
		hole = i;
	}
}

void distinct_ask(const struct distinct *d)
{
	for (uint32_t i = 0; i < d->size && i < 64; i += 64 / sizeof *d->slots)
		__builtin_prefetch(&d->slots[i], 1);
}

void distinct_clear(struct distinct *d, size_t *bytes)
{
	*bytes -= d->size * sizeof *d->slots;
	free(d->slots);
	*d = (struct distinct){ 0 };
}
