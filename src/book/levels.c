/* Price levels in order, cheap at the touch.
 *
 * Problem: nearly all events change one of the best few levels, and what is asked for is the best
 * one, or the best few one after another; but levels come and go everywhere, and a side may have
 * thousands. A sorted array has the best reads and the cheapest changes at its good end, yet
 * costs O(levels) at the other; a tree costs pointers and misses of the cache everywhere.
 *
 * Idea: a sorted array cut into blocks of at most 64 levels, with the best at the end of the last.
 * A table of blocks says where each one ends. The last block is tried first; else one binary search
 * finds the block and one the level, O(log levels). A change moves at most one block's worth, and,
 * when a block is split or goes, the table behind it: O(64 + levels / 64). Neighbours that are
 * mostly empty become one, so that the blocks are at least a quarter full but for a few.
 *
 * The ranks lie side by side, apart from the sizes: a search reads one or two lines. */
#include "levels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 4
#define FEW (LEVELS_BLOCK / 4)
#define MOST (LEVELS_BLOCK * 3 / 4)

struct levels_block {
	int64_t rank[LEVELS_BLOCK]; /* ascending */
	__int128 size[LEVELS_BLOCK];
	uint32_t n_orders[LEVELS_BLOCK];
};

struct place {
	uint32_t slot, i;
};

void levels_done(struct levels *l, size_t *bytes)
{
	for (uint32_t i = 0; i < l->n_slots; i++)
		free(l->slots[i].block);
	*bytes -= l->n_slots * sizeof(struct levels_block) + l->size * sizeof *l->slots;
	free(l->slots);
	*l = (struct levels){ 0 };
}

/* Finding ------------------------------------------------------------------------------------- */

