/* The generator against SplitMix64's published numbers; ranges and evenness. */
#include "core/rng.h"

#include <math.h>

#include "../suite.h"

START_TEST(known_numbers)
{
	static const uint64_t expected[] = { 6457827717110365317u, 3203168211198807973u,
		                             9817491932198370423u, 4593380528125082431u,
		                             16408922859458223821u };
	struct rng r = { 1234567 };

	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
		ck_assert_uint_eq(rng_next(&r), expected[i]);
	r.s = 0;
	ck_assert_uint_eq(rng_next(&r), 0xe220a8397b1dcdaf);
}
END_TEST

START_TEST(below)
{
	struct rng r = { 1 };
	unsigned n[10] = { 0 };
	double chi = 0;

	for (int i = 0; i < 100000; i++) {
		uint64_t v = rng_below(&r, 10);

		ck_assert_uint_lt(v, 10);
		n[v]++;
	}
	for (int i = 0; i < 10; i++)
		chi += (n[i] - 10000.0) * (n[i] - 10000.0) / 10000;
	ck_assert_msg(chi < 27.9, "chi-square %g with 9 degrees of freedom", chi); /* p = 0.001 */
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(rng_below(&r, 1), 0);
	for (int i = 0; i < 1000; i++)
		ck_assert_uint_lt(rng_below(&r, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(unit)
{
	struct rng r = { 2 };
	double sum = 0, least = 1, most = 0;

	for (int i = 0; i < 100000; i++) {
		double x = rng_unit(&r);

		ck_assert(x >= 0 && x < 1);
		sum += x;
		least = x < least ? x : least;
		most = x > most ? x : most;
	}
	ck_assert(fabs(sum / 100000 - 0.5) < 0.005);
	ck_assert(least < 1e-3 && most > 0.999);
}
END_TEST

START_TEST(seeds)
{
	struct rng a = { 1 }, b = { 1 }, c = { 2 };

	ck_assert_uint_eq(rng_next(&a), rng_next(&b));
	ck_assert_uint_ne(rng_next(&a), rng_next(&c));
}
END_TEST

SUITE("rng", known_numbers, below, unit, seeds)
