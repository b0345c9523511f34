/* Sums, sums of squares, extremes, ranks and distinct numbers of a window.
 *
 * Sums are integers, thus exact: what was added is taken away to the last bit, in any order.
 *
 * Least and greatest come from monotonic queues (Lemire, "Streaming maximum-minimum filter using no
 * more than three comparisons per element", 2006): the events that no newer one
 * beats; the front is the answer, amortised O(1). An event that comes late is put in its place, and
 * positions behind it shift with the ring. */
#include "aggregate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Queues -------------------------------------------------------------------------------------- */

static struct queue_entry *queue_slot(const struct queue *q, uint32_t i)
{
	return &q->entries[(q->first + i) & (q->size - 1)];
}

static int queue_grow(struct queue *q, size_t *bytes)
{
	uint32_t size = q->size ? 2 * q->size : 8;
	struct queue_entry *more = malloc(size * sizeof *more);

	if (!more)
		return -ENOMEM;
	for (uint32_t i = 0; i < q->n; i++)
		more[i] = *queue_slot(q, i);
	*bytes += (size - q->size) * sizeof *more;
	free(q->entries);
	q->entries = more;
	q->size = size;
	q->first = 0;
	return 0;
}

static void queue_leave(struct queue *q, uint64_t position)
{
	if (q->n && queue_slot(q, 0)->position == position) {
		q->first++;
		if (--q->n)
			q->front = queue_slot(q, 0)->key;
	}
}

/* Everything from `position` on shifted by one; how many stay before it. */
static uint32_t queue_shift(struct queue *q, uint64_t position)
{
	uint32_t at = q->n;

	for (; at > 0 && queue_slot(q, at - 1)->position >= position; at--)
		queue_slot(q, at - 1)->position++;
	return at;
}

/* `position` was just filled, and everything from there on shifted by one. A newer one that is as
 * great makes it pointless, as it does older ones. */
static int queue_enter(struct queue *q, __int128 key, uint64_t position, size_t *bytes)
{
	const struct queue_entry fresh = { position, { (uint64_t)key, (int64_t)(key >> 64) } };
	uint32_t at = queue_shift(q, position), keep = at;

	if (at < q->n && queue_key(queue_slot(q, at)->key) >= key)
		return 0;
	while (keep > 0 && key >= queue_key(queue_slot(q, keep - 1)->key))
		keep--;
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
	*queue_slot(q, keep) = fresh;
	if (keep == 0)
		q->front = fresh.key;
	return 0;
}

static bool has(uint32_t need, const int64_t values[WINDOW_COLUMNS])
{
	bool priced = values[1] != TOCSIN_NONE, sized = values[2] != TOCSIN_NONE;

	if (need & (NEED_MIN_PRICE | NEED_MAX_PRICE))
		return priced;
	return sized && (priced || (need & (NEED_MIN_SIZE | NEED_MAX_SIZE)));
}

static __int128 key_of(uint32_t need, const int64_t values[WINDOW_COLUMNS])
{
	__int128 key = values[need & (NEED_MIN_PRICE | NEED_MAX_PRICE) ? 1 : 2];

	if (need & (NEED_MIN_VALUE | NEED_MAX_VALUE))
		key = (__int128)values[1] * values[2];
	return need & NEED_LEAST ? -key : key;
}

static int enter_queues(struct series *s, const struct set_window *spec, uint64_t place,
                        const int64_t values[WINDOW_COLUMNS], bool inside)
{
	struct queue *q = &s->parts->queues[spec->extremes];

	for (uint32_t left = spec->needs & NEED_EXTREMES; left; left &= left - 1, q++) {
		uint32_t need = left & -left;
		int e = 0;

		if (inside && has(need, values))
			e = queue_enter(q, key_of(need, values), place, s->bytes);
		else
			queue_shift(q, place);
		if (e)
			return e;
	}
	return 0;
}

/* Sums ---------------------------------------------------------------------------------------- */

static inline void sums_change(struct window *w, uint32_t needs, int64_t price, int64_t size,
                               int sign)
{
	bool priced = price != TOCSIN_NONE, sized = size != TOCSIN_NONE;

	if (priced) {
		w->n_price += (uint32_t)sign;
		if (needs & NEED_SUM_PRICE)
			w->sum_price += sign * (__int128)price;
	}
	if (!sized)
		return;
	w->n_size += (uint32_t)sign;
	if (needs & NEED_SUM_SIZE)
		w->sum_size += sign * (__int128)size;
	if (!priced)
		return;
	w->n_value += (uint32_t)sign;
	if ((needs & NEED_SUM_VALUE) && sign > 0)
		wide_add(&w->sum_value, (__int128)price * size);
	else if (needs & NEED_SUM_VALUE)
		wide_subtract(&w->sum_value, (__int128)price * size);
}