/* The first block that ends at `rank` or better; the last one when none does. */
static uint32_t find_slot(const struct levels *l, int64_t rank)
{
	uint32_t low = 0, high = l->n_slots - 1;

	if (high == 0 || rank > l->slots[high - 1].best)
		return high;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (l->slots[middle].best < rank)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first level of the block that is at `rank` or better. */
static uint32_t find_level(const struct levels_slot *s, int64_t rank)
{
	uint32_t low = 0, high = s->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (s->block->rank[middle] < rank)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the level is, or where it belongs. There is at least one block. */
static bool find(const struct levels *l, int64_t rank, struct place *ret)
{
	const struct levels_slot *s;

	ret->slot = find_slot(l, rank);
	s = &l->slots[ret->slot];
	ret->i = find_level(s, rank);
	return ret->i < s->n && s->block->rank[ret->i] == rank;
}

bool levels_has(const struct levels *l, int64_t rank)
{
	struct place at;

	return l->n && find(l, rank, &at);
}

/* Changing ------------------------------------------------------------------------------------ */

static void copy(struct levels_block *to, uint32_t at, const struct levels_block *from, uint32_t i,
                 uint32_t n)
{
	memmove(&to->rank[at], &from->rank[i], n * sizeof from->rank[0]);
	memmove(&to->size[at], &from->size[i], n * sizeof from->size[0]);
	memmove(&to->n_orders[at], &from->n_orders[i], n * sizeof from->n_orders[0]);
}

/* An empty block behind slot `at` - 1. */
static int add_block(struct levels *l, uint32_t at, size_t *bytes)
{
	struct levels_block *b;

	if (l->n_slots == l->size) {
		uint32_t size = l->size ? 2 * l->size : FIRST_SLOTS;
		struct levels_slot *more = realloc(l->slots, size * sizeof *more);

		if (!more)
			return -ENOMEM;
		*bytes += (size - l->size) * sizeof *more;
		l->slots = more;
		l->size = size;
	}
	b = malloc(sizeof *b);
	if (!b)
		return -ENOMEM;
	*bytes += sizeof *b;
	memmove(&l->slots[at + 1], &l->slots[at], (l->n_slots - at) * sizeof *l->slots);
	l->slots[at] = (struct levels_slot){ .block = b };
	l->n_slots++;
	return 0;
}

static void drop_block(struct levels *l, uint32_t at, size_t *bytes)
{
	free(l->slots[at].block);
	*bytes -= sizeof(struct levels_block);
	memmove(&l->slots[at], &l->slots[at + 1], (l->n_slots - at - 1) * sizeof *l->slots);
	l->n_slots--;
}

/* Half of a full block moves into a new one behind it. A block that is filled at its good end, as
 * when a price runs away, keeps nearly all. */
static int split(struct levels *l, struct place *at, size_t *bytes)
{
	uint32_t keep = at->i == LEVELS_BLOCK ? MOST : LEVELS_BLOCK / 2;
	int e = add_block(l, at->slot + 1, bytes);
	struct levels_slot *a, *b;

	if (e)
		return e;
	a = &l->slots[at->slot];
	b = a + 1;
	copy(b->block, 0, a->block, keep, LEVELS_BLOCK - keep);
	b->n = LEVELS_BLOCK - keep;
	b->best = a->best;
	a->n = keep;
	a->best = a->block->rank[keep - 1];
	if (at->i > keep) {
		at->slot++;
		at->i -= keep;
	}
	return 0;
}

int levels_add(struct levels *l, int64_t rank, int64_t size, size_t *bytes)
{
	struct place at = { 0, 0 };
	struct levels_slot *s;
	int e = 0;

	if (l->n_slots == 0) {
		e = add_block(l, 0, bytes);
	} else if (find(l, rank, &at)) {
		l->slots[at.slot].block->size[at.i] += size;
		l->slots[at.slot].block->n_orders[at.i]++;
		return 0;
	} else if (l->slots[at.slot].n == LEVELS_BLOCK) {
		e = split(l, &at, bytes);
	}
	if (e)
		return e;
	s = &l->slots[at.slot];
	copy(s->block, at.i + 1, s->block, at.i, s->n - at.i);
	s->block->rank[at.i] = rank;
	s->block->size[at.i] = size;
	s->block->n_orders[at.i] = 1;
	s->n++;
	s->best = s->block->rank[s->n - 1];
	l->n++;
	return 0;
}

void levels_resize(struct levels *l, int64_t rank, __int128 change)
{
	struct place at;

	if (find(l, rank, &at))
		l->slots[at.slot].block->size[at.i] += change;
}

/* Joins the block with the one behind it when both are small. */
static void join(struct levels *l, uint32_t at, size_t *bytes)
{
	struct levels_slot *a = &l->slots[at], *b = a + 1;

	if (at + 1 >= l->n_slots || (a->n > FEW && b->n > FEW) || a->n + b->n > MOST)
		return;
	copy(a->block, a->n, b->block, 0, b->n);
	a->n += b->n;
	a->best = b->best;
	drop_block(l, at + 1, bytes);
}

void levels_remove(struct levels *l, int64_t rank, int64_t size, size_t *bytes)
{
	struct place at;
	struct levels_slot *s;

	if (!find(l, rank, &at))
		return;
	s = &l->slots[at.slot];
	s->block->size[at.i] -= size;
	if (--s->block->n_orders[at.i])
		return;
	copy(s->block, at.i, s->block, at.i + 1, s->n - at.i - 1);
	s->n--;
	l->n--;
	if (s->n == 0) {
		drop_block(l, at.slot, bytes);
		return;
	}
	s->best = s->block->rank[s->n - 1];
	if (s->n > FEW)
		return;
	join(l, at.slot, bytes);
	if (at.slot)
		join(l, at.slot - 1, bytes);
}

/* Reading ------------------------------------------------------------------------------------- */

bool levels_get(const struct levels *l, uint32_t at, struct level *ret)
{
	const struct levels_slot *s;
	uint32_t slot = l->n_slots;

	if (at >= l->n)
		return false;
	while (at >= l->slots[--slot].n)
		at -= l->slots[slot].n;
	s = &l->slots[slot];
	at = s->n - 1 - at;
	*ret = (struct level){ s->block->rank[at], s->block->size[at], s->block->n_orders[at] };
	return true;
}

uint32_t levels_better(const struct levels *l, int64_t rank)
{
	struct place at;
	uint32_t n;
	bool there;

	if (l->n == 0)
		return 0;
	there = find(l, rank, &at);
	n = l->slots[at.slot].n - at.i - there;
	for (uint32_t i = at.slot + 1; i < l->n_slots; i++)
		n += l->slots[i].n;
	return n;
}

__int128 levels_depth(const struct levels *l, uint32_t n)
{
	__int128 sum = 0;

	for (uint32_t slot = l->n_slots; slot-- > 0 && n;) {
		const struct levels_slot *s = &l->slots[slot];

		for (uint32_t i = s->n; i-- > 0 && n; n--)
			sum += s->block->size[i];
	}
	return sum;
}

void levels_each(const struct levels *l, uint32_t n, bool (*each)(void *ctx, const struct level *v),
                 void *ctx)
{
	for (uint32_t slot = l->n_slots; slot-- > 0;) {
		const struct levels_slot *s = &l->slots[slot];

		for (uint32_t i = s->n; i-- > 0; n--) {
			const struct level v = { s->block->rank[i], s->block->size[i],
				                 s->block->n_orders[i] };

			if (n == 0 || !each(ctx, &v))
				return;
		}
	}
}
