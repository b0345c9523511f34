/* Confidence, cooldown, hostile times, crowding, state. */
#include "policy/policy.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "../suite.h"

#define SEC 1000000000LL

static struct policy *make(double confidence, int64_t cooldown_ns, size_t max)
{
	const struct policy_rule rules[] = { { confidence, cooldown_ns },
		                             { confidence, cooldown_ns } };
	struct policy *p = NULL;

	ck_assert_int_eq(policy_new(rules, 2, max, &p), 0);
	return p;
}

static void expect(struct policy *p, size_t rule, uint64_t key, int64_t at,
                   enum policy_verdict verdict, uint32_t held)
{
	uint32_t got = 99;

	ck_assert_int_eq(policy_judge(p, rule, key, 1, at, &got), verdict);
	ck_assert_uint_eq(got, verdict == POLICY_ALERT ? held : 99);
}

START_TEST(refused_configurations)
{
	static const struct policy_rule wrong[] = {
		{ -0.1, 0 }, { 1.1, 0 }, { NAN, 0 }, { 0.5, -1 }
	};
	struct policy *p = NULL;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_int_eq(policy_new(&wrong[i], 1, 10, &p), -EINVAL);
	ck_assert_int_eq(policy_new(NULL, 0, 0, &p), -EINVAL);
	ck_assert_int_eq(policy_new(NULL, 0, SIZE_MAX, &p), -EINVAL);
	ck_assert_ptr_null(p);
	ck_assert_int_eq(policy_new(NULL, 0, 1, &p), 0);
	ck_assert_ptr_null(policy_free(p));
	ck_assert_ptr_null(policy_free(NULL));
}
END_TEST

START_TEST(repeat_is_held_then_counted)
{
	struct policy *p = make(0, 60 * SEC, 16);

	expect(p, 0, 7, 0, POLICY_ALERT, 0);
	expect(p, 0, 7, 0, POLICY_COOLDOWN, 0);
	expect(p, 0, 7, 60 * SEC - 1, POLICY_COOLDOWN, 0);
	expect(p, 0, 7, 60 * SEC, POLICY_ALERT, 2);
	expect(p, 0, 7, 120 * SEC, POLICY_ALERT, 0);
	policy_free(p);
}
END_TEST

START_TEST(rules_and_keys_are_apart)
{
	struct policy *p = make(0, 60 * SEC, 16);

	expect(p, 0, 7, 0, POLICY_ALERT, 0);
	expect(p, 1, 7, 0, POLICY_ALERT, 0);
	expect(p, 0, 8, 0, POLICY_ALERT, 0);
	expect(p, 0, 7, 1, POLICY_COOLDOWN, 0);
	expect(p, 1, 7, 1, POLICY_COOLDOWN, 0);
	expect(p, 0, 8, 1, POLICY_COOLDOWN, 0);
	policy_free(p);
}
END_TEST

static int count(void *ctx, size_t rule, uint64_t key,
                 const unsigned char state[static POLICY_STATE_SIZE])
{
	(void)rule;
	(void)key;
	(void)state;
	++*(int *)ctx;
	return 0;
}

START_TEST(confidence_comes_first)
{
	struct policy *p = make(0.8, 60 * SEC, 16);
	uint32_t held = 99;
	int n = 0;

	ck_assert_int_eq(policy_judge(p, 0, 1, 0.79, 0, &held), POLICY_LOW_CONFIDENCE);
	ck_assert_int_eq(policy_judge(p, 0, 1, NAN, 0, &held), POLICY_LOW_CONFIDENCE);
	policy_dirty(p, count, &n);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(policy_judge(p, 0, 1, 0.8, 1, &held), POLICY_ALERT);
	ck_assert_uint_eq(held, 0);
	held = 99;
	ck_assert_int_eq(policy_judge(p, 0, 1, 0.5, 2, &held), POLICY_LOW_CONFIDENCE);
	ck_assert_int_eq(policy_judge(p, 0, 1, 0.9, 3, &held), POLICY_COOLDOWN);
	ck_assert_uint_eq(held, 99);
	ck_assert_int_eq(policy_judge(p, 0, 1, 1, 61 * SEC, &held), POLICY_ALERT);
	ck_assert_uint_eq(held, 1);
	policy_free(p);
}
END_TEST

START_TEST(no_cooldown_no_memory)
{
	struct policy *p = make(0, 0, 1);
	int n = 0;

	for (uint64_t key = 0; key < 100; key++) {
		expect(p, 0, key, 5, POLICY_ALERT, 0);
		expect(p, 0, key, 5, POLICY_ALERT, 0);
	}
	ck_assert_int_eq(policy_dirty(p, count, &n), 0);
	ck_assert_int_eq(n, 0);
	ck_assert_uint_eq(policy_evicted(p), 0);
	policy_free(p);
}
END_TEST

