/* Detector `rules`: options, messages, scores; and the contract that every detector keeps. */
#include "detect/registry.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../suite.h"
#include "core/rng.h"

#define N_X 3

/* A host whose features are p, q and anything else (x[2]); "wrong" is refused. */
struct host {
	const char *when, *resolve_when;
};

static const char *option(void *ctx, const char *name)
{
	const struct host *h = ctx;

	return strcmp(name, "when") == 0           ? h->when
	       : strcmp(name, "resolve_when") == 0 ? h->resolve_when
	                                           : NULL;
}

static int feature(void *ctx, const char *text, uint32_t *ret_index, size_t *ret_at, char *reterr,
                   size_t reterr_size)
{
	(void)ctx;
	if (strncmp(text, "wrong", 5) == 0) {
		*ret_at = 2;
		snprintf(reterr, reterr_size, "unknown name");
		return -EINVAL;
	}
	if (strcmp(text, "nomem") == 0)
		return -ENOMEM;
	*ret_index = strcmp(text, "p") == 0 ? 0 : strcmp(text, "q") == 0 ? 1 : 2;
	return 0;
}

static const char *resolve_when; /* of the rules to come */

static int create(const char *when, void **ret_self, const char **ret_option, size_t *ret_at,
                  char *reason, size_t size)
{
	struct host ctx = { when, resolve_when };
	const struct tocsin_host host = {
		.size = sizeof host,
		.seed = 1,
		.ctx = &ctx,
		.option = option,
		.feature = feature,
	};

	return detector_rules.create(&host, ret_self, ret_option, ret_at, reason, size);
}

static void *make(const char *when)
{
	const char *name = NULL;
	char reason[200] = "";
	void *self = NULL;
	size_t at = 0;

	ck_assert_msg(create(when, &self, &name, &at, reason, sizeof reason) == 0, "%s: %s", when,
	              reason);
	return self;
}

static int score(const void *self, const double *x, struct tocsin_score *ret)
{
	const struct tocsin_event event = { .size = sizeof event };
	const struct tocsin_sample sample = {
		.size = sizeof sample,
		.n_features = N_X,
		.event = &event,
		.x = x,
	};

	ret->size = sizeof *ret;
	return detector_rules.score(self, &sample, ret);
}

START_TEST(registry)
{
	size_t n = 0;
	const struct tocsin_detector *const *all = registry_all(&n);

	ck_assert_uint_ge(n, 1);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(all[i]->abi, TOCSIN_DETECTOR_ABI);
		ck_assert_uint_eq(all[i]->size, sizeof(struct tocsin_detector));
		ck_assert(all[i]->create && all[i]->free && all[i]->score && all[i]->summary);
		ck_assert_ptr_eq(registry_find(all[i]->name), all[i]);
	}
	ck_assert_ptr_eq(registry_find("rules"), &detector_rules);
	ck_assert_ptr_null(registry_find("rule"));
	ck_assert(TOCSIN_HAS(&detector_rules, wants_ticks));
	ck_assert_str_eq(detector_rules.params[0].name, "when");
}
END_TEST

