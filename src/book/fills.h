/* fills.h - which orders were filled in the packets that are going on, so that what then takes them
 * out of the book is not mistaken for a cancellation.
 *
 * For feeds whose fills leave the book as it is (TOCSIN_FLAG_FILL_KEEPS_BOOK): there an order_cancel
 * of no more than was filled is no decision of anybody's. One for a partition, whether or not books
 * are kept, so that a rule sees the same cancellations with and without them. Costs one comparison
 * an event while no packet with a fill is open. Pure; at most FILLS_MAX orders, the oldest go. */
#ifndef BOOK_FILLS_H
#define BOOK_FILLS_H

#include <stdbool.h>
#include <stdint.h>

#include <tocsin/event.h>

#include "core/buf.h"

#define FILLS_MAX 1024

struct fills {                           /* as zero: none */
	uint32_t n, next;                /* next: where to look first */
	struct fill {
		uint64_t instrument, order;      /* hashes */
		int64_t size;
	} orders[FILLS_MAX];
};

/* Takes an event in; `instrument` is a hash of its instrument. True: an order_cancel that only takes
 * away what was filled before it in the same packet. */
bool fills_take(struct fills *f, const struct tocsin_event *e, uint64_t instrument);

void fills_save(const struct fills *f, struct buf *out);
/* 0 and the bytes read, or -EBADMSG and none are known. */
int fills_load(struct fills *f, const void *p, size_t n, size_t *ret_used);

#endif
