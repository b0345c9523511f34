#include "decimal.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_KEPT 28 /* mantissa digits that fit __int128 with room to scale */

#define UNITS 1000000000u

/* m * 10^e to 1e-9 units; `more`: digits past the mantissa were not all zero. */
static int scale(__int128 m, long e, bool more, int64_t *ret)
{
	bool negative = m < 0;
	unsigned __int128 v = negative ? -(unsigned __int128)m : (unsigned __int128)m;
	const unsigned __int128 limit = (unsigned __int128)INT64_MAX;

	e += 9;
	if (v == 0) {
		*ret = 0;
		return 0;
	}
	for (; e > 0; e--) {
		if (v > limit)
			return -ERANGE;
		v *= 10;
	}
	if (e < 0) {
		unsigned __int128 half, rest, by = 1;

		if (e < -DIGITS_KEPT - 9) {
			*ret = 0;
			return 0;
		}
		for (; e < 0; e++)
			by *= 10;
		rest = v % by;
		v /= by;
		half = by / 2;
		if (rest > half || (rest == half && (more || (v & 1))))
			v++;
	}
	if (v > limit)
		return -ERANGE;
	*ret = negative ? -(int64_t)v : (int64_t)v;
	return 0;
}

int decimal_parse(const char *p, size_t n, int64_t *ret)
{
	const char *end = p + n;
	__int128 m = 0;
	long e = 0;
	int kept = 0;
	bool negative = false, any = false, more = false, dot = false;

	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	for (; p < end && ((*p >= '0' && *p <= '9') || (*p == '.' && !dot)); p++) {
		if (*p == '.') {
			dot = true;
			continue;
		}
		any = true;
		if (kept < DIGITS_KEPT) {
			m = m * 10 + (*p - '0');
			kept += m != 0;
			e -= dot;
		} else {
			more |= *p != '0';
			e += !dot;
		}
	}
	if (!any)
		return -EINVAL;
	if (p < end && (*p == 'e' || *p == 'E')) {
		bool down = false, digits = false;
		long x = 0;

		p++;
		if (p < end && (*p == '-' || *p == '+'))
			down = *p++ == '-';
		for (; p < end && *p >= '0' && *p <= '9'; p++) {
			digits = true;
			if (x < 100000)
				x = x * 10 + (*p - '0');
		}
		if (!digits)
			return -EINVAL;
		e += down ? -x : x;
	}
	if (p != end)
		return -EINVAL;
	return scale(negative ? -m : m, e, more, ret);
}

int decimal_from_double(double x, int64_t *ret)
{
	char text[40];
	int n;

	if (!isfinite(x))
		return -EINVAL;
	if (fabs(x) > 9.3e9)
		return -ERANGE;
	/* Below 2^21 the product's error stays under half a unit: the nearest unit is the decimal. */
	if (fabs(x) < 0x1p21) {
		*ret = (int64_t)llrint(x * 1e9);
		return 0;
	}
	n = snprintf(text, sizeof text, "%.15g", x);
	return decimal_parse(text, (size_t)n, ret);
}

int decimal_scale(int64_t mantissa, int exponent, int64_t *ret)
{
	return scale(mantissa, exponent, false, ret);
}

double decimal_double(int64_t units)
{
	return (double)units / 1e9;
}

size_t decimal_format(int64_t units, char out[static DECIMAL_TEXT])
{
	uint64_t v = units < 0 ? -(uint64_t)units : (uint64_t)units;
	uint64_t whole = v / UNITS, part = v % UNITS;
	int n, digits = 9;

	if (part == 0)
		return (size_t)snprintf(out, DECIMAL_TEXT, "%s%llu", units < 0 ? "-" : "",
		                        (unsigned long long)whole);
	while (part % 10 == 0) {
		part /= 10;
		digits--;
	}
	n = snprintf(out, DECIMAL_TEXT, "%s%llu.%0*llu", units < 0 ? "-" : "",
	             (unsigned long long)whole, digits, (unsigned long long)part);
	return (size_t)n;
}
