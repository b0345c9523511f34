/* The histogram against exact quantiles, on five distributions: error at most 1 %. */
#include "metrics/hist.h"

#include <math.h>
#include <string.h>

#include "../../unit/suite.h"
#include "core/rng.h"

#define N 100000

static double normal(struct rng *r)
{
	return sqrt(-2 * log(1 - rng_unit(r))) * cos(2 * M_PI * rng_unit(r));
}

static double uniform_ms(struct rng *r)
{
	return rng_unit(r) * 1e6;
}
static double exponential(struct rng *r)
{
	return -log(1 - rng_unit(r)) * 2e5;
}
static double lognormal(struct rng *r)
{
	return exp(12 + 2 * normal(r));
}
static double pareto(struct rng *r)
{
	return 1e3 / pow(1 - rng_unit(r), 1 / 1.1);
}
static double two_peaks(struct rng *r)
{
	return rng_below(r, 100) ? 3e4 + 1e3 * normal(r) : 5e9 + 1e9 * normal(r);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t exact_at_most(const int64_t *sorted, int64_t v)
{
	size_t low = 0, high = N;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (sorted[mid] <= v)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void check_quantiles(const struct hist *h, const int64_t *sorted, const char *name,
                            uint64_t seed)
{
	static const double points[] = { 0,    1e-5, 0.001, 0.01, 0.1,   0.25,   0.5,
		                         0.75, 0.9,  0.95,  0.99, 0.999, 0.9999, 1 };

	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
		size_t rank = (size_t)ceil(points[i] * N);
		int64_t exact = sorted[rank ? rank - 1 : 0], got = hist_quantile(h, points[i]);

		ck_assert_msg(got >= exact && (double)(got - exact) <= 0.01 * (double)exact,
		              "%s, seed %llu, q %g: %lld, exact %lld", name,
		              (unsigned long long)seed, points[i], (long long)got,
		              (long long)exact);
	}
}

static void check_at_most(const struct hist *h, const int64_t *sorted, struct rng *r,
                          const char *name)
{
	for (int i = 0; i < 1000; i++) {
		int64_t v = sorted[rng_below(r, N)] + (int64_t)rng_below(r, 3) - 1;
		uint64_t got = hist_at_most(h, v);

		ck_assert_msg(got >= exact_at_most(sorted, v) &&
		                      got <= exact_at_most(sorted, v + v / 100),
		              "%s, at most %lld: %llu", name, (long long)v,
		              (unsigned long long)got);
	}
}

static void run(const char *name, double (*draw)(struct rng *), uint64_t seed)
{
	struct rng r = { seed };
	struct hist *h = calloc(1, sizeof *h);
	int64_t *values = calloc(N, sizeof *values);
	double sum = 0;

	ck_assert(h && values);
	for (int i = 0; i < N; i++) {
		double v = draw(&r);

		values[i] = v < 0 ? 0 : v > HIST_MOST_NS ? HIST_MOST_NS : (int64_t)v;
		sum += (double)values[i] / 1e9;
		hist_record(h, values[i]);
	}
	qsort(values, N, sizeof *values, by_value);
	ck_assert_uint_eq(hist_count(h), N);
	ck_assert_int_eq(hist_max(h), values[N - 1]);
	ck_assert_msg(fabs(hist_sum_seconds(h) - sum) <= 1e-9 * sum + 2e-6, "%s: sum", name);
	check_quantiles(h, values, name, seed);
	check_at_most(h, values, &r, name);
	free(values);
	free(h);
}

START_TEST(five_distributions)
{
	static const struct {
		const char *name;
		double (*draw)(struct rng *);
	} all[] = { { "uniform", uniform_ms },
		    { "exponential", exponential },
		    { "log-normal", lognormal },
		    { "pareto", pareto },
		    { "two peaks", two_peaks } };

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		for (uint64_t seed = 1; seed <= 3; seed++)
			run(all[i].name, all[i].draw, seed);
}
END_TEST

/* Every bucket's edges: the value alone in a histogram comes back exact, its neighbours within 1 %. */
START_TEST(every_power_of_two)
{
	for (int shift = 0; shift < 42; shift++) {
		for (int64_t d = -2; d <= 2; d++) {
			int64_t v = ((int64_t)1 << shift) + d;
			struct hist *h = calloc(1, sizeof *h);

			ck_assert_ptr_nonnull(h);
			if (v > 0 && v < HIST_MOST_NS) {
				hist_record(h, v);
				hist_record(h, HIST_MOST_NS);
				ck_assert_int_ge(hist_quantile(h, 0.5), v);
				ck_assert_int_le(hist_quantile(h, 0.5) - v, v / 100);
			}
			free(h);
		}
	}
}
END_TEST

SUITE("hist properties", five_distributions, every_power_of_two)
