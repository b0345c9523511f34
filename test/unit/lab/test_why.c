/* Why a rule fired or did not: one case for each answer, the last line of the report to the letter. */
#include "lab/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../suite.h"
#include "core/decimal.h"
#include "core/timefmt.h"

#define START (1704294000 * NS_PER_S) /* 2024-01-03T15:00:00Z */
#define N_MAX 64

struct fed {
	double at; /* s */
	const char *instrument;
	int kind;
	double price;
};

static const struct wanted {
	const char *rules;
	struct fed events[8];
	const char *rule, *instrument;
	double at, window;
	const char *answer;
	bool fired;
} wanted[] = {
	{ "  - {name: r, when: price > 10}\n",
	  { { 0, "A", TOCSIN_TRADE, 9 }, { 1, "A", TOCSIN_TRADE, 12 } },
	  "r",
	  "A",
	  1,
	  1,
	  "It fired at 2024-01-03T15:00:01Z: price is 12, > 10.",
	  true },
	{ "  - {name: r, when: price > 10}\n",
	  { { 0, "A", TOCSIN_TRADE, 8 }, { 1, "A", TOCSIN_TRADE, 9 }, { 2, "A", TOCSIN_TRADE, 5 } },
	  "r",
	  "A",
	  1,
	  1,
	  "It did not fire because it was never true; it came nearest at 2024-01-03T15:00:01Z: price is 9, "
	  "> 10 (10% off).",
	  false },
	{ "  - {name: r, when: price > 10 and size > 5 and price < 100}\n",
	  { { 0, "A", TOCSIN_TRADE, 11 }, { 1, "A", TOCSIN_TRADE, 9 } },
	  "r",
	  "A",
	  0,
	  2,
	  "It did not fire because it was never true; it came nearest at 2024-01-03T15:00:00Z: size is 1, "
	  "> 5 (80% off).",
	  false },
	{ "  - {name: r, when: price > 10, cooldown: 1m}\n",
	  { { 0, "A", TOCSIN_TRADE, 12 }, { 30, "A", TOCSIN_TRADE, 13 } },
	  "r",
	  "A",
	  30,
	  5,
	  "It was true at 2024-01-03T15:00:30Z: price is 13, > 10; it did not fire because the cooldown of "
	  "1m holds it since the alert of 2024-01-03T15:00:00Z.",
	  false },
	{ "  - {name: r, when: price > 10, confidence: 90%}\n",
	  { { 0, "A", TOCSIN_TRADE, 12 } },
	  "r",
	  "A",
	  0,
	  5,
	  "It was true at 2024-01-03T15:00:00Z: price is 12, > 10; it did not fire because its confidence "
	  "0.5833 is under 0.9.",
	  false },
	{ "  - {name: r, when: price > 10, for: 30s}\n",
	  { { 0, "A", TOCSIN_TRADE, 12 }, { 20, "A", TOCSIN_TRADE, 12 } },
	  "r",
	  "A",
	  20,
	  5,
	  "It was true at 2024-01-03T15:00:20Z: price is 12, > 10; it did not fire because it had been true "
	  "for 20s only, and 'for' is 30s.",
	  false },
	{ "  - {name: r, when: price > 10, for: 10s}\n",
	  { { 0, "A", TOCSIN_TRADE, 12 },
	    { 10, "A", TOCSIN_TRADE, 12 },
	    { 20, "A", TOCSIN_TRADE, 12 } },
	  "r",
	  "A",
	  20,
	  5,
	  "It fires already, since 2024-01-03T15:00:10Z: it is told once.",
	  false },
	{ "  - {name: r, when: \"sum(size, 1m) > 10\"}\n",
	  { { 0, "A", TOCSIN_TRADE, 12 }, { 20, "A", TOCSIN_TRADE, 12 } },
	  "r",
	  "A",
	  20,
	  5,
	  "It did not fire because it had no value: sum(size, 1m) at 2024-01-03T15:00:20Z was not full for "
	  "another 40s.",
	  false },
	{ "  - {name: r, when: price > 10}\n",
	  { { 0, "A", TOCSIN_ORDER_CANCEL, 12 }, { 1, "A", TOCSIN_QUOTE, 12 } },
	  "r",
	  "A",
	  0,
	  5,
	  "It did not fire because the rule looks at other kinds of events than came: 1 quote, 1 order_cancel.",
	  false },
	{ "  - {name: r, match: {instrument: \"N*\"}, when: price > 10}\n",
	  { { 0, "A", TOCSIN_TRADE, 12 } },
	  "r",
	  "A",
	  0,
	  5,
	  "It did not fire because the rule does not look at A: its match names other instruments.",
	  false },
	{ "  - {name: r, when: price > 10}\n",
	  { { 0, "ESH4", TOCSIN_TRADE, 12 } },
	  "r",
	  "ESM4",
	  0,
	  5,
	  "It did not fire because ESM4 is not in these logs (the nearest name is ESH4).",
	  false },
	{ "  - {name: r, when: price > 10}\n",
	  { { 0, "A", TOCSIN_TRADE, 12 }, { 100, "A", TOCSIN_TRADE, 12 } },
	  "r",
	  "A",
	  50,
	  5,
	  "It did not fire because A has no event in this time; the one before is of 2024-01-03T15:00:00Z; "
	  "the one after of 2024-01-03T15:01:40Z.",
	  false },
};

