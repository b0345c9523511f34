/* Events of rule tests: shapes, tables, order, and that a seed gives the same ones. */
#include "lab/compose.h"

#include <inttypes.h>

#include "core/timefmt.h"
#include "given.h"

#define START (1704294000 * NS_PER_S) /* LAB_DEFAULT_START */
#define UNIT TOCSIN_SCALE

START_TEST(a_single_event_has_all_its_fields)
{
	struct lab_events e;
	struct given g;
	const struct tocsin_event *v;

	given_events(
		&g,
		ONE("      - {at: 90s, kind: order_add, instrument: ES, venue: XCME, side: sell,\n"
	            "         price: 101.25, size: 3, order_id: o1, account: A, sequence: 7,\n"
	            "         flags: [last, by_fill]}\n"),
		&e);
	ck_assert_uint_eq(e.n, 1);
	v = &e.v[0];
	ck_assert_int_eq(v->time_ns, START + 90 * NS_PER_S);
	ck_assert_int_eq(v->kind, TOCSIN_ORDER_ADD);
	ck_assert_int_eq(v->side, TOCSIN_SELL);
	ck_assert_int_eq(v->price, 101 * UNIT + UNIT / 4);
	ck_assert_int_eq(v->qty, 3 * UNIT);
	ck_assert_int_eq(v->bid, TOCSIN_NONE);
	ck_assert_uint_eq(v->sequence, 7);
	ck_assert_uint_eq(v->flags, TOCSIN_FLAG_LAST | TOCSIN_FLAG_BY_FILL);
	ck_assert_int_eq(memcmp(v->instrument.p, "ES", v->instrument.n), 0);
	ck_assert_int_eq(memcmp(v->account.p, "A", v->account.n), 0);
	ck_assert_ptr_null(v->counterparty.p);
	lab_events_done(&e);
	given_done(&g);
}
END_TEST

/* A table's columns; what a row lacks comes from beside the table; "start" is the test's. */
START_TEST(a_table)
{
	struct lab_events e;
	struct given g;

	given_events(
		&g,
		"rules: r.yaml\ninstrument: DEF\ntests:\n  - name: t\n    start: 2024-05-01T00:00:00Z\n"
		"    expect: []\n    events:\n"
		"      - kind: order_add\n        account: A\n        rows: |\n"
		"          at,  side, price , size, account\n"
		"\n"
		"          1s,  buy ,  10,    1,\n"
		"          # not a row\n"
		"          500ms, sell, 11, 2, B\n",
		&e);
	ck_assert_uint_eq(e.n, 2);
	ck_assert_int_eq(e.v[1].time_ns - e.v[0].time_ns, 500 * NS_PER_MS); /* put in order */
	ck_assert_int_eq(e.v[1].time_ns, 1714521601 * NS_PER_S);
	ck_assert_int_eq(e.v[1].kind, TOCSIN_ORDER_ADD);
	ck_assert_int_eq(e.v[1].side, TOCSIN_BUY);
	ck_assert_int_eq(memcmp(e.v[1].account.p, "A", 1), 0);
	ck_assert_int_eq(memcmp(e.v[0].account.p, "B", 1), 0);
	ck_assert_int_eq(memcmp(e.v[0].instrument.p, "DEF", 3), 0);
	lab_events_done(&e);
	given_done(&g);
}
END_TEST

START_TEST(constant_and_ramp)
{
	struct lab_events e;
	struct given g;

	given_events(
		&g,
		ONE("      - {generate: constant, from: 10s, every: 2s, count: 3, price: 5, size: 1,\n"
	            "         order_id: \"q{n}\", side: alternate}\n"
	            "      - {generate: ramp, from: 1m, to: 1m5s, every: 1s, price: 100, price_to: 90,\n"
	            "         size: 1}\n"),
		&e);
	ck_assert_uint_eq(e.n, 8);
	for (int i = 0; i < 3; i++) {
		char id[8];

		snprintf(id, sizeof id, "q%d", i);
		ck_assert_int_eq(e.v[i].time_ns, START + (10 + 2 * i) * NS_PER_S);
		ck_assert_int_eq(e.v[i].price, 5 * UNIT);
		ck_assert_int_eq(e.v[i].side, i % 2 ? TOCSIN_SELL : TOCSIN_BUY);
		ck_assert_int_eq(memcmp(e.v[i].order_id.p, id, e.v[i].order_id.n), 0);
	}
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(e.v[3 + i].price, 100 * UNIT - 25 * UNIT / 10 * i);
	lab_events_done(&e);
	given_done(&g);
}
END_TEST

