/* hist.h - latency histogram, 1 ns to 1 h, relative error < 0.8 %: log-linear buckets
 * (G. Tene's HdrHistogram layout: 128 linear sub-buckets in each power of two).
 *
 * One thread records, any thread reads: relaxed atomics, no lock, no torn reading. 36 KB.
 * Zero-initialise. Two threads that record into one lose some of each other's records, no more. */
#ifndef METRICS_HIST_H
#define METRICS_HIST_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HIST_SUB 128
#define HIST_BUCKETS (36 * HIST_SUB)     /* 2^42 ns > 1 h */
#define HIST_MOST_NS 3600000000000LL     /* 1 h */

struct hist {
	_Atomic uint64_t count, max_ns;
	_Atomic uint64_t sum_ticks, sum_rest;    /* ticks of 1024 ns, and what is left over */
	_Atomic uint64_t n[HIST_BUCKETS];
};

/* Values under 0 count as 0 (a clock that disagrees), above 1 h as 1 h (max keeps the true one). */
void hist_record(struct hist *h, int64_t ns);
/* Smallest value that at least q (0..1) of the records do not exceed, ns, up to 0.8 % more, never
 * more than the maximum; 0 when empty. */
int64_t hist_quantile(const struct hist *h, double q);
uint64_t hist_count(const struct hist *h);
int64_t hist_max(const struct hist *h);
/* Of the values as counted (clamped). Wraps after 2^64 * 1.024 us, which reads as a counter reset. */
double hist_sum_seconds(const struct hist *h);
/* Records at or below `ns`, and those up to 0.8 % above it; all when `ns` is above an hour. */
uint64_t hist_at_most(const struct hist *h, int64_t ns);
/* The same for `n` ascending bounds in one pass: ret[i] never exceeds ret[i + 1], nor the number of
 * all records in this pass, which is returned. */
uint64_t hist_cumulative(const struct hist *h, const int64_t *bounds_ns, size_t n, uint64_t *ret);

#endif