static int run(const struct wanted *w, struct lab_rules *rules, struct lab_why **ret)
{
	const struct lab_why_ask ask = {
		.rule = w->rule,
		.instrument = w->instrument,
		.time_ns = START + (int64_t)(w->at * (double)NS_PER_S),
		.window_ns = (int64_t)(w->window * (double)NS_PER_S),
	};
	struct errors errors = { 0 };
	struct lab_watch watch;
	const struct plan *plan;
	char text[1000], *said;
	struct lab *lab;
	int e;

	snprintf(text, sizeof text, "rules:\n%s", w->rules);
	e = conf_parse(text, strlen(text), "t", CONF_FOR_REPLAY, &errors, &rules->conf);
	if (e == 0)
		e = plan_new(rules->conf, &errors, &rules->plan);
	said = errors_text(&errors);
	ck_assert_msg(e == 0, "%s", said);
	free(said);
	errors_done(&errors);
	plan = rules->plan;
	e = lab_why_new(rules, &ask, ret);
	if (e)
		return e;
	watch = lab_why_watch(*ret);
	ck_assert_int_eq(lab_new(&plan, 1, "t", &watch, &lab), 0);
	for (size_t i = 0; i < 8 && w->events[i].instrument; i++) {
		const struct fed *f = &w->events[i];
		struct tocsin_event v = { .size = sizeof v,
			                  .kind = (uint8_t)f->kind,
			                  .time_ns = START + (int64_t)(f->at * (double)NS_PER_S),
			                  .price = (int64_t)(f->price * (double)TOCSIN_SCALE),
			                  .qty = TOCSIN_SCALE,
			                  .instrument = { f->instrument,
			                                  (uint32_t)strlen(f->instrument) } };

		v.bid = v.ask = v.bid_qty = v.ask_qty = v.open = v.high = v.low = TOCSIN_NONE;
		if (v.kind == TOCSIN_QUOTE)
			v.bid = v.price;
		lab_take(lab, &v);
	}
	lab_flush(lab);
	lab_free(lab);
	return 0;
}

START_TEST(answers)
{
	const struct wanted *w = &wanted[_i];
	struct lab_rules rules = { 0 };
	struct lab_why *why = NULL;
	struct buf text = { 0 }, json = { 0 };
	char *line;

	ck_assert_int_eq(run(w, &rules, &why), 0);
	lab_why_text(why, 10, &text);
	lab_why_json(why, &json);
	ck_assert(!text.failed && !json.failed);
	ck_assert_int_eq(text.p[text.n - 1], '\n');
	text.p[text.n - 1] = 0;
	line = strrchr(text.p, '\n') + 1;
	ck_assert_str_eq(line, w->answer);
	ck_assert_int_eq(lab_why_fired(why), w->fired);
	ck_assert_ptr_nonnull(strstr(json.p, w->fired ? "\"fired\":true" : "\"fired\":false"));
	buf_done(&text);
	buf_done(&json);
	lab_why_free(why);
	lab_rules_done(&rules);
}
END_TEST

START_TEST(an_unknown_rule)
{
	struct wanted w = wanted[0];
	struct lab_rules rules = { 0 };
	struct lab_why *why = NULL;

	w.rule = "q";
	ck_assert_int_eq(run(&w, &rules, &why), -ENOENT);
	ck_assert_ptr_null(why);
	lab_rules_done(&rules);
}
END_TEST

/* However many looks there are, those nearest to the moment are kept. */
START_TEST(looks_are_bounded)
{
	struct wanted w = { .rules = "  - {name: r, when: price > 10}\n",
		            .events = { { 0, "A", TOCSIN_TRADE, 1 } },
		            .rule = "r",
		            .instrument = "A",
		            .at = 3000,
		            .window = 10000 };
	struct lab_rules rules = { 0 };
	struct lab_why *why = NULL;
	struct lab_watch watch;
	const struct plan *plan;
	struct buf json = { 0 };
	struct lab *lab;
	size_t n = 0;

	ck_assert_int_eq(run(&w, &rules, &why), 0);
	watch = lab_why_watch(why);
	plan = rules.plan;
	ck_assert_int_eq(lab_new(&plan, 1, "t", &watch, &lab), 0);
	for (int i = 1; i < 5000; i++) {
		struct tocsin_event v = { .size = sizeof v,
			                  .time_ns = START + i * NS_PER_S,
			                  .price = TOCSIN_SCALE,
			                  .qty = TOCSIN_SCALE,
			                  .instrument = { "A", 1 } };

		lab_take(lab, &v);
	}
	lab_flush(lab);
	lab_free(lab);
	lab_why_json(why, &json);
	ck_assert_ptr_nonnull(strstr(json.p, "\"complete\":false"));
	for (const char *p = json.p; (p = strstr(p, "{\"result\"")); p++)
		n++;
	ck_assert_uint_le(n, LAB_WHY_LOOKS);
	ck_assert_uint_ge(n, LAB_WHY_LOOKS / 4 * 3);
	ck_assert_ptr_nonnull(strstr(json.p, "\"time\":\"2024-01-03T15:50:00Z\",\"event\""));
	ck_assert_ptr_null(strstr(json.p, "\"time\":\"2024-01-03T15:00:09Z\",\"event\""));
	buf_done(&json);
	lab_why_free(why);
	lab_rules_done(&rules);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("why");
	TCase *c = tcase_create("why");
	SRunner *r;
	int failed;

	tcase_add_loop_test(c, answers, 0, (int)(sizeof wanted / sizeof wanted[0]));
	tcase_add_test(c, an_unknown_rule);
	tcase_add_test(c, looks_are_bounded);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
