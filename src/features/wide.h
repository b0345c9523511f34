/* wide.h - exact sums of prices times sizes, and of squares: 192 bits, two's complement.
 *
 * A product of two 63-bit numbers has 126 bits, so the sum of a few overflows 128. Here 2^64
 * products fit. Adding and taking away the same product leaves nothing behind, which no sum of
 * doubles can promise. */
#ifndef FEATURES_WIDE_H
#define FEATURES_WIDE_H

#include <math.h>
#include <stdint.h>

struct wide {
	unsigned __int128 low;
	int64_t high;
};

static inline void wide_add(struct wide *w, __int128 v)
{
	w->low += (unsigned __int128)v;
	w->high += (w->low < (unsigned __int128)v) - (v < 0);
}

static inline void wide_subtract(struct wide *w, __int128 v)
{
	unsigned __int128 before = w->low;

	w->low -= (unsigned __int128)v;
	w->high -= (before < (unsigned __int128)v) - (v < 0);
}

/* To the nearest double when it fits in 128 bits, within one unit in the last place otherwise. */
static inline double wide_double(const struct wide *w)
{
	__int128 v = (__int128)w->low;

	if (v >> 64 == (int64_t)v >> 63 && w->high == (int64_t)v >> 63)
		return (double)(int64_t)v;
	if (w->high == (v < 0 ? -1 : 0))
		return (double)v;
	return ldexp((double)w->high, 128) + (double)w->low;
}

/* The same for 128 bits: most sums fit in 64, whose conversion is one instruction. */
static inline double wide_double128(__int128 v)
{
	return v == (int64_t)v ? (double)(int64_t)v : (double)v;
}

/* n * squares - sum * sum in 256 bits, where 128 are not enough. */
static inline double wide_spread_long(uint64_t n, const struct wide *squares, __int128 sum)
{
	unsigned __int128 size = sum < 0 ? -(unsigned __int128)sum : (unsigned __int128)sum;
	uint64_t l = (uint64_t)size, h = (uint64_t)(size >> 64);
	unsigned __int128 p0 = (unsigned __int128)n * (uint64_t)squares->low;
	unsigned __int128 p1 = (unsigned __int128)n * (uint64_t)(squares->low >> 64) + (p0 >> 64);
	unsigned __int128 low = p1 << 64 | (uint64_t)p0;
	unsigned __int128 high = (unsigned __int128)n * (uint64_t)squares->high + (p1 >> 64);
	unsigned __int128 q0 = (unsigned __int128)l * l, cross = (unsigned __int128)h * l;
	unsigned __int128 middle = cross << 65, taken;

	taken = q0 + middle;
	high -= (unsigned __int128)h * h + (cross >> 63) + (taken < middle);
	high -= low < taken;
	low -= taken;
	return ldexp((double)high, 128) + (double)low;
}

/* n * (sum of squares) - (sum)^2: n^2 times the variance, computed exactly and rounded once, so that
 * equal numbers have no spread at all. Never negative. |sum| < 2^127. */
static inline double wide_spread(uint64_t n, const struct wide *squares, __int128 sum)
{
	__int128 a, b;

	if (squares->high == 0 && (__int128)squares->low >= 0 &&
	    !__builtin_mul_overflow((__int128)squares->low, (__int128)n, &a) &&
	    !__builtin_mul_overflow(sum, sum, &b))
		return wide_double128(a - b);
	return wide_spread_long(n, squares, sum);
}

#endif
