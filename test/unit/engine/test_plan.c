/* From a configuration to what runs: presets known to both rooms, mistakes with their places. */
#include "engine/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "conf/option.h"

static int make(const char *text, struct errors *errors, struct conf **ret_conf,
                struct plan **ret_plan)
{
	ck_assert_int_eq(conf_parse(text, strlen(text), "t", CONF_FOR_REPLAY, errors, ret_conf), 0);
	return plan_new(*ret_conf, errors, ret_plan);
}

START_TEST(both_rooms_know_the_same_presets)
{
	const char *const *decode = format_presets();
	size_t n = 0;

	for (; decode[n]; n++) {
		bool known = false;

		for (const char *const *conf = conf_presets; *conf; conf++)
			known |= strcmp(*conf, decode[n]) == 0;
		ck_assert_msg(known, "%s", decode[n]);
	}
	for (const char *const *conf = conf_presets; *conf; conf++)
		n--;
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(features_are_shared)
{
	struct errors errors = { 0 };
	struct conf *conf;
	struct plan *plan;

	ck_assert_int_eq(
		make("rules:\n"
	             "  - {name: a, when: \"sum(size, 60s) > 5\"}\n"
	             "  - {name: b, when: \"sum( size,1m ) > 7 and price > 0\", match: {kind: any}}\n",
	             &errors, &conf, &plan),
		0);
	ck_assert_uint_eq(feature_set_count(plan->features), 2);
	ck_assert_uint_eq(plan->n_rules, 2);
	ck_assert_uint_eq(plan->rules[0].kinds, TOCSIN_KIND_BIT(TOCSIN_TRADE));
	ck_assert_uint_eq(plan->rules[1].kinds, TOCSIN_KIND_BIT(TOCSIN_TICK) - 1);
	ck_assert_str_ne(plan->rules[0].version, plan->rules[1].version);
	ck_assert_ptr_nonnull(plan_format(plan, "binance-trade"));
	ck_assert_ptr_eq(plan_format(plan, "binance-trade"), plan_format(plan, "binance-trade"));
	ck_assert_ptr_null(plan_format(plan, "binanse"));
	plan_free(plan);
	conf_free(conf);
}
END_TEST

START_TEST(ticks_only_where_asked)
{
	struct errors errors = { 0 };
	struct conf *conf;
	struct plan *plan;

	ck_assert_int_eq(make("rules:\n"
	                      "  - {name: a, when: absent_for(5s)}\n"
	                      "  - {name: b, when: price > 1}\n",
	                      &errors, &conf, &plan),
	                 0);
	ck_assert(plan->rules[0].kinds & TOCSIN_KIND_BIT(TOCSIN_TICK));
	ck_assert(!(plan->rules[1].kinds & TOCSIN_KIND_BIT(TOCSIN_TICK)));
	plan_free(plan);
	conf_free(conf);
}
END_TEST

START_TEST(instruments_by_pattern)
{
	struct errors errors = { 0 };
	struct conf *conf;
	struct plan *plan;

	ck_assert_int_eq(make("rules:\n"
	                      "  - {name: a, when: price > 1, match: {instrument: [BTC*, ETH?]}}\n",
	                      &errors, &conf, &plan),
	                 0);
	ck_assert(plan->by_instrument);
	ck_assert(plan_rule_takes(&plan->rules[0], &(struct tocsin_str){ "BTCUSDT", 7 }));
	ck_assert(plan_rule_takes(&plan->rules[0], &(struct tocsin_str){ "ETHX", 4 }));
	ck_assert(!plan_rule_takes(&plan->rules[0], &(struct tocsin_str){ "ETH", 3 }));
	ck_assert(!plan_rule_takes(&plan->rules[0], &(struct tocsin_str){ "xBTC", 4 }));
	plan_free(plan);
	conf_free(conf);
}
END_TEST

/* All mistakes at once, each where it stands. */
START_TEST(mistakes)
{
	struct errors errors = { 0 };
	struct conf *conf;
	struct plan *plan = NULL;
	char *text;

	ck_assert_int_eq(make("formats:\n"
	                      "  - {name: f, kind: =trdae}\n"
	                      "rules:\n"
	                      "  - name: a\n"
	                      "    when: price > 1 and sun(size, 1m) > 2\n"
	                      "  - name: b\n"
	                      "    when: price > 1\n"
	                      "    summary: at {pirce}\n"
	                      "    detector: rule\n",
	                      &errors, &conf, &plan),
	                 -EINVAL);
	ck_assert_ptr_null(plan);
	text = errors_text(&errors);
	ck_assert_ptr_nonnull(strstr(text, "t:2:21: error:"));
	ck_assert_ptr_nonnull(strstr(text, "t:5:25: error: rule 'a': "));
	ck_assert_ptr_nonnull(strstr(
		text,
		"t:8:17: error: rule 'b': summary: unknown field '{pirce}' (did you mean '{price}'?)"));
	ck_assert_ptr_nonnull(
		strstr(text, "t:9:15: error: unknown detector 'rule' (did you mean 'rules'?)"));
	free(text);
	errors_done(&errors);
	conf_free(conf);
}
END_TEST

START_TEST(two_sources_of_one_topic)
{
	struct errors errors = { 0 };
	struct conf *conf;
	struct plan *plan = NULL;
	char *text;

	ck_assert_int_eq(make("sources:\n"
	                      "  - {name: a, brokers: x, topics: [t, u], format: generic}\n"
	                      "  - {name: b, brokers: y, topics: [v, u], format: generic}\n"
	                      "rules:\n"
	                      "  - {name: r, when: price > 1}\n",
	                      &errors, &conf, &plan),
	                 -EINVAL);
	text = errors_text(&errors);
	ck_assert_ptr_nonnull(
		strstr(text, "t:3:39: error: topic 'u' is read by another source too (line 2)"));
	free(text);
	errors_done(&errors);
	conf_free(conf);
}
END_TEST

SUITE("plan", two_sources_of_one_topic, both_rooms_know_the_same_presets, features_are_shared,
      ticks_only_where_asked, instruments_by_pattern, mistakes)
