/* Sliding windows over one series.
 *
 * Problem: many windows of different length over the same events, each to be moved for every event,
 * with events that may come late. Idea: the events lie once, in time order, in a ring; a window is
 * only a tail position and running sums. An event enters the sums when it comes and leaves them
 * when the tail passes it, so moving costs O(1) amortised for each window. Sums are integers, thus
 * exact: what was added is taken away to the last bit, in any order.
 *
 * Least and greatest come from monotonic queues (Lemire, "Streaming maximum-minimum filter using no
 * more than three comparisons per element", 2006): positions of the events that no newer one
 * beats; the front is the answer, amortised O(1).
 *
 * An event that comes late but not too late is moved to its place: everything newer shifts by one,
 * as do tails and queue positions behind it. That costs O(events newer than it), bounded by the
 * lateness allowed.
 *
 * The ring keeps what the longest window holds and one event before it: the price in force where
 * the window begins. Bound: `max_events` a ring; then the oldest is dropped, sums follow, and
 * windows go on over what is kept. Rings do not shrink; a quiet key is freed by eviction.
 *
 * Where it fails: windows longer than max_events * the mean gap between events are shorter than
 * they say (counted by the caller). */
#include "window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 16

static const struct extreme {
	uint32_t need;
	unsigned column;
	bool least;
} extremes[] = {
	{ NEED_MIN_PRICE, 1, true },
	{ NEED_MAX_PRICE, 1, false },
	{ NEED_MIN_SIZE, 2, true },
	{ NEED_MAX_SIZE, 2, false },
};

#define N_EXTREMES (sizeof extremes / sizeof extremes[0])

/* Queues -------------------------------------------------------------------------------------- */

static uint64_t *queue_slot(const struct queue *q, uint32_t i)
{
	return &q->position[(q->first + i) & (q->size - 1)];
}

static int queue_grow(struct queue *q, size_t *bytes)
{
	uint32_t size = q->size ? 2 * q->size : 8;
	uint64_t *more = malloc(size * sizeof *more);

	if (!more)
		return -ENOMEM;
	for (uint32_t i = 0; i < q->n; i++)
		more[i] = *queue_slot(q, i);
	*bytes += (size - q->size) * sizeof *more;
	free(q->position);
	q->position = more;
	q->size = size;
	q->first = 0;
	return 0;
}

static void queue_leave(struct queue *q, uint64_t position)
{
	if (q->n && *queue_slot(q, 0) == position) {
		q->first++;
		q->n--;
	}
}

/* Does the value at b, the newer, make a's pointless? */
static bool beats(int64_t b, int64_t a, bool least)
{
	return least ? b <= a : b >= a;
}

/* `position` was just filled, and everything from there on shifted by one. */
static int queue_enter(struct queue *q, const struct ring *r, const struct extreme *x,
                       uint64_t position, size_t *bytes)
{
	int64_t v = ring_at(r, x->column, position);
	uint32_t at = q->n, keep;

	for (; at > 0 && *queue_slot(q, at - 1) >= position; at--)
		++*queue_slot(q, at - 1);
	if (at < q->n && beats(ring_at(r, x->column, *queue_slot(q, at)), v, x->least))
		return 0;
	for (keep = at; keep > 0; keep--)
		if (!beats(v, ring_at(r, x->column, *queue_slot(q, keep - 1)), x->least))
			break;
	if (keep == at && q->n == q->size) {
		int e = queue_grow(q, bytes);

		if (e)
			return e;
	}
	if (keep == at) {
		for (uint32_t i = q->n++; i > at; i--)
			*queue_slot(q, i) = *queue_slot(q, i - 1);
	} else {
		for (uint32_t i = at; keep + 1 < at && i < q->n; i++)
			*queue_slot(q, i - (at - keep - 1)) = *queue_slot(q, i);
		q->n -= at - keep - 1;
	}
	*queue_slot(q, keep) = position;
	return 0;
}

/* Positions shifted but the event is of no use to this queue. */
static void queue_shift(struct queue *q, uint64_t position)
{
	for (uint32_t i = q->n; i > 0 && *queue_slot(q, i - 1) >= position; i--)
		++*queue_slot(q, i - 1);
}

/* Windows ------------------------------------------------------------------------------------- */

static inline void sums_change(struct window *w, uint32_t needs, int64_t price, int64_t size,
                               int sign)
{
	bool sized = size != TOCSIN_NONE;

	if (needs & NEED_SUM_PRICE)
		w->sum_price += sign * (__int128)price;
	if (!sized)
		return;
	w->n_size += (uint64_t)(int64_t)sign;
	if (needs & NEED_SUM_SIZE)
		w->sum_size += sign * (__int128)size;
	if ((needs & NEED_SUM_VALUE) && sign > 0)
		wide_add(&w->sum_value, (__int128)price * size);
	else if (needs & NEED_SUM_VALUE)
		wide_subtract(&w->sum_value, (__int128)price * size);
}

