/* Windows by other texts than the instrument: who is told from whom, what a tick says, and what is
 * known of a key. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../suite.h"
#include "core/timefmt.h"
#include "features/features.h"

#define START (1700000000 * NS_PER_S)
#define I FEATURE_BY_INSTRUMENT
#define A FEATURE_BY_ACCOUNT
#define V FEATURE_BY_VENUE
#define C FEATURE_BY_COUNTERPARTY

struct ask {
	const char *text;
	unsigned by;
	const char *canonical;
};

struct rig {
	struct feature_set *set;
	struct feature_table *table;
	struct tocsin_sample s;
	struct tocsin_event e;
};

static struct rig rig(const struct ask *asks, size_t max_keys)
{
	const struct feature_limits limits = { max_keys, 1000, 5 * NS_PER_S, { 0 } };
	struct rig g = { 0 };

	ck_assert_int_eq(feature_set_new(&g.set), 0);
	for (uint32_t i = 0; asks[i].text; i++) {
		char reason[200] = "";
		uint32_t index = 99;
		size_t at = 0;

		ck_assert_msg(feature_set_add(g.set, asks[i].text, asks[i].by, &index, &at, reason,
		                              sizeof reason) == 0,
		              "%s: %s", asks[i].text, reason);
		ck_assert_uint_eq(index, i);
		if (asks[i].canonical)
			ck_assert_str_eq(feature_set_name(g.set, i), asks[i].canonical);
	}
	ck_assert_int_eq(feature_table_new(g.set, &limits, &g.table), 0);
	return g;
}

static void rig_done(struct rig *g)
{
	feature_table_free(g->table);
	feature_set_free(g->set);
}

static struct tocsin_str str(const char *p)
{
	return (struct tocsin_str){ p, p ? (uint32_t)strlen(p) : 0 };
}

/* A trade of size 1 at price 10. */
static const double *trade(struct rig *g, int64_t ms, const char *instrument, const char *account,
                           const char *venue)
{
	g->e = (struct tocsin_event){
		.size = sizeof g->e,
		.kind = TOCSIN_TRADE,
		.time_ns = START + ms * NS_PER_MS,
		.price = 10 * TOCSIN_SCALE,
		.qty = TOCSIN_SCALE,
		.bid = TOCSIN_NONE,
		.ask = TOCSIN_NONE,
		.instrument = str(instrument),
		.account = str(account),
		.venue = str(venue),
	};
	feature_table_add(g->table, &g->e, &g->s);
	return g->s.x;
}

static bool same(double a, double b)
{
	return isnan(a) ? isnan(b) : a == b;
}

