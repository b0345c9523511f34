/* hist.h - latency histogram, 1 us to 1 h, relative error <= 1 %: log-linear buckets
 * (G. Tene's HdrHistogram layout: 128 linear sub-buckets in each power of two).
 *
 * One thread records, any thread reads: relaxed atomics, no lock, no torn reading. ~30 KB. */
#ifndef METRICS_HIST_H
#define METRICS_HIST_H

#include <stdatomic.h>
#include <stdint.h>

#define HIST_SUB 128
#define HIST_BUCKETS (32 * HIST_SUB)

struct hist {
	_Atomic uint64_t count, sum_ns, max_ns;
	_Atomic uint64_t n[HIST_BUCKETS];
};

/* Values under 0 count as 0 (a clock that disagrees), above 1 h as 1 h (max keeps the true one). */
void hist_record(struct hist *h, int64_t ns);
/* Smallest value that at least q (0..1) of the records do not exceed, ns; 0 when empty. */
int64_t hist_quantile(const struct hist *h, double q);
uint64_t hist_count(const struct hist *h);
int64_t hist_max(const struct hist *h);
double hist_sum_seconds(const struct hist *h);
/* Records at or below `ns`: for cumulative "le" buckets. */
uint64_t hist_at_most(const struct hist *h, int64_t ns);

#endif
