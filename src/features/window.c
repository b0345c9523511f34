/* Sliding windows over one series.
 *
 * Problem: many windows of different length over the same events, each to be moved for every event,
 * with events that may come late. Idea: the events lie once, in time order, in a ring; a window is
 * only a tail position and what it knows of the events inside (aggregate.c). An event enters when it
 * comes and leaves when the tail passes it, so moving costs O(1) amortised for each window.
 *
 * An event that comes late but not too late is moved to its place: everything newer shifts by one,
 * as do tails and queue positions behind it. That costs O(events newer than it), bounded by the
 * lateness allowed.
 *
 * The ring keeps what the longest window holds and one event before it: the price in force where
 * the window begins; and, for lag(), so many of the newest. Bound: `max_events` a ring; then the
 * oldest is dropped, sums follow, and windows go on over what is kept. Rings do not shrink; a quiet
 * key is freed by eviction.
 *
 * Where it fails: windows longer than max_events * the mean gap between events are shorter than
 * they say (counted by the caller). */
#include "window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "features/aggregate.h"

#define FIRST_SIZE 16

/* Takes the event at the tail out. */
static void window_leave(struct series *s, uint32_t i)
{
	struct window *w = &s->windows[i];

	if (s->set->windows[i].needs)
		aggregate_leave(s, i);
	w->tail++;
	if (w->tail < s->ring->head)
		w->next_ns = ring_at(s->ring, 0, w->tail);
}

void window_advance(struct series *s, int64_t now_ns)
{
	struct ring *r = s->ring;
	uint64_t oldest = r->head, from;

	r->entered = WINDOW_OUTSIDE;
	if (r->head == r->base)
		return;
	for (uint32_t i = s->spec->first_window; i != SET_NONE; i = s->set->windows[i].next) {
		int64_t edge = window_edge(now_ns, s->set->windows[i].length_ns);
		struct window *w = &s->windows[i];

		while (w->tail < r->head && w->next_ns <= edge)
			window_leave(s, i);
		if (w->tail < oldest)
			oldest = w->tail;
	}
	from = oldest > r->base ? oldest - 1 : r->base;
	if (r->head - from < s->spec->keep)
		from = r->head - r->base > s->spec->keep ? r->head - s->spec->keep : r->base;
	r->base = from;
}

static int ring_grow(struct series *s)
{
	struct ring *r = s->ring, more = *r;

	more.columns = window_columns(s->spec->content);
	more.size = r->size ? 2 * r->size : FIRST_SIZE;
	more.cells = malloc(more.columns * more.size * sizeof *more.cells);
	if (!more.cells)
		return -ENOMEM;
	for (uint64_t p = r->base; p < r->head; p++)
		memcpy(ring_cell(&more, 0, p), ring_cell(r, 0, p),
		       more.columns * sizeof *more.cells);
	*s->bytes += more.columns * (more.size - r->size) * sizeof *more.cells;
	free(r->cells);
	*r = more;
	return 0;
}

/* Is the oldest event inside some window, or one of those to keep? */
static bool oldest_matters(const struct series *s)
{
	for (uint32_t i = s->spec->first_window; i != SET_NONE; i = s->set->windows[i].next)
		if (s->windows[i].tail == s->ring->base)
			return true;
	return s->ring->head - s->ring->base <= s->spec->keep;
}

static void drop_oldest(struct series *s)
{
	struct ring *r = s->ring;

	for (uint32_t i = s->spec->first_window; i != SET_NONE; i = s->set->windows[i].next)
		if (s->windows[i].tail == r->base)
			window_leave(s, i);
	r->base++;
}

/* Where an event of this time belongs. */
static uint64_t find_place(const struct ring *r, int64_t time_ns)
{
	uint64_t low = r->base, high = r->head;

	if (low == high || ring_at(r, 0, high - 1) <= time_ns)
		return high;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (ring_at(r, 0, middle) <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void ring_put(struct series *s, uint64_t place, const int64_t values[WINDOW_COLUMNS])
{
	struct ring *r = s->ring;
	size_t size = r->columns * sizeof *r->cells;
	int64_t *cell = ring_cell(r, 0, place);

	for (uint64_t p = r->head; p > place; p--)
		memcpy(ring_cell(r, 0, p), ring_cell(r, 0, p - 1), size);
	for (unsigned c = 0; c < r->columns; c++)
		cell[c] = values[c];
	r->head++;
	r->entered = place;
}

/* The windows learn of the event at `place`. */
static int enter_windows(struct series *s, uint64_t place, const int64_t values[WINDOW_COLUMNS],
                         int64_t now_ns)
{
	for (uint32_t i = s->spec->first_window; i != SET_NONE; i = s->set->windows[i].next) {
		struct window *w = &s->windows[i];
		bool inside = values[0] > window_edge(now_ns, s->set->windows[i].length_ns);
		int e = 0;

		if (inside && place == w->tail)
			w->next_ns = values[0];
		if (!inside)
			w->tail++;
		if (s->set->windows[i].needs)
			e = aggregate_enter(s, i, place, values, inside);
		if (e)
			return e;
	}
	return 0;
}

int window_insert(struct series *s, const int64_t values[WINDOW_COLUMNS], int64_t now_ns,
                  uint64_t *cut)
{
	struct ring *r = s->ring;
	uint64_t place = find_place(r, values[0]);
	bool full = r->head > r->base && r->head - r->base == s->max_events;

	if (place == r->base && (r->base > 0 || full)) { /* older than all that is kept */
		*cut += oldest_matters(s);
		return 0;
	}
	if (full) {
		*cut += s->spec->content == CONTENT_PRICED || oldest_matters(s);
		drop_oldest(s);
	}
	if (r->head - r->base == r->size) {
		int e = ring_grow(s);

		if (e)
			return e;
	}
	ring_put(s, place, values);
	return enter_windows(s, place, values, now_ns);
}

void window_clear(struct series *s)
{
	struct ring *r = s->ring;

	*s->bytes -= r->columns * r->size * sizeof *r->cells;
	free(r->cells);
	*r = (struct ring){ 0 };
	for (uint32_t i = s->spec->first_window; i != SET_NONE; i = s->set->windows[i].next)
		aggregate_clear(s, i);
}
