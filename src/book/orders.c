/* An order is one line of memory: most ids fit into it. The index finds its number by the hash of
 * the id, and the id itself decides. */
#include "orders.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

_Static_assert(sizeof(struct order) == 64, "an order is a line of the cache");

void orders_init(struct orders *o)
{
	*o = (struct orders){ .oldest = POOL_NONE, .newest = POOL_NONE };
	pool_init(&o->pool, sizeof(struct order));
}

const char *order_id(const struct order *o)
{
	const char *far;

	if (o->id_n <= ORDERS_ID_HERE)
		return o->id;
	memcpy(&far, o->id, sizeof far);
	return far;
}

static void free_id(struct order *o, size_t *bytes)
{
	if (o->id_n <= ORDERS_ID_HERE)
		return;
	free((char *)order_id(o));
	*bytes -= o->id_n;
}

static int set_id(struct order *o, const struct tocsin_str *id, size_t *bytes)
{
	char *far;

	o->id_n = (uint8_t)id->n;
	if (id->n <= ORDERS_ID_HERE) {
		memcpy(o->id, id->p, id->n);
		return 0;
	}
	far = malloc(id->n);
	if (!far)
		return -1;
	memcpy(far, id->p, id->n);
	memcpy(o->id, &far, sizeof far);
	*bytes += id->n;
	return 0;
}

static void free_ids(struct orders *o, size_t *bytes)
{
	for (uint32_t i = o->oldest; i != POOL_NONE; i = orders_at(o, i)->newer)
		free_id(orders_at(o, i), bytes);
}

void orders_done(struct orders *o, size_t *bytes)
{
	free_ids(o, bytes);
	pool_done(&o->pool, bytes);
	index_done(&o->index, bytes);
	orders_init(o);
}

void orders_clear(struct orders *o, size_t *bytes)
{
	free_ids(o, bytes);
	pool_clear(&o->pool);
	index_clear(&o->index);
	o->oldest = o->newest = POOL_NONE;
	o->n = 0;
}

static uint32_t tag_of(const struct tocsin_str *id)
{
	return (uint32_t)hash_bytes(id->p, id->n, 0);
}

uint32_t orders_find(const struct orders *o, const struct tocsin_str *id)
{
	uint32_t tag = tag_of(id), slot;

	for (uint32_t i = index_first(&o->index, tag, &slot); i != POOL_NONE;
	     i = index_from(&o->index, tag, &slot)) {
		const struct order *order = orders_at(o, i);

		if (order->id_n == id->n && memcmp(order_id(order), id->p, id->n) == 0)
			return i;
	}
	return POOL_NONE;
}

uint32_t orders_add(struct orders *o, const struct tocsin_str *id, size_t *bytes)
{
	uint32_t i = pool_take(&o->pool, bytes);
	struct order *order;

	if (i == POOL_NONE)
		return POOL_NONE;
	order = orders_at(o, i);
	*order = (struct order){ .older = o->newest, .newer = POOL_NONE, .tag = tag_of(id) };
	if (set_id(order, id, bytes)) {
		pool_give(&o->pool, i);
		return POOL_NONE;
	}
	if (index_put(&o->index, order->tag, i, bytes)) {
		free_id(order, bytes);
		pool_give(&o->pool, i);
		return POOL_NONE;
	}
	*(o->newest == POOL_NONE ? &o->oldest : &orders_at(o, o->newest)->newer) = i;
	o->newest = i;
	o->n++;
	return i;
}

void orders_remove(struct orders *o, uint32_t i, size_t *bytes)
{
	struct order *order = orders_at(o, i);

	index_remove(&o->index, order->tag, i);
	*(order->older == POOL_NONE ? &o->oldest
	                            : &orders_at(o, order->older)->newer) = order->newer;
	*(order->newer == POOL_NONE ? &o->newest
	                            : &orders_at(o, order->newer)->older) = order->older;
	free_id(order, bytes);
	pool_give(&o->pool, i);
	o->n--;
}
