/* delivery_target.c - one sink of the delivery thread: its attempts, its breaker.
 *
 * After BREAKER_FAILURES failures in a row a target is "down": it gets one attempt at a time, at
 * intervals that grow like those of a retry; the alert that is used to probe is due again with the
 * next probe, so that an outage costs few alerts their attempts and not all of them. Retry-After
 * holds the whole target, not only the alert that met it. Neither gives an alert up sooner: that is
 * decided by the time since its own first attempt. */
#include "delivery_target.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/clock.h"
#include "core/timefmt.h"
#include "sink/payload.h"

#define BREAKER_FAILURES 5u
#define BREAKER_CAP (300 * NS_PER_S)
#define HOLD_MAX (7200 * NS_PER_S)
#define TAKE_MAX 64u
#define LOG_PERIOD (60 * NS_PER_S)

static void add(struct metric *m, uint64_t n)
{
	if (m)
		metric_add(m, n);
}

void delivery_store_failed(struct delivery *d, int err, const char *what)
{
	int none = 0;
	uint64_t held;

	if (err == -EIO || err == -EBADMSG)
		atomic_compare_exchange_strong(&d->error, &none, err);
	if (log_pass(&d->log_store, clock_mono(), LOG_PERIOD, 3, &held))
		log_error("delivery: %s: %s (%s), trying again", what, outbox_error(d->outbox),
		          strerror(-err));
}

static struct target *target_of(struct delivery *d, const struct sink *s)
{
	for (size_t i = 0; i < d->n_targets; i++)
		if (d->targets[i].sink == s)
			return &d->targets[i];
	return NULL;
}

static struct attempt *attempt_of(struct target *t, int64_t delivery)
{
	for (unsigned i = 0; i < t->n_attempts; i++)
		if (t->attempts[i].busy && t->attempts[i].item.delivery == delivery)
			return &t->attempts[i];
	return NULL;
}

static void attempt_over(struct target *t, struct attempt *a)
{
	outbox_item_done(&a->item);
	a->busy = false;
	t->n_busy--;
}

static void note_mark(struct delivery *d, int err)
{
	if (!d->first_mark_mono)
		d->first_mark_mono = clock_mono();
	/* It stays given out, and is tried again after a restart. */
	if (err)
		delivery_store_failed(d, err, "a mark was lost");
}

/* It is up. What a Retry-After asked for still holds. */
static void answers(struct target *t)
{
	if (t->failures >= BREAKER_FAILURES)
		t->hold_ns = 0;
	t->failures = 0;
	t->probes = 0;
}

static void on_delivered(struct delivery *d, struct target *t, struct attempt *a, int64_t now)
{
	if (t->failures >= BREAKER_FAILURES)
		log_notice("sink %s: recovered after %u failed attempts in a row",
		           sink_name(t->sink), t->failures);
	answers(t);
	add(t->config.delivered, 1);
	if (t->config.latency)
		hist_record(t->config.latency, now - a->item.outbox_ns);
	note_mark(d, outbox_delivered(d->outbox, a->item.delivery, now));
	if (d->delivered)
		d->delivered(d->ctx, sink_name(t->sink), a->body.p, a->body.n, a->item.outbox_ns,
		             now);
}

static void on_dead(struct delivery *d, struct target *t, struct attempt *a, int64_t now,
                    const char *error)
{
	uint64_t held;

	add(t->config.dead, 1);
	if (log_pass(&t->log_dead, clock_mono(), LOG_PERIOD, 5, &held))
		log_warning("sink %s: alert %s given up: %s (%" PRIu64 " more not shown)",
		            sink_name(t->sink), a->item.id, error, held);
	note_mark(d, outbox_dead(d->outbox, a->item.delivery, now, error));
}

/* When the target may be sent to again. */
static int64_t hold_of(struct delivery *d, struct target *t, int64_t now, int64_t retry_after_ns)
{
	struct retry_policy p = t->config.retry;

	/* Went down with others under way: those that follow are no probes. */
	if (t->failures > BREAKER_FAILURES && t->n_busy > 1 && retry_after_ns <= 0)
		return t->hold_ns;
	p.give_up_ns = INT64_MAX;
	if (p.cap_ns > BREAKER_CAP)
		p.cap_ns = BREAKER_CAP;
	if (t->failures >= BREAKER_FAILURES)
		return retry_due(&p, &d->rng, t->probes++, 0, now, retry_after_ns);
	if (retry_after_ns <= 0)
		return t->hold_ns;
	p.base_ns = p.cap_ns = 1; /* nothing but what was asked for */
	return retry_due(&p, &d->rng, 0, 0, now, retry_after_ns);
}

