/* Random events of every kind, several instruments, arriving out of order: every feature equals a
 * recomputation from the whole list of events, at every step; every silence is told once, in order;
 * the order of arrival leaves no trace. */
#include "features/features.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../unit/suite.h"
#include "core/rng.h"
#include "core/timefmt.h"

#define ROUNDS 300
#define STEPS 1000
#define N_KEYS 4
#define SHORT NS_PER_S
#define LONG (10 * NS_PER_S)
#define LATENESS (3 * NS_PER_S)
#define START 1700000000000000000LL

/* The naive model ----------------------------------------------------------------------------- */

enum list { ANY, TRADES, CANCELS, QUOTES, PRICED, N_LISTS };

struct model_list {
	struct tocsin_event events[STEPS]; /* by time, then by arrival */
	size_t n;
	bool dropped;
};

struct model_key {
	struct model_list lists[N_LISTS];
	struct tocsin_event last_priced, last_quote;
	bool seen, has_price, has_quote, told[2];
	int64_t now, first, last;
};

struct model {
	struct model_key keys[N_KEYS];
	int64_t watermark;
	size_t max_events;
	const struct tocsin_event *event; /* the one being scored */
};

static bool belongs(enum list list, const struct tocsin_event *e)
{
	switch (list) {
	case ANY: return true;
	case TRADES: return e->kind == TOCSIN_TRADE;
	case CANCELS: return e->kind == TOCSIN_ORDER_CANCEL;
	case QUOTES: return e->kind == TOCSIN_QUOTE;
	default:
		return (e->kind == TOCSIN_TRADE || e->kind == TOCSIN_BAR) &&
		       e->price != TOCSIN_NONE;
	}
}

static void list_add(struct model_list *l, const struct tocsin_event *e, size_t max)
{
	size_t i = l->n;

	while (i > 0 && l->events[i - 1].time_ns > e->time_ns)
		i--;
	if (i == 0 && l->n == max) /* no room for one older than all */
		return;
	memmove(&l->events[i + 1], &l->events[i], (l->n - i) * sizeof *e);
	l->events[i] = *e;
	if (++l->n > max) {
		memmove(&l->events[0], &l->events[1], --l->n * sizeof *e);
		l->dropped = true;
	}
}

static void model_add(struct model *m, struct model_key *k, const struct tocsin_event *e)
{
	if (m->watermark != INT64_MIN && m->watermark - e->time_ns > LATENESS)
		return;
	if (e->time_ns > m->watermark)
		m->watermark = e->time_ns;
	if (!k->seen || e->time_ns < k->first)
		k->first = e->time_ns;
	if (!k->seen || e->time_ns > k->last) {
		k->last = e->time_ns;
		k->told[0] = k->told[1] = false;
	}
	if (!k->seen || e->time_ns > k->now)
		k->now = e->time_ns;
	k->seen = true;
	for (enum list i = 0; i < N_LISTS; i++)
		if (belongs(i, e))
			list_add(&k->lists[i], e, m->max_events);
	if (belongs(PRICED, e) && (!k->has_price || e->time_ns >= k->last_priced.time_ns)) {
		k->last_priced = *e;
		k->has_price = true;
	}
	if (belongs(QUOTES, e) && (!k->has_quote || e->time_ns >= k->last_quote.time_ns)) {
		k->last_quote = *e;
		k->has_quote = true;
	}
}

/* What a window holds, found by going through the list. */
struct found {
	bool full;
	double n, n_size;
	long double price, size, value, magnitude;
	int64_t min[2], max[2];
	bool has_before;
	int64_t before;
};

static void look(const struct model_key *k, enum list list, int64_t w, struct found *f)
{
	const struct model_list *l = &k->lists[list];
	size_t i = l->n;

	*f = (struct found){ .full = k->seen && k->now - k->first >= w };
	f->min[0] = f->min[1] = INT64_MAX;
	f->max[0] = f->max[1] = INT64_MIN;
	for (; i > 0 && l->events[i - 1].time_ns > k->now - w; i--) {
		const struct tocsin_event *e = &l->events[i - 1];

		f->n++;
		if (list != PRICED)
			continue;
		f->price += (long double)e->price;
		f->min[0] = e->price < f->min[0] ? e->price : f->min[0];
		f->max[0] = e->price > f->max[0] ? e->price : f->max[0];
		if (e->qty == TOCSIN_NONE)
			continue;
		f->n_size++;
		f->size += (long double)e->qty;
		f->value += (long double)e->price * (long double)e->qty;
		f->magnitude += fabsl((long double)e->price * (long double)e->qty);
		f->min[1] = e->qty < f->min[1] ? e->qty : f->min[1];
		f->max[1] = e->qty > f->max[1] ? e->qty : f->max[1];
	}
	f->has_before = i > 0 || (l->dropped && l->n > 0);
	if (f->has_before)
		f->before = l->events[i > 0 ? i - 1 : 0].price;
}

