/* A multiset by rank equals a sorted array, while few become many and few again; counting different
 * ones likewise; memory is told to the byte. */
#include "features/ranks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "core/rng.h"
#include "features/distinct.h"

#define MOST 6000

static size_t find(const int64_t *sorted, size_t n, int64_t v)
{
	size_t i = 0;

	while (i < n && sorted[i] < v)
		i++;
	return i;
}

static double different(const int64_t *sorted, size_t n)
{
	double is = 0;

	for (size_t i = 0; i < n; i++)
		is += i == 0 || sorted[i] != sorted[i - 1];
	return is;
}

/* Each ck_assert() is a write(2): only a failure calls it here. */
static void compare(const struct ranks *r, const struct distinct *d, const int64_t *sorted,
                    size_t n, uint64_t seed)
{
	if (ranks_count(r) != n || (double)d->n != different(sorted, n))
		ck_abort_msg("seed %lu: %u of %zu", (unsigned long)seed, ranks_count(r), n);
	for (size_t i = 0; i < n; i++)
		if (ranks_at(r, (uint32_t)i) != sorted[i])
			ck_abort_msg("seed %lu: rank %zu of %zu", (unsigned long)seed, i, n);
}

/* Grows to `most` and shrinks again, over and over; values of `kinds` different ones, or in order. */
static void run(uint64_t seed, size_t most, uint64_t kinds)
{
	static int64_t sorted[MOST + 1];
	struct rng g = { seed };
	struct distinct d = { 0 };
	struct ranks r = { 0 };
	size_t n = 0, bytes = 0;

	for (int step = 0; step < 24000; step++) {
		size_t goal = step / 8000 % 2 ? 20 : most;
		bool add = n == 0 || (n < goal ? rng_below(&g, 8) > 0 : rng_below(&g, 8) == 0);
		int64_t v = kinds ? (int64_t)rng_below(&g, kinds) - 50 : step;
		size_t at;

		if (n == most)
			add = false;
		if (!add)
			v = sorted[rng_below(&g, n)];
		at = find(sorted, n, v);
		if (add) {
			ck_assert_int_eq(ranks_add(&r, v, &bytes), 0);
			ck_assert_int_eq(distinct_add(&d, v, &bytes), 0);
			memmove(&sorted[at + 1], &sorted[at], (n++ - at) * sizeof sorted[0]);
			sorted[at] = v;
		} else {
			ranks_remove(&r, v, &bytes);
			distinct_remove(&d, v);
			memmove(&sorted[at], &sorted[at + 1], (--n - at) * sizeof sorted[0]);
		}
		if (step % 397 == 0)
			compare(&r, &d, sorted, n, seed);
	}
	ranks_clear(&r, &bytes);
	distinct_clear(&d, &bytes);
	ck_assert_uint_eq(bytes, 0);
}

START_TEST(equal_a_sorted_array)
{
	run(1, 100, 10);
	run(2, 4200, 100000);
	run(3, MOST, 100000);
	run(4, MOST, 300);
	run(5, MOST, 0); /* ever greater ones: a tree without balance would be a list */
}
END_TEST

/* No value that is not there is taken for one that is. */
START_TEST(what_is_not_there_stays)
{
	struct ranks r = { 0 };
	struct distinct d = { 0 };
	size_t bytes = 0;

	ranks_remove(&r, 5, &bytes);
	distinct_remove(&d, 5);
	ck_assert_uint_eq(ranks_count(&r), 0);
	ck_assert_int_eq(ranks_add(&r, INT64_MAX, &bytes), 0);
	ck_assert_int_eq(ranks_add(&r, INT64_MIN + 1, &bytes), 0);
	ck_assert_int_eq(distinct_add(&d, 0, &bytes), 0);
	ranks_remove(&r, 5, &bytes);
	distinct_remove(&d, 5);
	ck_assert_uint_eq(ranks_count(&r), 2);
	ck_assert_uint_eq(d.n, 1);
	ck_assert_int_eq(ranks_at(&r, 0), INT64_MIN + 1);
	ck_assert_int_eq(ranks_at(&r, 1), INT64_MAX);
	ranks_clear(&r, &bytes);
	distinct_clear(&d, &bytes);
	ck_assert_uint_eq(bytes, 0);
}
END_TEST

SUITE("features ranks", equal_a_sorted_array, what_is_not_there_stays)