/* Takes the event at the tail out. */
static void window_leave(struct series *s, uint32_t i)
{
	const struct set_window *spec = &s->set->windows[i];
	struct window *w = &s->windows[i];

	if (s->spec->priced && spec->needs)
		sums_change(w, spec->needs, ring_at(s->ring, 1, w->tail),
		            ring_at(s->ring, 2, w->tail), -1);
	if (spec->needs & NEED_EXTREMES) {
		struct queue *q = &s->queues[spec->extremes];

		for (size_t x = 0; x < N_EXTREMES; x++)
			if (spec->needs & extremes[x].need)
				queue_leave(q++, w->tail);
	}
	w->tail++;
	if (w->tail < s->ring->head)
		w->next_ns = ring_at(s->ring, 0, w->tail);
}

void window_advance(struct series *s, int64_t now_ns)
{
	struct ring *r = s->ring;
	uint64_t oldest = r->head;

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
	if (oldest > r->base + 1)
		r->base = oldest - 1;
}

static int ring_grow(struct series *s)
{
	struct ring *r = s->ring, more = *r;

	more.columns = s->spec->priced ? WINDOW_COLUMNS : 1;
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

/* Is the oldest event inside some window? */
static bool oldest_matters(const struct series *s)
{
	for (uint32_t i = s->spec->first_window; i != SET_NONE; i = s->set->windows[i].next)
		if (s->windows[i].tail == s->ring->base)
			return true;
	return false;
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

	for (uint64_t p = r->head; p > place; p--)
		memcpy(ring_cell(r, 0, p), ring_cell(r, 0, p - 1), size);
	for (unsigned c = 0; c < r->columns; c++)
		*ring_cell(r, c, place) = values[c];
	r->head++;
}

static int enter_queues(struct series *s, const struct set_window *spec, uint64_t place,
                        bool inside)
{
	struct queue *q = &s->queues[spec->extremes];

	for (size_t x = 0; x < N_EXTREMES; x++) {
		int e = 0;

		if (!(spec->needs & extremes[x].need))
			continue;
		if (inside && ring_at(s->ring, extremes[x].column, place) != TOCSIN_NONE)
			e = queue_enter(q, s->ring, &extremes[x], place, s->bytes);
		else
			queue_shift(q, place);
		if (e)
			return e;
		q++;
	}
	return 0;
}

/* The windows learn of the event at `place`. */
static int enter_windows(struct series *s, uint64_t place, const int64_t values[WINDOW_COLUMNS],
                         int64_t now_ns)
{
	for (uint32_t i = s->spec->first_window; i != SET_NONE; i = s->set->windows[i].next) {
		const struct set_window *spec = &s->set->windows[i];
		struct window *w = &s->windows[i];
		bool inside = values[0] > window_edge(now_ns, spec->length_ns);

		if (inside && place == w->tail)
			w->next_ns = values[0];
		if (!inside)
			w->tail++;
		else if (spec->needs)
			sums_change(w, spec->needs, values[1], values[2], 1);
		if (spec->needs & NEED_EXTREMES) {
			int e = enter_queues(s, spec, place, inside);

			if (e)
				return e;
		}
	}
	return 0;
}

int window_insert(struct series *s, int64_t time_ns, int64_t price, int64_t size, int64_t now_ns,
                  uint64_t *cut)
{
	const int64_t values[WINDOW_COLUMNS] = { time_ns, price, size };
	struct ring *r = s->ring;
	uint64_t place = find_place(r, time_ns);
	bool full = r->head > r->base && r->head - r->base == s->max_events;

	if (place == r->base && (r->base > 0 || full)) { /* older than all that is kept */
		*cut += oldest_matters(s);
		return 0;
	}
	if (full) {
		*cut += s->spec->priced || oldest_matters(s);
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
	for (uint32_t i = s->spec->first_window; i != SET_NONE; i = s->set->windows[i].next) {
		const struct set_window *spec = &s->set->windows[i];
		uint32_t n = (uint32_t)__builtin_popcount(spec->needs & NEED_EXTREMES);

		s->windows[i] = (struct window){ 0 };
		for (uint32_t k = spec->extremes; k < spec->extremes + n; k++) {
			*s->bytes -= s->queues[k].size * sizeof *s->queues[k].position;
			free(s->queues[k].position);
			s->queues[k] = (struct queue){ 0 };
		}
	}
}
