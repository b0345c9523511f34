/* Features by hand: what each says, when it says nothing, and what the bounds do. */
#include "features/features.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../suite.h"
#include "core/hash.h"
#include "core/timefmt.h"
#include "features/wide.h"

#define START (1700000000 * NS_PER_S)
#define MAX_FEATURES 16

/* A set, its table, and the sample of the last event. */
struct rig {
	struct feature_set *set;
	struct feature_table *table;
	struct tocsin_sample s;
	struct tocsin_event e;
};

static struct rig rig(const struct feature_limits *limits, const char *const *texts)
{
	static const struct feature_limits usual = { 100, 1000, 5 * NS_PER_S, { 0 } };
	struct rig g = { 0 };

	ck_assert_int_eq(feature_set_new(&g.set), 0);
	for (uint32_t i = 0; texts[i]; i++) {
		char reason[200] = "";
		uint32_t index = 99;
		size_t at = 0;

		ck_assert_msg(feature_set_add(g.set, texts[i], FEATURE_BY_INSTRUMENT, &index, &at,
		                              reason, sizeof reason) == 0,
		              "%s: %s", texts[i], reason);
		ck_assert_uint_eq(index, i);
	}
	ck_assert_int_eq(feature_table_new(g.set, limits ? limits : &usual, &g.table), 0);
	return g;
}

static void rig_done(struct rig *g)
{
	ck_assert_ptr_null(feature_table_free(g->table));
	ck_assert_ptr_null(feature_set_free(g->set));
	ck_assert_ptr_null(feature_table_free(NULL));
	ck_assert_ptr_null(feature_set_free(NULL));
}

/* Time in ms after START; price and size as plain numbers, NaN = none. */
static const double *add(struct rig *g, const char *name, enum tocsin_kind kind, int64_t ms,
                         double price, double size)
{
	g->e = (struct tocsin_event){
		.size = sizeof g->e,
		.kind = (uint8_t)kind,
		.flags = g->e.flags,
		.time_ns = START + ms * NS_PER_MS,
		.price = isnan(price) || kind == TOCSIN_QUOTE ? TOCSIN_NONE
		                                              : (int64_t)(price * 1e9),
		.qty = isnan(size) || kind == TOCSIN_QUOTE ? TOCSIN_NONE : (int64_t)(size * 1e9),
		.bid = kind == TOCSIN_QUOTE ? (int64_t)(price * 1e9) : TOCSIN_NONE,
		.ask = kind == TOCSIN_QUOTE ? (int64_t)(size * 1e9) : TOCSIN_NONE,
		.instrument = { name, (uint32_t)strlen(name) },
	};
	feature_table_add(g->table, &g->e, &g->s);
	ck_assert_ptr_eq(g->s.event, &g->e);
	return g->s.x;
}

static const double *trade(struct rig *g, int64_t ms, double price, double size)
{
	return add(g, "ES", TOCSIN_TRADE, ms, price, size);
}

static bool tick(struct rig *g, int64_t ms)
{
	return feature_table_tick(g->table, START + ms * NS_PER_MS, &g->s);
}

#define EQ(a, b) equal(__LINE__, a, b)
#define NONE(a) none(__LINE__, a)

static void equal(int line, double got, double is)
{
	ck_assert_msg(fabs(got - is) < 1e-12, "line %d: %.17g, not %.17g", line, got, is);
}

static void none(int line, double got)
{
	ck_assert_msg(isnan(got), "line %d: %.17g, not nothing", line, got);
}

START_TEST(silent_until_full)
{
	static const char *const texts[] = { "count(1s)", "sum(size, 1s)", "return(price, 1s)",
		                             "price", NULL };
	struct rig g = rig(NULL, texts);
	const double *x = trade(&g, 0, 10, 1);

	NONE(x[0]);
	NONE(x[1]);
	NONE(x[2]);
	EQ(x[3], 10);
	x = trade(&g, 999, 11, 2);
	NONE(x[0]);
	NONE(x[1]);
	NONE(x[2]);
	x = trade(&g, 1000, 12, 3); /* full now; the first one is just out */
	EQ(x[0], 2);
	EQ(x[1], 5);
	EQ(x[2], 0.2);
	x = trade(&g, 5000, 15, 4); /* in force a second ago: 12 */
	EQ(x[0], 1);
	EQ(x[1], 4);
	EQ(x[2], 0.25);
	EQ(x[3], 15);
	rig_done(&g);
}
END_TEST

