/* metrics.h - counters, gauges and histograms, and their Prometheus text (exposition format 0.0.4).
 *
 * Families and series are made at start (or under the registry's lock later, e.g. a new partition);
 * values are relaxed atomics: one writer a series, any reader. Names follow the Prometheus
 * conventions (base units, _total). Label sets are bounded: max_series a family, further ones fall
 * into the family's overflow series with every label "other", and are counted
 * (tocsin_metrics_overflow_total). Label values are cut at 255 bytes; what is no UTF-8 is replaced.
 *
 * Histograms are in seconds, NAME_seconds; their p50, p99, p99.9 and maximum since the start are
 * written as a summary NAME_quantile_seconds beside them. */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/buf.h"
#include "metrics/hist.h"

struct metrics;
struct metric_family;

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric {                          /* a series; opaque use through the inlines below */
	_Atomic uint64_t bits;           /* counter: integer; gauge: double's bits */
	struct hist *hist;
};

int metrics_new(struct metrics **ret_metrics);
struct metrics *metrics_free(struct metrics *m);

/* `labels`: names, NULL-terminated array, at most 4; copied. `help`: copied. NULL = out of memory.
 * A counter's name ends with _total, a histogram's with _seconds. The family that has the name is
 * given back when there is one (it must be of that type, with those labels). */
struct metric_family *metrics_family(struct metrics *m, enum metric_type type, const char *name,
                                     const char *help, const char *const *labels, unsigned max_series);
/* The series with these label values (as many as names; copied), made when it is new. Never NULL
 * after a family that is not NULL: the overflow series takes what does not fit. */
struct metric *metric_series(struct metric_family *f, const char *const *values);

static inline void metric_add(struct metric *m, uint64_t n)
{
	atomic_store_explicit(&m->bits, atomic_load_explicit(&m->bits, memory_order_relaxed) + n,
	                      memory_order_relaxed);
}

static inline uint64_t metric_count(const struct metric *m)
{
	return atomic_load_explicit(&m->bits, memory_order_relaxed);
}

static inline void metric_set(struct metric *m, double v)
{
	union { double d; uint64_t u; } x = { .d = v };

	atomic_store_explicit(&m->bits, x.u, memory_order_relaxed);
}

/* The whole exposition, families by name, series in the order they were made; safe in any thread.
 * Families without series are left out. Appends; out->failed when memory ran out. */
void metrics_text(struct metrics *m, struct buf *out);

#endif
