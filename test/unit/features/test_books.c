/* Order books behind features, by hand: what is read from them, of which order, from whose account;
 * what filters may ask; what a fill took is no cancellation, with books and without. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "../suite.h"
#include "core/timefmt.h"
#include "features/features.h"

#define START (1700000000 * NS_PER_S)

struct rig {
	struct feature_set *set;
	struct feature_table *table;
	uint32_t index[16];
	struct tocsin_sample s;
	struct tocsin_event e; /* flags, account and instrument of the next one */
};

static struct tocsin_str str(const char *p)
{
	return (struct tocsin_str){ p, p ? (uint32_t)strlen(p) : 0 };
}

static struct rig rig(const char *const *texts)
{
	const struct feature_limits limits = { .max_keys = 100,
		                               .max_window_events = 1000,
		                               .allowed_lateness_ns = 5 * NS_PER_S };
	struct rig g = { 0 };
	char reason[200] = "";

	ck_assert_int_eq(feature_set_new(&g.set), 0);
	for (uint32_t i = 0; texts[i]; i++) {
		size_t at = 0;

		ck_assert_msg(feature_set_add(g.set, texts[i], FEATURE_BY_INSTRUMENT, &g.index[i],
		                              &at, reason, sizeof reason) == 0,
		              "%s: %zu: %s", texts[i], at, reason);
	}
	ck_assert_int_eq(feature_table_new(g.set, &limits, &g.table), 0);
	g.e.instrument = str("ES");
	return g;
}

static void rig_done(struct rig *g)
{
	feature_table_free(g->table);
	feature_set_free(g->set);
}

static void add(struct rig *g, enum tocsin_kind kind, int64_t ms, const char *id,
                enum tocsin_side side, int64_t price, int64_t size)
{
	g->e.size = sizeof g->e;
	g->e.kind = (uint8_t)kind;
	g->e.time_ns = START + ms * NS_PER_MS;
	g->e.order_id = str(id);
	g->e.side = (uint8_t)side;
	g->e.price = price ? price * TOCSIN_SCALE : TOCSIN_NONE;
	g->e.qty = size * TOCSIN_SCALE;
	if (kind != TOCSIN_QUOTE)
		g->e.bid = g->e.ask = TOCSIN_NONE;
	feature_table_add(g->table, &g->e, &g->s);
}

#define ADD TOCSIN_ORDER_ADD
#define CANCEL TOCSIN_ORDER_CANCEL
#define BUY TOCSIN_BUY
#define SELL TOCSIN_SELL
#define IS(g, ...) \
	is(__LINE__, g, (const double[]){ __VA_ARGS__ }, \
	   sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

static void is(int line, const struct rig *g, const double *values, size_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		double x = g->s.x[g->index[i]];

		ck_assert_msg(x == values[i] || (isnan(x) && isnan(values[i])),
		              "line %d: %s is %.17g, not %.17g", line,
		              feature_set_name(g->set, g->index[i]), x, values[i]);
	}
}

START_TEST(values_of_a_book)
{
	static const char *const texts[] = { "best_bid",           "best_ask",
		                             "microprice",         "depth(buy, 2)",
		                             "imbalance(1)",       "depth(same, 1)",
		                             "depth(opposite, 1)", "book_crossed",
		                             "book_locked",        NULL };
	struct rig g = rig(texts);

	add(&g, TOCSIN_TRADE, 0, NULL, BUY, 100, 1);
	IS(&g, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN);
	add(&g, ADD, 1, "b1", BUY, 99, 3);
	add(&g, ADD, 2, "b2", BUY, 98, 5);
	add(&g, ADD, 3, "a1", SELL, 101, 1);
	IS(&g, 99, 101, 100.5, 8, 0.5, 1, 3, 0, 0);
	add(&g, TOCSIN_TRADE, 4, NULL, TOCSIN_SIDE_NONE, 100, 1);
	IS(&g, 99, 101, 100.5, 8, 0.5, NAN, NAN, 0, 0);
	add(&g, ADD, 5, "b3", BUY, 102, 1);
	IS(&g, 102, 101, 101.5, 4, 0, 1, 1, 1, 0);
	/* a snapshot takes its place, and a late event still is one of the book's */
	g.e.flags = TOCSIN_FLAG_SNAPSHOT;
	add(&g, ADD, -9000, "s1", BUY, 90, 2);
	g.e.flags = 0;
	add(&g, ADD, -9000, "s2", SELL, 92, 2);
	IS(&g, 90, 92, 91, 2, 0, 2, 2, 0, 0);
	add(&g, TOCSIN_BOOK_CLEAR, 6, NULL, 0, 0, 0);
	IS(&g, NAN, NAN, NAN, 0, NAN, NAN, NAN, NAN, NAN);
	rig_done(&g);
}
END_TEST