START_TEST(values_of_a_window)
{
	static const char *const texts[] = {
		"mean(price, 10s)",  "mean(size, 10s)", "min(price, 10s)",   "max(price, 10s)",
		"range(price, 10s)", "vwap(10s)",       "delta(price, 10s)", "rate(10s)",
		"rate(trade, 10s)",  "min(size, 10s)",  "max(size, 10s)",    NULL
	};
	struct rig g = rig(NULL, texts);
	const double *x;

	trade(&g, 0, 100, 9);
	trade(&g, 5000, 101, 1);
	trade(&g, 6000, 104, 3);
	add(&g, "ES", TOCSIN_ORDER_ADD, 7000, 50, 50); /* not traded */
	x = trade(&g, 12000, 98, NAN); /* no size: not in what sizes make */
	EQ(x[0], 101);
	EQ(x[1], 2);
	EQ(x[2], 98);
	EQ(x[3], 104);
	EQ(x[4], 6);
	EQ(x[5], (101 * 1 + 104 * 3) / 4.0);
	EQ(x[6], -2);
	EQ(x[7], 0.4);
	EQ(x[8], 0.3);
	EQ(x[9], 1);
	EQ(x[10], 3);
	/* all gone: nothing to divide by; 0 events a second is a value; the last price is still in force */
	x = add(&g, "ES", TOCSIN_ORDER_ADD, 60000, 50, 50);
	NONE(x[0]);
	NONE(x[1]);
	NONE(x[2]);
	NONE(x[3]);
	NONE(x[4]);
	NONE(x[5]);
	EQ(x[6], 0);
	EQ(x[7], 0.1);
	EQ(x[8], 0);
	NONE(x[9]);
	NONE(x[10]);
	rig_done(&g);
}
END_TEST

START_TEST(bare_values)
{
	static const char *const texts[] = { "price", "size",        "bid",      "ask", "spread",
		                             "mid",   "event_price", "notional", NULL };
	struct rig g = rig(NULL, texts);
	const double *x = add(&g, "ES", TOCSIN_QUOTE, 0, 10, 12);

	NONE(x[0]);
	NONE(x[1]);
	EQ(x[2], 10);
	EQ(x[3], 12);
	EQ(x[4], 2);
	EQ(x[5], 11);
	NONE(x[6]);
	NONE(x[7]);
	x = add(&g, "ES", TOCSIN_ORDER_ADD, 1, 500, 2);
	NONE(x[0]);
	EQ(x[1], 2);
	EQ(x[2], 10);
	EQ(x[6], 500);
	EQ(x[7], 1000);
	x = trade(&g, 2, 11, 3);
	EQ(x[0], 11);
	EQ(x[1], 3);
	EQ(x[7], 33);
	x = trade(&g, 1, 99, 4); /* came late: not the last price, but its own size */
	EQ(x[0], 11);
	EQ(x[1], 4);
	EQ(x[6], 99);
	x = add(&g, "NQ", TOCSIN_ORDER_ADD, 3, 1, 1); /* another instrument knows none of this */
	NONE(x[0]);
	NONE(x[2]);
	NONE(x[4]);
	rig_done(&g);
}
END_TEST

START_TEST(cancel_ratio)
{
	static const char *const texts[] = { "cancel_ratio(1s)", NULL };
	struct rig g = rig(NULL, texts);

	add(&g, "ES", TOCSIN_ORDER_CANCEL, 0, 1, 1);
	NONE(add(&g, "ES", TOCSIN_ORDER_CANCEL, 1500, 1, 1)[0]);
	EQ(trade(&g, 1600, 1, 1)[0], 1);
	EQ(add(&g, "ES", TOCSIN_ORDER_CANCEL, 1700, 1, 1)[0], 2);
	rig_done(&g);
}
END_TEST

START_TEST(return_needs_a_price_above_zero)
{
	static const char *const texts[] = { "return(price, 1s)", "delta(price, 1s)", NULL };
	struct rig g = rig(NULL, texts);
	const double *x;

	trade(&g, 0, 0, 1);
	x = trade(&g, 1000, 5, 1);
	NONE(x[0]);
	EQ(x[1], 5);
	trade(&g, 2000, -5, 1);
	x = trade(&g, 3000, 5, 1);
	NONE(x[0]);
	EQ(x[1], 10);
	x = trade(&g, 4000, 10, 1);
	EQ(x[0], 1);
	EQ(x[1], 5);
	rig_done(&g);
}
END_TEST