enum what {
	COUNT,
	RATE,
	SUM,
	MEAN_PRICE,
	MEAN_SIZE,
	MIN_PRICE,
	MIN_SIZE,
	MAX_PRICE,
	MAX_SIZE,
	RANGE,
	VWAP,
	RETURN,
	DELTA,
	RATIO,
	ABSENT,
	PRICE,
	SIZE,
	EVENT_PRICE,
	NOTIONAL,
	BID,
	ASK,
	SPREAD,
	MID,
};

static const struct check {
	const char *text;
	enum what what;
	enum list list;
	int64_t w;
} checks[] = {
	{ "count(1s)", COUNT, ANY, SHORT },
	{ "count(any, 10s)", COUNT, ANY, LONG },
	{ "count(trade, 1s)", COUNT, TRADES, SHORT },
	{ "count(trade, 10s)", COUNT, TRADES, LONG },
	{ "count(order_cancel, 10s)", COUNT, CANCELS, LONG },
	{ "count(quote, 1s)", COUNT, QUOTES, SHORT },
	{ "rate(10s)", RATE, ANY, LONG },
	{ "rate(quote, 1s)", RATE, QUOTES, SHORT },
	{ "sum(size, 1s)", SUM, PRICED, SHORT },
	{ "sum(size, 10s)", SUM, PRICED, LONG },
	{ "mean(price, 1s)", MEAN_PRICE, PRICED, SHORT },
	{ "mean(price, 10s)", MEAN_PRICE, PRICED, LONG },
	{ "mean(size, 1s)", MEAN_SIZE, PRICED, SHORT },
	{ "mean(size, 10s)", MEAN_SIZE, PRICED, LONG },
	{ "min(price, 1s)", MIN_PRICE, PRICED, SHORT },
	{ "min(price, 10s)", MIN_PRICE, PRICED, LONG },
	{ "min(size, 10s)", MIN_SIZE, PRICED, LONG },
	{ "max(price, 1s)", MAX_PRICE, PRICED, SHORT },
	{ "max(price, 10s)", MAX_PRICE, PRICED, LONG },
	{ "max(size, 1s)", MAX_SIZE, PRICED, SHORT },
	{ "range(price, 10s)", RANGE, PRICED, LONG },
	{ "vwap(1s)", VWAP, PRICED, SHORT },
	{ "vwap(10s)", VWAP, PRICED, LONG },
	{ "return(price, 1s)", RETURN, PRICED, SHORT },
	{ "return(price, 10s)", RETURN, PRICED, LONG },
	{ "delta(price, 1s)", DELTA, PRICED, SHORT },
	{ "delta(price, 10s)", DELTA, PRICED, LONG },
	{ "cancel_ratio(10s)", RATIO, CANCELS, LONG },
	{ "absent_for(1s)", ABSENT, ANY, SHORT },
	{ "absent_for(2500ms)", ABSENT, ANY, 2500 * NS_PER_MS },
	{ "price", PRICE, ANY, 0 },
	{ "size", SIZE, ANY, 0 },
	{ "event_price", EVENT_PRICE, ANY, 0 },
	{ "notional", NOTIONAL, ANY, 0 },
	{ "bid", BID, ANY, 0 },
	{ "ask", ASK, ANY, 0 },
	{ "spread", SPREAD, ANY, 0 },
	{ "mid", MID, ANY, 0 },
};

#define N_CHECKS (sizeof checks / sizeof checks[0])

static long double number(int64_t v)
{
	return v == TOCSIN_NONE ? (long double)NAN : (long double)v / 1e9L;
}

