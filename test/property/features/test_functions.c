/* Every function over windows equals a recomputation from plain arrays, on 10^6 random events that
 * arrive out of order (fewer in a fast run): integers exactly, roots to 1e-12, the decaying mean to
 * 1e-8. The model knows of no ring, tail, sum or tree: it has the events as they came, and looks
 * through all of them. */
#include "features/features.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/suite.h"
#include "core/rng.h"
#include "core/timefmt.h"

#define STEPS 2000
#define N_KEYS 3
#define LATENESS (3 * NS_PER_S)
#define START 1700000000000000000LL
#define CHECK_EVERY 13 /* steps: no divisor of anything else here */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ROUNDS 40
#else
#define ROUNDS 500
#endif
#define ROUNDS_FAST 12

/* What is asked for --------------------------------------------------------------------------- */

enum what {
	COUNT,
	RATIO,
	SUM,
	MEAN,
	MIN,
	MAX,
	VWAP,
	STDDEV,
	ZSCORE,
	QUANTILE,
	EWMA,
	DISTINCT,
	LAG,
	TIME_SINCE,
	FIRST_SEEN,
	OBSERVED,
	RANGE,
};

enum field { NOTHING, PRICE, SIZE, NOTIONAL, ACCOUNT, SIDE, VENUE };

#define BIT(k) TOCSIN_KIND_BIT(TOCSIN_##k)
#define PRICED (BIT(TRADE) | BIT(BAR))
#define ALL (TOCSIN_KIND_BIT(TOCSIN_TICK) - 1)
#define S NS_PER_S

