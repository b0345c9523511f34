/* Definitions, parameters and lists in rules: what they become, and what a rule's version covers. */
#include "engine/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"

struct fixture {
	struct conf *conf;
	struct plan *plan;
};

static struct fixture right(const char *text)
{
	struct errors errors = { 0 };
	struct fixture f = { 0 };
	int r = conf_parse(text, strlen(text), "t", CONF_FOR_REPLAY, &errors, &f.conf);
	char *said;

	if (r == 0)
		r = plan_new(f.conf, &errors, &f.plan);
	said = errors_text(&errors);
	ck_assert_msg(r == 0, "%s: %s", text, said);
	free(said);
	errors_done(&errors);
	return f;
}

static void done(struct fixture *f)
{
	plan_free(f->plan);
	conf_free(f->conf);
}

START_TEST(names_are_written_out)
{
	struct fixture f = right("define: {busy: \"rate(fast) > 50\", fast: 1s}\n"
	                         "rules:\n"
	                         "  - name: a\n"
	                         "    by: venue + account\n"
	                         "    params: {limit: 3%, calm: 0.5%}\n"
	                         "    when: not busy and abs(return(price, 1m)) > limit\n"
	                         "    resolve_when: abs(return(price, 1m)) < calm\n"
	                         "  - {name: b, when: busy}\n");

	ck_assert_str_eq(define_rule_text(f.plan->rules[0].text, "when"),
	                 "not rate(1s) > 50 and abs(return(price, 1m)) > 3%");
	ck_assert_str_eq(define_rule_text(f.plan->rules[0].text, "resolve_when"),
	                 "abs(return(price, 1m)) < 0.5%");
	ck_assert_str_eq(define_rule_text(f.plan->rules[1].text, "when"), "rate(1s) > 50");
	ck_assert_ptr_null(define_rule_text(f.plan->rules[1].text, "resolve_when"));
	ck_assert_ptr_null(define_rule_text(f.plan->rules[1].text, "summary"));
	ck_assert_uint_eq(f.plan->rules[0].by, FEATURE_BY_ACCOUNT | FEATURE_BY_VENUE);
	ck_assert_uint_eq(f.plan->rules[1].by, FEATURE_BY_INSTRUMENT);
	done(&f);
}
END_TEST

/* What is computed the same is known by the same version, whatever it is called or looks like. */
START_TEST(versions)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "rules: [{name: r, when: price > 3%*bid}]",
		  "rules: [{name: r, when: 'price  > 3% * bid # why'}]", true },
		{ "rules: [{name: r, when: price > 3}]", "rules: [{name: r, when: price > 4}]",
		  false },
		{ "rules: [{name: r, when: price > 3}]", "rules: [{name: s, when: price > 3}]",
		  false },
		{ "rules: [{name: r, when: price > 3}]",
		  "rules: [{name: r, when: price > x, params: {x: 3}}]", true },
		{ "rules: [{name: r, when: price > x, params: {x: 3}}]",
		  "rules: [{name: r, when: price > x, params: {x: 4}}]", false },
		{ "define: {x: bid}\nrules: [{name: r, when: price > x}]",
		  "define: {x: ask}\nrules: [{name: r, when: price > x}]", false },
		{ "define: {x: bid, y: 1}\nrules: [{name: r, when: price > x}]",
		  "define: {x: bid, y: 2}\nrules: [{name: r, when: price > x}]", true },
		{ "rules: [{name: r, when: count(1m) > 3}]",
		  "rules: [{name: r, by: account, when: count(1m) > 3}]", false },
		{ "lists: [{name: l, values: [A]}]\nrules: [{name: r, when: account in l}]",
		  "lists: [{name: l, values: [B]}]\nrules: [{name: r, when: account in l}]",
		  false },
		{ "lists: [{name: l, values: [A]}, {name: m, values: [A]}]\n"
		  "rules: [{name: r, when: count(1m where account not in l) > 3}]",
		  "lists: [{name: l, values: [A]}, {name: m, values: [B]}]\n"
		  "rules: [{name: r, when: count(1m where account not in l) > 3}]",
		  true },
		{ "lists: [{name: l, values: [A]}]\n"
		  "rules: [{name: r, when: count(1m where account not in l) > 3}]",
		  "lists: [{name: l, values: [A, B]}]\n"
		  "rules: [{name: r, when: count(1m where account not in l) > 3}]",
		  false },
		{ "rules: [{name: r, when: price > 3, for: 1m}]",
		  "rules: [{name: r, when: price > 3, for: 2m}]", false },
		{ "rules: [{name: r, when: price > 3, resolve_when: price < 2}]",
		  "rules: [{name: r, when: price > 3, resolve_when: price < 1}]", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture a = right(cases[i].a), b = right(cases[i].b);

		ck_assert_msg((strcmp(a.plan->rules[0].version, b.plan->rules[0].version) == 0) ==
		                      cases[i].same,
		              "%s", cases[i].b);
		done(&a);
		done(&b);
	}
}
END_TEST

/* Of an event, through features and detector. */
static bool finds(const struct fixture *f, size_t rule, const struct tocsin_event *e)
{
	const struct feature_limits limits = { .max_keys = 10, .max_window_events = 10 };
	const struct plan_rule *r = &f->plan->rules[rule];
	struct tocsin_score score = { .size = sizeof score };
	struct feature_table *t = NULL;
	struct tocsin_sample s;
	bool is;

	ck_assert_int_eq(feature_table_new(f->plan->features, &limits, &t), 0);
	feature_table_add(t, e, &s);
	is = r->detector->score(r->self, &s, &score) > 0;
	feature_table_free(t);
	return is;
}

START_TEST(lists_reach_the_features)
{
	struct fixture f = right(
		"lists: [{name: restricted, values: [A, \"B C\"]}]\n"
		"rules:\n"
		"  - {name: in, when: account in restricted}\n"
		"  - {name: out, when: account not in restricted and side == buy}\n");
	struct tocsin_event e = {
		.size = sizeof e,
		.side = TOCSIN_BUY,
		.time_ns = 1,
		.price = 5 * TOCSIN_SCALE,
		.qty = TOCSIN_SCALE,
		.bid = TOCSIN_NONE,
		.ask = TOCSIN_NONE,
		.instrument = { "X", 1 },
		.account = { "B C", 3 },
	};

	ck_assert(finds(&f, 0, &e));
	ck_assert(!finds(&f, 1, &e));
	e.account = (struct tocsin_str){ "B", 1 };
	ck_assert(!finds(&f, 0, &e));
	ck_assert(finds(&f, 1, &e));
	e.account = (struct tocsin_str){ NULL, 0 }; /* unknown: neither */
	ck_assert(!finds(&f, 0, &e));
	ck_assert(!finds(&f, 1, &e));
	done(&f);
}
END_TEST

SUITE("define", names_are_written_out, versions, lists_reach_the_features)
