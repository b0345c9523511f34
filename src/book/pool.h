/* pool.h - items of one size by number, and numbers by hash: what the tables of a book are made of.
 * Private to this room.
 *
 * A pool hands out numbers of items in one array; one that is given back is handed out next. An
 * index finds a number by 32 bits of a hash (open addressing, at most half full; removal moves later
 * entries back, Knuth 6.4 R). Numbers and places never show in a result. Both grow by doubling and
 * keep their memory until they are freed. */
#ifndef BOOK_POOL_H
#define BOOK_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_NONE UINT32_MAX

struct pool {
	char *items;
	uint32_t item_size;              /* at least 4 bytes */
	uint32_t n, size;                /* ever handed out; room */
	uint32_t free;                   /* first given back, POOL_NONE = none */
};

struct index {
	struct index_slot {
		uint32_t tag, at;        /* at POOL_NONE = free */
	} *slots;
	uint32_t n, size;                /* size: a power of two, or 0 */
};

void pool_init(struct pool *p, uint32_t item_size);
void pool_done(struct pool *p, size_t *bytes);
void pool_clear(struct pool *p);                 /* all given back; keeps the memory */
/* The number of an item, its memory as it was left. POOL_NONE when out of memory. Pointers to items
 * are valid until then. */
uint32_t pool_take(struct pool *p, size_t *bytes);
void pool_give(struct pool *p, uint32_t i);

static inline void *pool_at(const struct pool *p, uint32_t i)
{
	return p->items + (size_t)i * p->item_size;
}

void index_done(struct index *x, size_t *bytes);
void index_clear(struct index *x);
int index_put(struct index *x, uint32_t tag, uint32_t at, size_t *bytes);        /* 0 or -ENOMEM */
void index_remove(struct index *x, uint32_t tag, uint32_t at);   /* which is there */

/* The numbers of a tag: index_first(), then index_from() with the same slot until POOL_NONE. */
static inline uint32_t index_from(const struct index *x, uint32_t tag, uint32_t *slot)
{
	for (uint32_t i = *slot; x->slots[i & (x->size - 1)].at != POOL_NONE; i++) {
		if (x->slots[i & (x->size - 1)].tag == tag) {
			*slot = i + 1;
			return x->slots[i & (x->size - 1)].at;
		}
	}
	return POOL_NONE;
}

static inline uint32_t index_first(const struct index *x, uint32_t tag, uint32_t *slot)
{
	*slot = tag;
	return x->size ? index_from(x, tag, slot) : POOL_NONE;
}

#endif