static const struct check {
	const char *text;
	enum what what;
	enum field field;
	uint32_t kinds, others;
	int64_t w;
	double q; /* or how many back */
} checks[] = {
	{ "count(5s)", COUNT, NOTHING, ALL, 0, 5 * S, 0 },
	{ "ratio(order_add, trade, 5s)", RATIO, NOTHING, BIT(ORDER_ADD), BIT(TRADE), 5 * S, 0 },
	{ "cancel_ratio(2s)", RATIO, NOTHING, BIT(ORDER_CANCEL), BIT(TRADE), 2 * S, 0 },
	{ "sum(size, 5s)", SUM, SIZE, PRICED, 0, 5 * S, 0 },
	{ "sum(size, order_add, 5s)", SUM, SIZE, BIT(ORDER_ADD), 0, 5 * S, 0 },
	{ "sum(size, any, 2s)", SUM, SIZE, ALL, 0, 2 * S, 0 },
	{ "sum(notional, 5s)", SUM, NOTIONAL, PRICED, 0, 5 * S, 0 },
	{ "sum(notional, trade, 1s)", SUM, NOTIONAL, BIT(TRADE), 0, S, 0 },
	{ "mean(price, order_cancel, 5s)", MEAN, PRICE, BIT(ORDER_CANCEL), 0, 5 * S, 0 },
	{ "mean(notional, 5s)", MEAN, NOTIONAL, PRICED, 0, 5 * S, 0 },
	{ "min(notional, 5s)", MIN, NOTIONAL, PRICED, 0, 5 * S, 0 },
	{ "max(notional, trade, 2s)", MAX, NOTIONAL, BIT(TRADE), 0, 2 * S, 0 },
	{ "min(size, order_add, 5s)", MIN, SIZE, BIT(ORDER_ADD), 0, 5 * S, 0 },
	{ "max(price, any, 1s)", MAX, PRICE, ALL, 0, S, 0 },
	{ "range(price, 2s)", RANGE, PRICE, PRICED, 0, 2 * S, 0 },
	{ "vwap(trade, 5s)", VWAP, NOTIONAL, BIT(TRADE), 0, 5 * S, 0 },
	{ "vwap(2s)", VWAP, NOTIONAL, PRICED, 0, 2 * S, 0 },
	{ "stddev(price, 5s)", STDDEV, PRICE, PRICED, 0, 5 * S, 0 },
	{ "stddev(size, 5s)", STDDEV, SIZE, PRICED, 0, 5 * S, 0 },
	{ "stddev(size, order_add, 1s)", STDDEV, SIZE, BIT(ORDER_ADD), 0, S, 0 },
	{ "zscore(price, 5s)", ZSCORE, PRICE, PRICED, 0, 5 * S, 0 },
	{ "zscore(size, 1s)", ZSCORE, SIZE, PRICED, 0, S, 0 },
	{ "zscore(size, order_cancel, 5s)", ZSCORE, SIZE, BIT(ORDER_CANCEL), 0, 5 * S, 0 },
	{ "quantile(price, 50%, 5s)", QUANTILE, PRICE, PRICED, 0, 5 * S, 0.5 },
	{ "quantile(size, 0.99, 5s)", QUANTILE, SIZE, PRICED, 0, 5 * S, 0.99 },
	{ "quantile(size, any, 1%, 2s)", QUANTILE, SIZE, ALL, 0, 2 * S, 0.01 },
	{ "ewma(price, 500ms)", EWMA, PRICE, PRICED, 0, S / 2, 0 },
	{ "ewma(size, 10ms)", EWMA, SIZE, PRICED, 0, S / 100, 0 },
	{ "ewma(size, order_add, 30s)", EWMA, SIZE, BIT(ORDER_ADD), 0, 30 * S, 0 },
	{ "distinct(price, 5s)", DISTINCT, PRICE, PRICED, 0, 5 * S, 0 },
	{ "distinct(size, order_add, 2s)", DISTINCT, SIZE, BIT(ORDER_ADD), 0, 2 * S, 0 },
	{ "distinct(account, 5s)", DISTINCT, ACCOUNT, ALL, 0, 5 * S, 0 },
	{ "distinct(account, trade, 1s)", DISTINCT, ACCOUNT, BIT(TRADE), 0, S, 0 },
	{ "distinct(side, 1s)", DISTINCT, SIDE, ALL, 0, S, 0 },
	{ "distinct(venue, order_add, 5s)", DISTINCT, VENUE, BIT(ORDER_ADD), 0, 5 * S, 0 },
	{ "lag(price, 1)", LAG, PRICE, PRICED, 0, 0, 1 },
	{ "lag(price, 7)", LAG, PRICE, PRICED, 0, 0, 7 },
	{ "lag(size, order_add, 30)", LAG, SIZE, BIT(ORDER_ADD), 0, 0, 30 },
	{ "time_since(trade)", TIME_SINCE, NOTHING, BIT(TRADE), 0, 0, 1 },
	{ "time_since(any)", TIME_SINCE, NOTHING, ALL, 0, 0, 1 },
	{ "first_seen", FIRST_SEEN, NOTHING, ALL, 0, 0, 0 },
	{ "observed", OBSERVED, NOTHING, ALL, 0, 0, 0 },
};

#define N_CHECKS (sizeof checks / sizeof checks[0])

/* The naive model ----------------------------------------------------------------------------- */

struct model {
	struct tocsin_event events[N_KEYS][STEPS]; /* as they came, without the late ones */
	size_t n[N_KEYS];
	int64_t watermark, first;
	size_t max_events;
	bool scored_in; /* the last one of its key is the one being scored */
};

/* The events of the check's series, in the order of time, then of arrival; the event being scored
 * apart. */
struct look {
	const struct tocsin_event *others[STEPS + 1], *own;
	size_t n;
	int64_t now, first;
};

static bool has(const struct tocsin_event *e, enum field f)
{
	switch (f) {
	case NOTHING: return true;
	case PRICE: return e->price != TOCSIN_NONE;
	case SIZE: return e->qty != TOCSIN_NONE;
	case NOTIONAL: return e->price != TOCSIN_NONE && e->qty != TOCSIN_NONE;
	case ACCOUNT: return e->account.p != NULL;
	case SIDE: return e->side != TOCSIN_SIDE_NONE;
	case VENUE: return e->venue.p != NULL;
	}
	return false;
}

/* What is of the series takes up room in it, whether it has the field or not. */
static bool of_series(const struct tocsin_event *e, const struct check *c)
{
	if (c->field == NOTIONAL || (c->field == SIZE && c->kinds == PRICED))
		return has(e, PRICE);
	return has(e, c->field);
}