/* Of one event or key, no window. */
static long double plain(const struct model *m, const struct model_key *k, enum what what)
{
	const struct tocsin_event *e = m->event;
	long double bid = k->has_quote ? number(k->last_quote.bid) : (long double)NAN;
	long double ask = k->has_quote ? number(k->last_quote.ask) : (long double)NAN;

	switch (what) {
	case PRICE: return k->has_price ? number(k->last_priced.price) : (long double)NAN;
	case SIZE: return number(e->qty);
	case EVENT_PRICE: return number(e->price);
	case NOTIONAL: return number(e->qty) * number(e->price);
	case BID: return bid;
	case ASK: return ask;
	case SPREAD: return ask - bid;
	default: return (ask + bid) / 2;
	}
}

/* The value, and the size of what was added up for it: how much rounding may show. */
static long double naive(const struct model *m, const struct model_key *k, const struct check *c,
                         long double *ret_magnitude)
{
	long double none = (long double)NAN, last = (long double)k->last_priced.price;
	struct found f, trades;

	*ret_magnitude = 0;
	if (c->what >= PRICE)
		return plain(m, k, c->what);
	if (c->what == ABSENT)
		return k->seen ? k->now - k->last >= c->w : none;
	look(k, c->list, c->w, &f);
	if (!f.full)
		return none;
	switch (c->what) {
	case COUNT: return f.n;
	case RATE: return f.n / ((long double)c->w / 1e9L);
	case SUM: return f.size / 1e9L;
	case MEAN_PRICE: return f.n > 0 ? f.price / f.n / 1e9L : none;
	case MEAN_SIZE: return f.n_size > 0 ? f.size / f.n_size / 1e9L : none;
	case MIN_PRICE: return f.n > 0 ? number(f.min[0]) : none;
	case MAX_PRICE: return f.n > 0 ? number(f.max[0]) : none;
	case MIN_SIZE: return f.n_size > 0 ? number(f.min[1]) : none;
	case MAX_SIZE: return f.n_size > 0 ? number(f.max[1]) : none;
	case RANGE: return f.n > 0 ? ((long double)f.max[0] - (long double)f.min[0]) / 1e9L : none;
	case VWAP:
		if (f.size <= 0)
			return none;
		*ret_magnitude = f.magnitude / f.size / 1e9L;
		return f.value / f.size / 1e9L;
	case DELTA: return f.has_before ? (last - (long double)f.before) / 1e9L : none;
	case RETURN: return f.has_before && f.before > 0 ? last / (long double)f.before - 1 : none;
	default: break;
	}
	look(k, TRADES, c->w, &trades);
	return trades.n > 0 ? f.n / trades.n : none;
}

static bool same(double got, long double is, long double magnitude)
{
	long double room = 1e-13L * (fabsl(is) + magnitude) + 1e-15L;

	if (isnan(got) || isnan((double)is))
		return isnan(got) && isnan((double)is);
	return fabsl((long double)got - is) <= room;
}

/* Driving both -------------------------------------------------------------------------------- */

static const char *const names[N_KEYS] = { "AA", "A", "AAB", "B" };

static struct feature_set *make_set(void)
{
	struct feature_set *s = NULL;

	ck_assert_int_eq(feature_set_new(&s), 0);
	for (size_t i = 0; i < N_CHECKS; i++) {
		char reason[200] = "";
		uint32_t index;
		size_t at;
		int r = feature_set_add(s, checks[i].text, FEATURE_BY_INSTRUMENT, &index, &at,
		                        reason, sizeof reason);

		ck_assert_msg(r == 0 && index == i, "%s: %s", checks[i].text, reason);
	}
	return s;
}

static int64_t money(struct rng *r, bool huge)
{
	if (huge)
		return (int64_t)(rng_next(r) >> 1) * (rng_below(r, 4) ? 1 : -1);
	return (int64_t)(1 + rng_below(r, 20)) * 500000000;
}

/* Time walks ahead by steps of all sizes and, now and then, back, within the lateness or beyond. */
static struct tocsin_event random_event(struct rng *r, int64_t *clock, bool huge, unsigned *ret_key)
{
	struct tocsin_event e = {
		.size = sizeof e,
		.price = TOCSIN_NONE,
		.qty = TOCSIN_NONE,
		.bid = TOCSIN_NONE,
		.ask = TOCSIN_NONE,
	};
	uint64_t pick = rng_below(r, 100);

