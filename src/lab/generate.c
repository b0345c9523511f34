/* Generated events of rule tests.
 *
 * Problem: a rule's windows want hundreds of events before it can say anything, and a test is to be
 * read by people. Idea: name the shape. `constant`: the same event every so often. `ramp`: the price
 * goes straight from one to another. `walk`: it goes up or down by a step each time, with a fair
 * coin, and turns at zero. `burst`: a number of events at random times of a span, as arrivals of a
 * Poisson process are when their number is known (independent and uniform). `gap`: what was made
 * before for this instrument in a span is taken away: silence.
 *
 * All chance comes from the item's seed (SplitMix64), so the same file gives the same events
 * everywhere; prices and sizes are whole numbers of 1e-9 and go through no floating point, but for
 * the ramp's, whose steps are divided once, exactly, in 128 bits. Texts may hold {n}, the number of
 * the event from 0: order_id "q{n}" of adds and, later, of cancels makes pairs.
 * Cost: linear; sorting a burst n log n. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/memory.h"
#include "core/decimal.h"
#include "core/rng.h"
#include "lab/compose.h"
#include "lab/table.h"

struct generating {
	const struct lab_template *t;
	const struct lab_item *item;
	struct errors *errors;
	struct lab_events *out;
	struct rng rng;
	int64_t from, to; /* to is INT64_MAX when the number decides */
	int64_t price, price_to, step, size, size_to;
	uint64_t n; /* of events, when known; else 0 */
	uint64_t made;
};

static int64_t number_of(const struct conf_text *t, int64_t otherwise)
{
	int64_t v = otherwise;

	if (t->s)
		(void)decimal_parse(t->s, strlen(t->s), &v); /* checked when it was read */
	return v;
}

/* "q{n}" with the number of the event. */
static const char *numbered(struct generating *g, const char *s)
{
	const char *at = s ? strstr(s, "{n}") : NULL;
	char text[160];

	if (!at)
		return s;
	snprintf(text, sizeof text, "%.*s%llu%s", (int)(at - s), s, (unsigned long long)g->made,
	         at + 3);
	return conf_memory_copy(g->out->texts, text, strlen(text));
}

static void number_texts(struct generating *g, struct lab_item *i)
{
	struct conf_text *const texts[] = { &i->order_id,     &i->trade_id,   &i->account,
		                            &i->counterparty, &i->instrument, &i->venue };

	for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
		texts[k]->s = numbered(g, texts[k]->s);
}

static uint8_t side_of(struct generating *g, uint8_t otherwise)
{
	const char *side = g->item->side.s;

	if (side && strcmp(side, "alternate") == 0)
		return g->made % 2 ? TOCSIN_SELL : TOCSIN_BUY;
	if (side && strcmp(side, "random") == 0)
		return rng_below(&g->rng, 2) ? TOCSIN_SELL : TOCSIN_BUY;
	return otherwise;
}

/* A whole multiple of `size`, up to size_to. */
static int64_t size_of(struct generating *g)
{
	uint64_t n = g->size > 0 && g->size_to > g->size ? (uint64_t)(g->size_to / g->size) : 1;

	return g->size == TOCSIN_NONE
	               ? g->size
	               : g->size * (int64_t)(1 + (n > 1 ? rng_below(&g->rng, n) : 0));
}

static void next_price(struct generating *g)
{
	int64_t first = number_of(&g->item->price, TOCSIN_NONE);

	if (g->item->shape == LAB_RAMP && g->n > 1)
		g->price = first + (int64_t)(((__int128)g->price_to - first) * (int64_t)g->made /
		                             (int64_t)(g->n - 1));
	if (g->item->shape == LAB_WALK)
		g->price += rng_below(&g->rng, 2) || g->price - g->step <= 0 ? g->step : -g->step;
}

static int emit(struct generating *g, int64_t time_ns)
{
	struct lab_item item = *g->item;
	struct lab_template t = *g->t;
	struct tocsin_event e;
	int r;

	t.item = &item;
	number_texts(g, &item);
	r = lab_event_make(&t, time_ns, g->errors, &e);
	if (r)
		return r;
	e.side = side_of(g, e.side);
	if (item.size.s)
		e.qty = size_of(g);
	e.price = g->price;
	r = lab_events_add(g->out, &e);
	g->made++;
	next_price(g);
	return r;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int burst(struct generating *g)
{
	int64_t *times = calloc((size_t)g->n, sizeof *times);
	int r = times ? 0 : -ENOMEM;

	for (uint64_t i = 0; r == 0 && i < g->n; i++)
		times[i] = g->from + (int64_t)rng_below(&g->rng, (uint64_t)(g->to - g->from));
	if (r == 0)
		qsort(times, (size_t)g->n, sizeof *times, by_time);
	for (uint64_t i = 0; r == 0 && i < g->n; i++)
		r = emit(g, times[i]);
	free(times);
	return r;
}

static int spaced(struct generating *g)
{
	int64_t time_ns = g->from;
	int r = 0;

	while (r == 0 && time_ns < g->to && (g->n == 0 || g->made < g->n)) {
		r = emit(g, time_ns);
		if (__builtin_add_overflow(time_ns, g->item->every_ns, &time_ns))
			break;
	}
	return r;
}

static int gap(struct generating *g)
{
	const char *instrument = g->item->instrument.s;
	size_t n = instrument ? strlen(instrument) : 0, kept = 0;

	for (size_t i = 0; i < g->out->n; i++) {
		const struct tocsin_event *e = &g->out->v[i];

		if (e->time_ns >= g->from && e->time_ns < g->to &&
		    (!instrument ||
		     (e->instrument.n == n && memcmp(e->instrument.p, instrument, n) == 0)))
			continue;
		g->out->v[kept++] = *e;
	}
	if (kept == g->out->n)
		errors_add(g->errors, g->t->place,
		           "this gap takes nothing away: no event of the items above is in it");
	g->out->removed_by_gaps += g->out->n - kept;
	g->out->n = kept;
	return 0;
}

/* How many events a ramp has must be known for its slope. */
static void count(struct generating *g)
{
	const struct lab_item *i = g->item;

	g->n = (uint64_t)i->count;
	if (i->to.s && i->every_ns) {
		uint64_t span = (uint64_t)(g->to - g->from);
		uint64_t n = (span + (uint64_t)i->every_ns - 1) / (uint64_t)i->every_ns;

		g->n = g->n && g->n < n ? g->n : n;
	}
}

int lab_generate(const struct lab_template *t, struct errors *errors, struct lab_events *ret)
{
	const struct lab_item *i = t->item;
	struct generating g = {
		.t = t,
		.item = i,
		.errors = errors,
		.out = ret,
		.rng = { (uint64_t)i->seed },
		.from = lab_time(&i->from, ret->start_ns),
		.to = i->to.s ? lab_time(&i->to, ret->start_ns) : INT64_MAX,
		.price = number_of(&i->price, TOCSIN_NONE),
		.price_to = number_of(&i->price_to, 0),
		.step = number_of(&i->step, 0),
		.size = number_of(&i->size, TOCSIN_NONE),
		.size_to = number_of(&i->size_to, 0),
	};

	if (g.to <= g.from) {
		errors_add(errors, i->to.at, "'to' is not after 'from'");
		return 0;
	}
	count(&g);
	if (g.n > LAB_MAX_EVENTS)
		return -E2BIG;
	if (i->shape == LAB_GAP)
		return gap(&g);
	return i->shape == LAB_BURST ? burst(&g) : spaced(&g);
}
