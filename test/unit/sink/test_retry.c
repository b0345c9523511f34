/* Backoff: range, growth, spread, the receiver's wish, giving up; no overflow at the ends. */
#include "sink/retry.h"

#include "../suite.h"
#include "core/timefmt.h"

static const struct retry_policy usual = { NS_PER_S, 900 * NS_PER_S, 72 * 3600 * NS_PER_S };

START_TEST(range_and_spread)
{
	struct rng r = { 3 };

	for (uint32_t attempts = 0; attempts < 40; attempts++) {
		int64_t limit = attempts < 10 ? NS_PER_S << attempts : 900 * NS_PER_S,
			tenths[10] = { 0 };

		if (limit > usual.cap_ns)
			limit = usual.cap_ns;
		for (int i = 0; i < 5000; i++) {
			int64_t wait = retry_due(&usual, &r, attempts, 1000, 1000, 0) - 1000;

			ck_assert_msg(wait >= limit / 10 && wait <= limit, "%u: %lld", attempts,
			              (long long)wait);
			tenths[(wait - 1) * 10 / limit]++;
		}
		/* Uniform: 500 a tenth; the floor moves the lowest tenth to the edge of the next. */
		for (int i = 2; i < 10; i++)
			ck_assert_msg(tenths[i] > 380 && tenths[i] < 620,
			              "seed 3, %u: tenth %d has %lld", attempts, i,
			              (long long)tenths[i]);
		ck_assert_int_gt(tenths[0] + tenths[1], 800);
	}
}
END_TEST

START_TEST(the_receivers_wish)
{
	struct rng r = { 4 };

	for (int i = 0; i < 1000; i++) {
		ck_assert_int_ge(retry_due(&usual, &r, 0, 0, 0, 30 * NS_PER_S), 30 * NS_PER_S);
		ck_assert_int_le(retry_due(&usual, &r, 0, 0, 0, 30 * NS_PER_S), 31 * NS_PER_S);
		ck_assert_int_ge(retry_due(&usual, &r, 0, 0, 0, 1), NS_PER_S); /* clamped */
		ck_assert_int_le(retry_due(&usual, &r, 0, 0, 0, INT64_MAX), 3600 * NS_PER_S);
		ck_assert_int_ge(retry_due(&usual, &r, 20, 0, 0, NS_PER_S),
		                 90 * NS_PER_S); /* lower bound */
	}
}
END_TEST

START_TEST(giving_up)
{
	struct rng r = { 5 };
	int64_t first = 1700000000 * NS_PER_S;

	ck_assert_int_eq(retry_due(&usual, &r, 3, first, first + usual.give_up_ns, 0), 0);
	ck_assert_int_gt(retry_due(&usual, &r, 3, first, first + usual.give_up_ns - 1, 0), first);
	ck_assert_int_gt(retry_due(&usual, &r, 3, 0, first, 0), first); /* no attempt yet */
	ck_assert_int_gt(retry_due(&usual, &r, 3, first, first - 1000 * NS_PER_S, 0),
	                 0); /* clock back */
}
END_TEST

START_TEST(ends_of_the_range)
{
	static const int64_t odd[] = { INT64_MIN, -1, 0, 1, INT64_MAX };
	struct rng r = { 6 };

	for (size_t i = 0; i < 3125; i++) {
		struct retry_policy p = { odd[i % 5], odd[i / 5 % 5], odd[i / 25 % 5] };

		for (uint32_t attempts = 0; attempts < 2; attempts++)
			ck_assert_int_ge(retry_due(&p, &r, attempts ? UINT32_MAX : 0,
			                           odd[i / 125 % 5], odd[i / 625 % 5], odd[i % 5]),
			                 0);
	}
}
END_TEST

SUITE("retry", range_and_spread, the_receivers_wish, giving_up, ends_of_the_range)