START_TEST(late_and_snapshot_change_nothing)
{
	static const char *const texts[] = { "count(1s)", "size", NULL };
	struct rig g = rig(NULL, texts);
	struct feature_counts c;
	const double *x;

	ck_assert_int_eq(feature_table_watermark(g.table), INT64_MIN);
	trade(&g, 0, 1, 1);
	trade(&g, 10000, 1, 1);
	EQ(trade(&g, 9500, 1, 1)[0], 2); /* in time */
	x = trade(&g, 4999, 1, 7); /* 1 ms over the lateness */
	EQ(x[0], 2);
	EQ(x[1], 7);
	g.e.flags = TOCSIN_FLAG_SNAPSHOT;
	x = trade(&g, 20000, 1, 8);
	EQ(x[0], 2);
	EQ(x[1], 8);
	NONE(add(&g, "NQ", TOCSIN_TRADE, 20000, 1, 9)[0]);
	g.e.flags = 0;
	ck_assert_int_eq(feature_table_watermark(g.table), START + 10 * NS_PER_S);
	x = add(&g, "NQ", TOCSIN_TRADE, 0, 1, 9);
	NONE(x[0]);
	EQ(x[1], 9);
	feature_table_counts(g.table, &c);
	ck_assert_uint_eq(c.late, 2);
	ck_assert_uint_eq(c.snapshot, 2);
	ck_assert_uint_eq(c.keys, 1);
	ck_assert_uint_eq(c.keys_evicted, 0);
	rig_done(&g);
}
END_TEST

START_TEST(taken_by_a_fill_is_not_cancelled)
{
	static const char *const texts[] = { "count(order_cancel, 1s)", "count(1s)", NULL };
	struct rig g = rig(NULL, texts);
	const double *x;

	trade(&g, 0, 1, 1);
	x = add(&g, "ES", TOCSIN_ORDER_CANCEL, 1000, 1, 1);
	EQ(x[0], 1);
	g.e.flags = TOCSIN_FLAG_BY_FILL;
	x = add(&g, "ES", TOCSIN_ORDER_CANCEL, 1001, 1, 1);
	EQ(x[0], 1);
	EQ(x[1], 2);
	g.e.flags = TOCSIN_FLAG_FILL_KEEPS_BOOK;
	x = add(&g, "ES", TOCSIN_ORDER_CANCEL, 1002, 1, 1);
	EQ(x[0], 2);
	EQ(x[1], 3);
	rig_done(&g);
}
END_TEST

START_TEST(least_recently_used_key_goes)
{
	static const char *const texts[] = { "price", "max(price, 1s)", "absent_for(1s)", NULL };
	const struct feature_limits limits = { 3, 100, 5 * NS_PER_S, { 0 } };
	struct rig g = rig(&limits, texts);
	struct feature_counts c;
	size_t bytes;
	char name[16];

	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof name, "K%d", i);
		add(&g, name, TOCSIN_TRADE, i, i, 1);
		add(&g, "KEPT", TOCSIN_TRADE, i, 7, 1);
	}
	feature_table_counts(g.table, &c);
	ck_assert_uint_eq(c.keys, 3);
	ck_assert_uint_eq(c.keys_evicted, 3);
	bytes = c.bytes;
	EQ(add(&g, "K4", TOCSIN_ORDER_ADD, 10, 1, 1)[0], 4);
	EQ(add(&g, "KEPT", TOCSIN_ORDER_ADD, 10, 1, 1)[0], 7);
	NONE(add(&g, "K0", TOCSIN_ORDER_ADD, 10, 1, 1)[0]);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof name, "N%d", i);
		add(&g, name, TOCSIN_TRADE, 100 + i, i, 1);
	}
	feature_table_counts(g.table, &c);
	ck_assert_uint_eq(c.keys, 3);
	ck_assert_uint_eq(c.keys_evicted, 4 + 20000);
	ck_assert_msg(c.bytes <= bytes, "%zu, not %zu", c.bytes, bytes);
	ck_assert(tick(&g, 1000000)); /* only those still known fall silent */
	ck_assert(tick(&g, 1000000));
	ck_assert(tick(&g, 1000000));
	ck_assert(!tick(&g, 1000000));
	rig_done(&g);
}
END_TEST

