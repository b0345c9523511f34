/* levels.h - the price levels of one side of a book. Private to this room.
 *
 * A level is known by its rank: the price of a bid, the negative price of an ask, so that more is
 * better on both sides. Sizes are exact sums. Owns its memory; the caller bounds the number. */
#ifndef BOOK_LEVELS_H
#define BOOK_LEVELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEVELS_BLOCK 64

struct levels_block;

struct levels {
	struct levels_slot {
		int64_t best;            /* rank of its last level */
		struct levels_block *block;
		uint32_t n;              /* its levels */
	} *slots;                        /* worst first */
	uint32_t n_slots, size;
	uint32_t n;                      /* levels */
};

struct level {
	int64_t rank;
	__int128 size;
	uint32_t n_orders;
};

void levels_done(struct levels *l, size_t *bytes);       /* frees; as new */
/* One more order of this size at a level, which is made when there is none. 0 or -ENOMEM, and then
 * nothing has changed. */
int levels_add(struct levels *l, int64_t rank, int64_t size, size_t *bytes);
/* Of a level that is there: the size of an order grows by `change`. */
void levels_resize(struct levels *l, int64_t rank, __int128 change);
/* An order of this size goes, and with the last one the level. */
void levels_remove(struct levels *l, int64_t rank, int64_t size, size_t *bytes);
bool levels_has(const struct levels *l, int64_t rank);

/* The at-th best, 0 = the touch; false when there are not so many. O(blocks before it). */
bool levels_get(const struct levels *l, uint32_t at, struct level *ret);
/* How many levels are better than `rank`. */
uint32_t levels_better(const struct levels *l, int64_t rank);
/* Size of the best `n` levels. O(n). */
__int128 levels_depth(const struct levels *l, uint32_t n);
/* From the best on: calls until `n` levels were given or `each` says false. */
void levels_each(const struct levels *l, uint32_t n, bool (*each)(void *ctx, const struct level *v), void *ctx);

#endif
