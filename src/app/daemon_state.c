/* daemon_state.c - states of rules in the journal, and time that goes on while nothing comes.
 *
 * A partition's time follows its events. When it brings none for limits.idle_advance, its time
 * follows the clock instead, at the distance that its last event had (a feed that is a second
 * behind, or a year old and played again, keeps its distance) and allowed_lateness. Nothing is
 * done, and nothing becomes late, unless a silence or a timer is due by then. What was done is kept
 * with the offset it was done at, until the windows are stored: after kill -9 they are led the same
 * way again.
 * We must know that nothing came: the source is connected and we are at the end of the partition; a
 * transaction leaves a marker there, so one record behind counts as the end. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/daemon_impl.h"
#include "core/clock.h"
#include "core/timefmt.h"

#define ROOM_SIZE 320
#define TIMES_VERSION 1

/* As it is stored, little endian, as every machine that Debian runs this on. */
struct stored_times {
	uint32_t version, n;
	int64_t consumed_ns, mark_ns;
	struct partition_advance advances[PARTITION_ADVANCES];
};

/* Putting ------------------------------------------------------------------------------------- */

static void room_of(const struct partition *t, char out[static ROOM_SIZE])
{
	snprintf(out, ROOM_SIZE, "life/%s/%d", t->topic, t->number);
}

struct putting {
	struct daemon *d;
	char room[ROOM_SIZE];
};

/* Key: the rule's name, a NUL, the entity. */
static int put_state(void *ctx, const struct life_entity *e, const unsigned char *state)
{
	const struct putting *p = ctx;
	const char *rule = p->d->plan->rules[e->rule].conf->name.s;
	unsigned char key[128 + 4 * 129];
	size_t n = strlen(rule) + 1; /* at most 64 */

	memcpy(key, rule, n);
	if (e->n)
		memcpy(key + n, e->p, e->n);
	return journal_put_state(p->d->journal,
	                         &(struct journal_state){ .room = p->room,
	                                                  .key = key,
	                                                  .key_size = n + e->n,
	                                                  .blob = state,
	                                                  .blob_size = LIFE_STATE_SIZE });
}

static int put_times(struct daemon *d, const struct partition *t, uint32_t n_advances)
{
	struct stored_times times = { .version = TIMES_VERSION,
		                      .n = n_advances,
		                      .consumed_ns = t->consumed_ns,
		                      .mark_ns = t->mark_ns };
	char key[300];
	size_t n = daemon_windows_key(t, key);

	memcpy(times.advances, t->advances, n_advances * sizeof times.advances[0]);
	return journal_put_state(
		d->journal,
		&(struct journal_state){ .room = "times",
	                                 .key = key,
	                                 .key_size = n,
	                                 .blob = &times,
	                                 .blob_size = sizeof times - sizeof times.advances +
	                                              n_advances * sizeof times.advances[0] });
}

static int64_t last_advance(const struct partition *t)
{
	return t->n_advances ? t->advances[t->n_advances - 1].time_ns : INT64_MIN;
}

int daemon_put_states(struct daemon *d, struct reading *r, bool clears)
{
	const struct partition *t = r->partition;
	struct putting p = { .d = d };
	int e = 0;

	if (t->life) {
		room_of(t, p.room);
		e = life_dirty(t->life, put_state, &p);
	}
	if (e == 0 &&
	    (clears || t->next_offset != r->committed || last_advance(t) != r->advanced_ns))
		e = put_times(d, t, clears ? 0 : t->n_advances);
	return e;
}

void daemon_states_committed(struct reading *r, bool cleared)
{
	struct partition *t = r->partition;

	if (t->life)
		life_clean(t->life);
	if (cleared)
		t->n_advances = t->n_applied = 0;
	r->advanced_ns = last_advance(t);
}

/* Restoring ----------------------------------------------------------------------------------- */

struct restoring {
	struct daemon *d;
	struct partition *t;
	size_t n, unknown, damaged, no_room;
};

static int restore_state(void *ctx, const void *key, size_t key_size, const void *blob,
                         size_t blob_size)
{
	struct restoring *x = ctx;
	const char *rule = key, *end = memchr(key, 0, key_size);
	int e = -EINVAL;

	if (end)
		e = pipeline_restore(x->d->pipeline, x->t, rule, end + 1,
		                     key_size - (size_t)(end + 1 - rule), blob, blob_size);
	x->n += e == 0;
	x->unknown += e == -ENOENT;
	x->damaged += e == -EINVAL;
	x->no_room += e == -ENOSPC;
	return e == -ENOMEM ? e : 0;
}

