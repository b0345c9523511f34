#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ITEMS 16
#define MAX_ITEMS (1u << 30)

void pool_init(struct pool *p, uint32_t item_size)
{
	*p = (struct pool){ .item_size = item_size, .free = POOL_NONE };
}

void pool_done(struct pool *p, size_t *bytes)
{
	*bytes -= (size_t)p->size * p->item_size;
	free(p->items);
	pool_init(p, p->item_size);
}

void pool_clear(struct pool *p)
{
	p->n = 0;
	p->free = POOL_NONE;
}

uint32_t pool_take(struct pool *p, size_t *bytes)
{
	uint32_t i = p->free;

	if (i != POOL_NONE) {
		memcpy(&p->free, pool_at(p, i), sizeof p->free);
		return i;
	}
	if (p->n == p->size) {
		uint32_t size = p->size ? 2 * p->size : FIRST_ITEMS;
		char *more = size > MAX_ITEMS ? NULL
		                              : realloc(p->items, (size_t)size * p->item_size);

		if (!more)
			return POOL_NONE;
		*bytes += (size_t)(size - p->size) * p->item_size;
		p->items = more;
		p->size = size;
	}
	return p->n++;
}

void pool_give(struct pool *p, uint32_t i)
{
	memcpy(pool_at(p, i), &p->free, sizeof p->free);
	p->free = i;
}

void index_done(struct index *x, size_t *bytes)
{
	*bytes -= x->size * sizeof *x->slots;
	free(x->slots);
	*x = (struct index){ 0 };
}

void index_clear(struct index *x)
{
	if (x->n)
		memset(x->slots, 0xff, x->size * sizeof *x->slots);
	x->n = 0;
}

static void put(struct index *x, uint32_t tag, uint32_t at)
{
	uint32_t i = tag & (x->size - 1);

	while (x->slots[i].at != POOL_NONE)
		i = (i + 1) & (x->size - 1);
	x->slots[i] = (struct index_slot){ tag, at };
}

static int grow(struct index *x, size_t *bytes)
{
	struct index more = { .size = x->size ? 2 * x->size : 2 * FIRST_ITEMS };

	if (more.size > 2 * MAX_ITEMS || !(more.slots = malloc(more.size * sizeof *more.slots)))
		return -ENOMEM;
	memset(more.slots, 0xff, more.size * sizeof *more.slots);
	for (uint32_t i = 0; i < x->size; i++)
		if (x->slots[i].at != POOL_NONE)
			put(&more, x->slots[i].tag, x->slots[i].at);
	*bytes += (more.size - x->size) * sizeof *more.slots;
	free(x->slots);
	x->slots = more.slots;
	x->size = more.size;
	return 0;
}

int index_put(struct index *x, uint32_t tag, uint32_t at, size_t *bytes)
{
	if (2 * (x->n + 1) > x->size) {
		int e = grow(x, bytes);

		if (e)
			return e;
	}
	put(x, tag, at);
	x->n++;
	return 0;
}

void index_remove(struct index *x, uint32_t tag, uint32_t at)
{
	uint32_t mask = x->size - 1, hole = tag & mask;

	while (x->slots[hole].at != at)
		hole = (hole + 1) & mask;
	for (uint32_t i = (hole + 1) & mask; x->slots[i].at != POOL_NONE; i = (i + 1) & mask) {
		uint32_t home = x->slots[i].tag & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue; /* it lies between its home and here already */
		x->slots[hole] = x->slots[i];
		hole = i;
	}
	x->slots[hole].at = POOL_NONE;
	x->n--;
}
