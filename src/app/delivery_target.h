/* delivery_target.h - what the delivery thread knows of one sink. Private to delivery*.c. */
#ifndef APP_DELIVERY_TARGET_H
#define APP_DELIVERY_TARGET_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/buf.h"
#include "core/log.h"
#include "delivery.h"
#include "outbox/outbox.h"

#define DELIVERY_LOOK_NS 1000000000LL    /* looks at the outbox even when nobody woke it */

struct attempt { /* under way */
	struct outbox_item item;
	struct buf body;
	bool busy;
};

struct target {
	struct sink *sink;
	struct delivery_sink config; /* its sink member is not used after the start */
	struct attempt *attempts;
	unsigned n_attempts, n_busy;
	int64_t look_ns, hold_ns; /* wall clock: look again, send again */
	unsigned failures; /* in a row */
	uint32_t probes; /* failed since it went down */
	uint64_t pending;
	struct log_limit log_failing, log_dead;
};

struct delivery {
	struct outbox *outbox;
	struct sink_loop *loop;
	struct target *targets;
	size_t n_targets;
	int64_t keep_ns;
	struct rng rng;
	void (*delivered)(void *, const char *, const char *, size_t, int64_t, int64_t);
	void *ctx;
	int64_t first_mark_mono, count_mono, prune_mono, flush_again_mono;
	struct log_limit log_store;
	pthread_t thread;
	bool left_nothing;
	_Atomic bool woken;
	_Atomic int stop; /* 0, or 1 + enum delivery_end */
	_Atomic int64_t stop_mono, progress;
	_Atomic uint64_t pending;
	_Atomic int error;
};

/* A failure of the database: said now and then, and kept when trying again cannot help. */
void delivery_store_failed(struct delivery *d, int err, const char *what);

/* The end of an attempt: a sink_done. `ctx` is the struct delivery. */
void delivery_target_done(void *ctx, struct sink *s, int64_t delivery, const struct sink_result *r);
/* Hands out what is due, as far as there is room. */
void delivery_target_dispatch(struct delivery *d, struct target *t);
/* Attempts that may be started now. */
unsigned delivery_target_room(const struct target *t);
/* A clock set back must not leave us waiting for a time that is far off. */
void delivery_target_bound(struct target *t, int64_t now_ns);

#endif