/* Each step is one step, up or down; the price stays above zero; both ways are gone about equally. */
START_TEST(walk)
{
	int64_t up = 0;
	struct lab_events e;
	struct given g;

	given_events(
		&g,
		ONE("      - {generate: walk, every: 1s, count: 10000, price: 1, step: 0.5, size: 1,\n"
	            "         size_to: 4, seed: 9}\n"),
		&e);
	ck_assert_uint_eq(e.n, 10000);
	for (size_t i = 1; i < e.n; i++) {
		int64_t d = e.v[i].price - e.v[i - 1].price;

		ck_assert_int_eq(d < 0 ? -d : d, UNIT / 2);
		ck_assert_int_gt(e.v[i].price, 0);
		ck_assert_int_ge(e.v[i].qty, UNIT);
		ck_assert_int_le(e.v[i].qty, 4 * UNIT);
		up += d > 0;
	}
	ck_assert_int_ge(up, 4500);
	ck_assert_int_le(up, 5500);
	lab_events_done(&e);
	given_done(&g);
}
END_TEST

/* Random times of the span, in order; about as many in each half. */
START_TEST(burst)
{
	size_t first = 0;
	struct lab_events e;
	struct given g;

	given_events(
		&g,
		ONE("      - {generate: burst, from: 10s, to: 20s, count: 1000, price: 1, size: 1}\n"),
		&e);
	ck_assert_uint_eq(e.n, 1000);
	for (size_t i = 0; i < e.n; i++) {
		ck_assert_int_ge(e.v[i].time_ns, START + 10 * NS_PER_S);
		ck_assert_int_lt(e.v[i].time_ns, START + 20 * NS_PER_S);
		ck_assert(i == 0 || e.v[i].time_ns >= e.v[i - 1].time_ns);
		first += e.v[i].time_ns < START + 15 * NS_PER_S;
	}
	ck_assert_uint_ge(first, 420);
	ck_assert_uint_le(first, 580);
	lab_events_done(&e);
	given_done(&g);
}
END_TEST

/* A gap silences its instrument, or all. */
START_TEST(gap)
{
	struct lab_events e;
	struct given g;
	size_t a = 0;

	given_events(
		&g,
		ONE("      - {generate: constant, to: 10s, every: 1s, price: 1, size: 1, instrument: A}\n"
	            "      - {generate: constant, to: 10s, every: 1s, price: 1, size: 1, instrument: B}\n"
	            "      - {generate: gap, from: 2s, to: 5s, instrument: A}\n"
	            "      - {generate: gap, from: 8s, to: 9s}\n"),
		&e);
	ck_assert_uint_eq(e.n, 20 - 3 - 2);
	ck_assert_uint_eq(e.removed_by_gaps, 5);
	for (size_t i = 0; i < e.n; i++) {
		int64_t s = (e.v[i].time_ns - START) / NS_PER_S;

		a += *e.v[i].instrument.p == 'A';
		ck_assert_int_ne(s, 8);
		ck_assert(*e.v[i].instrument.p == 'B' || s < 2 || s >= 5);
	}
	ck_assert_uint_eq(a, 6);
	lab_events_done(&e);
	given_done(&g);
}
END_TEST

static void same(const struct lab_events *a, const struct lab_events *b, bool want)
{
	bool equal = a->n == b->n;

	for (size_t i = 0; equal && i < a->n; i++)
		equal = a->v[i].time_ns == b->v[i].time_ns && a->v[i].price == b->v[i].price &&
		        a->v[i].side == b->v[i].side && a->v[i].qty == b->v[i].qty;
	ck_assert_int_eq(equal, want);
}

START_TEST(the_same_seed_gives_the_same_events)
{
	for (int shape = 0; shape < 2; shape++) {
		struct lab_events e[3];
		struct given g[3];

		for (int i = 0; i < 3; i++) {
			char item[200], text[400];

			snprintf(item, sizeof item,
			         "      - {generate: %s, to: 1h, price: 50, size: 1, size_to: 9, "
			         "side: random, seed: %d}\n",
			         shape ? "burst, count: 500" : "walk, every: 7s, step: 0.25",
			         i == 2 ? 8 : 7);
			snprintf(text, sizeof text, ONE("%s"), item);
			given_events(&g[i], text, &e[i]);
		}
		same(&e[0], &e[1], true);
		same(&e[0], &e[2], false);
		for (int i = 0; i < 3; i++) {
			lab_events_done(&e[i]);
			given_done(&g[i]);
		}
	}
}
END_TEST

/* Equal times stay in the order of the file. */
START_TEST(order_of_equal_times)
{
	struct lab_events e;
	struct given g;

	given_events(&g,
	             ONE("      - {at: 1s, price: 1, size: 1}\n"
	                 "      - {at: 0s, price: 2, size: 1}\n"
	                 "      - {at: 1s, price: 3, size: 1}\n"
	                 "      - {at: 2024-01-03T15:00:01Z, price: 4, size: 1}\n"),
	             &e);
	ck_assert_int_eq(e.v[0].price, 2 * UNIT);
	ck_assert_int_eq(e.v[1].price, 1 * UNIT);
	ck_assert_int_eq(e.v[2].price, 3 * UNIT);
	ck_assert_int_eq(e.v[3].price, 4 * UNIT);
	lab_events_done(&e);
	given_done(&g);
}
END_TEST

SUITE("compose", a_single_event_has_all_its_fields, a_table, constant_and_ramp, walk, burst, gap,
      the_same_seed_gives_the_same_events, order_of_equal_times)