START_TEST(late_findings)
{
	struct policy *p = make(0, 60 * SEC, 16);

	expect(p, 0, 1, 100 * SEC, POLICY_ALERT, 0);
	expect(p, 0, 1, 40 * SEC + 1, POLICY_COOLDOWN, 0);
	expect(p, 0, 1, 40 * SEC, POLICY_ALERT, 1);
	expect(p, 0, 1, 41 * SEC, POLICY_COOLDOWN, 0);
	policy_free(p);
}
END_TEST

START_TEST(hostile_times)
{
	static const int64_t times[] = { INT64_MIN, INT64_MAX, INT64_MIN,    0,
		                         INT64_MAX, -1,        INT64_MIN + 1 };
	struct policy *p = make(0, 60 * SEC, 16), *q = make(0, INT64_MAX, 16);

	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
		expect(p, 0, 1, times[i], POLICY_ALERT, 0);
	expect(q, 0, 1, 0, POLICY_ALERT, 0);
	expect(q, 0, 1, INT64_MAX - 1, POLICY_COOLDOWN, 0);
	expect(q, 0, 1, INT64_MAX, POLICY_ALERT, 1);
	expect(q, 0, 1, 0, POLICY_ALERT, 0);
	expect(q, 0, 1, INT64_MIN, POLICY_ALERT, 0);
	policy_free(p);
	policy_free(q);
}
END_TEST

START_TEST(the_one_used_longest_ago_goes)
{
	struct policy *p = make(0, 60 * SEC, 3);

	expect(p, 0, 1, 0, POLICY_ALERT, 0);
	expect(p, 0, 2, 0, POLICY_ALERT, 0);
	expect(p, 0, 3, 0, POLICY_ALERT, 0);
	expect(p, 0, 1, 1, POLICY_COOLDOWN, 0); /* a held repeat is a use */
	expect(p, 0, 4, 1, POLICY_ALERT, 0); /* for 2 */
	ck_assert_uint_eq(policy_evicted(p), 1);
	expect(p, 0, 1, 2, POLICY_COOLDOWN, 0);
	expect(p, 0, 3, 2, POLICY_COOLDOWN, 0);
	expect(p, 0, 4, 2, POLICY_COOLDOWN, 0);
	expect(p, 0, 2, 2, POLICY_ALERT, 0); /* one alert too many, for 1 */
	ck_assert_uint_eq(policy_evicted(p), 2);
	expect(p, 0, 3, 60 * SEC, POLICY_ALERT, 1);
	policy_free(p);
}
END_TEST

struct saved {
	size_t n, rule[8];
	uint64_t key[8];
	unsigned char state[8][POLICY_STATE_SIZE];
	size_t stop_at;
};

static int save(void *ctx, size_t rule, uint64_t key,
                const unsigned char state[static POLICY_STATE_SIZE])
{
	struct saved *s = ctx;

	ck_assert_uint_lt(s->n, 8);
	s->rule[s->n] = rule;
	s->key[s->n] = key;
	memcpy(s->state[s->n], state, POLICY_STATE_SIZE);
	return ++s->n == s->stop_at ? -EIO : 0;
}

START_TEST(dirty_and_clean)
{
	struct policy *p = make(0, 60 * SEC, 16);
	struct saved s = { 0 }, t = { .stop_at = 2 }, u = { 0 };

	ck_assert_int_eq(policy_dirty(p, save, &s), 0);
	ck_assert_uint_eq(s.n, 0);
	expect(p, 0, 1, 0, POLICY_ALERT, 0);
	expect(p, 1, 2, 0, POLICY_ALERT, 0);
	expect(p, 0, 3, 0, POLICY_ALERT, 0);
	expect(p, 0, 1, 1, POLICY_COOLDOWN, 0);
	ck_assert_int_eq(policy_dirty(p, save, &s), 0);
	ck_assert_uint_eq(s.n, 3);
	ck_assert_uint_eq(s.key[0], 2);
	ck_assert_uint_eq(s.rule[0], 1);
	ck_assert_uint_eq(s.key[2], 1);
	ck_assert_int_eq(policy_dirty(p, save, &t), -EIO);
	ck_assert_uint_eq(t.n, 2);
	policy_clean(p);
	policy_clean(p);
	expect(p, 0, 3, 2, POLICY_COOLDOWN, 0);
	ck_assert_int_eq(policy_dirty(p, save, &u), 0);
	ck_assert_uint_eq(u.n, 1);
	ck_assert_uint_eq(u.key[0], 3);
	policy_free(p);
}
END_TEST

