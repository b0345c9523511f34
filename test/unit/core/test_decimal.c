/* Exact decimals: text, doubles, scaled integers; rounding; range. */
#include "core/decimal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../suite.h"
#include "core/rng.h"

static int parse(const char *s, int64_t *ret)
{
	return decimal_parse(s, strlen(s), ret);
}

START_TEST(known)
{
	static const struct {
		const char *text;
		int64_t units;
	} cases[] = {
		{ "39432.48", 39432480000000 },
		{ "0.000263", 263000 },
		{ "-1", -1000000000 },
		{ "+7", 7000000000 },
		{ "1e-9", 1 },
		{ "5e-10", 0 },
		{ "15e-10", 2 },
		{ "0.0000000005000000000000000000000000000001", 1 },
		{ "1E3", 1000000000000 },
		{ ".5", 500000000 },
		{ "5.", 5000000000 },
		{ "0e99999999", 0 },
		{ "9223372036.854775807", INT64_MAX },
		{ "-9223372036.854775807", -INT64_MAX },
		{ "1e-999999", 0 },
		{ "0000000000000000000000000000000000000012", 12000000000 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t v = 1;

		ck_assert_msg(parse(cases[i].text, &v) == 0, "%s", cases[i].text);
		ck_assert_msg(v == cases[i].units, "%s: %lld", cases[i].text, (long long)v);
	}
}
END_TEST

START_TEST(refused)
{
	static const char *const wrong[] = { "",   "-",   ".",   "1e",    "1,5", "0x10", " 1",
		                             "1 ", "nan", "inf", "1.2.3", "--1", "1e+" };
	int64_t v = 3;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_msg(parse(wrong[i], &v) == -EINVAL, "%s", wrong[i]);
	ck_assert_int_eq(parse("9223372036.854775808", &v), -ERANGE);
	ck_assert_int_eq(parse("1e10", &v), -ERANGE);
	ck_assert_int_eq(parse("99999999999999999999999999999999999999999999", &v), -ERANGE);
	ck_assert_int_eq(decimal_from_double(NAN, &v), -EINVAL);
	ck_assert_int_eq(decimal_from_double(INFINITY, &v), -EINVAL);
	ck_assert_int_eq(decimal_from_double(1e10, &v), -ERANGE);
	ck_assert_int_eq(decimal_scale(INT64_MAX, -8, &v), -ERANGE);
	ck_assert_int_eq(v, 3);
	ck_assert_int_eq(decimal_scale(INT64_MAX, -9, &v), 0);
	ck_assert_int_eq(v, INT64_MAX);
	ck_assert_int_eq(decimal_scale(INT64_MIN, -18, &v), 0);
	ck_assert_int_eq(v, -9223372037);
}
END_TEST

START_TEST(round_trip)
{
	struct rng r = { 1 };

	for (int i = 0; i < 100000; i++) {
		int64_t v = (int64_t)rng_next(&r) >> rng_below(&r, 63), back;
		char text[DECIMAL_TEXT];
		size_t n = decimal_format(v, text);

		if (v == INT64_MIN)
			continue;
		ck_assert_int_eq(decimal_parse(text, n, &back), 0);
		ck_assert_msg(back == v, "seed 1, step %d: %s", i, text);
	}
}
END_TEST

/* A double read from a decimal of at most 15 significant digits gives that decimal. */
START_TEST(doubles)
{
	struct rng r = { 2 };

	for (int i = 0; i < 100000; i++) {
		int digits = (int)rng_below(&r, 10), places = (int)rng_below(&r, 10);
		uint64_t whole = rng_below(&r, (uint64_t)pow(10, digits)),
			 part = rng_below(&r, 1000000000);
		int64_t a, b;
		char text[64];

		if (digits + places > 15)
			places = 15 - digits;
		snprintf(text, sizeof text, "%llu.%.*s", (unsigned long long)whole,
		         places ? places : 1, ({
				 static char p[12];
				 snprintf(p, sizeof p, "%09llu", (unsigned long long)part);
				 p;
			 }));
		ck_assert_int_eq(parse(text, &a), 0);
		ck_assert_int_eq(decimal_from_double(strtod(text, NULL), &b), 0);
		ck_assert_msg(a == b, "seed 2, step %d: %s", i, text);
	}
}
END_TEST

SUITE("decimal", known, refused, round_trip, doubles)
