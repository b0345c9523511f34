/* daemon_reading.c - partitions come and go: their state is restored, committed, forgotten. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/daemon_impl.h"
#include "core/clock.h"

static int load_windows(void *ctx, const void *key, size_t key_size, const void *blob,
                        size_t blob_size)
{
	struct partition *t = ctx;

	(void)key;
	(void)key_size;
	return feature_table_load(t->features, blob, blob_size);
}

/* Puts the stored windows in place; the offset to read from. */
static int64_t restore(struct daemon *d, struct reading *r, const struct journal_position *at)
{
	char key[300];
	size_t n = daemon_windows_key(r->partition, key);
	int e = journal_get_state(d->journal, "features", key, n, load_windows, r->partition);

	if (e == 0) {
		r->snapshot_offset = at->warm_offset;
		return at->warm_offset;
	}
	log_warning(
		"%s [%d]: the stored windows %s; they begin empty at offset %lld and rules are silent "
		"until they are full",
		r->partition->topic, r->partition->number,
		e == -ENOENT   ? "are missing"
		: e == -ESTALE ? "are of other rules or limits"
			       : "are damaged",
		(long long)at->next_offset);
	return at->next_offset;
}

static struct metric *partition_metric(struct metric_family *f, const struct stream *s)
{
	char number[16];

	snprintf(number, sizeof number, "%d", s->partition);
	return metric_series(f, (const char *const[]){ s->topic, number, NULL });
}

/* Patterns may find one topic's name in two clusters. Then nothing of the second is taken, and we end. */
static bool clashes(struct daemon *d, const struct reading *r)
{
	for (size_t i = 0; i < d->n_feeds; i++)
		for (const struct reading *o = d->feeds[i].readings; o; o = o->next)
			if (o != r && o->feed != r->feed &&
			    o->stream->partition == r->stream->partition &&
			    strcmp(o->stream->topic, r->stream->topic) == 0) {
				snprintf(
					d->fault, sizeof d->fault,
					"topic %s is read by two sources, %s and %s: alerts are named by "
					"topic, partition and offset; narrow a pattern",
					r->stream->topic, o->feed->conf->name.s,
					r->feed->conf->name.s);
				return true;
			}
	return false;
}

/* Nothing of this partition is to be scored or committed, and the loop ends, with d->fault to say why. */
static int64_t give_up(struct daemon *d, struct reading *r, int e)
{
	r->partition->scored_from = INT64_MAX;
	d->fatal = e;
	atomic_store(&d->stop, true);
	return SOURCE_DEFAULT;
}

static int64_t on_assigned(void *ctx, struct stream *s)
{
	struct feed *f = ctx;
	struct daemon *d = f->daemon;
	struct reading *r = calloc(1, sizeof *r);
	struct journal_position at;
	int e;

	if (!r || pipeline_partition_new(d->pipeline, s->topic, s->partition, &r->partition))
		abort();
	r->feed = f;
	r->stream = s;
	r->committed = r->told = r->snapshot_offset = -1;
	r->snapshot_at = r->assigned_at = clock_mono();
	r->behind = -1;
	r->advanced_ns = INT64_MIN;
	r->lag = partition_metric(d->stats->lag, s);
	r->watermark = partition_metric(d->stats->watermark, s);
	r->next = f->readings;
	f->readings = r;
	s->app = r;
	if (clashes(d, r))
		return give_up(d, r, -EEXIST);
	e = journal_get_position(d->journal, s->topic, s->partition, &at);
	if (e == -ENOENT)
		return SOURCE_DEFAULT;
	if (e) {
		snprintf(d->fault, sizeof d->fault, "journal: %s", journal_error(d->journal));
		return give_up(d, r, e);
	}
	r->committed = at.next_offset;
	r->partition->next_offset = at.next_offset;
	r->partition->scored_from = at.next_offset;
	e = daemon_restore_states(d, r);
	return e ? give_up(d, r, e) : restore(d, r, &at);
}

static void on_revoked(void *ctx, struct stream *s, bool lost)
{
	struct feed *f = ctx;
	struct reading *r = s->app, **at = &f->readings;

	daemon_score_ahead(f->daemon); /* while its messages still have their stream */
	if (!lost && !atomic_load(&f->daemon->stop) && daemon_commit(f->daemon, true) == 0)
		daemon_tell_brokers(f->daemon);
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	pipeline_count_partition(f->daemon->pipeline, r->partition);
	pipeline_partition_free(r->partition);
	free(r);
}

static void on_gap(void *ctx, struct stream *s, int64_t from, int64_t to)
{
	struct feed *f = ctx;
	struct reading *r = s->app;

	daemon_score_ahead(f->daemon);
	if (to > from) {
		log_error(
			"%s [%d]: records %lld to %lld are gone from the log before they were read; going "
			"on at %lld",
			s->topic, s->partition, (long long)from, (long long)to - 1, (long long)to);
		metric_add(f->daemon->stats->gap_records, (uint64_t)(to - from));
	} else {
		log_error(
			"%s [%d]: offset %lld is past the end of the log: the topic was made anew or lost "
			"records; going on at %lld",
			s->topic, s->partition, (long long)from, (long long)to);
	}
	r->partition->scored_from = r->partition->next_offset = to;
	r->snapshot_offset = -1;
}

static void on_repeated(void *ctx, struct stream *s)
{
	struct feed *f = ctx;

	(void)s;
	metric_add(f->daemon->stats->repeated, 1);
}

struct source_events daemon_source_events(struct feed *f)
{
	return (struct source_events){
		.ctx = f,
		.assigned = on_assigned,
		.revoked = on_revoked,
		.gap = on_gap,
		.repeated = on_repeated,
	};
}

struct partition *daemon_partition(const struct message *m)
{
	return ((struct reading *)m->stream->app)->partition;
}
