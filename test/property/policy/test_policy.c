/* The policy against a naive model: random findings, saves, and restarts from what was saved.
 * The model is a plain array in order of use; what was saved is a log as a journal would keep it. */
#include "policy/policy.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../unit/suite.h"
#include "core/rng.h"

#define N_RULES 3
#define MOST 64
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OPS 40000 /* ten times slower there */
#else
#define OPS 100000
#endif

struct slot {
	size_t rule;
	uint64_t key;
	int64_t passed;
	uint32_t held;
};

struct model {
	size_t n, max, evicted;
	struct slot slots[MOST]; /* the one used longest ago first */
};

struct log {
	size_t n;
	struct row {
		size_t rule;
		uint64_t key;
		unsigned char state[POLICY_STATE_SIZE];
	} rows[4096];
};

static const struct policy_rule rules[N_RULES] = { { 0.5, 100 }, { 0, 0 }, { 0.2, INT64_MAX } };

static enum policy_verdict model_judge(struct model *m, size_t rule, uint64_t key,
                                       double confidence, int64_t at, uint32_t *held)
{
	struct slot s = { .rule = rule, .key = key };
	enum policy_verdict verdict = POLICY_ALERT;
	bool known = false;
	__int128 d;

	if (isnan(confidence) || confidence < rules[rule].min_confidence)
		return POLICY_LOW_CONFIDENCE;
	if (rules[rule].cooldown_ns == 0) {
		*held = 0;
		return POLICY_ALERT;
	}
	for (size_t i = 0; i < m->n && !known; i++) {
		if (m->slots[i].rule != rule || m->slots[i].key != key)
			continue;
		s = m->slots[i];
		known = true;
		memmove(&m->slots[i], &m->slots[i + 1], (--m->n - i) * sizeof s);
	}
	if (!known && m->n == m->max) {
		memmove(&m->slots[0], &m->slots[1], --m->n * sizeof s);
		m->evicted++;
	}
	d = (__int128)at - s.passed;
	if (known && (d < 0 ? -d : d) < rules[rule].cooldown_ns) {
		s.held++;
		verdict = POLICY_COOLDOWN;
	} else {
		*held = s.held;
		s.held = 0;
		s.passed = at;
	}
	m->slots[m->n++] = s;
	return verdict;
}

/* A later state of a key takes the place of the earlier, at the end. */
static int save(void *ctx, size_t rule, uint64_t key,
                const unsigned char state[static POLICY_STATE_SIZE])
{
	struct log *l = ctx;

	for (size_t i = 0; i < l->n; i++) {
		if (l->rows[i].rule != rule || l->rows[i].key != key)
			continue;
		memmove(&l->rows[i], &l->rows[i + 1], (--l->n - i) * sizeof l->rows[0]);
		break;
	}
	ck_assert_uint_lt(l->n, sizeof l->rows / sizeof l->rows[0]);
	l->rows[l->n].rule = rule;
	l->rows[l->n].key = key;
	memcpy(l->rows[l->n++].state, state, POLICY_STATE_SIZE);
	return 0;
}

static struct policy *restart(struct policy *p, const struct log *l, size_t max)
{
	policy_free(p);
	ck_assert_int_eq(policy_new(rules, N_RULES, max, &p), 0);
	for (size_t i = 0; i < l->n; i++)
		ck_assert_int_eq(policy_restore(p, l->rows[i].rule, l->rows[i].key,
		                                l->rows[i].state, POLICY_STATE_SIZE),
		                 0);
	return p;
}

static int64_t draw_time(struct rng *r, int64_t now)
{
	switch (rng_below(r, 50)) {
	case 0: return (int64_t)rng_next(r);
	case 1: return rng_below(r, 2) ? INT64_MIN : INT64_MAX;
	case 2: return now - (int64_t)rng_below(r, 300);
	default: return now;
	}
}

static size_t run(size_t max, uint64_t n_keys, uint64_t seed, size_t n_alike[static 3])
{
	static struct log l;
	struct model m = { .max = max };
	struct rng r = { seed };
	struct policy *p = restart(NULL, &(struct log){ 0 }, max);
	size_t evicted = 0, restarts = 0;
	int64_t now = 0;

	l.n = 0;
	for (int i = 0; i < OPS; i++) {
		size_t rule = rng_below(&r, N_RULES);
		uint64_t key = rng_below(&r, n_keys);
		double confidence = rng_below(&r, 20) ? rng_unit(&r) : (double)NAN;
		int64_t at = draw_time(&r, now += (int64_t)rng_below(&r, 10));
		uint32_t a = 77, b = 77;
		enum policy_verdict x = policy_judge(p, rule, key, confidence, at, &a);
		enum policy_verdict y = model_judge(&m, rule, key, confidence, at, &b);

		ck_assert_msg(x == y && a == b,
		              "max %zu, seed %llu, step %d: %d held %u, model %d held %u", max,
		              (unsigned long long)seed, i, (int)x, a, (int)y, b);
		ck_assert_uint_eq(evicted + policy_evicted(p), m.evicted);
		n_alike[x]++;
		if (rng_below(&r, 30) == 0) {
			ck_assert_int_eq(policy_dirty(p, save, &l), 0);
			policy_clean(p);
		}
		if (rng_below(&r, 2000) == 0) {
			ck_assert_int_eq(policy_dirty(p, save, &l), 0);
			p = restart(p, &l, max);
			evicted = m.evicted - policy_evicted(p); /* restoring may forget, too */
			restarts++;
		}
	}
	policy_free(p);
	return restarts;
}

static void run_all(size_t max, uint64_t n_keys)
{
	size_t n_alike[3] = { 0 };

	for (uint64_t seed = 1; seed <= 3; seed++)
		ck_assert_uint_gt(run(max, n_keys, seed, n_alike), 10);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_gt(n_alike[i], 1000);
}

START_TEST(with_room)
{
	run_all(MOST, 30);
}
END_TEST

START_TEST(crowded)
{
	run_all(20, 30);
}
END_TEST

START_TEST(one_place)
{
	run_all(1, 3);
}
END_TEST

START_TEST(flooded)
{
	run_all(MOST, 500);
}
END_TEST

SUITE("policy properties", with_room, crowded, one_place, flooded)
