/* delivery.h - the delivery thread: takes what waits in the outbox to its sinks, until it is there.
 *
 * At least once, by id. One thread owns the outbox, the sinks and the marks; it learns of new alerts
 * by delivery_wake() and shares nothing else with the pipeline but the store. A sink that fails
 * BREAKER_FAILURES times in a row is given one attempt at a time, at its backoff, until one passes:
 * a million waiting alerts do not each use up an attempt. */
#ifndef APP_DELIVERY_H
#define APP_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/metrics.h"
#include "sink/retry.h"
#include "sink/sink.h"
#include "store/store.h"

struct delivery;

struct delivery_sink {
	struct sink_config sink;
	struct retry_policy retry;
	/* Written by the thread; each may be NULL. They must outlive it. */
	struct metric *delivered, *failed, *dead;        /* counters; failed: attempts */
	struct metric *pending, *oldest;         /* gauges; oldest: Unix time of the oldest waiting, 0 = none */
	struct hist *latency;                            /* outbox -> delivered */
};

struct delivery_config {                 /* borrowed during delivery_start() */
	const struct delivery_sink *sinks;
	size_t n_sinks;
	int64_t keep_ns;                 /* forget what ended longer ago; 0 = keep all */
	uint64_t seed;                   /* of the jitter */
	/* Optional: each delivered alert, as it was sent; called in the thread. */
	void (*delivered)(void *ctx, const char *sink, const char *json, size_t n, int64_t outbox_ns, int64_t now_ns);
	void *ctx;
};

enum delivery_end {
	DELIVERY_FINISH,                 /* attempts under way only */
	DELIVERY_DRAIN,                  /* everything that waits, retries too */
};

/* 0 or -Exxx with words. SIGPIPE must be ignored. The store must outlive the thread. */
int delivery_start(struct store *store, const struct delivery_config *config, struct delivery **ret_delivery,
                   char *reterr, size_t reterr_size);
/* After each commit that may have brought alerts; any thread, cheap. */
void delivery_wake(struct delivery *d);
/* Ends the thread: at once when nothing is left of what `how` names, at the latest after `patience_ns`;
 * then writes the marks and frees all. True when nothing was left. NULL is fine. */
bool delivery_stop(struct delivery *d, enum delivery_end how, int64_t patience_ns);

/* Any thread: */
int64_t delivery_progress(const struct delivery *d);     /* clock_mono() of the last round */
uint64_t delivery_pending(const struct delivery *d);     /* waiting, all sinks; up to a second old */
/* 0, or the first -Exxx that cannot be mended by trying again (-EIO, -EBADMSG: the database). The
 * thread goes on; the process should end and start afresh. */
int delivery_error(const struct delivery *d);

#endif
