/* Latency histogram: edges, clamping, quantiles of known sets, "at most". */
#include "metrics/hist.h"

#include <math.h>

#include "../suite.h"

static struct hist *make(void)
{
	struct hist *h = calloc(1, sizeof *h);

	ck_assert_ptr_nonnull(h);
	return h;
}

START_TEST(empty)
{
	struct hist *h = make();

	ck_assert_uint_eq(hist_count(h), 0);
	ck_assert_int_eq(hist_max(h), 0);
	ck_assert_int_eq(hist_quantile(h, 0.5), 0);
	ck_assert_int_eq(hist_quantile(h, 1), 0);
	ck_assert_uint_eq(hist_at_most(h, INT64_MAX), 0);
	ck_assert(hist_sum_seconds(h) == 0);
	free(h);
}
END_TEST

/* Up to 255 ns each value has a bucket of its own. */
START_TEST(small_values_are_exact)
{
	struct hist *h = make();

	for (int64_t v = 1; v <= 255; v++)
		hist_record(h, v);
	for (int64_t v = 1; v <= 255; v++) {
		ck_assert_int_eq(hist_quantile(h, (double)v / 255), v);
		ck_assert_uint_eq(hist_at_most(h, v), (uint64_t)v);
	}
	ck_assert_uint_eq(hist_at_most(h, -1), 0);
	ck_assert_uint_eq(hist_at_most(h, 0), 0);
	free(h);
}
END_TEST

START_TEST(one_value)
{
	static const int64_t values[] = { 0,   1,    127,       128,           129,          255,
		                          256, 1000, 999999999, 3599999999999, 3600000000000 };

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		struct hist *h = make();

		hist_record(h, values[i]);
		ck_assert_int_eq(hist_quantile(h, 0), values[i]);
		ck_assert_int_eq(hist_quantile(h, 0.5), values[i]);
		ck_assert_int_eq(hist_quantile(h, 1), values[i]);
		ck_assert_int_eq(hist_max(h), values[i]);
		ck_assert_uint_eq(hist_at_most(h, values[i]), 1);
		ck_assert_uint_eq(hist_at_most(h, values[i] - values[i] / 100 - 1), 0);
		free(h);
	}
}
END_TEST

START_TEST(negative_is_nought)
{
	struct hist *h = make();

	hist_record(h, -1);
	hist_record(h, INT64_MIN);
	ck_assert_uint_eq(hist_count(h), 2);
	ck_assert_int_eq(hist_max(h), 0);
	ck_assert_uint_eq(hist_at_most(h, 0), 2);
	ck_assert(hist_sum_seconds(h) == 0);
	free(h);
}
END_TEST

START_TEST(over_an_hour)
{
	struct hist *h = make();

	hist_record(h, HIST_MOST_NS);
	hist_record(h, HIST_MOST_NS + 1);
	hist_record(h, INT64_MAX);
	ck_assert_uint_eq(hist_count(h), 3);
	ck_assert_int_eq(hist_max(h), INT64_MAX);
	ck_assert_int_eq(hist_quantile(h, 0.1), HIST_MOST_NS);
	ck_assert_int_eq(hist_quantile(h, 1), HIST_MOST_NS);
	ck_assert_uint_eq(hist_at_most(h, HIST_MOST_NS - HIST_MOST_NS / 100), 0);
	ck_assert_uint_eq(hist_at_most(h, HIST_MOST_NS), 1);
	ck_assert_uint_eq(hist_at_most(h, HIST_MOST_NS + 1), 3);
	ck_assert(fabs(hist_sum_seconds(h) - 3 * 3600.0) < 1e-5);
	free(h);
}
END_TEST

/* Six million records of an hour are more than 2^64 ns. */
START_TEST(sum_does_not_wrap)
{
	struct hist *h = make();
	double before = 0;

	for (int i = 0; i < 6000000; i++) {
		hist_record(h, INT64_MAX);
		if (i % 100000 == 0) {
			ck_assert(hist_sum_seconds(h) > before);
			before = hist_sum_seconds(h);
		}
	}
	ck_assert(fabs(hist_sum_seconds(h) / (6e6 * 3600) - 1) < 1e-12);
	free(h);
}
END_TEST

/* What is left over of each record is not lost. */
START_TEST(sum_of_small_records)
{
	struct hist *h = make();

	for (int i = 0; i < 1024000; i++)
		hist_record(h, 1);
	ck_assert(fabs(hist_sum_seconds(h) - 1.024e-3) < 1e-12);
	free(h);
}
END_TEST

START_TEST(odd_quantiles)
{
	struct hist *h = make();

	hist_record(h, 10);
	hist_record(h, 20);
	ck_assert_int_eq(hist_quantile(h, -1), 10);
	ck_assert_int_eq(hist_quantile(h, NAN), 10);
	ck_assert_int_eq(hist_quantile(h, 0.5), 10);
	ck_assert_int_eq(hist_quantile(h, 0.51), 20);
	ck_assert_int_eq(hist_quantile(h, 7), 20);
	free(h);
}
END_TEST

START_TEST(cumulative_bounds)
{
	static const int64_t bounds[] = { -5, 0, 100, 100, 1000, INT64_MAX };
	struct hist *h = make();
	uint64_t n[6];

	hist_record(h, 0);
	hist_record(h, 50);
	hist_record(h, 1000);
	hist_record(h, INT64_MAX);
	ck_assert_uint_eq(hist_cumulative(h, bounds, 6, n), 4);
	ck_assert_uint_eq(n[0], 0);
	ck_assert_uint_eq(n[1], 1);
	ck_assert_uint_eq(n[2], 2);
	ck_assert_uint_eq(n[3], 2);
	ck_assert_uint_eq(n[4], 3);
	ck_assert_uint_eq(n[5], 4);
	free(h);
}
END_TEST

SUITE("hist", empty, small_values_are_exact, one_value, negative_is_nought, over_an_hour,
      sum_does_not_wrap, sum_of_small_records, odd_quantiles, cumulative_bounds)
