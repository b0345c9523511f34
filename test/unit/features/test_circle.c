/* Circles of trades: small ones by hand, many at random against a plain search of all ways. */
#include "features/features.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "core/rng.h"
#include "core/timefmt.h"

#define START (1700000000 * NS_PER_S)

struct fixture {
	struct feature_set *set;
	struct feature_table *table;
	uint32_t index;
};

static struct fixture *make(const char *feature)
{
	const struct feature_limits limits = { 100, 1000, 5 * NS_PER_S, { 0 } };
	struct fixture *f = calloc(1, sizeof *f);
	char why[200] = "";
	size_t at;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(feature_set_new(&f->set), 0);
	ck_assert_msg(feature_set_add(f->set, feature, FEATURE_BY_INSTRUMENT, &f->index, &at, why,
	                              sizeof why) == 0,
	              "%s", why);
	ck_assert_int_eq(feature_table_new(f->set, &limits, &f->table), 0);
	return f;
}

static void done(struct fixture *f)
{
	feature_table_free(f->table);
	feature_set_free(f->set);
	free(f);
}

static struct tocsin_event event(double at, enum tocsin_kind kind)
{
	return (struct tocsin_event){ .size = sizeof(struct tocsin_event),
		                      .kind = (uint8_t)kind,
		                      .time_ns = START + (int64_t)(at * 1e9),
		                      .price = TOCSIN_SCALE,
		                      .qty = TOCSIN_SCALE,
		                      .bid = TOCSIN_NONE,
		                      .ask = TOCSIN_NONE,
		                      .instrument = { "I", 1 } };
}

/* `seller` sells to `buyer`; the aggressor is told by `side`. */
static double trade(struct fixture *f, double at, enum tocsin_side side, const char *seller,
                    const char *buyer, int64_t size)
{
	struct tocsin_event e = event(at, TOCSIN_TRADE);
	const char *account = side == TOCSIN_BUY ? buyer : seller;
	const char *other = side == TOCSIN_BUY ? seller : buyer;
	struct tocsin_sample s;

	e.side = (uint8_t)side;
	e.qty = size * TOCSIN_SCALE;
	if (*account)
		e.account = (struct tocsin_str){ account, (uint32_t)strlen(account) };
	if (*other)
		e.counterparty = (struct tocsin_str){ other, (uint32_t)strlen(other) };
	feature_table_add(f->table, &e, &s);
	return s.x[f->index];
}

/* The window is full from the first event on: one that is long enough ago. */
static void open_market(struct fixture *f)
{
	struct tocsin_event e = event(-1000, TOCSIN_QUOTE);
	struct tocsin_sample s;

	feature_table_add(f->table, &e, &s);
}

START_TEST(by_hand)
{
	struct fixture *f = make("circle(10%, 5m)");

	open_market(f);
	ck_assert_double_eq(trade(f, 1, TOCSIN_BUY, "A", "A", 10), 1);
	ck_assert_double_eq(trade(f, 2, TOCSIN_BUY, "A", "B", 10), 0);
	ck_assert_double_eq(trade(f, 3, TOCSIN_BUY, "B", "A", 10), 2);
	ck_assert_double_eq(trade(f, 4, TOCSIN_SELL, "B", "A", 11), 2);
	ck_assert_double_eq(trade(f, 4, TOCSIN_SELL, "B", "A", 12), 0); /* of another size */
	/* three and four, whoever was the aggressor, in any order of time */
	ck_assert_double_eq(trade(f, 5, TOCSIN_SELL, "K", "M", 30), 0);
	ck_assert_double_eq(trade(f, 6, TOCSIN_BUY, "L", "K", 30), 0);
	ck_assert_double_eq(trade(f, 7, TOCSIN_BUY, "M", "L", 30), 3);
	ck_assert_double_eq(trade(f, 8, TOCSIN_BUY, "P", "Q", 50), 0);
	ck_assert_double_eq(trade(f, 9, TOCSIN_BUY, "Q", "R", 50), 0);
	ck_assert_double_eq(trade(f, 10, TOCSIN_BUY, "S", "P", 48), 0);
	ck_assert_double_eq(trade(f, 11, TOCSIN_BUY, "R", "S", 50), 4);
	/* five are too many */
	ck_assert_double_eq(trade(f, 12, TOCSIN_BUY, "1", "2", 70), 0);
	ck_assert_double_eq(trade(f, 13, TOCSIN_BUY, "2", "3", 70), 0);
	ck_assert_double_eq(trade(f, 14, TOCSIN_BUY, "3", "4", 70), 0);
	ck_assert_double_eq(trade(f, 15, TOCSIN_BUY, "4", "5", 70), 0);
	ck_assert_double_eq(trade(f, 16, TOCSIN_BUY, "5", "1", 70), 0);
	/* gone with the window */
	ck_assert_double_eq(trade(f, 305, TOCSIN_BUY, "A", "B", 10), 0);
	/* nothing to say */
	ck_assert_double_nan(trade(f, 306, TOCSIN_BUY, "", "B", 10));
	ck_assert_double_nan(trade(f, 306, TOCSIN_BUY, "A", "", 10));
	ck_assert_double_nan(trade(f, 306, TOCSIN_SIDE_NONE, "A", "B", 10));
	done(f);
}
END_TEST