static void look(const struct model *m, unsigned key, uint32_t kinds, const struct check *c,
                 struct look *ret)
{
	size_t max = c->what == EWMA ? STEPS : m->max_events;

	*ret = (struct look){ .now = INT64_MIN, .first = INT64_MAX };
	for (size_t i = 0; i < m->n[key]; i++) {
		const struct tocsin_event *e = &m->events[key][i];
		size_t at = ret->n;

		ret->now = e->time_ns > ret->now ? e->time_ns : ret->now;
		ret->first = e->time_ns < ret->first ? e->time_ns : ret->first;
		if (!(kinds & TOCSIN_KIND_BIT(e->kind)) || !of_series(e, c))
			continue;
		while (at > 0 && ret->others[at - 1]->time_ns > e->time_ns)
			at--;
		if (at == 0 && ret->n == max) /* no room for one older than all */
			continue;
		memmove(&ret->others[at + 1], &ret->others[at],
		        (ret->n - at) * sizeof ret->others[0]);
		ret->others[at] = e;
		if (++ret->n > max)
			memmove(&ret->others[0], &ret->others[1], --ret->n * sizeof ret->others[0]);
	}
	for (size_t i = 0; m->scored_in && i < ret->n; i++) {
		if (ret->others[i] != &m->events[key][m->n[key] - 1])
			continue;
		ret->own = ret->others[i];
		memmove(&ret->others[i], &ret->others[i + 1],
		        (--ret->n - i) * sizeof ret->others[0]);
	}
}

/* Only those of the window that have the field; the event being scored with them, unless
 * `others_only`. */
static void cut(struct look *l, int64_t w, enum field f, bool others_only)
{
	size_t n = 0;

	if (l->own && !has(l->own, f))
		l->own = NULL;
	for (size_t i = 0; i < l->n; i++)
		if (l->others[i]->time_ns > l->now - w && has(l->others[i], f))
			l->others[n++] = l->others[i];
	if (l->own && !others_only && l->own->time_ns > l->now - w)
		l->others[n++] = l->own;
	l->n = n;
}

static long double number(const struct tocsin_event *e, enum field f)
{
	long double price = (long double)e->price / 1e9L, size = (long double)e->qty / 1e9L;

	return f == PRICE ? price : f == SIZE ? size : price * size;
}

static int by_number(const void *a, const void *b)
{
	long double x = *(const long double *)a, y = *(const long double *)b;

	return (x > y) - (x < y);
}

static bool same_field(const struct tocsin_event *a, const struct tocsin_event *b, enum field f)
{
	const struct tocsin_str *s = f == ACCOUNT ? &a->account : &a->venue;
	const struct tocsin_str *t = f == ACCOUNT ? &b->account : &b->venue;

	switch (f) {
	case PRICE: return a->price == b->price;
	case SIZE: return a->qty == b->qty;
	case SIDE: return a->side == b->side;
	default: return s->n == t->n && memcmp(s->p, t->p, s->n) == 0;
	}
}

static double different(const struct look *l, enum field f)
{
	double n = 0;

	for (size_t i = 0; i < l->n; i++) {
		size_t j = 0;

		while (j < i && !same_field(l->others[i], l->others[j], f))
			j++;
		n += j == i;
	}
	return n;
}

/* All in two passes: mean first, then the distances from it. */
static void moments(const struct look *l, enum field f, long double *ret_sum, long double *ret_mean,
                    long double *ret_variance)
{
	long double sum = 0, squares = 0, mean;

	for (size_t i = 0; i < l->n; i++)
		sum += number(l->others[i], f);
	mean = sum / (long double)l->n;
	for (size_t i = 0; i < l->n; i++) {
		long double d = number(l->others[i], f) - mean;

		squares += d * d;
	}
	*ret_sum = sum;
	*ret_mean = mean;
	*ret_variance = squares / (long double)(l->n - 1);
}

