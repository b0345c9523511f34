/* Alerts against labels: which of the four each is, and the figures. */
#include "episodes/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "core/timefmt.h"

static struct score_episode episode(int kind, int64_t start, int64_t end, const char *account)
{
	struct score_episode e = { .kind = kind,
		                   .start_ns = start * NS_PER_S,
		                   .end_ns = end * NS_PER_S,
		                   .instrument = "X" };

	if (account[0])
		strcpy(e.accounts[e.n_accounts++], account);
	return e;
}

static struct score_alert alert(int64_t time, const char *account)
{
	struct score_alert a = { .time_ns = time * NS_PER_S, .instrument = "X" };

	strcpy(a.account, account);
	return a;
}

static struct score make(int pattern, bool by_account)
{
	struct score s = { .n_rules = 1, .grace_ns = 5 * NS_PER_S };

	s.rules = calloc(1, sizeof *s.rules);
	s.rules[0] = (struct score_rule){ .name = "r",
		                          .pattern = pattern,
		                          .by_account = by_account };
	return s;
}

static const struct score_episode market[] = {
	{ PATTERN_SPOOFING, 100 * NS_PER_S, 110 * NS_PER_S, "X", "", { "U1" }, 1 },
	{ PATTERN_SPOOFING, 200 * NS_PER_S, 210 * NS_PER_S, "X", "", { "U2" }, 1 },
	{ PATTERN_WASH_TRADE, 300 * NS_PER_S, 310 * NS_PER_S, "X", "", { "U3" }, 1 },
	{ BENIGN_MARKET_MAKER, 400 * NS_PER_S, 410 * NS_PER_S, "X", "", { "U4" }, 1 },
	{ BENIGN_QUIET_SPELL, 500 * NS_PER_S, 510 * NS_PER_S, "X", "", { "" }, 0 },
};

static const struct {
	int64_t time;
	const char *account;
	int right, benign, other, outside; /* by account */
} cases[] = {
	{ 99, "U1", 0, 0, 0, 1 },  { 100, "U1", 1, 0, 0, 0 }, { 115, "U1", 1, 0, 0, 0 },
	{ 116, "U1", 0, 0, 0, 1 }, { 105, "U9", 0, 0, 0, 1 }, { 105, "", 1, 0, 0, 0 },
	{ 305, "U3", 0, 0, 1, 0 }, { 305, "U9", 0, 0, 0, 1 }, { 405, "U4", 0, 1, 0, 0 },
	{ 405, "U9", 0, 0, 0, 1 }, { 505, "U9", 0, 0, 1, 0 }, { 600, "U1", 0, 0, 0, 1 },
};

START_TEST(each_alert_is_one_of_four)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct score s = make(PATTERN_SPOOFING, true);
		struct score_alert a = alert(cases[i].time, cases[i].account);
		const struct score_rule *r = s.rules;

		ck_assert_int_eq(score_run(&s, market, 5, &a, 1, 1000), 0);
		ck_assert_msg((int)r->right == cases[i].right &&
		                      (int)r->benign == cases[i].benign &&
		                      (int)r->other == cases[i].other &&
		                      (int)r->outside == cases[i].outside,
		              "case %zu", i);
		ck_assert_uint_eq(r->episodes, 2);
		ck_assert_uint_eq(r->caught, r->right);
		score_done(&s);
	}
}
END_TEST

START_TEST(without_accounts_time_and_instrument_decide)
{
	struct score s = make(PATTERN_SPOOFING, false);
	struct score_alert a[] = { alert(105, "U9"), alert(205, ""), alert(405, "U9"),
		                   alert(205, "") };

	strcpy(a[3].instrument, "Y");
	score_run(&s, market, 5, a, 4, 1000);
	ck_assert_uint_eq(s.rules[0].caught, 2);
	ck_assert_uint_eq(s.rules[0].benign, 1);
	ck_assert_uint_eq(s.rules[0].outside, 1);
	score_done(&s);
}
END_TEST

START_TEST(a_venue_that_follows_is_neither)
{
	struct score s = make(PATTERN_SPOOFING, false);
	struct score_episode e = episode(PATTERN_SPOOFING, 100, 110, "");
	struct score_alert a[] = { alert(105, ""), alert(205, "") };

	strcpy(e.follower, "X.B");
	strcpy(a[0].instrument, "X.B");
	strcpy(a[1].instrument, "X.B");
	score_run(&s, &e, 1, a, 2, 1000);
	ck_assert_uint_eq(s.rules[0].caught, 0);
	ck_assert_uint_eq(s.rules[0].other, 1);
	ck_assert_uint_eq(s.rules[0].outside, 1);
	score_done(&s);
}
END_TEST

START_TEST(figures_of_several_logs)
{
	struct score s = make(PATTERN_SPOOFING, true);
	struct score_alert a[] = { alert(102, "U1"), alert(103, "U1"), alert(600, "U1") };
	struct score_episode more = episode(PATTERN_SPOOFING, 10, 20, "U1");
	struct score_alert late = alert(16, "U1");
	struct score_figures f;

	score_run(&s, market, 5, a, 3, 30000);
	score_run(&s, &more, 1, &late, 1, 20000);
	f = score_figures(&s, s.rules, 100000);
	ck_assert_uint_eq(s.rules[0].episodes, 3);
	ck_assert_uint_eq(s.rules[0].caught, 2);
	ck_assert_double_eq_tol(f.recall, 2.0 / 3, 1e-12);
	ck_assert_double_eq_tol(f.low, 0.2076596, 1e-6); /* Wilson of 2 in 3, computed apart */
	ck_assert_double_eq_tol(f.high, 0.9385081, 1e-6);
	ck_assert_double_eq_tol(f.false_rate, 0.2, 1e-12);
	ck_assert_double_eq_tol(f.precision, 2.0 / 3, 1e-12);
	ck_assert_double_eq_tol(f.f1, 2.0 / 3, 1e-12);
	ck_assert_double_eq_tol(f.precision_at, 0.25, 1e-12); /* 6.67e-6 against 2e-5 an event */
	ck_assert_int_eq(f.median_ns, 4 * NS_PER_S); /* of 2 s and 6 s */
	ck_assert(!f.recall_met && f.false_met);
	score_done(&s);
}
END_TEST

START_TEST(nothing_is_not_a_number)
{
	struct score s = make(PATTERN_SPOOFING, true);
	struct score_figures f;

	score_run(&s, NULL, 0, NULL, 0, 1000);
	f = score_figures(&s, s.rules, 100000);
	ck_assert(isnan(f.recall) && isnan(f.precision) && isnan(f.f1) && isnan(f.precision_at));
	ck_assert_double_eq(f.false_rate, 0);
	ck_assert_int_eq(f.median_ns, -1);
	ck_assert(pattern_resembles(BENIGN_ICEBERG, PATTERN_SPOOFING));
	ck_assert(pattern_resembles(BENIGN_ICEBERG, PATTERN_WASH_TRADE));
	ck_assert(!pattern_resembles(BENIGN_ICEBERG, PATTERN_WASH_RING));
	score_done(&s);
}
END_TEST

SUITE("score", each_alert_is_one_of_four, without_accounts_time_and_instrument_decide,
      a_venue_that_follows_is_neither, figures_of_several_logs, nothing_is_not_a_number)
