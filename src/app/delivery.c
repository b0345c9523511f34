/* delivery.c - the delivery thread.
 *
 * A round: hand out to every sink what it has room for, run the transfers, write the marks when
 * there are many or the first is old, then wait for a transfer, a due time or a wake-up. Nothing is
 * asked of the database when nothing can have changed: each target knows when to look next
 * (`look_ns`), and a wake-up resets it. Marks are written seldom on purpose: each time takes the
 * write lock for a moment, and the pipeline's commit may be waiting for it.
 *
 * Where it fails: due times are wall clock; a clock that is set back holds up retries by as much. */
#include "delivery.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/timefmt.h"
#include "delivery_target.h"

#define FLUSH_MARKS 256u
#define FLUSH_NS (50 * NS_PER_MS)
#define COUNT_NS (250 * NS_PER_MS)
#define PRUNE_NS (1000 * NS_PER_MS)

static void flush(struct delivery *d, bool now)
{
	int64_t mono = clock_mono();
	size_t n = outbox_unflushed(d->outbox);
	int err;

	if (n == 0 || mono < d->flush_again_mono)
		return;
	if (!now && n < FLUSH_MARKS && mono - d->first_mark_mono < FLUSH_NS)
		return;
	err = outbox_flush(d->outbox);
	d->flush_again_mono = 0;
	if (err) {
		delivery_store_failed(d, err, "cannot write what was delivered");
		d->flush_again_mono = mono + NS_PER_S;
		return;
	}
	d->first_mark_mono = 0;
}

static void publish_counts(struct delivery *d)
{
	uint64_t all = 0;

	for (size_t i = 0; i < d->n_targets; i++) {
		struct target *t = &d->targets[i];
		struct outbox_counts c;
		int err = outbox_count(d->outbox, sink_name(t->sink), &c);

		if (err) {
			delivery_store_failed(d, err, "cannot count what waits");
			return;
		}
		t->pending = c.pending;
		all += c.pending;
		if (t->config.pending)
			metric_set(t->config.pending, (double)c.pending);
		if (t->config.oldest)
			metric_set(t->config.oldest, (double)c.oldest_pending_ns / 1e9);
	}
	atomic_store(&d->pending, all);
}

/* Now and then: counts for the outside, and forgetting what is over. */
static void housekeeping(struct delivery *d)
{
	int64_t mono = clock_mono(), n;

	if (mono >= d->count_mono) {
		publish_counts(d);
		d->count_mono = mono + COUNT_NS;
	}
	if (d->keep_ns > 0 && mono >= d->prune_mono && !atomic_load(&d->stop)) {
		n = outbox_prune(d->outbox, clock_wall() - d->keep_ns);
		if (n < 0)
			delivery_store_failed(d, (int)n, "cannot forget what is over");
		d->prune_mono = mono + (n > 0 ? PRUNE_NS / 10 : PRUNE_NS);
	}
}

static unsigned busy(const struct delivery *d)
{
	unsigned n = 0;

	for (size_t i = 0; i < d->n_targets; i++)
		n += d->targets[i].n_busy;
	return n;
}

/* How long nothing can be due, in ms; at least 1, so that a time just ahead is not spun for. */
static int wait_ms(struct delivery *d)
{
	int64_t now = clock_wall(), mono = clock_mono(), least = DELIVERY_LOOK_NS, at;
	int stop = atomic_load(&d->stop);

	for (size_t i = 0; i < d->n_targets; i++) {
		struct target *t = &d->targets[i];

		if (stop == 1 + DELIVERY_FINISH || delivery_target_room(t) == 0)
			continue;
		at = t->look_ns > t->hold_ns ? t->look_ns : t->hold_ns;
		if (at - now < least)
			least = at - now;
	}
	if (outbox_unflushed(d->outbox)) {
		at = d->flush_again_mono ? d->flush_again_mono : d->first_mark_mono + FLUSH_NS;
		if (at - mono < least)
			least = at - mono;
	}
	if (stop && atomic_load(&d->stop_mono) - mono < least)
		least = atomic_load(&d->stop_mono) - mono;
	return least <= NS_PER_MS ? 1 : (int)(least / NS_PER_MS) + 1;
}

static bool all_over(struct delivery *d)
{
	if (busy(d) || outbox_unflushed(d->outbox))
		return false;
	if (atomic_load(&d->stop) == 1 + DELIVERY_FINISH)
		return true;
	publish_counts(d);
	return atomic_load(&d->pending) == 0;
}

/* True when the thread is to end. */
static bool is_over(struct delivery *d)
{
	if (!atomic_load(&d->stop))
		return false;
	d->left_nothing = all_over(d);
	return d->left_nothing || clock_mono() >= atomic_load(&d->stop_mono);
}

static void hand_out(struct delivery *d)
{
	bool woken = atomic_exchange(&d->woken, false);
	int64_t now = clock_wall();

	for (size_t i = 0; i < d->n_targets; i++) {
		if (woken)
			d->targets[i].look_ns = 0;
		delivery_target_bound(&d->targets[i], now);
		if (atomic_load(&d->stop) != 1 + DELIVERY_FINISH)
			delivery_target_dispatch(d, &d->targets[i]);
	}
}

