/* daemon_commit.c - alerts, cooldowns, windows and positions into the journal, as one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/daemon_impl.h"
#include "core/clock.h"
#include "core/timefmt.h"

#define SNAPSHOT_NS (30 * NS_PER_S) /* of a partition's windows */
#define SNAPSHOT_EVENTS 2000000 /* read again after kill -9, in a second or two */
#define RETRY_NS NS_PER_S

static int put_cooldown(void *ctx, size_t rule, uint64_t key,
                        const unsigned char state[static POLICY_STATE_SIZE])
{
	struct daemon *d = ctx;
	const char *name = d->plan->rules[rule].conf->name.s;
	unsigned char name_of[8 + 256];
	size_t n = strlen(name);

	if (n > 256)
		n = 256;
	for (int i = 0; i < 8; i++)
		name_of[i] = (unsigned char)(key >> 8 * i);
	memcpy(name_of + 8, name, n);
	return journal_put_state(d->journal,
	                         &(struct journal_state){ .room = "policy",
	                                                  .key = name_of,
	                                                  .key_size = 8 + n,
	                                                  .blob = state,
	                                                  .blob_size = POLICY_STATE_SIZE });
}

size_t daemon_windows_key(const struct partition *t, char out[static 300])
{
	return (size_t)snprintf(out, 300, "%s/%d", t->topic, t->number);
}

static int put_windows(struct daemon *d, struct reading *r)
{
	char key[300];
	size_t n = daemon_windows_key(r->partition, key);

	buf_clear(&d->blob);
	feature_table_save(r->partition->features, &d->blob);
	if (d->blob.failed)
		return -ENOMEM;
	return journal_put_state(d->journal, &(struct journal_state){ .room = "features",
	                                                              .key = key,
	                                                              .key_size = n,
	                                                              .blob = d->blob.p,
	                                                              .blob_size = d->blob.n });
}

static bool snapshot_due(const struct reading *r, bool last, int64_t now)
{
	int64_t next = r->partition->next_offset, behind = next - r->snapshot_offset;

	if (next <= 0 || behind <= 0 || next < r->partition->scored_from)
		return false;
	if (r->partition->n_applied < r->partition->n_advances)
		return false; /* time that has still to be led on */
	return last || r->partition->n_advances > PARTITION_ADVANCES / 2 ||
	       r->snapshot_offset < 0 || behind >= SNAPSHOT_EVENTS ||
	       now - r->snapshot_at >= SNAPSHOT_NS;
}

static int put_reading(struct daemon *d, struct reading *r, bool last, int64_t now)
{
	struct partition *t = r->partition;
	bool snapshot = snapshot_due(r, last, now);
	int e = 0;

	if (t->next_offset <= 0 || t->next_offset < t->scored_from)
		return 0;
	e = daemon_put_states(d, r, snapshot);
	if (e || (t->next_offset == r->committed && !snapshot))
		return e;
	if (snapshot)
		e = put_windows(d, r);
	if (e)
		return e;
	return journal_put_position(
		d->journal,
		&(struct journal_position){ .topic = t->topic,
	                                    .partition = t->number,
	                                    .next_offset = t->next_offset,
	                                    .warm_offset = snapshot ? t->next_offset
	                                                            : r->snapshot_offset });
}

static int put_all(struct daemon *d, bool last, int64_t now)
{
	int e = journal_begin(d->journal);

	for (size_t i = 0; e == 0 && i < d->n_made; i++) {
		const struct made *m = &d->made[i];
		int fresh = 0;

		e = journal_put_alert(
			d->journal,
			&(struct journal_alert){ .id = m->id,
		                                 .rule = m->rule,
		                                 .json = d->json.p + m->at,
		                                 .json_size = m->n,
		                                 .event_ns = m->event_ns,
		                                 .outbox_ns = clock_wall(),
		                                 .without = m->drill ? d->no_drills : NULL },
			&fresh);
		if (e == 0 && !fresh)
			metric_add(d->stats->already, 1);
	}
	if (e == 0)
		e = policy_dirty(pipeline_policy(d->pipeline), put_cooldown, d);
	for (size_t i = 0; i < d->n_feeds; i++)
		for (struct reading *r = d->feeds[i].readings; e == 0 && r; r = r->next)
			e = put_reading(d, r, last, now);
	return e ? e : journal_commit(d->journal);
}

