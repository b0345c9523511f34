/* Sums, sums of squares, extremes, ranks and distinct numbers of a window.
 *
 * Sums are integers, thus exact: what was added is taken away to the last bit, in any order.
 *
 * Least and greatest come from monotonic queues (Lemire, "Streaming maximum-minimum filter using no
 * more than three comparisons per element", 2006): positions of the events that no newer one
 * beats; the front is the answer, amortised O(1). An event that comes late is put in its place, and
 * positions behind it shift with the ring. */
#include "aggregate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t extremes[] = {
	NEED_MIN_PRICE, NEED_MAX_PRICE, NEED_MIN_SIZE,
	NEED_MAX_SIZE,  NEED_MIN_VALUE, NEED_MAX_VALUE,
};

#define N_EXTREMES (sizeof extremes / sizeof extremes[0])
#define NEED_LEAST (NEED_MIN_PRICE | NEED_MIN_SIZE | NEED_MIN_VALUE)

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

static void note_front(struct queue *q, const struct ring *r)
{
	memcpy(q->front, ring_cell(r, 1, *queue_slot(q, 0)), sizeof q->front);
}

static void queue_leave(struct queue *q, const struct ring *r, uint64_t position)
{
	if (q->n && *queue_slot(q, 0) == position) {
		q->first++;
		if (--q->n)
			note_front(q, r);
	}
}

static __int128 extreme_at(const struct ring *r, uint32_t need, uint64_t position)
{
	return aggregate_extreme(ring_cell(r, 1, position), need);
}

/* Does the value at b, the newer, make a's pointless? */
static bool beats(__int128 b, __int128 a, uint32_t need)
{
	return need & NEED_LEAST ? b <= a : b >= a;
}

/* `position` was just filled, and everything from there on shifted by one. */
static int queue_enter(struct queue *q, const struct ring *r, uint32_t need, uint64_t position,
                       size_t *bytes)
{
	__int128 v = extreme_at(r, need, position);
	uint32_t at = q->n, keep;

	for (; at > 0 && *queue_slot(q, at - 1) >= position; at--)
		++*queue_slot(q, at - 1);
	if (at < q->n && beats(extreme_at(r, need, *queue_slot(q, at)), v, need))
		return 0;
	for (keep = at; keep > 0; keep--)
		if (!beats(v, extreme_at(r, need, *queue_slot(q, keep - 1)), need))
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
	if (keep == 0)
		note_front(q, r);
	return 0;
}

/* Positions shifted but the event is of no use to this queue. */
static void queue_shift(struct queue *q, uint64_t position)
{
	for (uint32_t i = q->n; i > 0 && *queue_slot(q, i - 1) >= position; i--)
		++*queue_slot(q, i - 1);
}

static bool has(uint32_t need, const int64_t values[WINDOW_COLUMNS])
{
	bool priced = values[1] != TOCSIN_NONE, sized = values[2] != TOCSIN_NONE;

	if (need & (NEED_MIN_PRICE | NEED_MAX_PRICE))
		return priced;
	return sized && (priced || (need & (NEED_MIN_SIZE | NEED_MAX_SIZE)));
}