START_TEST(a_forgotten_entry_is_not_dirty)
{
	struct policy *p = make(0, 60 * SEC, 1);
	struct saved s = { 0 };

	expect(p, 0, 1, 0, POLICY_ALERT, 0);
	expect(p, 0, 2, 0, POLICY_ALERT, 0);
	ck_assert_int_eq(policy_dirty(p, save, &s), 0);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_uint_eq(s.key[0], 2);
	policy_free(p);
}
END_TEST

/* The layout is an agreement with files on disk. */
START_TEST(state_layout)
{
	static const unsigned char expected[12] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff,
		                                    0xff, 0xff, 1,    0,    0,    0 };
	struct policy *p = make(0, 60 * SEC, 4);
	struct saved s = { 0 };

	expect(p, 0, 9, -2, POLICY_ALERT, 0);
	expect(p, 0, 9, 5, POLICY_COOLDOWN, 0);
	policy_dirty(p, save, &s);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_mem_eq(s.state[0], expected, sizeof expected);
	policy_free(p);
}
END_TEST

START_TEST(restore)
{
	struct policy *p = make(0, 60 * SEC, 4), *q = make(0, 60 * SEC, 4), *none = make(0, 0, 4);
	struct saved s = { 0 }, t = { 0 };

	expect(p, 1, 9, 10 * SEC, POLICY_ALERT, 0);
	expect(p, 1, 9, 11 * SEC, POLICY_COOLDOWN, 0);
	policy_dirty(p, save, &s);
	ck_assert_int_eq(policy_restore(q, 1, 9, s.state[0], POLICY_STATE_SIZE), 0);
	ck_assert_int_eq(policy_dirty(q, save, &t), 0);
	ck_assert_uint_eq(t.n, 0);
	expect(q, 1, 9, 12 * SEC, POLICY_COOLDOWN, 0);
	expect(q, 1, 9, 70 * SEC, POLICY_ALERT, 2);
	ck_assert_int_eq(policy_restore(q, 1, 9, s.state[0], POLICY_STATE_SIZE),
	                 0); /* over a known one */
	ck_assert_int_eq(policy_dirty(q, save, &t), 0);
	ck_assert_uint_eq(t.n, 0);
	expect(q, 1, 9, 12 * SEC, POLICY_COOLDOWN, 0);
	ck_assert_int_eq(policy_restore(none, 1, 9, s.state[0], POLICY_STATE_SIZE), 0);
	expect(none, 1, 9, 12 * SEC, POLICY_ALERT, 0);
	policy_free(p);
	policy_free(q);
	policy_free(none);
}
END_TEST

START_TEST(damaged_states_are_refused)
{
	struct policy *p = make(0, 60 * SEC, 4), *q = make(0, 60 * SEC, 4);
	struct saved s = { 0 };

	expect(p, 0, 9, 1700000000 * SEC, POLICY_ALERT, 0);
	policy_dirty(p, save, &s);
	for (size_t bit = 0; bit < 8 * POLICY_STATE_SIZE; bit++) {
		s.state[0][bit / 8] ^= (unsigned char)(1u << bit % 8);
		ck_assert_int_eq(policy_restore(q, 0, 9, s.state[0], POLICY_STATE_SIZE), -EINVAL);
		s.state[0][bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	for (size_t n = 0; n < POLICY_STATE_SIZE; n++)
		ck_assert_int_eq(policy_restore(q, 0, 9, s.state[0], n), -EINVAL);
	ck_assert_int_eq(policy_restore(q, 0, 9, NULL, 0), -EINVAL);
	ck_assert_int_eq(policy_restore(q, 2, 9, s.state[0], POLICY_STATE_SIZE), -EINVAL);
	expect(q, 0, 9, 1700000000 * SEC, POLICY_ALERT, 0);
	ck_assert_int_eq(policy_restore(q, 0, 9, s.state[0], POLICY_STATE_SIZE), 0);
	policy_free(p);
	policy_free(q);
}
END_TEST

SUITE("policy", refused_configurations, repeat_is_held_then_counted, rules_and_keys_are_apart,
      confidence_comes_first, no_cooldown_no_memory, late_findings, hostile_times,
      the_one_used_longest_ago_goes, dirty_and_clean, a_forgotten_entry_is_not_dirty, state_layout,
      restore, damaged_states_are_refused)