/* Dead letters first: what was refused must be kept before its position is passed. */
static int flush_letters(struct daemon *d)
{
	for (size_t i = 0; i < d->n_feeds; i++) {
		struct feed *f = &d->feeds[i];
		int64_t stop_by = 0;
		uint64_t held;

		if (!f->letters)
			continue;
		while (deadletter_flush(f->letters, IDLE_MS) == -EAGAIN) {
			daemon_goes_on(d);
			if (log_pass(&d->wait_limit, clock_mono(), 30 * NS_PER_S, 1, &held))
				log_warning(
					"source %s: waiting for the dead-letter topic %s; nothing is "
					"committed until it answers",
					f->conf->name.s, f->conf->dead_letter.s);
			if (atomic_load(&d->stop) && !stop_by)
				stop_by = clock_mono() + 5 * NS_PER_S;
			if (stop_by && clock_mono() > stop_by)
				return -EAGAIN;
		}
		metric_add(d->stats->dead_letters,
		           deadletter_written(f->letters) - f->letters_written);
		f->letters_written = deadletter_written(f->letters);
		if (deadletter_failed(f->letters) > f->letters_failed) {
			uint64_t n = deadletter_failed(f->letters) - f->letters_failed;

			metric_add(d->stats->dead_letters_failed, n);
			log_error("source %s: %llu dead letters could not be kept: %s",
			          f->conf->name.s, (unsigned long long)n,
			          deadletter_error(f->letters));
			f->letters_failed = deadletter_failed(f->letters);
		}
	}
	return 0;
}

bool daemon_fault_passes(int e)
{
	return e == -ENOSPC || e == -EBUSY || e == -EDQUOT;
}

static void committed(struct daemon *d, bool last, int64_t now)
{
	int64_t wall = clock_wall();

	for (size_t i = 0; i < d->n_made; i++)
		hist_record(d->stats->stage[STAGE_SCORE_OUTBOX]->hist, wall - d->made[i].scored_ns);
	if (d->n_made && d->hooks.committed)
		d->hooks.committed(d->hooks.ctx);
	d->n_made = 0;
	buf_clear(&d->json);
	policy_clean(pipeline_policy(d->pipeline));
	for (size_t i = 0; i < d->n_feeds; i++)
		for (struct reading *r = d->feeds[i].readings; r; r = r->next) {
			bool snapshot = snapshot_due(r, last, now);

			if (r->partition->next_offset >= r->partition->scored_from)
				daemon_states_committed(r, snapshot);
			if (snapshot) {
				r->snapshot_offset = r->partition->next_offset;
				r->snapshot_at = now;
			}
			if (r->partition->next_offset >= r->partition->scored_from)
				r->committed = r->partition->next_offset;
		}
	metric_add(d->stats->commits, 1);
	atomic_store(&d->storing, true);
}

int daemon_commit(struct daemon *d, bool last)
{
	int64_t now = clock_mono();
	int e = flush_letters(d);
	uint64_t held;

	if (e)
		return e;
	for (;;) {
		e = put_all(d, last, now);
		if (e == 0)
			break;
		snprintf(d->fault, sizeof d->fault, "journal: %s", journal_error(d->journal));
		journal_abort(d->journal);
		metric_add(d->stats->commit_failures, 1);
		atomic_store(&d->storing, false);
		if (!daemon_fault_passes(e) || atomic_load(&d->stop))
			return e;
		if (log_pass(&d->wait_limit, clock_mono(), 30 * NS_PER_S, 1, &held))
			log_error("%s; no events are taken until it can be written", d->fault);
		daemon_goes_on(d);
		daemon_pause((int)(RETRY_NS / NS_PER_MS));
	}
	if (!d->fatal)
		d->fault[0] = 0;
	committed(d, last, now);
	d->commit_at = now + d->plan->conf->limits.commit_interval_ns;
	d->soon_at = now + SOON_NS;
	return 0;
}

void daemon_tell_brokers(struct daemon *d)
{
	for (size_t i = 0; i < d->n_feeds; i++)
		for (struct reading *r = d->feeds[i].readings; r; r = r->next)
			if (r->committed > r->told) {
				d->feeds[i].source->ops->commit(d->feeds[i].source, r->stream,
				                                r->committed);
				r->told = r->committed;
			}
}

static int restore_cooldown(void *ctx, const void *key, size_t key_size, const void *blob,
                            size_t blob_size)
{
	struct daemon *d = ctx;
	const unsigned char *k = key;
	uint64_t of = 0;

	if (key_size < 9)
		return 0;
	for (int i = 0; i < 8; i++)
		of |= (uint64_t)k[i] << 8 * i;
	for (size_t i = 0; i < d->plan->n_rules; i++) {
		const char *name = d->plan->rules[i].conf->name.s;

		if (strlen(name) == key_size - 8 && memcmp(name, k + 8, key_size - 8) == 0 &&
		    policy_restore(pipeline_policy(d->pipeline), i, of, blob, blob_size))
			log_warning("rule %s: a stored cooldown is damaged, ignoring it", name);
	}
	return 0;
}

int daemon_restore_cooldowns(struct daemon *d, char *reterr, size_t size)
{
	int e = journal_each_state(d->journal, "policy", restore_cooldown, d);

	if (e)
		snprintf(reterr, size,
		         "%s; move the state folder's tocsin.db* away to start afresh",
		         journal_error(d->journal));
	policy_clean(pipeline_policy(d->pipeline));
	return e;
}