static void *run(void *ctx)
{
	struct delivery *d = ctx;
	int err = 0;

	while (!err) {
		atomic_store(&d->progress, clock_mono());
		hand_out(d);
		flush(d, atomic_load(&d->stop) && busy(d) == 0);
		housekeeping(d);
		if (is_over(d))
			break;
		err = sink_loop_run(d->loop, wait_ms(d));
	}
	if (err) {
		delivery_store_failed(d, err, "transfers");
		atomic_store(&d->error, err);
	}
	d->flush_again_mono = 0;
	flush(d, true);
	return NULL;
}

static void report_lost(void *ctx, const char *sink, const struct outbox_counts *c)
{
	const struct delivery *d = ctx;

	for (size_t i = 0; i < d->n_targets; i++)
		if (strcmp(sink_name(d->targets[i].sink), sink) == 0)
			return;
	if (c->pending)
		log_warning(
			"outbox: %" PRIu64
			" alerts wait for sink \"%s\", which is no longer configured; they stay "
			"until it is",
			c->pending, log_quote(sink, strlen(sink)));
}

static struct delivery *delivery_free(struct delivery *d)
{
	if (!d)
		return NULL;
	sink_loop_free(d->loop);
	for (size_t i = 0; i < d->n_targets; i++) {
		struct target *t = &d->targets[i];

		for (unsigned k = 0; k < t->n_attempts; k++) {
			outbox_item_done(&t->attempts[k].item);
			buf_done(&t->attempts[k].body);
		}
		free(t->attempts);
	}
	free(d->targets);
	outbox_close(d->outbox);
	free(d);
	return NULL;
}

static int add_targets(struct delivery *d, const struct delivery_config *c, char *reterr,
                       size_t size)
{
	d->targets = calloc(c->n_sinks ? c->n_sinks : 1, sizeof *d->targets);
	if (!d->targets)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_sinks; i++) {
		struct target *t = &d->targets[i];
		int err = sink_new(d->loop, &c->sinks[i].sink, &t->sink, reterr, size);

		if (err)
			return err;
		t->config = c->sinks[i];
		t->config.sink = (struct sink_config){ 0 }; /* borrowed only until now */
		t->n_attempts = sink_room(t->sink);
		t->attempts = calloc(t->n_attempts, sizeof *t->attempts);
		if (!t->attempts)
			return -ENOMEM;
		d->n_targets++;
	}
	return 0;
}

static int build(struct delivery *d, struct store *store, const struct delivery_config *c,
                 char *reterr, size_t size)
{
	int err = outbox_open(store, &d->outbox, reterr, size);

	if (err)
		return err;
	snprintf(reterr, size, "out of memory");
	err = sink_loop_new(delivery_target_done, d, &d->loop);
	if (!err)
		err = add_targets(d, c, reterr, size);
	if (!err)
		err = outbox_each_sink(d->outbox, report_lost, d);
	if (err == -EIO || err == -EBADMSG)
		snprintf(reterr, size, "%s", outbox_error(d->outbox));
	return err;
}

int delivery_start(struct store *store, const struct delivery_config *config,
                   struct delivery **ret_delivery, char *reterr, size_t reterr_size)
{
	struct delivery *d = calloc(1, sizeof *d);
	int err;

	if (!d) {
		snprintf(reterr, reterr_size, "out of memory");
		return -ENOMEM;
	}
	d->keep_ns = config->keep_ns;
	d->rng.s = config->seed;
	d->delivered = config->delivered;
	d->ctx = config->ctx;
	atomic_store(&d->progress, clock_mono());
	err = build(d, store, config, reterr, reterr_size);
	if (!err) {
		publish_counts(d);
		err = -pthread_create(&d->thread, NULL, run, d);
		if (err)
			snprintf(reterr, reterr_size, "cannot start a thread: %s", strerror(-err));
	}
	if (err) {
		delivery_free(d);
		return err;
	}
	*ret_delivery = d;
	return 0;
}

void delivery_wake(struct delivery *d)
{
	/* Already woken and not yet looked: the wake-up is on its way. */
	if (!atomic_exchange(&d->woken, true))
		sink_wake(d->loop);
}

bool delivery_stop(struct delivery *d, enum delivery_end how, int64_t patience_ns)
{
	int64_t until;
	bool nothing;

	if (!d)
		return true;
	if (__builtin_add_overflow(clock_mono(), patience_ns, &until))
		until = INT64_MAX;
	atomic_store(&d->stop_mono, until);
	atomic_store(&d->stop, 1 + (int)how);
	atomic_store(&d->woken, true);
	sink_wake(d->loop);
	pthread_join(d->thread, NULL);
	nothing = d->left_nothing;
	delivery_free(d);
	return nothing;
}

int64_t delivery_progress(const struct delivery *d)
{
	return atomic_load(&d->progress);
}

uint64_t delivery_pending(const struct delivery *d)
{
	return atomic_load(&d->pending);
}

int delivery_error(const struct delivery *d)
{
	return atomic_load(&d->error);
}