static int restore_times(void *ctx, const void *key, size_t key_size, const void *blob, size_t n)
{
	struct partition *t = ctx;
	const size_t head = sizeof(struct stored_times) - sizeof t->advances;
	struct stored_times times;

	(void)key;
	(void)key_size;
	if (n < head || n > sizeof times)
		return -EBADMSG;
	memcpy(&times, blob, n);
	if (times.version != TIMES_VERSION || times.n > PARTITION_ADVANCES ||
	    n != head + times.n * sizeof times.advances[0])
		return -EBADMSG;
	t->consumed_ns = times.consumed_ns;
	t->mark_ns = times.mark_ns;
	memcpy(t->advances, times.advances, times.n * sizeof times.advances[0]);
	t->n_advances = times.n;
	return 0;
}

static void report(const struct restoring *x)
{
	if (x->unknown)
		log_warning(
			"%s [%d]: %zu stored states are of rules that have none now, ignoring them",
			x->t->topic, x->t->number, x->unknown);
	if (x->damaged)
		log_warning("%s [%d]: %zu stored states are damaged, ignoring them", x->t->topic,
		            x->t->number, x->damaged);
	if (x->no_room)
		log_warning(
			"%s [%d]: %zu stored states are more than limits.max_states, ignoring them",
			x->t->topic, x->t->number, x->no_room);
}

int daemon_restore_states(struct daemon *d, struct reading *r)
{
	struct restoring x = { .d = d, .t = r->partition };
	char room[ROOM_SIZE], key[300];
	size_t n = daemon_windows_key(x.t, key);
	int e = journal_get_state(d->journal, "times", key, n, restore_times, x.t);

	if (e == -ENOENT)
		e = 0;
	room_of(x.t, room);
	if (e == 0)
		e = journal_each_state(d->journal, room, restore_state, &x);
	if (e == 0)
		e = pipeline_restored(x.t, x.t->mark_ns > last_advance(x.t) ? x.t->mark_ns
		                                                            : last_advance(x.t));
	if (e)
		snprintf(
			d->fault, sizeof d->fault,
			"%s [%d]: states of rules: %s; move the state folder's tocsin.db* away to start "
			"afresh",
			x.t->topic, x.t->number,
			*journal_error(d->journal) ? journal_error(d->journal) : strerror(-e));
	else
		report(&x);
	r->advanced_ns = last_advance(x.t);
	return e;
}

/* Time ---------------------------------------------------------------------------------------- */

static int64_t time_of(const struct partition *t, int64_t wall, int64_t lateness)
{
	int64_t distance = t->consumed_ns - t->mark_ns;

	return wall - (distance > 0 ? distance : 0) - lateness;
}

static bool is_idle(const struct daemon *d, const struct reading *r, int64_t wall, int64_t mono)
{
	const struct partition *t = r->partition;
	int64_t patience = d->plan->conf->limits.idle_advance_ns;

	return t->consumed_ns && t->mark_ns != INT64_MIN && r->behind >= 0 && r->behind <= 1 &&
	       wall - t->consumed_ns >= patience && mono - r->assigned_at >= patience &&
	       t->n_advances + 1 < PARTITION_ADVANCES;
}

static void advance(struct daemon *d, struct reading *r, int64_t wall, int64_t mono)
{
	if (!is_idle(d, r, wall, mono))
		return;
	daemon_score_ahead(d); /* it may hold what comes next */
	if (is_idle(d, r, wall, mono))
		pipeline_idle(
			d->pipeline, r->partition,
			time_of(r->partition, wall, d->plan->conf->limits.allowed_lateness_ns));
}

void daemon_idle(struct daemon *d)
{
	int64_t wall = clock_wall(), mono = clock_mono();
	struct buf words = { 0 };

	if (d->plan->conf->limits.idle_advance_ns == 0 || mono < d->idle_at)
		return;
	d->idle_at = mono + IDLE_MS * NS_PER_MS;
	for (size_t i = 0; i < d->n_feeds; i++) {
		struct feed *f = &d->feeds[i];
		bool ready = f->source->ops->state(f->source, &words) == SOURCE_READY;

		for (struct reading *r = f->readings; ready && r; r = r->next)
			advance(d, r, wall, mono);
	}
	buf_done(&words);
}
