/* window.h - the events of one key and series in time order, and windows over their newest part.
 *
 * Pure; bounded; exact. Owns its memory, which grows by doubling up to the bound. Positions count
 * events from the beginning of the series: the event at position p lies at p & (size - 1). */
#ifndef FEATURES_WINDOW_H
#define FEATURES_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "features/distinct.h"
#include "features/ranks.h"
#include "features/set.h"
#include "features/wide.h"

#define WINDOW_COLUMNS 4                 /* at most: see enum set_content */
#define WINDOW_OUTSIDE UINT64_MAX        /* a position that none is */

/* Columns lie side by side: an event is in one place, which spares misses of cache and TLB. */
struct ring {
	int64_t *cells;
	uint64_t base, head;             /* positions: the oldest kept, one past the newest */
	uint64_t size;                   /* a power of two, or 0 */
	uint64_t columns;                /* 1 to WINDOW_COLUMNS */
	uint64_t entered;                /* of the event last told of, or WINDOW_OUTSIDE */
};

/* A price, a size or their product; of the least asked for, turned round. */
struct queue_key {
	uint64_t low;
	int64_t high;
};

/* The window's events that could still become its greatest, the greatest first. */
struct queue {
	struct queue_entry {
		uint64_t position;
		struct queue_key key;
	} *entries;
	uint32_t first, n, size;
	struct queue_key front;          /* of the first, which may lie far from here */
};

struct window {
	uint64_t tail;                   /* first position inside */
	int64_t next_ns;                 /* its time: when it leaves is known without the ring */
	__int128 sum_price, sum_size;
	struct wide sum_value;
	uint32_t n_price, n_size;        /* events inside that have it, */
	uint32_t n_value;                /* or both */
};

/* What only some windows keep: where set_window says. */
struct parts {
	struct queue *queues;
	struct wide *squares;
	struct ranks *ranks;
	struct distinct *distinct;
};

/* The state of one key's series. Borrows all of it. */
struct series {
	const struct set_space *set;
	const struct set_series *spec;
	struct ring *ring;
	struct window *windows;          /* of all series: indexed like set->windows */
	const struct parts *parts;       /* likewise */
	size_t max_events;
	size_t *bytes;                   /* memory held, kept up to date */
};

/* Takes out what has left the windows (now - length, now]. `now` never goes back. */
void window_advance(struct series *s, int64_t now_ns);
/* Takes in one event at its place: after all of the same time or earlier. `values`: its time, then
 * what the series keeps. *cut counts events dropped because the series was full. 0, or -ENOMEM with
 * the series as broken as memory left it: the caller then gives it up with window_clear(). */
int window_insert(struct series *s, const int64_t values[WINDOW_COLUMNS], int64_t now_ns,
                  uint64_t *cut);
void window_clear(struct series *s);     /* frees; as new */

static inline unsigned window_columns(enum set_content content)
{
	return content == CONTENT_TIMES ? 1 : content == CONTENT_TEXT ? 2 : content == CONTENT_CIRCLE ? 4 : 3;
}

/* now - length, not below the least time. */
static inline int64_t window_edge(int64_t now_ns, int64_t length_ns)
{
	int64_t edge;

	return __builtin_sub_overflow(now_ns, length_ns, &edge) ? INT64_MIN : edge;
}

/* Reading; columns beyond the first as the series has them. */
static inline int64_t *ring_cell(const struct ring *r, unsigned column, uint64_t position)
{
	return &r->cells[(position & (r->size - 1)) * r->columns + column];
}

static inline uint64_t window_count(const struct ring *r, const struct window *w)
{
	return r->head - w->tail;
}

static inline int64_t ring_at(const struct ring *r, unsigned column, uint64_t position)
{
	return *ring_cell(r, column, position);
}

static inline __int128 queue_key(struct queue_key k)
{
	return (__int128)((unsigned __int128)(__int128)k.high << 64 | k.low);
}

/* The event in force where the window begins: the last one before it. When that was dropped for
 * lack of room the oldest kept stands for it. False: there was none. */
static inline bool window_before(const struct ring *r, const struct window *w, uint64_t *ret_position)
{
	if (r->head == r->base || (w->tail == r->base && r->base == 0))
		return false;
	*ret_position = w->tail > r->base ? w->tail - 1 : r->base;
	return true;
}

#endif