static long double weighted(const struct look *l, const struct check *c)
{
	long double sum = 0, weight = 0;
	int64_t newest = INT64_MIN;

	for (size_t i = 0; i < l->n; i++)
		newest = l->others[i]->time_ns > newest ? l->others[i]->time_ns : newest;
	for (size_t i = 0; i < l->n; i++) {
		long double age = (long double)(newest - l->others[i]->time_ns) / (long double)c->w;
		long double w = exp2l(-age);

		sum += w * number(l->others[i], c->field);
		weight += w;
	}
	return l->n ? sum / weight : (long double)NAN;
}

static long double of_window(const struct look *l, const struct check *c)
{
	static long double sorted[STEPS];
	long double sum, mean, variance, x, size = 0, at, none = (long double)NAN;

	if (l->n == 0 && c->what != SUM && c->what != ZSCORE)
		return none;
	moments(l, c->field, &sum, &mean, &variance);
	for (size_t i = 0; i < l->n; i++) {
		sorted[i] = number(l->others[i], c->field);
		size += number(l->others[i], SIZE);
	}
	qsort(sorted, l->n, sizeof sorted[0], by_number);
	switch (c->what) {
	case SUM: return sum;
	case MEAN: return mean;
	case MIN: return sorted[0];
	case MAX: return sorted[l->n - 1];
	case RANGE: return sorted[l->n - 1] - sorted[0];
	case VWAP: return size > 0 ? sum / size : none;
	case STDDEV: return l->n > 1 ? sqrtl(variance) : none;
	case ZSCORE:
		if (l->n < 2 || sorted[0] == sorted[l->n - 1])
			return none;
		x = number(l->own, c->field);
		return (x - mean) / sqrtl(variance);
	default: break;
	}
	at = (long double)(double)((double)(l->n - 1) * c->q);
	x = sorted[(size_t)at];
	if ((size_t)at + 1 < l->n)
		x += (at - floorl(at)) * (sorted[(size_t)at + 1] - x);
	return x;
}

static long double naive(const struct model *m, unsigned key, const struct check *c)
{
	static struct look l, other;
	long double none = (long double)NAN;
	look(m, key, c->kinds, c, &l);
	if (m->n[key] == 0 || l.now - l.first < c->w)
		return none;
	switch (c->what) {
	case FIRST_SEEN: return (long double)(l.now - l.first);
	case OBSERVED: return (long double)(l.now - m->first);
	case LAG: return l.n >= c->q ? number(l.others[l.n - (size_t)c->q], c->field) : none;
	case TIME_SINCE: return l.n ? (long double)(l.now - l.others[l.n - 1]->time_ns) : none;
	case EWMA: cut(&l, INT64_MAX / 2, c->field, false); return weighted(&l, c);
	default: break;
	}
	cut(&l, c->w, c->field, c->what == ZSCORE);
	switch (c->what) {
	case COUNT: return (long double)l.n;
	case DISTINCT: return different(&l, c->field);
	case RATIO:
		look(m, key, c->others, c, &other);
		cut(&other, c->w, NOTHING, false);
		return other.n ? (long double)l.n / (long double)other.n : none;
	case ZSCORE: return l.own ? of_window(&l, c) : none;
	default: return of_window(&l, c);
	}
}

static bool same(const struct check *c, double got, long double is)
{
	long double room = c->what == EWMA                                             ? 1e-8L
	                   : c->what == STDDEV || c->what == ZSCORE || c->what == VWAP ? 1e-12L
	                                                                               : 4e-16L;

	if (isnan(got) || isnan((double)is))
		return isnan(got) && isnan((double)is);
	return fabsl((long double)got - is) <= room * (fabsl(is) + (c->what >= MIN ? 0 : 1e-3L)) ||
	       (c->what == ZSCORE && fabsl((long double)got - is) < 1e-12L);
}

/* Driving both -------------------------------------------------------------------------------- */

static const char *const names[N_KEYS] = { "ES", "NQ", "E" };
static const char *const accounts[] = { "a", "bb", "ccc", "a-long-account-number-0001", "e", "f" };
static const char *const venues[] = { "XCME", "XNAS" };

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

static struct tocsin_str text_of(const char *s)
{
	return (struct tocsin_str){ s, s ? (uint32_t)strlen(s) : 0 };
}

