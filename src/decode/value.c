#include "value.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "core/decimal.h"
#include "core/timefmt.h"
#include "core/utf8.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* All of the text as an integer: 0, -EINVAL (it is none), -ERANGE. */
static int parse_int(const char *p, size_t n, int64_t *ret)
{
	const char *end = p + n;
	bool negative = false;
	int64_t v = 0;
	int err = 0;

	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	if (p == end)
		return -EINVAL;
	for (; p < end; p++) {
		int digit = *p - '0';

		if (!is_digit(*p))
			return -EINVAL;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, negative ? -digit : digit, &v))
			err = -ERANGE;
	}
	if (!err)
		*ret = v;
	return err;
}

static enum decode_verdict scaled(int64_t v, int exponent, int64_t *ret)
{
	if (exponent == -9 && v != INT64_MIN) {
		*ret = v;
		return DECODE_OK;
	}
	return decimal_scale(v, exponent, ret) ? DECODE_BAD_NUMBER : DECODE_OK;
}

/* "39432.48" and its like, the common case: digits that fit int64_t in 1e-9 units whatever they
 * are. False when it is anything else; decimal_parse() then decides. */
static bool plain_decimal(const char *p, size_t n, int64_t *ret)
{
	static const uint64_t power[] = { 1,      10,      100,      1000,      10000,
		                          100000, 1000000, 10000000, 100000000, 1000000000 };
	size_t dot = n, digits = 0;
	uint64_t v = 0; /* 19 digits fit */

	if (n == 0 || n > 19)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '.' && dot == n) {
			dot = i;
			continue;
		}
		if (!is_digit(p[i]))
			return false;
		v = v * 10 + (unsigned)(p[i] - '0');
		digits++;
	}
	/* At most 9 digits on either side: below 1e9, so below 1e18 in units. */
	if (dot == 0 || dot > 9 || (dot < n && digits - dot > 9))
		return false;
	*ret = (int64_t)(v * power[9 - (dot == n ? 0 : digits - dot)]);
	return true;
}

enum decode_verdict value_number(const struct json_value *v, int exponent, int64_t *ret)
{
	int64_t i;

	switch (v->type) {
	case JSON_INT_VALUE: return scaled(v->u.i, exponent, ret);
	case JSON_DOUBLE_VALUE:
		return exponent || decimal_from_double(v->u.d, ret) ? DECODE_BAD_NUMBER : DECODE_OK;
	case JSON_STRING_VALUE:
		if (exponent)
			return parse_int(v->u.p, v->n, &i) ? DECODE_BAD_NUMBER
			                                   : scaled(i, exponent, ret);
		if (plain_decimal(v->u.p, v->n, ret))
			return DECODE_OK;
		return decimal_parse(v->u.p, v->n, ret) ? DECODE_BAD_NUMBER : DECODE_OK;
	default: return DECODE_WRONG_TYPE;
	}
}

enum decode_verdict value_unsigned(const struct json_value *v, uint64_t *ret)
{
	uint64_t x = 0;

	if (v->type == JSON_INT_VALUE) {
		if (v->u.i < 0)
			return DECODE_BAD_NUMBER;
		*ret = (uint64_t)v->u.i;
		return DECODE_OK;
	}
	if (v->type == JSON_DOUBLE_VALUE)
		return DECODE_BAD_NUMBER;
	if (v->type != JSON_STRING_VALUE)
		return DECODE_WRONG_TYPE;
	if (v->n == 0)
		return DECODE_BAD_NUMBER;
	for (uint32_t i = 0; i < v->n; i++)
		if (!is_digit(v->u.p[i]) || __builtin_mul_overflow(x, 10, &x) ||
		    __builtin_add_overflow(x, (unsigned)(v->u.p[i] - '0'), &x))
			return DECODE_BAD_NUMBER;
	*ret = x;
	return DECODE_OK;
}

/* ---- times ---- */

static enum decode_time_unit unit_by_size(double magnitude)
{
	return magnitude < 1e11   ? DECODE_TIME_S
	       : magnitude < 1e14 ? DECODE_TIME_MS
	       : magnitude < 1e17 ? DECODE_TIME_US
	                          : DECODE_TIME_NS;
}

static int64_t unit_ns(enum decode_time_unit unit)
{
	return unit == DECODE_TIME_S    ? NS_PER_S
	       : unit == DECODE_TIME_MS ? NS_PER_MS
	       : unit == DECODE_TIME_US ? NS_PER_US
	                                : 1;
}

static enum decode_verdict time_from_int(int64_t v, enum decode_time_unit unit, int64_t *ret)
{
	int64_t ns;

	if (unit == DECODE_TIME_AUTO)
		unit = unit_by_size(fabs((double)v));
	if (__builtin_mul_overflow(v, unit_ns(unit), &ns))
		return DECODE_TIME_RANGE;
	*ret = ns;
	return DECODE_OK;
}

static enum decode_verdict time_from_double(double x, enum decode_time_unit unit, int64_t *ret)
{
	int64_t us;

	if (unit == DECODE_TIME_AUTO)
		unit = unit_by_size(fabs(x));
	if (unit == DECODE_TIME_US || unit == DECODE_TIME_NS) {
		if (fabs(x) >= 0x1p53 || x != trunc(x))
			return DECODE_BAD_TIME;
		return time_from_int((int64_t)x, unit, ret);
	}
	x *= unit == DECODE_TIME_S ? 1e6 : 1e3;
	if (fabs(x) > 9.2e15)
		return DECODE_TIME_RANGE;
	us = llrint(x);
	*ret = us * NS_PER_US;
	return DECODE_OK;
}