START_TEST(the_events_order)
{
	static const char *const texts[] = { "order_age",      "order_size",     "order_level",
		                             "order_share(1)", "order_share(2)", NULL };
	struct rig g = rig(texts);

	add(&g, ADD, 0, "1", BUY, 99, 3);
	IS(&g, 0, 3, 0, 1, 1);
	add(&g, ADD, 100, "2", BUY, 98, 1);
	IS(&g, 0, 1, 1, 0, 0.25);
	add(&g, CANCEL, 350, "1", BUY, 99, 3);
	IS(&g, 350e6, 3, 0, 1, 0.75);
	add(&g, CANCEL, 350, "1", BUY, 99, 3);
	IS(&g, NAN, NAN, NAN, NAN, NAN);
	add(&g, TOCSIN_TRADE, 400, NULL, BUY, 99, 3);
	IS(&g, NAN, NAN, NAN, NAN, NAN);
	rig_done(&g);
}
END_TEST

START_TEST(own_exposure_is_the_accounts)
{
	static const char *const texts[] = { "own_depth(buy)", "own_depth(buy, 1)",
		                             "own_orders(same)", "own_levels(opposite)", NULL };
	struct rig g = rig(texts);

	g.e.account = str("ann");
	add(&g, ADD, 0, "1", BUY, 99, 3);
	add(&g, ADD, 0, "2", BUY, 98, 4);
	IS(&g, 7, 3, 2, 0);
	g.e.account = str("bob");
	add(&g, ADD, 1, "3", SELL, 101, 1);
	IS(&g, 0, 0, 1, 0);
	g.e.account = str("ann");
	add(&g, TOCSIN_TRADE, 2, NULL, SELL, 98, 1);
	IS(&g, 7, 3, 0, 2);
	g.e.account = str(NULL);
	add(&g, TOCSIN_TRADE, 3, NULL, SELL, 98, 1);
	IS(&g, NAN, NAN, NAN, NAN);
	rig_done(&g);
}
END_TEST

START_TEST(filters_may_ask)
{
	static const char *const texts[] = {
		"count(order_cancel, 1s where order_age < 300ms and order_level == 0)",
		"count(order_cancel, 1s)",
		"sum(size, order_add, 1s where price > best_bid - 2)",
		"best_ask of \"NQ\"",
		"depth(opposite, 1) of \"NQ\"",
		NULL
	};
	struct rig g = rig(texts);

	add(&g, TOCSIN_TRADE, -2000, NULL, BUY, 99, 3);
	add(&g, ADD, 0, "1", BUY, 99, 3);
	add(&g, ADD, 0, "2", BUY, 98, 1);
	add(&g, ADD, 0, "3", BUY, 90, 5);
	IS(&g, 0, 0, 4, NAN, NAN);
	add(&g, CANCEL, 100, "2", BUY, 98, 1);
	IS(&g, 0, 1, 4, NAN, NAN);
	add(&g, CANCEL, 200, "1", BUY, 99, 3);
	IS(&g, 1, 2, 4, NAN, NAN);
	g.e.instrument = str("NQ");
	add(&g, ADD, 300, "1", SELL, 77, 6);
	g.e.instrument = str("ES");
	add(&g, CANCEL, 400, "3", BUY, 90, 5);
	IS(&g, 1, 3, 4, 77, 6);
	rig_done(&g);
}
END_TEST

START_TEST(bid_and_ask_of_who_spoke_last)
{
	static const char *const texts[] = { "bid", "ask", "spread", "mid", NULL };
	struct rig g = rig(texts);

	add(&g, ADD, 0, "1", BUY, 99, 3);
	IS(&g, 99, NAN, NAN, NAN);
	add(&g, ADD, 1, "2", SELL, 101, 3);
	IS(&g, 99, 101, 2, 100);
	g.e.bid = 97 * TOCSIN_SCALE;
	g.e.ask = 98 * TOCSIN_SCALE;
	add(&g, TOCSIN_QUOTE, 2, NULL, 0, 0, 0);
	IS(&g, 97, 98, 1, 97.5);
	add(&g, TOCSIN_TRADE, 3, NULL, BUY, 98, 1);
	IS(&g, 97, 98, 1, 97.5);
	add(&g, CANCEL, 4, "2", SELL, 101, 3);
	IS(&g, 99, NAN, NAN, NAN);
	rig_done(&g);
}
END_TEST

