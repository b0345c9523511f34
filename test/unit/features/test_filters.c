/* What enters a window and whose window it is, by hand: conditions on texts, `where`, sides, `of`. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../suite.h"
#include "core/timefmt.h"
#include "features/features.h"

#define START (1700000000 * NS_PER_S)
#define SIDE_B TOCSIN_BUY
#define SIDE_S TOCSIN_SELL

struct rig {
	struct feature_set *set;
	struct feature_table *table;
	uint32_t index[32];
	uint32_t n;
	struct tocsin_sample s;
	struct tocsin_event e;
};

static int ask(struct rig *g, const char *text, unsigned by, size_t *at, char reason[static 200])
{
	return feature_set_add(g->set, text, by, &g->index[g->n], at, reason, 200);
}

static struct rig rig(const char *const *texts, unsigned by)
{
	const struct tocsin_str watch[] = { { "A1", 2 }, { "A2", 2 }, { "A1", 2 } };
	const struct feature_limits limits = { 100, 1000, 5 * NS_PER_S, { 0 } };
	struct rig g = { 0 };

	ck_assert_int_eq(feature_set_new(&g.set), 0);
	ck_assert_int_eq(feature_set_list(g.set, "watch", watch, 3), 0);
	ck_assert_int_eq(feature_set_list(g.set, "nobody", NULL, 0), 0);
	for (; texts[g.n]; g.n++) {
		char reason[200] = "";
		size_t at = 0;

		ck_assert_msg(ask(&g, texts[g.n], by, &at, reason) == 0, "%s: %zu: %s", texts[g.n],
		              at, reason);
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

/* As g->e says, with kind, time in ms, price, size and side. */
static void add(struct rig *g, enum tocsin_kind kind, int64_t ms, int64_t price, int64_t size,
                enum tocsin_side side)
{
	g->e.size = sizeof g->e;
	g->e.kind = (uint8_t)kind;
	g->e.time_ns = START + ms * NS_PER_MS;
	g->e.price = price * TOCSIN_SCALE;
	g->e.qty = size * TOCSIN_SCALE;
	g->e.bid = g->e.ask = TOCSIN_NONE;
	g->e.side = (uint8_t)side;
	if (!g->e.instrument.p)
		g->e.instrument = str("ES");
	feature_table_add(g->table, &g->e, &g->s);
}

