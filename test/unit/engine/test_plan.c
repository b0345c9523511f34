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

/* A rule's own parameters in its sentence; a wrong field is told, whatever stands before it. */
START_TEST(parameters_in_the_sentence)
{
	static const char good[] =
		"rules:\n  - {name: r, params: {limit: 3%, window: 1m}, when: \"return(price, window) > "
		"limit\", summary: \"{instrument} over {limit} in {window} {{limit}} {price}\"}\n";
	static const char bad[] =
		"rules:\n  - {name: r, params: {limit: 3%}, when: \"price > 0 and return(price, 1m) > "
		"limit\", summary: \"{limit} {limi}\"}\n";
	struct errors errors = { 0 };
	struct tocsin_event e = { .instrument = { "A", 1 }, .price = 5 * TOCSIN_SCALE };
	const struct tocsin_alert a = { .event = &e };
	struct plan *plan = NULL;
	struct conf *conf;
	struct buf out = { 0 };
	char *text;

	ck_assert_int_eq(conf_parse(good, strlen(good), "t", CONF_FOR_REPLAY, &errors, &conf), 0);
	ck_assert_int_eq(plan_new(conf, &errors, &plan), 0);
	summary_write(plan->rules[0].summary, &a, &out);
	ck_assert_str_eq(buf_str(&out), "A over 3% in 1m {limit} 5");
	buf_done(&out);
	plan_free(plan);
	conf_free(conf);
	ck_assert_int_eq(conf_parse(bad, strlen(bad), "t", CONF_FOR_REPLAY, &errors, &conf), 0);
	ck_assert_int_eq(plan_new(conf, &errors, &plan), -EINVAL);
	text = errors_text(&errors);
	ck_assert_ptr_nonnull(strstr(text, "unknown field '{limi}'"));
	free(text);
	errors_done(&errors);
	conf_free(conf);
}
END_TEST

SUITE("plan", two_sources_of_one_topic, both_rooms_know_the_same_presets, features_are_shared,
      ticks_only_where_asked, instruments_by_pattern, mistakes, parameters_in_the_sentence)