START_TEST(wrong_options)
{
	static const struct {
		const char *when;
		size_t at;
		const char *reason;
	} cases[] = {
		{ NULL, 0, "a rule needs 'when', its condition" },
		{ "", 0, "the expression is empty" },
		{ "p >", 3, "expected a value, found the end" },
		{ "p > 1 and wrong > 2", 12, "unknown name" },
		{ "p", 0, "a rule needs a condition, such as 'rate(1s) > 50'; this is a number" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *name = NULL;
		char reason[200] = "";
		void *self = NULL;
		size_t at = 99;

		ck_assert_int_eq(create(cases[i].when, &self, &name, &at, reason, sizeof reason),
		                 -EINVAL);
		ck_assert_str_eq(name, "when");
		ck_assert_uint_eq(at, cases[i].at);
		ck_assert_str_eq(reason, cases[i].reason);
		ck_assert_ptr_null(self);
	}
}
END_TEST

START_TEST(an_end_of_its_own)
{
	const struct tocsin_event event = { .size = sizeof event };
	double x[N_X] = { 5, 0, 0 };
	const struct tocsin_sample sample = { sizeof sample, N_X, &event, 0, x };
	const char *name = NULL;
	char reason[200] = "";
	void *self = NULL;
	size_t at = 0;

	resolve_when = "p < 2";
	self = make("p > 4");
	ck_assert_int_eq(detector_rules.resolves(self, &sample), 0);
	x[0] = 3;
	ck_assert_int_eq(detector_rules.resolves(self, &sample), 0);
	x[0] = 1;
	ck_assert_int_eq(detector_rules.resolves(self, &sample), 1);
	x[0] = NAN;
	ck_assert_int_eq(detector_rules.resolves(self, &sample), TOCSIN_NO_VALUE);
	detector_rules.free(self);

	resolve_when = "p < wrong";
	self = NULL;
	ck_assert_int_eq(create("p > 4", &self, &name, &at, reason, sizeof reason), -EINVAL);
	ck_assert_str_eq(name, "resolve_when");
	ck_assert_uint_eq(at, 6);
	ck_assert_ptr_null(self);
	resolve_when = NULL;
}
END_TEST

START_TEST(memory_runs_out)
{
	const char *name = NULL;
	char reason[200] = "";
	void *self = NULL;
	size_t at;

	ck_assert_int_eq(create("p > 1 and nomem > 1", &self, &name, &at, reason, sizeof reason),
	                 -ENOMEM);
	ck_assert_ptr_null(self);
}
END_TEST

START_TEST(scores)
{
	const double x[N_X] = { 6, 4, 1 }, quiet[N_X] = { 3, 4, 1 };
	void *self = make("p > 3 and q > 2.4");
	struct tocsin_score s;

	ck_assert_int_eq(score(self, quiet, &s), 0);
	ck_assert_int_eq(score(self, x, &s), 1);
	ck_assert_double_eq_tol(s.confidence, 1 - 0.5 * 2.4 / 4, 1e-12);
	ck_assert_double_eq(s.score, s.confidence);
	ck_assert_uint_eq(s.n_reasons, 2);
	ck_assert_uint_eq(s.reason[0].feature, 0);
	ck_assert_double_eq(s.reason[0].observed, 6);
	ck_assert_double_eq(s.reason[0].expected, 3);
	ck_assert_uint_eq(s.reason[1].feature, 1);
	ck_assert_double_le((double)s.reason[0].share + (double)s.reason[1].share, 1);
	ck_assert_double_gt((double)s.reason[0].share, (double)s.reason[1].share);
	ck_assert_int_eq(detector_rules.wants_ticks(self), 0);
	ck_assert_uint_gt(detector_rules.memory(self), 0);
	detector_rules.free(self);
	self = make("absent_for(5m)");
	ck_assert_int_eq(detector_rules.wants_ticks(self), 1);
	ck_assert_int_eq(score(self, x, &s), 1);
	detector_rules.free(self);
	detector_rules.free(NULL);
}
END_TEST

/* The contract: same samples, same bits; nothing learnt; everything in range; NaN survived. */
START_TEST(contract)
{
	static const char *const rules[] = {
		"p > 1",
		"abs(p) > 3% and q < 2",
		"p / q > 1 or not absent_for(1s)",
		"min(p, q) != max(p, q)",
		"not (p > 1 and q > 1) and p + q > -3",
		"sqrt(p) > ln(q) or p == q",
	};
	const double none[N_X] = { NAN, NAN, NAN };

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		void *a = make(rules[i]), *b = make(rules[i]);
		struct rng r = { i + 1 };
		struct tocsin_score s, t;
		int fired = 0;

		ck_assert_int_eq(score(a, none, &s), TOCSIN_NO_VALUE);
		for (int step = 0; step < 5000; step++) {
			double x[N_X], sum = 0;
			bool bad;

			for (int k = 0; k < N_X; k++)
				x[k] = rng_below(&r, 10)  ? 10 * rng_unit(&r) - 5
				       : rng_below(&r, 2) ? NAN
				                          : INFINITY;
			x[2] = (double)rng_below(&r, 2);
			memset(&s, 0, sizeof s);
			memset(&t, 0, sizeof t);
			bad = score(a, x, &s) != score(b, x, &t);
			score(b, x, &t); /* once more changes nothing */
			bad = bad || memcmp(&s, &t, sizeof s) != 0;
			if (s.n_reasons) {
				fired++;
				bad = bad || !(s.confidence >= 0.5 && s.confidence < 1);
				bad = bad || s.n_reasons > TOCSIN_MAX_REASONS;
			}
			for (uint32_t k = 0; k < s.n_reasons; k++) {
				sum += (double)s.reason[k].share;
				bad = bad || s.reason[k].feature >= N_X ||
				      !isfinite(s.reason[k].observed);
			}
			if (bad || sum > 1)
				ck_abort_msg("%s: step %d", rules[i], step);
		}
		ck_assert_msg(fired > 100, "%s: fired %d times", rules[i], fired);
		detector_rules.free(a);
		detector_rules.free(b);
	}
}
END_TEST

