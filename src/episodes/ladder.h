/* ladder.h - the orders of one instrument as the written log leaves them, price level by level and
 * in the order of their arrival, so that injected events fit what a reader's own book says.
 *
 * Every order has two states: what the recorded log says of it (`real`), and what was written of it
 * (`out`), which differs while an episode holds it back or after one took it. Injected orders have
 * the latter only. Pure. Memory: about 100 bytes an order that was ever seen. */
#ifndef EPISODES_LADDER_H
#define EPISODES_LADDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ladder_side { LADDER_BID, LADDER_ASK };

enum order_fate {
	ORDER_AS_RECORDED,
	ORDER_PULLED,                    /* out of the written book for now: comes back */
	ORDER_GONE,                      /* an episode took it: what is recorded of it is dropped */
};

struct order {
	uint64_t id, out_id;             /* recorded; written (another one after it was pulled) */
	int64_t real_price, real_size;   /* size 0 = not in the recorded book */
	int64_t price, size;             /* of the written book; size 0 = not in it */
	struct order *before, *after;    /* in its level's queue */
	uint16_t account;
	uint8_t side, fate, who;         /* who: whose in its episode */
	bool injected, may_cross, was_out;
	uint32_t episode;                /* of an injected one */
	struct order *next_seen;
};

struct level {
	int64_t price, size;
	struct order *first, *last;
};

struct ladder {
	struct ladder_levels {
		struct level *v;         /* best last */
		size_t n, size;
	} side[2];
	struct order **table;
	size_t n_table, table_size;
	struct order *seen, **seen_end;  /* every recorded order, as they came */
};

int ladder_new(struct ladder *l, size_t n_orders);       /* room for so many; 0, -ENOMEM */
void ladder_done(struct ladder *l);
/* The order of that id; made when it is new. NULL: no memory. */
struct order *ladder_order(struct ladder *l, uint64_t id);
/* An order that is not of the log: the ladder's, found by its pointer only. */
struct order *ladder_inject(struct ladder *l, uint64_t id);
/* Into the written book, or to another price or size of it: a new price or a larger size goes to
 * the queue's end. size 0 takes it out. 0, -ENOMEM. */
int ladder_place(struct ladder *l, struct order *o, int64_t price, int64_t size);
/* The i-th level from the best, or NULL. */
struct level *ladder_level(const struct ladder *l, unsigned side, size_t i);
static inline struct level *ladder_best(const struct ladder *l, unsigned side)
{
	return ladder_level(l, side, 0);
}

#endif