	*ret_key = (unsigned)rng_below(r, N_KEYS);
	*clock += pick < 20   ? 0
	          : pick < 95 ? (int64_t)rng_below(r, (uint64_t)(200 * NS_PER_MS))
	          : pick < 99 ? (int64_t)rng_below(r, (uint64_t)(2 * NS_PER_S))
	                      : 12 * NS_PER_S;
	e.time_ns = *clock;
	if (rng_below(r, 5) == 0)
		e.time_ns -= (int64_t)rng_below(r, (uint64_t)(LATENESS * 11 / 10)) / NS_PER_MS *
		             NS_PER_MS;
	e.kind = (uint8_t)(rng_below(r, 2) ? TOCSIN_TRADE : rng_below(r, TOCSIN_TICK));
	e.instrument = (struct tocsin_str){ names[*ret_key], (uint32_t)strlen(names[*ret_key]) };
	if (e.kind == TOCSIN_QUOTE) {
		e.bid = rng_below(r, 8) ? money(r, huge) : TOCSIN_NONE;
		e.ask = rng_below(r, 8) ? money(r, huge) : TOCSIN_NONE;
		return e;
	}
	e.price = rng_below(r, 20) ? money(r, huge) : TOCSIN_NONE;
	e.qty = rng_below(r, 20) ? money(r, huge) : TOCSIN_NONE;
	if (e.qty != TOCSIN_NONE && e.qty < 0)
		e.qty = -e.qty;
	return e;
}

/* Each ck_assert() is a write(2): only a failure calls it here. */
static void compare(const struct model *m, const struct model_key *k, const struct tocsin_sample *s,
                    uint64_t seed, int step)
{
	for (size_t i = 0; i < N_CHECKS; i++) {
		long double magnitude, is = naive(m, k, &checks[i], &magnitude);

		if (!same(s->x[i], is, magnitude))
			ck_abort_msg("seed %lu, step %d: %s is %.17g, not %.17g",
			             (unsigned long)seed, step, checks[i].text, s->x[i],
			             (double)is);
	}
}

/* The earliest silence that was not told yet, ties by name; its key or N_KEYS. */
static unsigned next_silence(const struct model *m, int64_t time_ns, int64_t *ret_due,
                             unsigned *ret_which)
{
	static const int64_t times[2] = { SHORT, 2500 * NS_PER_MS };
	unsigned best = N_KEYS;

	for (unsigned i = 0; i < N_KEYS; i++) {
		for (unsigned w = 0; w < 2; w++) {
			int64_t due = m->keys[i].last + times[w];

			if (!m->keys[i].seen || m->keys[i].told[w] || due > time_ns)
				continue;
			if (best == N_KEYS || due < *ret_due ||
			    (due == *ret_due && strcmp(names[i], names[best]) < 0)) {
				best = i;
				*ret_due = due;
				*ret_which = w;
			}
		}
	}
	return best;
}

static int check_ticks(struct model *m, struct feature_table *t, int64_t time_ns, uint64_t seed,
                       int step)
{
	struct tocsin_sample s;
	unsigned which = 0, i;
	int64_t due = 0;
	int n = 0;

	while ((i = next_silence(m, time_ns, &due, &which)) < N_KEYS) {
		struct model_key *k = &m->keys[i];

		ck_assert_msg(feature_table_tick(t, time_ns, &s),
		              "seed %lu, step %d: no tick at %ld", (unsigned long)seed, step,
		              (long)due);
		ck_assert_int_eq(s.event->kind, TOCSIN_TICK);
		ck_assert_msg(s.event->time_ns == due, "seed %lu, step %d", (unsigned long)seed,
		              step);
		ck_assert_uint_eq(s.event->instrument.n, strlen(names[i]));
		ck_assert_mem_eq(s.event->instrument.p, names[i], strlen(names[i]));
		k->told[which] = true;
		if (due > k->now)
			k->now = due;
		m->event = s.event;
		compare(m, k, &s, seed, step);
		n++;
	}
	if (feature_table_tick(t, time_ns, &s))
		ck_abort_msg("seed %lu, step %d: a tick too many", (unsigned long)seed, step);
	return n;
}

