/* bytes.h - numbers of a stored state, little endian. Private to this room. Pure. */
#ifndef POLICY_BYTES_H
#define POLICY_BYTES_H

#include <stdint.h>

/* The lowest `n` bytes of v. */
static inline void bytes_put(unsigned char *out, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		out[i] = (unsigned char)(v >> (8 * i));
}

static inline uint64_t bytes_get(const unsigned char *in, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)in[i] << (8 * i);
	return v;
}

#endif