START_TEST(farther_is_surer)
{
	void *self = make("p > 2 and q < -1");
	double last = 0;

	for (int i = 1; i < 1000; i++) {
		const double x[N_X] = { 2 + i * 0.1, -1 - i * 0.1, 0 };
		struct tocsin_score s;

		ck_assert_int_eq(score(self, x, &s), 1);
		ck_assert_double_gt(s.confidence, last);
		last = s.confidence;
	}
	ck_assert_double_gt(last, 0.95);
	detector_rules.free(self);
}
END_TEST

struct seen {
	char text[400];
	int n;
};

static void see(void *ctx, const struct tocsin_check *c)
{
	struct seen *s = ctx;
	size_t at = strlen(s->text);

	snprintf(s->text + at, sizeof s->text - at, "%.*s:%d/%d %s %g %g %u;", (int)c->text_n,
	         c->text, c->truth, c->wanted, c->op ? c->op : "-", c->observed, c->expected,
	         c->n_missing);
	s->n++;
}

/* Every comparison is told, true or not, with the side that has a feature as the observed one. */
START_TEST(inspects)
{
	static const struct {
		const char *when, *want;
		double x[N_X];
	} cases[] = {
		{ "p > 3 and q < 2", "p > 3:1/1 > 5 3 0;q < 2:0/1 < 7 2 0;", { 5, 7, 0 } },
		{ "3% < abs(p)", "3% < abs(p):0/1 > 0.01 0.03 0;", { -0.01, 0, 0 } },
		{ "not (p > 3 or 2 * q >= p)",
		  "p > 3:0/0 > 1 3 0;2 * q >= p:-1/0 >= nan 1 1;",
		  { 1, NAN, 0 } },
		{ "p + q > 1", "p + q > 1:-1/1 > nan 1 2;", { NAN, NAN, 0 } },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct tocsin_event event = { .size = sizeof event };
		const struct tocsin_sample sample = {
			.size = sizeof sample, .n_features = N_X, .event = &event, .x = cases[i].x
		};
		void *self = make(cases[i].when);
		struct seen seen = { .n = 0 };

		detector_rules.inspect(self, &sample, see, &seen);
		ck_assert_str_eq(seen.text, cases[i].want);
		detector_rules.free(self);
	}
}
END_TEST

SUITE("rules", registry, wrong_options, an_end_of_its_own, memory_runs_out, scores, contract,
      farther_is_surer, inspects)