/* As new; the lists' memory is used again. */
static void model_reset(struct model *m)
{
	for (unsigned i = 0; i < N_KEYS; i++) {
		struct model_key *k = &m->keys[i];

		for (enum list l = 0; l < N_LISTS; l++) {
			k->lists[l].n = 0;
			k->lists[l].dropped = false;
		}
		k->seen = k->has_price = k->has_quote = k->told[0] = k->told[1] = false;
	}
	m->watermark = INT64_MIN;
}

static void run_round(struct model *m, uint64_t seed, int *ticks, uint64_t *late, uint64_t *cut)
{
	struct rng r = { seed };
	struct feature_set *set = make_set();
	struct feature_limits limits = {
		100, seed % 3 == 1 ? 1 + seed % 50 : STEPS, LATENESS, { 0 }
	};
	struct feature_table *t = NULL;
	struct feature_counts counts;
	int64_t clock = START;

	model_reset(m);
	m->max_events = limits.max_window_events;
	ck_assert_int_eq(feature_table_new(set, &limits, &t), 0);
	for (int step = 0; step < STEPS - 1; step++) {
		struct tocsin_sample s;
		unsigned key;
		struct tocsin_event e = random_event(&r, &clock, seed % 3 == 2, &key);

		*ticks += check_ticks(m, t, e.time_ns, seed, step);
		feature_table_add(t, &e, &s);
		model_add(m, &m->keys[key], &e);
		m->event = &e;
		compare(m, &m->keys[key], &s, seed, step);
		if (feature_table_watermark(t) != m->watermark || s.n_features != N_CHECKS)
			ck_abort_msg("seed %lu, step %d: watermark", (unsigned long)seed, step);
	}
	feature_table_counts(t, &counts);
	*late += counts.late;
	*cut += counts.window_truncated;
	ck_assert_uint_eq(counts.keys, N_KEYS);
	ck_assert_uint_eq(counts.keys_evicted, 0);
	feature_table_free(t);
	feature_set_free(set);
}

START_TEST(windows_equal_a_recomputation)
{
	uint64_t late = 0, cut = 0;
	struct model *m = calloc(1, sizeof *m);
	int ticks = 0;

	ck_assert_ptr_nonnull(m);
	for (uint64_t seed = 1; seed <= ROUNDS; seed++)
		run_round(m, seed, &ticks, &late, &cut);
	free(m);
	/* the rounds did meet what they are for */
	ck_assert_int_gt(ticks, ROUNDS);
	ck_assert_uint_gt(late, ROUNDS);
	ck_assert_uint_gt(cut, ROUNDS);
}
END_TEST

/* The same events, each moved back in the order by less than the lateness: same values, same bits. */
START_TEST(arrival_leaves_no_trace)
{
	enum { N = 2000 };
	struct tocsin_event *events = calloc(N, sizeof *events);
	struct feature_set *set = make_set();
	const struct feature_limits limits = { 100, 100000, LATENESS, { 0 } };

	ck_assert_ptr_nonnull(events);
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct feature_table *in_order = NULL, *mixed = NULL;
		struct tocsin_sample a, b;
		struct rng r = { seed };
		int64_t clock = START;

		for (int i = 0; i < N; i++) {
			int64_t own;
			unsigned key;

			clock += 1 + (int64_t)rng_below(&r, (uint64_t)(20 * NS_PER_MS));
			own = clock;
			events[i] = random_event(&r, &own, true, &key);
			events[i].time_ns = clock;
		}
		ck_assert_int_eq(feature_table_new(set, &limits, &in_order), 0);
		ck_assert_int_eq(feature_table_new(set, &limits, &mixed), 0);
		for (int i = 0; i < N; i++)
			feature_table_add(in_order, &events[i], &a);
		for (int i = 0; i < N - 1; i++) { /* 100 events of at most 20 ms < 3 s */
			int j = i + (int)rng_below(&r, 100);
			struct tocsin_event turn = events[i];

			if (i % 100 || j >= N - 1)
				continue;
			events[i] = events[j];
			events[j] = turn;
		}
		for (int i = 0; i < N; i++)
			feature_table_add(mixed, &events[i], &b);
		ck_assert_mem_eq(a.x, b.x, N_CHECKS * sizeof *a.x);
		in_order = feature_table_free(in_order);
		mixed = feature_table_free(mixed);
	}
	feature_set_free(set);
	free(events);
}
END_TEST

SUITE("features windows", windows_equal_a_recomputation, arrival_leaves_no_trace)