static struct tocsin_event random_event(struct rng *r, int64_t *clock, unsigned *ret_key)
{
	struct tocsin_event e = { .size = sizeof e };
	uint64_t pick = rng_below(r, 1000);

	*ret_key = rng_below(r, 10) ? (unsigned)rng_below(r, 2) : 2;
	*clock += pick < 150   ? 0
	          : pick < 980 ? (int64_t)rng_below(r, (uint64_t)(100 * NS_PER_MS))
	          : pick < 999 ? (int64_t)rng_below(r, (uint64_t)(2 * NS_PER_S))
	                       : 15 * NS_PER_S;
	e.time_ns = *clock;
	if (rng_below(r, 4) == 0)
		e.time_ns -= (int64_t)rng_below(r, (uint64_t)(LATENESS * 11 / 10));
	e.kind = (uint8_t)(rng_below(r, 2) ? TOCSIN_TRADE : rng_below(r, TOCSIN_TICK));
	e.side = (uint8_t)rng_below(r, 3);
	e.instrument = text_of(names[*ret_key]);
	e.account = text_of(rng_below(r, 3) ? accounts[rng_below(r, 6)] : NULL);
	e.venue = text_of(rng_below(r, 3) ? venues[rng_below(r, 2)] : NULL);
	e.bid = e.ask = e.bid_qty = e.ask_qty = e.open = e.high = e.low = TOCSIN_NONE;
	e.price = rng_below(r, 15) ? 4000000000000 + (int64_t)rng_below(r, 400) * 250000000
	                           : TOCSIN_NONE;
	e.qty = rng_below(r, 15) ? (int64_t)(1 + rng_below(r, 30)) * 1000000000 : TOCSIN_NONE;
	return e;
}

/* Each ck_assert() is a write(2): only a failure calls it here. */
static void compare(const struct model *m, unsigned key, const struct tocsin_sample *s,
                    uint64_t seed, int step)
{
	for (size_t i = 0; i < N_CHECKS; i++) {
		long double is = naive(m, key, &checks[i]);

		if (!same(&checks[i], s->x[i], is))
			ck_abort_msg("seed %lu, step %d: %s is %.17g, not %.17Lg",
			             (unsigned long)seed, step, checks[i].text, s->x[i], is);
	}
}

static void run_round(struct model *m, const struct feature_set *set, uint64_t seed)
{
	const struct feature_limits limits = {
		10, seed % 3 ? STEPS : 1 + seed % 70, LATENESS, { 0 }
	};
	struct feature_table *t = NULL;
	struct rng r = { seed };
	int64_t clock = START;

	memset(m->n, 0, sizeof m->n);
	m->watermark = INT64_MIN;
	m->first = INT64_MAX;
	m->max_events = limits.max_window_events;
	ck_assert_int_eq(feature_table_new(set, &limits, &t), 0);
	for (int step = 0; step < STEPS; step++) {
		unsigned key;
		struct tocsin_event e = random_event(&r, &clock, &key);
		struct tocsin_sample s;

		m->scored_in = m->watermark == INT64_MIN || m->watermark - e.time_ns <= LATENESS;
		if (m->scored_in) {
			m->events[key][m->n[key]++] = e;
			m->watermark = e.time_ns > m->watermark ? e.time_ns : m->watermark;
			m->first = e.time_ns < m->first ? e.time_ns : m->first;
		}
		feature_table_add(t, &e, &s);
		if (step % CHECK_EVERY == 0)
			compare(m, key, &s, seed, step);
	}
	feature_table_free(t);
}

START_TEST(functions_equal_a_recomputation)
{
	struct model *m = calloc(1, sizeof *m);
	struct feature_set *set = make_set();
	uint64_t rounds = getenv("TOCSIN_TEST_FAST") ? ROUNDS_FAST : ROUNDS;

	ck_assert_ptr_nonnull(m);
	for (uint64_t seed = 1; seed <= rounds; seed++)
		run_round(m, set, seed);
	free(m);
	feature_set_free(set);
}
END_TEST

SUITE("features functions", functions_equal_a_recomputation)
