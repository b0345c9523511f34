/* orders.h - the orders of a book by their exact id, in the order in which they came. Private to
 * this room. Owns its memory; the caller bounds the number. */
#ifndef BOOK_ORDERS_H
#define BOOK_ORDERS_H

#include <tocsin/event.h>

#include "book/pool.h"

#define ORDERS_MAX_ID 128
#define ORDERS_ID_HERE 22                /* longer ones lie in a block of their own */

struct order {
	uint32_t older, newer;           /* by arrival, POOL_NONE = end */
	uint32_t tag, account;           /* account: POOL_NONE = none named */
	int64_t rank, size, added_ns;
	uint8_t side, id_n;              /* enum tocsin_side */
	char id[ORDERS_ID_HERE];
};

struct orders {
	struct pool pool;
	struct index index;
	uint32_t oldest, newest, n;
};

void orders_init(struct orders *o);
void orders_done(struct orders *o, size_t *bytes);
void orders_clear(struct orders *o, size_t *bytes);      /* keeps most of the memory */
/* The number of the order, POOL_NONE = unknown. */
uint32_t orders_find(const struct orders *o, const struct tocsin_str *id);
/* A new order, the newest, with its id; the rest is 0. `id` has 1..ORDERS_MAX_ID bytes and is not
 * there. Its number, or POOL_NONE when out of memory. */
uint32_t orders_add(struct orders *o, const struct tocsin_str *id, size_t *bytes);
void orders_remove(struct orders *o, uint32_t i, size_t *bytes);

static inline struct order *orders_at(const struct orders *o, uint32_t i)
{
	return pool_at(&o->pool, i);
}

const char *order_id(const struct order *o);             /* id_n bytes, not terminated */

#endif