#define IS(g, ...) \
	is(__LINE__, g, (const double[]){ __VA_ARGS__ }, \
	   sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

static void is(int line, const struct rig *g, const double *values, size_t n)
{
	ck_assert_uint_eq(n, g->n);
	for (size_t i = 0; i < n; i++) {
		double x = g->s.x[g->index[i]];

		ck_assert_msg(isnan(x) ? isnan(values[i]) : fabs(x - values[i]) < 1e-12,
		              "line %d: %s is %g, not %g", line,
		              feature_set_name(g->set, g->index[i]), x, values[i]);
	}
}

START_TEST(texts_are_compared)
{
	static const char *const texts[] = {
		"side == buy",
		"side != \"buy\"",
		"kind in (\"trade\", \"quote\")",
		"account == counterparty",
		"account != counterparty",
		"account in watch",
		"account in (\"A1\", 'B\"1')",
		"account in nobody",
		"order_id == \"\"",
		"instrument == \"ES\"",
		NULL,
	};
	struct rig g = rig(texts, FEATURE_BY_ACCOUNT);

	add(&g, TOCSIN_TRADE, 0, 1, 1, TOCSIN_SIDE_NONE);
	IS(&g, NAN, NAN, 1, NAN, NAN, NAN, NAN, NAN, NAN, 1);
	g.e.account = str("A1");
	g.e.counterparty = str("A1");
	add(&g, TOCSIN_FILL, 0, 1, 1, SIDE_S);
	IS(&g, 0, 1, 0, 1, 0, 1, 1, 0, NAN, 1);
	g.e.account = str("B\"1");
	g.e.order_id = str("x");
	g.e.instrument = str("ESH4");
	add(&g, TOCSIN_QUOTE, 0, 1, 1, SIDE_B);
	IS(&g, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0);
	ck_assert_str_eq(feature_set_name(g.set, g.index[0]), "side == buy");
	ck_assert_str_eq(feature_set_name(g.set, g.index[1]), "side != buy");
	ck_assert_str_eq(feature_set_name(g.set, g.index[2]), "kind in (trade, quote)");
	ck_assert_str_eq(feature_set_name(g.set, g.index[6]), "account in (\"A1\", 'B\"1')");
	for (uint32_t i = 0; i < g.n; i++) {
		ck_assert_uint_eq(g.index[i], i);
		ck_assert_uint_eq(feature_set_by(g.set, i), 0);
	}
	rig_done(&g);
}
END_TEST

START_TEST(windows_behind_a_condition)
{
	static const char *const texts[] = {
		"count(trade, 1s where size >= 5)",
		"sum(size, 1s where price > 10 and side == buy)",
		"return(price, 1s where size >= 5)",
		"count(1s where account in watch) by account",
		"count(1s where not account in watch)",
		NULL,
	};
	struct rig g = rig(texts, FEATURE_BY_INSTRUMENT);

	ck_assert_str_eq(feature_set_name(g.set, g.index[0]), "count(trade, 1s where size >= 5)");
	ck_assert_str_eq(feature_set_name(g.set, g.index[3]),
	                 "count(1s where account in watch) by account");
	add(&g, TOCSIN_TRADE, 0, 10, 5, SIDE_B);
	g.e.account = str("A1");
	add(&g, TOCSIN_TRADE, 1000, 11, 4, SIDE_B); /* not in the first, in the second */
	IS(&g, 0, 4, 0, NAN, 0);
	g.e.account = str("B1");
	add(&g, TOCSIN_TRADE, 1100, 20, 9, SIDE_S);
	IS(&g, 1, 4, 1, NAN, 1);
	g.e.account = str(NULL);
	add(&g, TOCSIN_ORDER_ADD, 1200, 12, 9, SIDE_B); /* no trade; account unknown: neither */
	IS(&g, 1, 4, 1, NAN, 1);
	g.e.account = str("A1");
	add(&g, TOCSIN_TRADE, 2000, 10, 7, SIDE_B); /* 1000 leaves */
	IS(&g, 2, 0, 0, 1, 1);
	rig_done(&g);
}
END_TEST

START_TEST(sides)
{
	static const char *const texts[] = {
		"count(trade, buy, 1s)",
		"sum(size, sell, 1s)",
		"count(same, 1s)",
		"sum(size, opposite, 1s)",
		"count(trade, 1s)",
		"time_since(trade, opposite)",
		"count(same, 1s where size > 5)",
		NULL,
	};
	struct rig g = rig(texts, FEATURE_BY_INSTRUMENT);

	ck_assert_str_eq(feature_set_name(g.set, g.index[2]), "count(same, 1s)");
	ck_assert_str_eq(feature_set_name(g.set, g.index[3]), "sum(size, opposite, 1s)");
	ck_assert_str_eq(feature_set_name(g.set, g.index[5]), "time_since(trade, opposite)");
	add(&g, TOCSIN_TRADE, 0, 1, 1, SIDE_B);
	add(&g, TOCSIN_TRADE, 1000, 1, 2, SIDE_B);
	IS(&g, 1, 0, 1, 0, 1, NAN, 0);
	add(&g, TOCSIN_TRADE, 1100, 1, 4, SIDE_S);
	IS(&g, 1, 4, 1, 2, 2, 100 * NS_PER_MS, 0);
	add(&g, TOCSIN_TRADE, 1200, 1, 8, SIDE_S);
	IS(&g, 1, 12, 2, 2, 3, 200 * NS_PER_MS, 1);
	add(&g, TOCSIN_TRADE, 1300, 1, 16, TOCSIN_SIDE_NONE);
	IS(&g, 1, 12, NAN, NAN, 4, NAN, NAN);
	add(&g, TOCSIN_TRADE, 1400, 1, 32, SIDE_B);
	IS(&g, 2, 12, 2, 12, 5, 200 * NS_PER_MS, 1);
	rig_done(&g);
}
END_TEST

START_TEST(other_instruments)
{
	static const char *const texts[] = {
		"price of \"NQ\"",
		"count(1s) of \"NQ\"",
		"price",
		"count(trade, buy, 1s where size > 1) of \"NQ\"",
		"absent_for(1s) of \"NQ\"",
		"price of \"ZZ\"",
		"lag(price, 1) of \"NQ\"",
		NULL,
	};
	struct rig g = rig(texts, FEATURE_BY_ACCOUNT);

	ck_assert_str_eq(feature_set_name(g.set, g.index[3]),
	                 "count(trade, buy, 1s where size > 1) of \"NQ\"");
	ck_assert_str_eq(feature_set_name(g.set, g.index[2]), "price by account");
	ck_assert(!feature_set_ticks(g.set, g.index[4]));
	g.e.account = str("a");
	add(&g, TOCSIN_TRADE, 0, 5, 1, SIDE_B);
	IS(&g, NAN, NAN, 5, NAN, NAN, NAN, NAN);
	g.e.instrument = str("NQ");
	add(&g, TOCSIN_TRADE, 0, 7, 2, SIDE_B);
	IS(&g, 7, NAN, 7, NAN, 0, NAN, NAN); /* the event itself is not the last before it */
	add(&g, TOCSIN_TRADE, 900, 8, 2, SIDE_B);
	g.e.instrument = str("ES");
	add(&g, TOCSIN_TRADE, 1000, 6, 1, SIDE_S); /* NQ's own windows moved: the first is out */
	IS(&g, 8, 1, 6, 1, 0, NAN, 8);
	add(&g, TOCSIN_TRADE, 1900, 6, 1, SIDE_S);
	IS(&g, 8, 0, 6, 0, 1, NAN, 8);
	ck_assert(!feature_table_tick(g.table, START + 10000 * NS_PER_MS, &g.s));
	rig_done(&g);
}
END_TEST

/* One condition is one filter, and a window of its own only with other events. */
START_TEST(equal_windows_are_shared)
{
	static const char *const texts[] = {
		"count(1s where size>5)",
		"count(1s where (size > 5)) by instrument",
		"count(any, 1s where size > 5)",
		NULL,
	};
	struct rig g = rig(texts, FEATURE_BY_INSTRUMENT);

	ck_assert_uint_eq(g.index[0], g.index[1]);
	ck_assert_uint_eq(g.index[0], g.index[2]);
	ck_assert_uint_eq(feature_set_count(g.set), 2); /* size is one too */
	rig_done(&g);
}
END_TEST

START_TEST(wrong_texts)
{
	static const struct {
		const char *text;
		size_t at;
		const char *message;
	} cases[] = {
		{ "side == byu", 8, "unknown side 'byu' (did you mean 'buy'?)" },
		{ "side in (\"buy\", \"sel\")", 16, "unknown side 'sel' (did you mean 'sell'?)" },
		{ "kind == \"tick\"", 8, "unknown kind 'tick'" },
		{ "account == A1", 11, "write the text in quotes: \"A1\"" },
		{ "account == 5", 11, "expected a text, such as \"A1\"" },
		{ "account in wacth", 11, "unknown list 'wacth' (did you mean 'watch'?)" },
		{ "count(1m where count(5m) > 3)", 15,
		  "'where' is judged by the event alone: 'count' is of a window" },
		{ "count(1m where size > 5 and bid > 3)", 28,
		  "'where' is judged by the event alone: 'bid' is not the event's own" },
		{ "count(1m where size)", 15,
		  "a rule needs a condition, such as 'rate(1s) > 50'; this is a size" },
		{ "count(1m where sise > 3)", 15, "unknown name 'sise' (did you mean 'size'?)" },
		{ "absent_for(1m where size > 3)", 20, "absent_for takes no 'where'" },
		{ "size by account", 0, "'size' is the event's own: it takes no 'by'" },
		{ "size of \"NQ\"", 8, "'size' is the event's own: it takes no 'of'" },
		{ "price by account of \"NQ\"", 20,
		  "'of' is of another instrument: it goes with no 'by'" },
		{ "price of \"\"", 9, "'of' needs the name of an instrument" },
		{ "price of NQ", 9, "'of' needs an instrument in quotes" },
		{ "count(buy, sell, 1m)", 11, "unknown kind 'sell'" },
		{ "absent_for(buy, 1m)", 11, "expected a window, such as 5m" },
	};
	static const char *const none[] = { NULL };
	struct rig g = rig(none, FEATURE_BY_INSTRUMENT);

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char reason[200] = "";
		size_t at = 99;

		ck_assert_msg(ask(&g, cases[i].text, FEATURE_BY_INSTRUMENT, &at, reason) == -EINVAL,
		              "%s", cases[i].text);
		ck_assert_msg(at == cases[i].at && strcmp(reason, cases[i].message) == 0,
		              "%s: at %zu: %s", cases[i].text, at, reason);
	}
	rig_done(&g);
}
END_TEST

