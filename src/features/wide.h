/* wide.h - exact sums of prices times sizes: 192 bits, two's complement.
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

#endif
