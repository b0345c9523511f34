/* hist.c - a histogram of durations whose error is relative, not absolute.
 *
 * Problem: latencies span nine orders of magnitude, and the tail is what matters. Equal-width
 * buckets lose the short ones or cost megabytes; a handful of chosen bounds loses the tail.
 * Idea (G. Tene, HdrHistogram): floating point by hand. Below 128 ns each value has its bucket;
 * above, the top 8 bits of the value name it: the place of the highest bit and the 7 bits that
 * follow. So each power of two is cut into 128 equal parts, and a bucket is at most 1/128 of its
 * lowest value wide (0.78 %).
 * Cost: a record is a count-leading-zeros, two shifts and four plain stores (no lock prefix, as one
 * thread writes); a quantile walks 4608 counters.
 * Where it fails: the quantiles are those of all records since the start; and the mean of values
 * over an hour is not theirs, since they are counted as one hour. */
#include "hist.h"

#define SUB_BITS 7
#define TICK_BITS 10

_Static_assert(HIST_SUB == 1 << SUB_BITS, "sub-buckets are the 7 bits under the highest");

static unsigned bucket_of(uint64_t v)
{
	unsigned shift;

	if (v < HIST_SUB)
		return (unsigned)v;
	shift = 63 - (unsigned)__builtin_clzll(v) - SUB_BITS;
	/* The top 8 bits are 128..255: their 128 counts the group up by one. */
	return (shift << SUB_BITS) + (unsigned)(v >> shift);
}

static uint64_t lowest(unsigned bucket)
{
	unsigned shift;

	if (bucket < HIST_SUB)
		return bucket;
	shift = (bucket >> SUB_BITS) - 1;
	return (uint64_t)(HIST_SUB + (bucket & (HIST_SUB - 1))) << shift;
}

static uint64_t get(const _Atomic uint64_t *x)
{
	return atomic_load_explicit(x, memory_order_relaxed);
}

static void put(_Atomic uint64_t *x, uint64_t v)
{
	atomic_store_explicit(x, v, memory_order_relaxed);
}

void hist_record(struct hist *h, int64_t ns)
{
	uint64_t v = ns < 0 ? 0 : (uint64_t)ns, rest;
	unsigned bucket;

	if (v > get(&h->max_ns))
		put(&h->max_ns, v);
	/* What is above an hour gets the last bucket, which no time up to an hour can reach. */
	bucket = v > HIST_MOST_NS ? HIST_BUCKETS - 1 : bucket_of(v);
	if (v > HIST_MOST_NS)
		v = HIST_MOST_NS;
	put(&h->n[bucket], get(&h->n[bucket]) + 1);
	put(&h->count, get(&h->count) + 1);
	/* In nanoseconds 2^64 is only five million hours' worth of records. */
	rest = get(&h->sum_rest) + v;
	put(&h->sum_ticks, get(&h->sum_ticks) + (rest >> TICK_BITS));
	put(&h->sum_rest, rest & ((1u << TICK_BITS) - 1));
}

int64_t hist_quantile(const struct hist *h, double q)
{
	uint64_t total = 0, seen = 0, max = get(&h->max_ns), want;
	unsigned i, last = 0;

	for (i = 0; i < HIST_BUCKETS; i++) {
		uint64_t n = get(&h->n[i]);

		total += n;
		if (n)
			last = i;
	}
	if (total == 0)
		return 0;
	q = q > 0 ? q < 1 ? q : 1 : 0; /* NaN is 0 */
	want = (uint64_t)(q * (double)total);
	if ((double)want < q * (double)total || want == 0)
		want++;
	for (i = 0; i < last; i++) {
		seen += get(&h->n[i]);
		if (seen >= want)
			break;
	}
	if (i == HIST_BUCKETS - 1)
		return HIST_MOST_NS;
	/* A record whose maximum is not to be seen yet must not pull the answer out of its bucket. */
	if (max >= lowest(i) && max < lowest(i + 1))
		return (int64_t)max;
	return (int64_t)(lowest(i + 1) - 1 < HIST_MOST_NS ? lowest(i + 1) - 1 : HIST_MOST_NS);
}

uint64_t hist_count(const struct hist *h)
{
	return get(&h->count);
}

int64_t hist_max(const struct hist *h)
{
	return (int64_t)get(&h->max_ns);
}

double hist_sum_seconds(const struct hist *h)
{
	return (double)get(&h->sum_ticks) * 1.024e-6;
}

uint64_t hist_cumulative(const struct hist *h, const int64_t *bounds_ns, size_t n, uint64_t *ret)
{
	uint64_t seen = 0;
	unsigned bucket = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned end = bounds_ns[i] < 0 ? 0
		               : bounds_ns[i] <= HIST_MOST_NS
		                       ? bucket_of((uint64_t)bounds_ns[i]) + 1
		                       : HIST_BUCKETS;

		for (; bucket < end; bucket++)
			seen += get(&h->n[bucket]);
		ret[i] = seen;
	}
	for (; bucket < HIST_BUCKETS; bucket++)
		seen += get(&h->n[bucket]);
	return seen;
}

uint64_t hist_at_most(const struct hist *h, int64_t ns)
{
	uint64_t n;

	hist_cumulative(h, &ns, 1, &n);
	return n;
}