/* Fill and what then takes the order out, as Databento tells it. */
static void filled(struct rig *g, int64_t ms, const char *id, int64_t size)
{
	g->e.flags = TOCSIN_FLAG_FILL_KEEPS_BOOK | TOCSIN_FLAG_MORE;
	add(g, TOCSIN_FILL, ms, id, SELL, 99, size);
	g->e.flags = TOCSIN_FLAG_LAST;
	add(g, CANCEL, ms, id, BUY, 99, size);
	g->e.flags = 0;
}

START_TEST(what_a_fill_took_is_not_cancelled)
{
	static const char *const texts[] = { "count(order_cancel, 1s)", "count(any, 1s)",
		                             "best_bid", NULL };

	for (int books = 0; books < 2; books++) {
		const char *const some[] = { texts[0], texts[1], books ? texts[2] : NULL, NULL };
		struct rig g = rig(some);
		struct feature_counts c;

		add(&g, ADD, 0, "1", BUY, 99, 3);
		add(&g, ADD, 0, "2", BUY, 98, 3);
		add(&g, ADD, 900, "3", BUY, 97, 3);
		filled(&g, 1000, "1", 3);
		IS(&g, 0, 3);
		ck_assert(g.s.event->flags & TOCSIN_FLAG_BY_FILL);
		if (books)
			ck_assert(g.s.x[2] == 98);
		add(&g, CANCEL, 1001, "2", BUY, 98, 3);
		IS(&g, 1, 4);
		ck_assert(!(g.s.event->flags & TOCSIN_FLAG_BY_FILL));
		feature_table_counts(g.table, &c);
		ck_assert_uint_eq(c.books.orders, (uint64_t)books);
		ck_assert(books == 0 || c.bytes > c.books.bytes);
		rig_done(&g);
	}
}
END_TEST

START_TEST(wrong_texts)
{
	static const struct {
		const char *text;
		size_t at;
		const char *reason;
	} all[] = {
		{ "depth(5)", 6, "expected a side: buy, sell, same or opposite" },
		{ "depth(bid, 5)", 6, "unknown side 'bid'" },
		{ "depth(bu, 5)", 6, "unknown side 'bu' (did you mean 'buy'?)" },
		{ "depth(buy)", 9, "depth needs a number of levels: depth(side, levels)" },
		{ "depth(buy, 0)", 11, "expected how many price levels, 1 to 1000" },
		{ "imbalance(buy, 5)", 10, "expected how many price levels, 1 to 1000" },
		{ "own_depth(buy, 1, 2)", 18, "one argument too many: own_depth(side[, levels])" },
		{ "depth(buy, 1 where size > 2)", 19, "depth takes no 'where'" },
		{ "order_age of \"NQ\"", 13, "'order_age' is the event's own: it takes no 'of'" },
		{ "best_bid by account", 0, "'best_bid' is the event's own: it takes no 'by'" },
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct feature_set *s;
		char reason[200] = "";
		uint32_t index;
		size_t at = 999;

		ck_assert_int_eq(feature_set_new(&s), 0);
		ck_assert_int_eq(feature_set_add(s, all[i].text, FEATURE_BY_INSTRUMENT, &index, &at,
		                                 reason, sizeof reason),
		                 -EINVAL);
		ck_assert_msg(at == all[i].at && strcmp(reason, all[i].reason) == 0, "%s: %zu: %s",
		              all[i].text, at, reason);
		feature_set_free(s);
	}
}
END_TEST

START_TEST(one_text_each)
{
	static const struct {
		const char *text, *name;
	} all[] = {
		{ "depth( buy,5 )", "depth(buy, 5)" },
		{ "own_depth(same)", "own_depth(same)" },
		{ "own_depth(same , 3)", "own_depth(same, 3)" },
		{ "order_share(5)", "order_share(5)" },
		{ "best_ask of 'NQ'", "best_ask of \"NQ\"" },
		{ "book_crossed", "book_crossed" },
	};
	struct feature_set *s;

	ck_assert_int_eq(feature_set_new(&s), 0);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		char reason[200] = "";
		uint32_t index, again;
		size_t at;

		ck_assert_msg(feature_set_add(s, all[i].text, FEATURE_BY_INSTRUMENT, &index, &at,
		                              reason, sizeof reason) == 0,
		              "%s: %s", all[i].text, reason);
		ck_assert_str_eq(feature_set_name(s, index), all[i].name);
		ck_assert_int_eq(feature_set_add(s, all[i].name, FEATURE_BY_INSTRUMENT, &again, &at,
		                                 reason, sizeof reason),
		                 0);
		ck_assert_uint_eq(index, again);
	}
	feature_set_free(s);
}
END_TEST

SUITE("books", values_of_a_book, the_events_order, own_exposure_is_the_accounts, filters_may_ask,
      bid_and_ask_of_who_spoke_last, what_a_fill_took_is_not_cancelled, wrong_texts, one_text_each)