START_TEST(many_keys_are_told_apart)
{
	static const char *const texts[] = { "price", NULL };
	const struct feature_limits limits = { 1000, 10, 5 * NS_PER_S, { 0 } };
	struct rig g = rig(&limits, texts);
	char name[200];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++) {
			const double *x;

			snprintf(name, sizeof name, "%d", i);
			x = add(&g, name, TOCSIN_ORDER_ADD, 0, 1, 1);
			ck_assert(round ? x[0] == i : isnan(x[0]));
			EQ(add(&g, name, TOCSIN_TRADE, 0, i, 1)[0], i);
		}
	}
	NONE(add(&g, "", TOCSIN_TRADE, 0, 5, 1)[0]); /* no instrument, no key */
	g.e.instrument = (struct tocsin_str){ NULL, 0 };
	feature_table_add(g.table, &g.e, &g.s);
	NONE(g.s.x[0]);
	/* two that differ past 128 bytes only: one key */
	memset(name, 'x', sizeof name);
	name[150] = 0;
	add(&g, name, TOCSIN_TRADE, 0, 6, 1);
	name[140] = 0;
	EQ(add(&g, name, TOCSIN_ORDER_ADD, 0, 1, 1)[0], 6);
	name[127] = 0;
	NONE(add(&g, name, TOCSIN_ORDER_ADD, 0, 1, 1)[0]);
	rig_done(&g);
}
END_TEST

START_TEST(full_series_goes_on_over_what_is_kept)
{
	static const char *const texts[] = { "sum(size, 10s)", "max(price, 10s)",
		                             "delta(price, 10s)", "count(10s)", NULL };
	const struct feature_limits limits = { 10, 4, 5 * NS_PER_S, { 0 } };
	struct rig g = rig(&limits, texts);
	struct feature_counts c;
	const double *x = NULL;

	for (int i = 0; i <= 20; i++)
		x = trade(&g, i * 1000, 100 - i, 1);
	EQ(x[0], 4);
	EQ(x[1], 83);
	EQ(x[2], 80 - 83);
	EQ(x[3], 4);
	feature_table_counts(g.table, &c);
	ck_assert_uint_eq(c.window_truncated, 2 * 17);
	/* far apart there is room again */
	for (int i = 1; i <= 4; i++)
		x = trade(&g, 20000 + i * 20000, 50, 1);
	EQ(x[0], 1);
	EQ(x[2], 0);
	EQ(x[3], 1);
	feature_table_counts(g.table, &c);
	ck_assert_uint_eq(c.window_truncated, 2 * 17);
	rig_done(&g);
}
END_TEST

static void expect_tick(struct rig *g, int64_t until_ms, const char *name, int64_t ms,
                        double is_absent)
{
	ck_assert(tick(g, until_ms));
	ck_assert_int_eq(g->s.event->kind, TOCSIN_TICK);
	ck_assert_int_eq(g->s.event->time_ns, START + ms * NS_PER_MS);
	ck_assert_uint_eq(g->s.event->instrument.n, strlen(name));
	ck_assert_mem_eq(g->s.event->instrument.p, name, strlen(name));
	EQ(g->s.x[1], is_absent);
}

START_TEST(silences)
{
	static const char *const texts[] = { "absent_for(1s)", "absent_for(3s)", "count(trade, 2s)",
		                             "price", NULL };
	struct rig g = rig(NULL, texts);
	uint64_t key;

	ck_assert(!tick(&g, 100000));
	add(&g, "B", TOCSIN_TRADE, 0, 5, 1);
	EQ(g.s.x[0], 0);
	EQ(g.s.x[1], 0);
	add(&g, "AA", TOCSIN_TRADE, 0, 6, 1);
	add(&g, "A", TOCSIN_QUOTE, 0, 6, 7);
	ck_assert(!tick(&g, 999));
	expect_tick(&g, 1000, "A", 1000, 0);
	EQ(g.s.x[0], 1);
	NONE(g.s.x[2]);
	NONE(g.s.x[3]);
	expect_tick(&g, 1000, "AA", 1000, 0);
	expect_tick(&g, 1000, "B", 1000, 0);
	EQ(g.s.x[3], 5);
	ck_assert_int_eq(g.s.event->price, 5 * TOCSIN_SCALE);
	key = g.s.key;
	add(&g, "B", TOCSIN_TRADE, 1500, 5, 1);
	ck_assert_uint_eq(g.s.key, key);
	ck_assert_uint_eq(g.s.key, hash_bytes("B", 1, 0));
	ck_assert(!tick(&g, 2499)); /* B spoke; the others wait for their 3 s */
	expect_tick(&g, 100000, "B", 2500, 0);
	expect_tick(&g, 100000, "A", 3000, 1);
	expect_tick(&g, 100000, "AA", 3000, 1);
	EQ(g.s.x[2], 0); /* time went on: the window is full, and empty */
	expect_tick(&g, 100000, "B", 4500, 1);
	ck_assert(!tick(&g, INT64_MAX / NS_PER_MS / 2));
	add(&g, "A", TOCSIN_QUOTE, 5000, 6, 7); /* begins anew, also earlier than a waiting one */
	expect_tick(&g, 6000, "A", 6000, 0);
	ck_assert(!tick(&g, 6000));
	ck_assert_int_eq(feature_set_lookback(g.set), 3 * NS_PER_S);
	rig_done(&g);
}
END_TEST