static void on_failed(struct delivery *d, struct target *t, struct attempt *a, int64_t now,
                      const struct sink_result *r)
{
	int64_t first = a->item.first_attempt_ns ? a->item.first_attempt_ns : now, due;
	uint64_t held;

	add(t->config.failed, 1);
	t->failures++;
	t->hold_ns = hold_of(d, t, now, r->retry_after_ns);
	due = retry_due(&t->config.retry, &d->rng, a->item.attempts, first, now, r->retry_after_ns);
	if (due == 0) {
		on_dead(d, t, a, now, r->error);
		return;
	}
	if (t->failures >= BREAKER_FAILURES)
		due = t->hold_ns; /* it is the next probe */
	if (t->failures == BREAKER_FAILURES)
		log_warning("sink %s: failing: %s; from now on one attempt at a time",
		            sink_name(t->sink), r->error);
	else if (log_pass(&t->log_failing, clock_mono(), LOG_PERIOD, 3, &held))
		log_info("sink %s: attempt failed: %s, trying again in %.1f s (%" PRIu64
		         " more not shown)",
		         sink_name(t->sink), r->error, (double)(due - now) / 1e9, held);
	note_mark(d, outbox_retry_at(d->outbox, a->item.delivery, due, first, r->error));
}

void delivery_target_done(void *ctx, struct sink *s, int64_t delivery, const struct sink_result *r)
{
	struct delivery *d = ctx;
	struct target *t = target_of(d, s);
	struct attempt *a = t ? attempt_of(t, delivery) : NULL;
	int64_t now = clock_wall();

	if (!a)
		return;
	t->look_ns = 0;
	if (r->outcome == SINK_DELIVERED) {
		on_delivered(d, t, a, now);
	} else if (r->outcome == SINK_REFUSED) {
		add(t->config.failed, 1);
		answers(t);
		on_dead(d, t, a, now, r->error);
	} else {
		on_failed(d, t, a, now, r);
	}
	attempt_over(t, a);
}

static struct attempt *free_attempt(struct target *t)
{
	for (unsigned i = 0; i < t->n_attempts; i++)
		if (!t->attempts[i].busy)
			return &t->attempts[i];
	return NULL;
}

/* Owns the item from here on. */
static void send_one(struct delivery *d, struct target *t, struct outbox_item *item, int64_t now)
{
	struct attempt *a = free_attempt(t);
	int err;

	a->item = *item;
	a->busy = true;
	t->n_busy++;
	buf_clear(&a->body);
	err = payload_attempt(item->json, item->json_size, now, item->attempts + 1, &a->body);
	if (err == -EINVAL) { /* not of our shape: as it is */
		buf_clear(&a->body);
		buf_add(&a->body, item->json, item->json_size);
		err = 0;
	}
	if (a->body.failed)
		err = -ENOMEM;
	if (!err)
		err = sink_send(t->sink, item->delivery, item->id, now, a->body.p, a->body.n);
	if (!err)
		return; /* `a` may be over already */
	log_warning("sink %s: attempt not started: %s, trying again", sink_name(t->sink),
	            strerror(-err));
	t->hold_ns = now + NS_PER_S;
	note_mark(d, outbox_retry_at(d->outbox, item->delivery, now + NS_PER_S,
	                             item->first_attempt_ns ? item->first_attempt_ns : now,
	                             "not started"));
	attempt_over(t, a);
}

unsigned delivery_target_room(const struct target *t)
{
	unsigned n = sink_room(t->sink), mine = t->n_attempts - t->n_busy;

	if (t->failures >= BREAKER_FAILURES)
		return t->n_busy ? 0 : 1;
	return n < mine ? n : mine;
}

void delivery_target_dispatch(struct delivery *d, struct target *t)
{
	struct outbox_item items[TAKE_MAX];
	int64_t now = clock_wall();
	unsigned most;
	int n;

	while ((most = delivery_target_room(t)) > 0 && now >= t->hold_ns && now >= t->look_ns) {
		if (most > TAKE_MAX)
			most = TAKE_MAX;
		n = outbox_due(d->outbox, sink_name(t->sink), now, items, most);
		if (n < 0) {
			delivery_store_failed(d, n, "cannot read what waits");
			t->look_ns = now + NS_PER_S;
			return;
		}
		for (int i = 0; i < n; i++)
			send_one(d, t, &items[i], now);
		if ((unsigned)n < most) {
			t->look_ns = outbox_next_due(d->outbox, sink_name(t->sink));
			if (t->look_ns > now + DELIVERY_LOOK_NS)
				t->look_ns = now + DELIVERY_LOOK_NS;
			return;
		}
		now = clock_wall();
	}
}

void delivery_target_bound(struct target *t, int64_t now)
{
	if (t->look_ns > now + DELIVERY_LOOK_NS)
		t->look_ns = now;
	if (t->hold_ns > now + HOLD_MAX)
		t->hold_ns = now;
}