#define IS(x, ...) \
	is(__LINE__, x, (const double[]){ __VA_ARGS__ }, \
	   sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

static void is(int line, const double *x, const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(same(x[i], values[i]), "line %d: x[%zu] is %g, not %g", line, i, x[i],
		              values[i]);
}

START_TEST(keys_are_made_of_what_is_asked)
{
	static const struct ask asks[] = {
		{ "count(1s)", I, "count(1s)" },
		{ "count(1s)", A, "count(1s) by account" },
		{ "count(1s)", A | I, "count(1s) by instrument+account" },
		{ "count(1s)", C | V | A | I,
		  "count(1s) by instrument+account+venue+counterparty" },
		{ "size", A, "size" },
		{ "price", A, "price by account" },
		{ NULL, 0, NULL },
	};
	struct rig g = rig(asks, 100);
	struct feature_counts c;

	for (uint32_t i = 0; i < 4; i++)
		ck_assert_uint_eq(feature_set_by(g.set, i), asks[i].by);
	ck_assert_uint_eq(feature_set_by(g.set, 4), 0);
	trade(&g, 0, "ES", "a", "v");
	trade(&g, 0, "NQ", "a", "v");
	trade(&g, 0, "ES", "b", NULL);
	IS(trade(&g, 1000, "ES", "a", "v"), 1, 1, 1, NAN, 1, 10);
	IS(trade(&g, 1100, "NQ", "a", NULL), 1, 2, 1, NAN, 1, 10);
	IS(trade(&g, 1200, "ES", "b", "v"), 2, 1, 1, NAN, 1, 10);
	IS(trade(&g, 1300, "ES", NULL, "v"), 3, NAN, NAN, NAN, 1, NAN);
	IS(trade(&g, 1400, "ES", "", "v"), 4, NAN, NAN, NAN, 1, NAN);
	IS(trade(&g, 1500, NULL, "a", "v"), NAN, 3, NAN, NAN, 1, 10);
	feature_table_counts(g.table, &c);
	ck_assert_uint_eq(c.keys, 2 + 2 + 3);
	rig_done(&g);
}
END_TEST

/* Neighbouring texts do not run together. */
START_TEST(texts_keep_apart)
{
	static const struct ask asks[] = {
		{ "price", A | I, NULL },
		{ "count(1s)", A | I, NULL },
		{ NULL, 0, NULL },
	};
	struct rig g = rig(asks, 100);

	trade(&g, 0, "AB", "C", NULL);
	IS(trade(&g, 1000, "AB", "C", NULL), 10, 1);
	IS(trade(&g, 1000, "A", "BC", NULL), 10, NAN);
	IS(trade(&g, 1000, "ABC", NULL, NULL), NAN, NAN);
	ck_assert_uint_ne(feature_entity(&g.e, I), 0);
	ck_assert_uint_eq(feature_entity(&g.e, I), feature_key(&g.e.instrument));
	ck_assert_uint_eq(feature_entity(&g.e, I | A), 0);
	ck_assert_uint_eq(feature_entity(&g.e, 0), 0);
	rig_done(&g);
}
END_TEST

/* From first to now; -1: not known. */
static int64_t seen(const struct rig *g, unsigned by, uint64_t entity)
{
	struct feature_times times;

	if (!feature_table_times(g->table, by, entity, &times))
		return -1;
	ck_assert_int_ge(times.last_ns, times.first_ns);
	return times.now_ns - times.first_ns;
}

/* Of silences at the same time and with the same bytes, the one whose first text is shorter. */
START_TEST(silences_have_an_order)
{
	static const struct ask asks[] = {
		{ "absent_for(1s)", A | I, NULL },
		{ NULL, 0, NULL },
	};

	for (int turn = 0; turn < 2; turn++) {
		struct rig g = rig(asks, 100);

		trade(&g, 0, turn ? "AB" : "A", turn ? "C" : "BC", NULL);
		trade(&g, 0, turn ? "A" : "AB", turn ? "BC" : "C", NULL);
		ck_assert(feature_table_tick(g.table, START + 2 * NS_PER_S, &g.s));
		ck_assert_uint_eq(g.s.event->instrument.n, 1);
		ck_assert(feature_table_tick(g.table, START + 2 * NS_PER_S, &g.s));
		ck_assert_uint_eq(g.s.event->instrument.n, 2);
		rig_done(&g);
	}
}
END_TEST

START_TEST(keys_go_in_each_space)
{
	static const struct ask asks[] = {
		{ "price", I, NULL },
		{ "price", A, NULL },
		{ NULL, 0, NULL },
	};
	struct rig g = rig(asks, 2);
	struct feature_counts c;
	uint64_t a;

	trade(&g, 0, "ES", "a", NULL);
	a = feature_entity(&g.e, A);
	trade(&g, 1, "ES", "b", NULL);
	ck_assert_int_eq(seen(&g, A, a), 0);
	trade(&g, 2, "ES", "c", NULL);
	feature_table_counts(g.table, &c);
	ck_assert_uint_eq(c.keys, 3);
	ck_assert_uint_eq(c.keys_evicted, 1);
	ck_assert_int_eq(seen(&g, A, a), -1);
	ck_assert_int_eq(seen(&g, I, g.s.key), 2 * NS_PER_MS);
	ck_assert_int_eq(seen(&g, V, g.s.key), -1);
	rig_done(&g);
}
END_TEST

START_TEST(ticks_of_each_space)
{
	static const struct ask asks[] = {
		{ "absent_for(1s)", A, "absent_for(1s) by account" },
		{ "absent_for(1s)", A | I, "absent_for(1s) by instrument+account" },
		{ "count(1s)", I, NULL },
		{ "count(1s)", A, NULL },
		{ "count(1s)", V, NULL },
		{ NULL, 0, NULL },
	};
	struct rig g = rig(asks, 100);

	ck_assert(feature_set_ticks(g.set, 0));
	ck_assert(!feature_set_ticks(g.set, 2));
	trade(&g, 0, "ES", "a", "v");
	trade(&g, 500, "ES", "b", "v");
	trade(&g, 600, "NQ", "a", "v");
	/* account a is still there at 1000, but not in ES */
	ck_assert(feature_table_tick(g.table, START + 1550 * NS_PER_MS, &g.s));
	ck_assert_int_eq(g.s.event->kind, TOCSIN_TICK);
	ck_assert_int_eq(g.s.event->time_ns, START + 1000 * NS_PER_MS);
	ck_assert_int_eq(g.s.event->price, 10 * TOCSIN_SCALE);
	ck_assert_mem_eq(g.s.event->instrument.p, "ES", 2);
	ck_assert_mem_eq(g.s.event->account.p, "a", 1);
	ck_assert_ptr_null(g.s.event->venue.p);
	ck_assert_uint_eq(g.s.key, feature_key(&g.s.event->instrument));
	IS(g.s.x, 0, 1, 1, 1, NAN); /* count by account a: 0 is out, 600 in */
	/* account b at 1500, in both spaces: that by account comes first, it was asked for first */
	ck_assert(feature_table_tick(g.table, START + 1550 * NS_PER_MS, &g.s));
	ck_assert_int_eq(g.s.event->time_ns, START + 1500 * NS_PER_MS);
	ck_assert_ptr_null(g.s.event->instrument.p);
	ck_assert_mem_eq(g.s.event->account.p, "b", 1);
	IS(g.s.x, 1, NAN, NAN, 0, NAN);
	ck_assert(feature_table_tick(g.table, START + 1550 * NS_PER_MS, &g.s));
	ck_assert_mem_eq(g.s.event->instrument.p, "ES", 2);
	ck_assert_mem_eq(g.s.event->account.p, "b", 1);
	IS(g.s.x, 1, 1, 0, 0, NAN);
	ck_assert(!feature_table_tick(g.table, START + 1550 * NS_PER_MS, &g.s));
	rig_done(&g);
}
END_TEST

START_TEST(one_key_at_a_time)
{
	static const struct ask asks[] = {
		{ "count(1s)", I, NULL },
		{ "sum(size, 10s)", A, NULL },
		{ "size", A, NULL },
		{ NULL, 0, NULL },
	};
	struct rig g = rig(asks, 100);
	const uint32_t both[] = { 0, 1 }, none[] = { 2 };
	uint64_t a, es, v;

	feature_table_free(g.table);
	feature_set_keep(g.set, V);
	ck_assert_int_eq(
		feature_table_new(g.set, &(struct feature_limits){ 9, 99, 0, { 0 } }, &g.table), 0);
	trade(&g, 0, "ES", "a", "v");
	a = feature_entity(&g.e, A);
	es = feature_entity(&g.e, I);
	v = feature_entity(&g.e, V);
	ck_assert_int_eq(seen(&g, I, es), 0);
	trade(&g, 700, "ES", "a", "v");
	ck_assert(feature_table_at(g.table, I, es, START + 1500 * NS_PER_MS, &g.s));
	ck_assert_int_eq(g.s.event->kind, TOCSIN_TICK);
	ck_assert_int_eq(g.s.event->time_ns, START + 1500 * NS_PER_MS);
	IS(g.s.x, 1, NAN, NAN);
	ck_assert_int_eq(seen(&g, I, es), 1500 * NS_PER_MS);
	ck_assert(feature_table_at(g.table, I, es, START + 1700 * NS_PER_MS, &g.s));
	IS(g.s.x, 0, NAN, NAN);
	ck_assert(feature_table_at(g.table, A, a, START + 10000 * NS_PER_MS, &g.s));
	IS(g.s.x, NAN, 1, NAN);
	ck_assert_mem_eq(g.s.event->account.p, "a", 1);
	ck_assert(feature_table_at(g.table, V, v, START, &g.s));
	ck_assert_mem_eq(g.s.event->venue.p, "v", 1);
	ck_assert(!feature_table_at(g.table, C, v, START, &g.s));
	ck_assert(!feature_table_at(g.table, A, v, START, &g.s));
	ck_assert_int_eq(feature_set_lookback_of(g.set, both, 1), NS_PER_S);
	ck_assert_int_eq(feature_set_lookback_of(g.set, both, 2), 10 * NS_PER_S);
	ck_assert_int_eq(feature_set_lookback_of(g.set, none, 1), 0);
	rig_done(&g);
}
END_TEST

SUITE("feature spaces", keys_are_made_of_what_is_asked, texts_keep_apart, silences_have_an_order,
      keys_go_in_each_space, ticks_of_each_space, one_key_at_a_time)