static int enter_queues(struct series *s, const struct set_window *spec, uint64_t place,
                        const int64_t values[WINDOW_COLUMNS], bool inside)
{
	struct queue *q = &s->parts->queues[spec->extremes];

	for (size_t x = 0; x < N_EXTREMES; x++) {
		int e = 0;

		if (!(spec->needs & extremes[x]))
			continue;
		if (inside && has(extremes[x], values))
			e = queue_enter(q, s->ring, extremes[x], place, s->bytes);
		else
			queue_shift(q, place);
		if (e)
			return e;
		q++;
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

static void squares_change(struct wide *squares, int64_t v, int sign)
{
	if (v != TOCSIN_NONE && sign > 0)
		wide_add(squares, (__int128)v * v);
	else if (v != TOCSIN_NONE)
		wide_subtract(squares, (__int128)v * v);
}

/* Only what few windows keep: 0 or -ENOMEM. */
static int parts_change(struct series *s, const struct set_window *spec, const int64_t values[],
                        int sign)
{
	static const struct {
		uint32_t squares, ranks, distinct;
	} of_column[] = { { NEED_SQUARES_PRICE, NEED_RANKS_PRICE, NEED_DISTINCT_FIRST },
		          { NEED_SQUARES_SIZE, NEED_RANKS_SIZE, NEED_DISTINCT_SIZE } };
	struct wide *squares = &s->parts->squares[spec->squares];
	struct ranks *ranks = &s->parts->ranks[spec->ranks];
	struct distinct *distinct = &s->parts->distinct[spec->distinct];
	int e = 0;

	for (int c = 0; c < 2; c++) {
		bool there = values[c + 1] != TOCSIN_NONE;
		int64_t v = values[c + 1];

		if (spec->needs & of_column[c].squares)
			squares_change(squares++, v, sign);
		if ((spec->needs & of_column[c].ranks) && there && sign > 0)
			e = ranks_add(ranks, v, s->bytes);
		else if ((spec->needs & of_column[c].ranks) && there)
			ranks_remove(ranks, v, s->bytes);
		if ((spec->needs & of_column[c].distinct) && there && sign > 0 && e == 0)
			e = distinct_add(distinct, v, s->bytes);
		else if ((spec->needs & of_column[c].distinct) && there)
			distinct_remove(distinct, v);
		if (e)
			return e;
		ranks += (spec->needs & of_column[c].ranks) != 0;
		distinct += (spec->needs & of_column[c].distinct) != 0;
	}
	return 0;
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
	int64_t values[WINDOW_COLUMNS] = { 0, TOCSIN_NONE, TOCSIN_NONE, 0 };

	if (spec->needs == 0)
		return;
	for (unsigned c = 1; c < s->ring->columns; c++)
		values[c] = ring_at(s->ring, c, w->tail);
	sums_change(w, spec->needs, values[1], values[2], -1);
	if (spec->needs & NEED_PARTS)
		parts_change(s, spec, values, -1);
	if (spec->needs & NEED_EXTREMES) {
		struct queue *q = &s->parts->queues[spec->extremes];

		for (uint32_t n = set_needs(spec, NEED_EXTREMES); n; n--)
			queue_leave(q++, s->ring, w->tail);
	}
}

void aggregate_shift(struct series *s, uint32_t i, uint64_t n)
{
	const struct set_window *spec = &s->set->windows[i];
	struct queue *q = &s->parts->queues[spec->extremes];

	for (uint32_t left = set_needs(spec, NEED_EXTREMES); left; left--, q++)
		for (uint32_t j = 0; j < q->n; j++)
			*queue_slot(q, j) += n;
}

void aggregate_clear(struct series *s, uint32_t i)
{
	const struct set_window *spec = &s->set->windows[i];

	s->windows[i] = (struct window){ 0 };
	for (uint32_t n = 0; n < set_needs(spec, NEED_EXTREMES); n++) {
		struct queue *q = &s->parts->queues[spec->extremes + n];

		*s->bytes -= q->size * sizeof *q->position;
		free(q->position);
		*q = (struct queue){ 0 };
	}
	for (uint32_t n = 0; n < set_needs(spec, NEED_SQUARES); n++)
		s->parts->squares[spec->squares + n] = (struct wide){ 0 };
	for (uint32_t n = 0; n < set_needs(spec, NEED_RANKS); n++)
		ranks_clear(&s->parts->ranks[spec->ranks + n], s->bytes);
	for (uint32_t n = 0; n < set_needs(spec, NEED_DISTINCT); n++)
		distinct_clear(&s->parts->distinct[spec->distinct + n], s->bytes);
}