/* Filters and the window's warm-up are those of any windowed function. */
START_TEST(as_others)
{
	struct fixture *f = make("circle(100%, 5m where size >= 5)");

	ck_assert_double_nan(trade(f, 0, TOCSIN_BUY, "A", "B", 10));
	trade(f, 400, TOCSIN_BUY, "A", "B", 4);
	ck_assert_double_eq(trade(f, 401, TOCSIN_BUY, "B", "A", 9), 0);
	ck_assert_double_eq(trade(f, 402, TOCSIN_BUY, "A", "B", 5), 2);
	ck_assert_str_eq(feature_set_name(f->set, f->index), "circle(1, 5m where size >= 5)");
	done(f);
}
END_TEST

#define ACCOUNTS 20
#define TRADES 4000
#define WINDOW 60

struct edge {
	double at;
	int seller, buyer;
	int64_t size;
};

/* Is there a way of at most `left` trades from `from` to `to` over accounts not yet on it? */
static int way(const struct edge *e, int first, int n, int from, int to, int left, unsigned on,
               double least, double most)
{
	int best = 0;

	for (int i = first; i < n && left; i++) {
		int more;

		if (e[i].seller != from || (double)e[i].size < least || (double)e[i].size > most)
			continue;
		if (e[i].buyer == to)
			return 1;
		if (on >> e[i].buyer & 1)
			continue;
		more = way(e, first, n, e[i].buyer, to, left - 1, on | 1u << e[i].buyer, least,
		           most);
		if (more && (!best || more + 1 < best))
			best = more + 1;
	}
	return best;
}

START_TEST(at_random)
{
	static struct edge edges[TRADES];
	struct fixture *f = make("circle(25%, 1m)");
	int found[6] = { 0 };
	double now = 0;
	struct rng rng = { 20240131 };

	open_market(f);
	for (int i = 0, first = 0; i < TRADES; i++) {
		char seller[8], buyer[8];
		struct edge *e = &edges[i];
		double apart, x;
		int expected;

		now += (double)rng_below(&rng, 3000) / 1000;
		*e = (struct edge){ now, (int)rng_below(&rng, ACCOUNTS),
			            (int)rng_below(&rng, ACCOUNTS),
			            1 + (int64_t)rng_below(&rng, 12) };
		snprintf(seller, sizeof seller, "a%d", e->seller);
		snprintf(buyer, sizeof buyer, "a%d", e->buyer);
		x = trade(f, now, rng_below(&rng, 2) ? TOCSIN_BUY : TOCSIN_SELL, seller, buyer,
		          e->size);
		while ((int64_t)(edges[first].at * 1e9) <= (int64_t)(now * 1e9) - WINDOW * NS_PER_S)
			first++;
		apart = (double)e->size * 0.25;
		expected = e->seller == e->buyer
		                   ? 1
		                   : way(edges, first, i, e->buyer, e->seller, 3, 1u << e->buyer,
		                         (double)e->size - apart, (double)e->size + apart);
		if (e->seller != e->buyer && expected)
			expected++;
		ck_assert_msg(x == expected, "trade %d: %g, expected %d", i, x, expected);
		found[expected]++;
	}
	for (int k = 0; k <= 4; k++)
		ck_assert_int_gt(found[k], 20);
	done(f);
}
END_TEST

SUITE("circle", by_hand, as_others, at_random)