/* Only what few windows keep, of the number in one column: 0 or -ENOMEM. */
static inline int column_change(struct series *s, const struct set_window *spec, int64_t v,
                                uint32_t squares, uint32_t ranks, uint32_t distinct, int sign)
{
	int e = 0;

	if (v == TOCSIN_NONE || !(spec->needs & (squares | ranks | distinct)))
		return 0;
	if (spec->needs & squares) {
		struct wide *w = &s->parts->squares[spec->squares + set_place(spec, squares)];

		sign > 0 ? wide_add(w, (__int128)v * v) : wide_subtract(w, (__int128)v * v);
	}
	if (spec->needs & ranks) {
		struct ranks *r = &s->parts->ranks[spec->ranks + set_place(spec, ranks)];

		if (sign > 0)
			e = ranks_add(r, v, s->bytes);
		else
			ranks_remove(r, v, s->bytes);
	}
	if (e == 0 && (spec->needs & distinct)) {
		struct distinct *d =
			&s->parts->distinct[spec->distinct + set_place(spec, distinct)];

		if (sign > 0)
			e = distinct_add(d, v, s->bytes);
		else
			distinct_remove(d, v);
	}
	return e;
}

static inline int parts_change(struct series *s, const struct set_window *spec,
                               const int64_t values[WINDOW_COLUMNS], int sign)
{
	int e = column_change(s, spec, values[1], NEED_SQUARES_PRICE, NEED_RANKS_PRICE,
	                      NEED_DISTINCT_FIRST, sign);

	return e ? e
	         : column_change(s, spec, values[2], NEED_SQUARES_SIZE, NEED_RANKS_SIZE,
	                         NEED_DISTINCT_SIZE, sign);
}

/* Coming and going ---------------------------------------------------------------------------- */

#define NEED_PARTS (NEED_SQUARES | NEED_RANKS | NEED_DISTINCT)

int aggregate_enter(struct series *s, uint32_t i, uint64_t place,
                    const int64_t values[WINDOW_COLUMNS], bool inside)
{
	const struct set_window *spec = &s->set->windows[i];

	if (inside && spec->needs)
		sums_change(&s->windows[i], spec->needs, values[1], values[2], 1);
	if (inside && (spec->needs & NEED_PARTS)) {
		int e = parts_change(s, spec, values, 1);

		if (e)
			return e;
	}
	return spec->needs & NEED_EXTREMES ? enter_queues(s, spec, place, values, inside) : 0;
}

void aggregate_leave(struct series *s, uint32_t i)
{
	const struct set_window *spec = &s->set->windows[i];
	struct window *w = &s->windows[i];
	const int64_t *cell = ring_cell(s->ring, 0, w->tail);
	int64_t values[WINDOW_COLUMNS] = { 0, cell[1], TOCSIN_NONE, 0 };

	if (s->ring->columns > 2)
		values[2] = cell[2];
	sums_change(w, spec->needs, values[1], values[2], -1);
	if (spec->needs & NEED_PARTS)
		parts_change(s, spec, values, -1);
	if (spec->needs & NEED_EXTREMES) {
		struct queue *q = &s->parts->queues[spec->extremes];

		for (uint32_t n = spec->n_extremes; n; n--)
			queue_leave(q++, w->tail);
	}
}

void aggregate_shift(struct series *s, uint32_t i, uint64_t n)
{
	const struct set_window *spec = &s->set->windows[i];
	struct queue *q = &s->parts->queues[spec->extremes];

	for (uint32_t left = spec->n_extremes; left; left--, q++)
		for (uint32_t j = 0; j < q->n; j++)
			queue_slot(q, j)->position += n;
}

void aggregate_clear(struct series *s, uint32_t i)
{
	const struct set_window *spec = &s->set->windows[i];

	s->windows[i] = (struct window){ 0 };
	for (uint32_t n = 0; n < spec->n_extremes; n++) {
		struct queue *q = &s->parts->queues[spec->extremes + n];

		*s->bytes -= q->size * sizeof *q->entries;
		free(q->entries);
		*q = (struct queue){ 0 };
	}
	for (uint32_t n = 0; n < spec->n_squares; n++)
		s->parts->squares[spec->squares + n] = (struct wide){ 0 };
	for (uint32_t n = 0; n < spec->n_ranks; n++)
		ranks_clear(&s->parts->ranks[spec->ranks + n], s->bytes);
	for (uint32_t n = 0; n < spec->n_distinct; n++)
		distinct_clear(&s->parts->distinct[spec->distinct + n], s->bytes);
}