START_TEST(equal_features_are_one)
{
	static const struct {
		const char *text, *canonical;
		uint32_t index;
	} cases[] = {
		{ "sum(size,60s)", "sum(size, 1m)", 0 },
		{ " sum ( size , 1m ) ", "sum(size, 1m)", 0 },
		{ "sum(size, 0.5m30s)", "sum(size, 1m)", 0 },
		{ "count(any, 1h)", "count(1h)", 1 },
		{ "count(60m)", "count(1h)", 1 },
		{ "count(trade, 1h)", "count(trade, 1h)", 2 },
		{ "price", "price", 3 },
		{ "return(price, 90s)", "return(price, 1m30s)", 4 },
		{ "absent_for(300000ms)", "absent_for(5m)", 5 },
		{ "mean(price, 1w)", "mean(price, 7d)", 6 },
		{ "rate(order_cancel, 250ms)", "rate(order_cancel, 250ms)", 7 },
		{ "vwap(1s)", "vwap(1s)", 8 },
		{ "cancel_ratio(1s)", "cancel_ratio(1s)", 9 },
	};
	struct feature_set *s = NULL;
	char reason[200];
	uint32_t index;
	size_t at;

	ck_assert_int_eq(feature_set_new(&s), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ck_assert_int_eq(feature_set_add(s, cases[i].text, FEATURE_BY_INSTRUMENT, &index,
		                                 &at, reason, sizeof reason),
		                 0);
		ck_assert_uint_eq(index, cases[i].index);
		ck_assert_str_eq(feature_set_name(s, index), cases[i].canonical);
		/* the canonical text reads back as itself */
		ck_assert_int_eq(feature_set_add(s, cases[i].canonical, FEATURE_BY_INSTRUMENT,
		                                 &index, &at, reason, sizeof reason),
		                 0);
		ck_assert_uint_eq(index, cases[i].index);
	}
	ck_assert_uint_eq(feature_set_count(s), 10);
	ck_assert_int_eq(feature_set_lookback(s), 7 * 86400 * NS_PER_S);
	feature_set_free(s);
}
END_TEST

/* A call with the arguments as help writes them. */
static void example(const struct feature_help *h, char *ret, size_t size)
{
	static const char *const words[][2] = {
		{ "[kind,]", NULL }, { "kind", "trade" },   { "price", "price" },
		{ "size", "size" },  { "field", "venue" },  { "share", "99%" },
		{ "window", "1m" },  { "half-life", "1m" }, { "time", "1m" },
		{ "n", "3" },        { "side", "buy" },     { "side[", "buy" },
		{ "levels", "5" },   { "levels]", "5" },
	};
	size_t n = (size_t)snprintf(ret, size, "%s%s", h->name, h->args[0] ? "(" : "");
	char args[200], *left = args, *word;
	const char *comma = "";

	snprintf(args, sizeof args, "%s", h->args[0] ? h->args + 1 : "");
	args[strcspn(args, ")")] = 0;
	while ((word = strsep(&left, " ")) && word[0]) {
		size_t i = 0, word_n = strcspn(word, word[0] == '[' ? "" : ",");

		while (i < sizeof words / sizeof words[0] &&
		       (strlen(words[i][0]) != word_n || memcmp(words[i][0], word, word_n) != 0))
			i++;
		if (i == sizeof words / sizeof words[0] || !words[i][1] ||
		    (strcmp(word, "size") == 0 && comma[0]) || strcmp(word, "notional,") == 0)
			continue;
		n += (size_t)snprintf(ret + n, size - n, "%s%s", comma, words[i][1]);
		comma = ", ";
		if (left && strncmp(left, "or ", 3) == 0) /* one field is enough */
			left = strchr(left, ',') ? strchr(left, ',') + 2 : left;
	}
	snprintf(ret + n, size - n, "%s", h->args[0] ? ")" : "");
}

static uint32_t no_calendar(const void *ctx, const struct tocsin_str *instrument)
{
	(void)ctx;
	(void)instrument;
	return FEATURE_NO_CALENDAR;
}

