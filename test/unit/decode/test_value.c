/* Raw values to numbers, times and texts: exact, or refused. */
#include "decode/value.h"

#include <stdio.h>
#include <string.h>

#include "../suite.h"
#include "core/decimal.h"
#include "core/rng.h"
#include "core/timefmt.h"

static struct json_value text(const char *s)
{
	return (struct json_value){ .type = JSON_STRING_VALUE, .n = (uint32_t)strlen(s), .u.p = s };
}

static struct json_value integer(int64_t i)
{
	return (struct json_value){ .type = JSON_INT_VALUE, .u.i = i };
}

static struct json_value real(double d)
{
	return (struct json_value){ .type = JSON_DOUBLE_VALUE, .u.d = d };
}

START_TEST(numbers)
{
	static const struct {
		const char *text;
		int exponent;
		int64_t units; /* 77 = refused */
	} cases[] = {
		{ "1", 0, 1000000000 },
		{ "1.5", 0, 1500000000 },
		{ "999999999.999999999", 0, 999999999999999999 },
		{ "9999999999", 0, 77 },
		{ "9223372036", 0, 9223372036000000000 },
		{ "5.", 0, 5000000000 },
		{ ".5", 0, 500000000 },
		{ "0.1234567895", 0, 123456790 },
		{ "000000000.000000001", 0, 1 },
		{ "0000000001", 0, 1000000000 },
		{ "1234567890123456789", 0, 77 },
		{ "9999999999999999999", 0, 77 },
		{ "1..5", 0, 77 },
		{ ".", 0, 77 },
		{ "", 0, 77 },
		{ "1.5.", 0, 77 },
		{ "-2.5e1", 0, -25000000000 },
		{ "4799250000000", -9, 4799250000000 },
		{ "+5", -9, 5 },
		{ "-5", -9, -5 },
		{ "9223372036854775807", -9, INT64_MAX },
		{ "-9223372036854775808", -9, 77 },
		{ "1.5", -9, 77 },
		{ "1e3", -9, 77 },
		{ "-", -9, 77 },
		{ "", -9, 77 },
		{ "123456", -4, 12345600000 },
		{ "15", -10, 2 },
		{ "12", 3, 12000000000000 },
		{ "10", 9, 77 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct json_value v = text(cases[i].text);
		int64_t n = 77;
		enum decode_verdict verdict = value_number(&v, cases[i].exponent, &n);

		ck_assert_msg(n == cases[i].units, "%s: %lld", cases[i].text, (long long)n);
		ck_assert_int_eq(verdict, n == 77 ? DECODE_BAD_NUMBER : DECODE_OK);
	}
}
END_TEST

/* The short cut for common decimals gives what the full parser gives. */
START_TEST(short_cut)
{
	struct rng r = { 5 };

	for (int i = 0; i < 200000; i++) {
		char s[24];
		size_t n = 1 + rng_below(&r, 21);
		struct json_value v;
		int64_t a = 77, b = 77;

		for (size_t k = 0; k < n; k++)
			s[k] = "01234567899999999..-"[rng_below(&r, k ? 19 : 20)];
		s[n] = 0;
		v = text(s);
		ck_assert_msg((value_number(&v, 0, &a) == DECODE_OK) ==
		                      (decimal_parse(s, n, &b) == 0),
		              "seed 5, step %d: %s", i, s);
		ck_assert_msg(a == b, "seed 5, step %d: %s", i, s);
	}
}
END_TEST

START_TEST(json_numbers)
{
	struct json_value v = integer(-3), other = { .type = JSON_OTHER_VALUE };
	int64_t n = 77;

	ck_assert_int_eq(value_number(&v, 0, &n), DECODE_OK);
	ck_assert_int_eq(n, -3000000000);
	v = real(39432.48);
	ck_assert_int_eq(value_number(&v, 0, &n), DECODE_OK);
	ck_assert_int_eq(n, 39432480000000);
	ck_assert_int_eq(value_number(&v, -9, &n), DECODE_BAD_NUMBER);
	v = real(-9223372036.854775807);
	if (value_number(&v, 0, &n) == DECODE_OK)
		ck_assert(n != TOCSIN_NONE);
	v = integer(INT64_MIN);
	ck_assert_int_eq(value_number(&v, -9, &n), DECODE_BAD_NUMBER);
	ck_assert_int_eq(value_number(&other, 0, &n), DECODE_WRONG_TYPE);
}
END_TEST

START_TEST(times)
{
	static const struct {
		const char *text;
		enum decode_time_unit unit;
		enum decode_verdict verdict;
		int64_t ns;
	} cases[] = {
		{ "1703422805", DECODE_TIME_S, DECODE_OK, 1703422805000000000 },
		{ "1703422805.243925307", DECODE_TIME_S, DECODE_OK, 1703422805243925307 },
		{ "1703422805.2439253079", DECODE_TIME_S, DECODE_OK, 1703422805243925307 },
		{ "1703422805.2", DECODE_TIME_AUTO, DECODE_OK, 1703422805200000000 },
		{ "-1.5", DECODE_TIME_S, DECODE_OK, -1500000000 },
		{ "-0.5", DECODE_TIME_S, DECODE_OK, -500000000 },
		{ "1703422805.", DECODE_TIME_S, DECODE_BAD_TIME, 0 },
		{ ".5", DECODE_TIME_S, DECODE_BAD_TIME, 0 },
		{ "1.2.3", DECODE_TIME_S, DECODE_BAD_TIME, 0 },
		{ "1e9", DECODE_TIME_S, DECODE_BAD_TIME, 0 },
		{ "99999999999.5", DECODE_TIME_S, DECODE_TIME_RANGE, 0 },
		{ "99999999999999999999.5", DECODE_TIME_S, DECODE_TIME_RANGE, 0 },
		{ "1703422805243", DECODE_TIME_MS, DECODE_OK, 1703422805243000000 },
		{ "1703422805243.5", DECODE_TIME_MS, DECODE_BAD_TIME, 0 },
		{ "1703422805243925", DECODE_TIME_US, DECODE_OK, 1703422805243925000 },
		{ "1703422805243925307", DECODE_TIME_NS, DECODE_OK, 1703422805243925307 },
		{ "9223372036854775808", DECODE_TIME_NS, DECODE_TIME_RANGE, 0 },
		{ "9223372036854775807", DECODE_TIME_US, DECODE_TIME_RANGE, 0 },
		{ "99999999999", DECODE_TIME_AUTO, DECODE_TIME_RANGE, 0 },
		{ "100000000000", DECODE_TIME_AUTO, DECODE_OK, 100000000000000000 },
		{ "99999999999999", DECODE_TIME_AUTO, DECODE_TIME_RANGE, 0 },
		{ "100000000000000", DECODE_TIME_AUTO, DECODE_OK, 100000000000000000 },
		{ "100000000000000000", DECODE_TIME_AUTO, DECODE_OK, 100000000000000000 },
		{ "2023-12-24T13:00:05.243925307Z", DECODE_TIME_AUTO, DECODE_OK,
		  1703422805243925307 },
		{ "2023-12-24 14:00:05+01:00", DECODE_TIME_TEXT, DECODE_OK, 1703422805000000000 },
		{ "2023-12-24T13:00:05Z", DECODE_TIME_S, DECODE_BAD_TIME, 0 },
		{ "1703422805", DECODE_TIME_TEXT, DECODE_BAD_TIME, 0 },
		{ "2500-01-01T00:00:00Z", DECODE_TIME_TEXT, DECODE_TIME_RANGE, 0 },
		{ "", DECODE_TIME_NS, DECODE_BAD_TIME, 0 },
		{ "12:30", DECODE_TIME_AUTO, DECODE_BAD_TIME, 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct json_value v = text(cases[i].text);
		int64_t ns = 0;
		enum decode_verdict verdict = value_time(&v, cases[i].unit, &ns);

		ck_assert_msg(verdict == cases[i].verdict, "%s: %s", cases[i].text,
		              decode_verdict_name(verdict));
		ck_assert_msg(ns == cases[i].ns, "%s: %lld", cases[i].text, (long long)ns);
	}
}
END_TEST

START_TEST(json_times)
{
	static const struct {
		double x;
		enum decode_time_unit unit;
		enum decode_verdict verdict;
		int64_t ns;
	} cases[] = {
		{ 1703422805.243925, DECODE_TIME_S, DECODE_OK, 1703422805243925000 },
		{ 1703422805.25, DECODE_TIME_AUTO, DECODE_OK, 1703422805250000000 },
		{ 1703422805243.5, DECODE_TIME_MS, DECODE_OK, 1703422805243500000 },
		{ 1703422805243925.0, DECODE_TIME_US, DECODE_OK, 1703422805243925000 },
		{ 1703422805243925.5, DECODE_TIME_US, DECODE_BAD_TIME, 0 },
		{ 1703422805243925307.0, DECODE_TIME_NS, DECODE_BAD_TIME, 0 },
		{ 1e300, DECODE_TIME_S, DECODE_TIME_RANGE, 0 },
		{ -1e300, DECODE_TIME_MS, DECODE_TIME_RANGE, 0 },
		{ 1e300, DECODE_TIME_AUTO, DECODE_BAD_TIME, 0 },
		{ 1e9, DECODE_TIME_TEXT, DECODE_WRONG_TYPE, 0 },
	};
	struct json_value v = integer(INT64_MIN);
	int64_t ns = 0;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ns = 0;
		v = real(cases[i].x);
		ck_assert_msg(value_time(&v, cases[i].unit, &ns) == cases[i].verdict, "%g",
		              cases[i].x);
		ck_assert_msg(ns == cases[i].ns, "%.20g: %lld", cases[i].x, (long long)ns);
	}
	v = integer(INT64_MIN);
	ck_assert_int_eq(value_time(&v, DECODE_TIME_AUTO, &ns), DECODE_OK);
	ck_assert_int_eq(value_time(&v, DECODE_TIME_S, &ns), DECODE_TIME_RANGE);
	ck_assert_int_eq(value_time(&v, DECODE_TIME_TEXT, &ns), DECODE_WRONG_TYPE);
}
END_TEST

START_TEST(texts)
{
	static const int64_t ints[] = { 0, -1, 9, 10, INT64_MAX, INT64_MIN };
	char scratch[VALUE_INT_TEXT], want[32];
	struct tocsin_str s;
	struct json_value v;
	uint64_t u;

	for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++) {
		v = integer(ints[i]);
		ck_assert_int_eq(value_text(&v, scratch, &s), DECODE_OK);
		ck_assert_uint_eq(s.n,
		                  (size_t)snprintf(want, sizeof want, "%lld", (long long)ints[i]));
		ck_assert_mem_eq(s.p, want, s.n);
	}
	v = text("\xff");
	ck_assert_int_eq(value_text(&v, scratch, &s), DECODE_BAD_TEXT);
	ck_assert_int_eq(value_word(&v, scratch, &s), DECODE_OK);
	v = (struct json_value){ .type = JSON_BOOL_VALUE, .u.b = false };
	ck_assert_int_eq(value_word(&v, scratch, &s), DECODE_OK);
	ck_assert_uint_eq(s.n, 5);
	ck_assert_int_eq(value_text(&v, scratch, &s), DECODE_WRONG_TYPE);
	ck_assert_int_eq(value_unsigned(&v, &u), DECODE_WRONG_TYPE);
	v = text("18446744073709551615");
	ck_assert_int_eq(value_unsigned(&v, &u), DECODE_OK);
	ck_assert_uint_eq(u, UINT64_MAX);
	v = text("+1");
	ck_assert_int_eq(value_unsigned(&v, &u), DECODE_BAD_NUMBER);
}
END_TEST

SUITE("value", numbers, short_cut, json_numbers, times, json_times, texts)