START_TEST(bounds)
{
	static const char *const none[] = { NULL };
	struct rig g = rig(none, FEATURE_BY_INSTRUMENT);
	char text[100], reason[200] = "";
	size_t at;

	for (int i = 0; i < 256; i++) {
		snprintf(text, sizeof text, "count(1s where size > %d)", i);
		ck_assert_int_eq(ask(&g, text, FEATURE_BY_INSTRUMENT, &at, reason), 0);
		snprintf(text, sizeof text, "price of \"%d\"", i);
		ck_assert_int_eq(ask(&g, text, FEATURE_BY_INSTRUMENT, &at, reason), 0);
	}
	ck_assert_int_eq(ask(&g, "count(1s where size > 256)", FEATURE_BY_INSTRUMENT, &at, reason),
	                 -EINVAL);
	ck_assert_str_eq(reason, "more than 256 different conditions of 'where'");
	ck_assert_int_eq(ask(&g, "price of \"256\"", FEATURE_BY_INSTRUMENT, &at, reason), -EINVAL);
	ck_assert_str_eq(reason, "more than 256 different instruments of 'of'");
	ck_assert_int_eq(ask(&g, "price of \"7\"", FEATURE_BY_INSTRUMENT, &at, reason), 0);
	rig_done(&g);
}
END_TEST

SUITE("feature filters", texts_are_compared, windows_behind_a_condition, sides, other_instruments,
      equal_windows_are_shared, wrong_texts, bounds)