START_TEST(help_names_every_function)
{
	struct feature_set *s = NULL;
	size_t n = 0;

	ck_assert_int_eq(feature_set_new(&s), 0);
	feature_set_calendar_of(s, no_calendar, NULL);
	for (const struct feature_help *h = feature_help(); h->name; h++, n++) {
		char text[200], reason[200] = "";
		uint32_t index;
		size_t at;

		ck_assert(h->help && h->help[0]);
		example(h, text, sizeof text);
		if (strcmp(h->name, "phase") == 0) /* a text, to be compared */
			snprintf(text, sizeof text, "phase == post");
		ck_assert_msg(feature_set_add(s, text, FEATURE_BY_INSTRUMENT, &index, &at, reason,
		                              sizeof reason) == 0,
		              "%s: %s", text, reason);
	}
	ck_assert_uint_ge(n, 20);
	ck_assert_uint_eq(feature_set_count(s), n);
	feature_set_free(s);
}
END_TEST

START_TEST(limits_are_checked)
{
	static const struct feature_limits wrong[] = { { 0, 1, 0, { 0 } },
		                                       { 1, 0, 0, { 0 } },
		                                       { 1, 1, -1, { 0 } } };
	struct feature_table *t = NULL;
	struct feature_set *s = NULL;

	ck_assert_int_eq(feature_set_new(&s), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(feature_table_new(s, &wrong[i], &t), -EINVAL);
	ck_assert_ptr_null(t);
	feature_set_free(s);
}
END_TEST

/* Times at the ends of what 64 bits hold neither overflow nor fill a window by wrapping round. */
START_TEST(extreme_times)
{
	static const char *const texts[] = { "count(1h)", "absent_for(1h)", "return(price, 1h)",
		                             NULL };
	const struct feature_limits limits = { 10, 10, INT64_MAX, { 0 } };
	struct rig g = rig(&limits, texts);

	g.e = (struct tocsin_event){
		.size = sizeof g.e,
		.kind = TOCSIN_TRADE,
		.time_ns = INT64_MIN,
		.price = 1,
		.qty = 1,
		.instrument = { "A", 1 },
	};
	feature_table_add(g.table, &g.e, &g.s);
	NONE(g.s.x[0]);
	g.e.time_ns = INT64_MAX;
	feature_table_add(g.table, &g.e, &g.s);
	EQ(g.s.x[0], 1);
	EQ(g.s.x[1], 0);
	EQ(g.s.x[2], 0);
	ck_assert(!feature_table_tick(g.table, INT64_MAX, &g.s)); /* it would end after all time */
	rig_done(&g);
}
END_TEST

START_TEST(wide_sums_are_exact)
{
	const __int128 most = (__int128)INT64_MAX * INT64_MAX,
		       least = -(__int128)INT64_MAX * INT64_MAX;
	struct wide w = { 0, 0 };

	for (int i = 0; i < 1000; i++)
		wide_add(&w, most);
	ck_assert_double_eq_tol(wide_double(&w) / (1000 * (double)INT64_MAX * (double)INT64_MAX), 1,
	                        1e-15);
	for (int i = 0; i < 2000; i++)
		wide_add(&w, least);
	ck_assert_double_eq_tol(wide_double(&w) / (-1000 * (double)INT64_MAX * (double)INT64_MAX),
	                        1, 1e-15);
	wide_add(&w, 7);
	for (int i = 0; i < 2000; i++)
		wide_subtract(&w, least);
	for (int i = 0; i < 1000; i++)
		wide_subtract(&w, most);
	ck_assert_double_eq(wide_double(&w), 7);
	wide_subtract(&w, 10);
	ck_assert_double_eq(wide_double(&w), -3);
	wide_subtract(&w, (__int128)1 << 100);
	ck_assert_double_eq(wide_double(&w), -0x1p100);
	ck_assert_double_eq(wide_double128(-((__int128)1 << 100)), -0x1p100);
	ck_assert_double_eq(wide_double128(-5), -5);
}
END_TEST

SUITE("features", silent_until_full, values_of_a_window, bare_values, cancel_ratio,
      return_needs_a_price_above_zero, late_and_snapshot_change_nothing,
      taken_by_a_fill_is_not_cancelled, least_recently_used_key_goes, many_keys_are_told_apart,
      full_series_goes_on_over_what_is_kept, silences, equal_features_are_one,
      help_names_every_function, limits_are_checked, extreme_times, wide_sums_are_exact)
