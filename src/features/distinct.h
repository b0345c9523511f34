/* distinct.h - how many different numbers a window holds: a multiset by counting. Private to this
 * room.
 *
 * Pure; zero-initialised it is empty; end it with distinct_clear(). O(1); at most as many entries as
 * the window has events, 16 bytes each, half of them free. */
#ifndef FEATURES_DISTINCT_H
#define FEATURES_DISTINCT_H

#include <stddef.h>
#include <stdint.h>

struct distinct {
	struct distinct_slot *slots;
	uint32_t n, size;                /* n: different ones; size: a power of two, or 0 */
};

int distinct_add(struct distinct *d, int64_t v, size_t *bytes);  /* 0 or -ENOMEM, then as before */
void distinct_remove(struct distinct *d, int64_t v);             /* one of them; it must be there */
void distinct_ask(const struct distinct *d);     /* for its memory, if small */
void distinct_clear(struct distinct *d, size_t *bytes);

#endif
