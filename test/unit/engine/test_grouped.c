/* Rules asked together say what each says by itself; those with patterns, and few of them, are left
 * to be asked. */
#include "engine/grouped.h"

#include <math.h>
#include <string.h>

#include "../suite.h"

#define MAX_RULES 8

struct rig {
	struct conf *conf;
	struct plan *plan;
	const struct plan_rule *rules[MAX_RULES];
	struct grouped *grouped;
};

static struct rig rig(const char *text)
{
	struct errors errors = { 0 };
	struct rig g = { 0 };

	ck_assert_int_eq(conf_parse(text, strlen(text), "t", CONF_FOR_REPLAY, &errors, &g.conf), 0);
	ck_assert_int_eq(plan_new(g.conf, &errors, &g.plan), 0);
	for (size_t i = 0; i < g.plan->n_rules; i++)
		g.rules[i] = &g.plan->rules[i];
	ck_assert_int_eq(grouped_new(g.rules, g.plan->n_rules, &g.grouped), 0);
	return g;
}

static void rig_done(struct rig *g)
{
	ck_assert_ptr_null(grouped_free(g->grouped));
	ck_assert_ptr_null(grouped_free(NULL));
	plan_free(g->plan);
	conf_free(g->conf);
}

START_TEST(together_as_one_by_one)
{
	struct rig g = rig(
		"rules:\n"
		"  - {name: a, when: price > 10}\n"
		"  - {name: b, when: price > 20}\n"
		"  - {name: c, when: price > 10 and size > 5, match: {instrument: [X*]}}\n"
		"  - {name: d, when: abs(price - bid) / bid > 10% or size > 5}\n"
		"  - {name: e, when: abs(price - bid) / bid > 20%}\n"
		"  - {name: f, when: not (size > 5)}\n");
	static const double values[][3] = { /* in the order they were asked for */
		                            { 5, 1, 5 },
		                            { 15, 9, 14 },
		                            { 25, 1, 10 },
		                            { NAN, NAN, NAN },
		                            { 25, NAN, 0 }
	};

	for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
		const struct tocsin_sample s = { .size = sizeof s,
			                         .n_features = 3,
			                         .x = values[v] };
		const signed char *said = grouped_judge(g.grouped, &s);

		for (size_t i = 0; i < g.plan->n_rules; i++) {
			struct tocsin_score out = { .size = sizeof out };
			int is = g.rules[i]->detector->score(g.rules[i]->self, &s, &out);

			ck_assert_int_eq(said[i], i == 2 ? GROUPED_ASK : is);
		}
	}
	rig_done(&g);
}
END_TEST

START_TEST(few_are_left_alone)
{
	struct rig g = rig("rules:\n"
	                   "  - {name: a, when: price > 10}\n"
	                   "  - {name: b, when: price > 20}\n");
	const double x[] = { 15 };
	const struct tocsin_sample s = { .size = sizeof s, .n_features = 1, .x = x };
	const signed char *said = grouped_judge(g.grouped, &s);

	ck_assert_int_eq(said[0], GROUPED_ASK);
	ck_assert_int_eq(said[1], GROUPED_ASK);
	rig_done(&g);
}
END_TEST

SUITE("grouped", together_as_one_by_one, few_are_left_alone)