/* "1703422805.243925307": exact. */
static enum decode_verdict time_from_fraction(const char *p, size_t n, size_t dot, int64_t *ret)
{
	bool negative = p[0] == '-';
	int64_t seconds, part = 0, unit = 100000000, ns;
	int err = parse_int(p, dot, &seconds);

	if (err == -EINVAL || dot + 1 == n)
		return DECODE_BAD_TIME;
	for (size_t i = dot + 1; i < n; i++, unit /= 10) {
		if (!is_digit(p[i]))
			return DECODE_BAD_TIME;
		part += (p[i] - '0') * unit;
	}
	if (err || __builtin_mul_overflow(seconds, NS_PER_S, &ns) ||
	    __builtin_add_overflow(ns, negative ? -part : part, &ns))
		return DECODE_TIME_RANGE;
	*ret = ns;
	return DECODE_OK;
}

/* UTCTimestamp, "20240131-23:59:60.123": the same as RFC 3339 but for its date. */
static enum decode_verdict time_from_fix(const char *p, size_t n, int64_t *ret)
{
	char text[48];
	int err;

	if (n < 17 || n > 32 || p[8] != '-')
		return DECODE_BAD_TIME;
	snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.*sZ", p, p + 4, p + 6, (int)(n - 9), p + 9);
	err = time_parse(text, strlen(text), ret);
	return err == -EINVAL ? DECODE_BAD_TIME : err ? DECODE_TIME_RANGE : DECODE_OK;
}

static enum decode_verdict time_from_text(const char *p, size_t n, enum decode_time_unit unit,
                                          int64_t *ret)
{
	const char *dot = memchr(p, '.', n);
	int64_t v;
	int err;

	if (unit == DECODE_TIME_FIX)
		return time_from_fix(p, n, ret);
	if (unit != DECODE_TIME_TEXT) {
		err = parse_int(p, n, &v);
		if (err == 0)
			return time_from_int(v, unit, ret);
		if (err == -ERANGE)
			return DECODE_TIME_RANGE;
	}
	if (unit == DECODE_TIME_TEXT || unit == DECODE_TIME_AUTO) {
		err = time_parse(p, n, ret);
		if (err != -EINVAL)
			return err ? DECODE_TIME_RANGE : DECODE_OK;
	}
	if (!dot || (unit != DECODE_TIME_S && unit != DECODE_TIME_AUTO))
		return DECODE_BAD_TIME;
	/* Only seconds are written with a fraction. */
	return time_from_fraction(p, n, (size_t)(dot - p), ret);
}

enum decode_verdict value_time(const struct json_value *v, enum decode_time_unit unit, int64_t *ret)
{
	switch (v->type) {
	case JSON_STRING_VALUE: return time_from_text(v->u.p, v->n, unit, ret);
	case JSON_INT_VALUE:
		return unit >= DECODE_TIME_TEXT ? DECODE_WRONG_TYPE
		                                : time_from_int(v->u.i, unit, ret);
	case JSON_DOUBLE_VALUE:
		return unit >= DECODE_TIME_TEXT ? DECODE_WRONG_TYPE
		                                : time_from_double(v->u.d, unit, ret);
	default: return DECODE_WRONG_TYPE;
	}
}

/* ---- texts ---- */

static struct tocsin_str int_text(int64_t v, char scratch[static VALUE_INT_TEXT])
{
	uint64_t x = v < 0 ? -(uint64_t)v : (uint64_t)v;
	char *end = scratch + VALUE_INT_TEXT, *p = end;

	do
		*--p = (char)('0' + x % 10);
	while (x /= 10);
	if (v < 0)
		*--p = '-';
	return (struct tocsin_str){ .p = p, .n = (uint32_t)(end - p) };
}

enum decode_verdict value_word(const struct json_value *v, char scratch[static VALUE_INT_TEXT],
                               struct tocsin_str *ret)
{
	switch (v->type) {
	case JSON_STRING_VALUE: *ret = (struct tocsin_str){ v->u.p, v->n }; return DECODE_OK;
	case JSON_INT_VALUE: *ret = int_text(v->u.i, scratch); return DECODE_OK;
	case JSON_BOOL_VALUE:
		*ret = v->u.b ? (struct tocsin_str){ "true", 4 }
		              : (struct tocsin_str){ "false", 5 };
		return DECODE_OK;
	default: return DECODE_WRONG_TYPE;
	}
}

enum decode_verdict value_text(const struct json_value *v, char scratch[static VALUE_INT_TEXT],
                               struct tocsin_str *ret)
{
	if (v->type == JSON_INT_VALUE) {
		*ret = int_text(v->u.i, scratch);
		return DECODE_OK;
	}
	if (v->type != JSON_STRING_VALUE)
		return DECODE_WRONG_TYPE;
	if (v->n > VALUE_TEXT_MAX || memchr(v->u.p, 0, v->n) || !utf8_valid(v->u.p, v->n))
		return DECODE_BAD_TEXT;
	*ret = (struct tocsin_str){ v->u.p, v->n };
	return DECODE_OK;
}
