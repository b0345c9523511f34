#include "daemon.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/intake.h"
#include "app/pipeline.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/timefmt.h"
#include "journal/journal.h"
#include "sink/payload.h"
#include "source/deadletter.h"
#include "source/kafka.h"

#define DECODED_APART 256 /* messages */
#define IDLE_MS 100 /* longest wait for events: keeps commits and progress going */
#define BROKER_COMMIT_NS NS_PER_S /* the group's offsets are for lag tools */
#define LAG_NS NS_PER_S
#define SNAPSHOT_NS (30 * NS_PER_S) /* of a partition's windows */
#define SNAPSHOT_EVENTS 200000
#define RETRY_NS NS_PER_S

struct made { /* an alert waiting for the commit */
	char id[TOCSIN_ALERT_ID_SIZE];
	const char *rule;
	size_t at, n; /* of its JSON in `json` */
	int64_t event_ns, scored_ns;
};

struct feed { /* a source with what belongs to it */
	struct daemon *daemon;
	const struct conf_source *conf;
	struct source *source;
	struct decoder *decoder;
	struct deadletter *letters;
	uint64_t letters_written, letters_failed; /* already in the metrics */
	struct reading *readings;
};

struct reading { /* a partition being read */
	struct reading *next;
	struct feed *feed;
	struct stream *stream;
	struct partition *partition;
	int64_t committed, told; /* next offset in the journal; at the broker */
	int64_t snapshot_offset; /* the stored windows stand here; -1 = none are stored */
	int64_t snapshot_at; /* mono */
	struct metric *lag, *watermark;
};

struct daemon {
	struct plan *plan;
	struct stats *stats;
	struct daemon_hooks hooks;
	struct journal *journal;
	struct pipeline *pipeline;
	struct feed *feeds;
	size_t n_feeds;
	struct intake *intake;
	struct batch *batches[2];
	struct feed *batch_feed[2];
	int ahead; /* the batch that is decoded and not yet scored; -1 = none */
	struct made *made;
	size_t n_made, made_size;
	struct buf json, blob;
	int64_t commit_at, broker_commit_at, lag_at;
	struct log_limit refused_limit, wait_limit;
	char fault[300];
	atomic_bool stop, storing; /* storing: the last commit worked */
	_Atomic uint64_t progress, taken;
};

/* Callbacks of the pipeline ------------------------------------------------------------------ */

static struct feed *feed_of_message(struct daemon *d, const struct message *m)
{
	(void)d;
	return ((struct reading *)m->stream->app)->feed;
}

static void on_alert(void *ctx, const struct tocsin_alert *made)
{
	struct daemon *d = ctx;
	struct tocsin_alert a = *made;
	struct made *m;
	size_t at = d->json.n;

	if (d->n_made == d->made_size) {
		size_t size = d->made_size ? d->made_size * 2 : 64;
		struct made *more = realloc(d->made, size * sizeof *more);

		if (!more)
			abort(); /* an alert would be lost: restart and read again */
		d->made = more;
		d->made_size = size;
	}
	a.times.outbox = clock_wall();
	payload_json(&a, &d->json);
	if (d->json.failed)
		abort();
	m = &d->made[d->n_made++];
	*m = (struct made){
		.rule = a.rule,
		.at = at,
		.n = d->json.n - at,
		.event_ns = a.times.event,
		.scored_ns = a.times.scored,
	};
	memcpy(m->id, a.id, sizeof m->id);
	buf_putc(&d->json, 0);
}

static void progress(struct daemon *d)
{
	atomic_fetch_add_explicit(&d->progress, 1, memory_order_relaxed);
}

static void pause_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static void on_refused(void *ctx, const struct message *m, unsigned reason, const char *field)
{
	struct daemon *d = ctx;
	struct feed *f = feed_of_message(d, m);
	uint64_t held = 0;

	if (reason == DECODE_IGNORED)
		return;
	if (log_pass(&d->refused_limit, clock_mono(), 10 * NS_PER_S, 5, &held))
		log_warning(
			"refused %s [%d] offset %lld: %s%s%s: \"%s\", skipping it%s",
			m->stream->topic, m->stream->partition, (long long)m->offset,
			refused_name(reason), field[0] ? " " : "", field,
			log_quote(m->value, m->value ? m->size : 0),
			held ? " (more were refused since the last such line; see tocsin_events_refused_total)"
			     : "");
	if (!f->letters)
		return;
	while (deadletter_send(f->letters, m, refused_name(reason), field) == -EAGAIN) {
		deadletter_flush(f->letters, 100);
		progress(d);
		if (atomic_load(&d->stop))
			return; /* its position will not be committed */
	}
}

static int64_t on_broker_time(void *ctx, const struct message *m)
{
	struct feed *f = feed_of_message(ctx, m);

	return f->source->ops->broker_time(f->source, m);
}

/* The commit --------------------------------------------------------------------------------- */

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

/* Name of a partition's windows in the journal. */
static size_t windows_key(const struct reading *r, char out[static 300])
{
	return (size_t)snprintf(out, 300, "%s/%d", r->partition->topic, r->partition->number);
}

static int put_windows(struct daemon *d, struct reading *r)
{
	char key[300];
	size_t n = windows_key(r, key);

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
	return last || r->snapshot_offset < 0 || behind >= SNAPSHOT_EVENTS ||
	       now - r->snapshot_at >= SNAPSHOT_NS;
}

static int put_reading(struct daemon *d, struct reading *r, bool last, int64_t now)
{
	struct partition *t = r->partition;
	bool snapshot = snapshot_due(r, last, now);
	int e = 0;

	if (t->next_offset <= 0 || t->next_offset < t->scored_from ||
	    (t->next_offset == r->committed && !snapshot))
		return 0;
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

		e = journal_put_alert(d->journal,
		                      &(struct journal_alert){ .id = m->id,
		                                               .rule = m->rule,
		                                               .json = d->json.p + m->at,
		                                               .json_size = m->n,
		                                               .event_ns = m->event_ns,
		                                               .outbox_ns = clock_wall() },
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
			progress(d);
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

static bool passing(int e)
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
			if (snapshot_due(r, last, now)) {
				r->snapshot_offset = r->partition->next_offset;
				r->snapshot_at = now;
			}
			if (r->partition->next_offset >= r->partition->scored_from)
				r->committed = r->partition->next_offset;
		}
	metric_add(d->stats->commits, 1);
	atomic_store(&d->storing, true);
}

/* Makes everything taken so far durable. A full disk is waited for: nothing is consumed meanwhile,
 * nothing is lost. 0, or -Exxx = give up (stop asked for, or a fault that waiting does not mend). */
static int commit(struct daemon *d, bool last)
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
		if (!passing(e) || atomic_load(&d->stop))
			return e;
		if (log_pass(&d->wait_limit, clock_mono(), 30 * NS_PER_S, 1, &held))
			log_error("%s; no events are taken until it can be written", d->fault);
		progress(d);
		pause_ms((int)(RETRY_NS / NS_PER_MS));
	}
	d->fault[0] = 0;
	committed(d, last, now);
	d->commit_at = now + d->plan->conf->limits.commit_interval_ns;
	return 0;
}

static void tell_brokers(struct daemon *d)
{
	for (size_t i = 0; i < d->n_feeds; i++)
		for (struct reading *r = d->feeds[i].readings; r; r = r->next)
			if (r->committed > r->told) {
				d->feeds[i].source->ops->commit(d->feeds[i].source, r->stream,
				                                r->committed);
				r->told = r->committed;
			}
}

/* Streams ------------------------------------------------------------------------------------ */

struct windows_found {
	const char *key;
	size_t key_size;
	struct partition *partition;
	int result;
};

static int load_windows(void *ctx, const void *key, size_t key_size, const void *blob,
                        size_t blob_size)
{
	struct windows_found *f = ctx;

	if (key_size != f->key_size || memcmp(key, f->key, key_size) != 0)
		return 0;
	f->result = feature_table_load(f->partition->features, blob, blob_size);
	return 1;
}

/* Puts the stored windows in place; the offset to read from. */
static int64_t restore(struct daemon *d, struct reading *r, const struct journal_position *at)
{
	char key[300];
	struct windows_found found = { .partition = r->partition, .result = -ENOENT };

	found.key_size = windows_key(r, key);
	found.key = key;
	journal_each_state(d->journal, "features", load_windows, &found);
	if (found.result == 0) {
		r->snapshot_offset = at->warm_offset;
		return at->warm_offset;
	}
	log_warning(
		"%s [%d]: the stored windows %s; they begin empty at offset %lld and rules are silent "
		"until they are full",
		r->partition->topic, r->partition->number,
		found.result == -ENOENT   ? "are missing"
		: found.result == -ESTALE ? "are of other rules"
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

static void score_ahead(struct daemon *d);

static int64_t on_assigned(void *ctx, struct stream *s)
{
	struct feed *f = ctx;
	struct daemon *d = f->daemon;
	struct reading *r = calloc(1, sizeof *r);
	struct journal_position at;

	if (!r || pipeline_partition_new(d->pipeline, s->topic, s->partition, &r->partition))
		abort();
	r->feed = f;
	r->stream = s;
	r->committed = r->told = r->snapshot_offset = -1;
	r->snapshot_at = clock_mono();
	r->lag = partition_metric(d->stats->lag, s);
	r->watermark = partition_metric(d->stats->watermark, s);
	r->next = f->readings;
	f->readings = r;
	s->app = r;
	if (journal_get_position(d->journal, s->topic, s->partition, &at))
		return SOURCE_DEFAULT;
	r->committed = at.next_offset;
	r->partition->next_offset = at.next_offset;
	r->partition->scored_from = at.next_offset;
	return restore(d, r, &at);
}

static void on_revoked(void *ctx, struct stream *s, bool lost)
{
	struct feed *f = ctx;
	struct reading *r = s->app, **at = &f->readings;

	score_ahead(f->daemon); /* while its messages still have their stream */
	if (!lost && !atomic_load(&f->daemon->stop) && commit(f->daemon, true) == 0)
		tell_brokers(f->daemon);
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

	score_ahead(f->daemon);
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

/* Making ------------------------------------------------------------------------------------- */

static int make_feed(struct daemon *d, struct feed *f, const struct conf_source *c, char *reterr,
                     size_t size)
{
	const struct format *format = plan_format(d->plan, c->format.s);
	struct source_property *props = calloc(c->kafka.n ? c->kafka.n : 1, sizeof *props);
	const char **topics = calloc(c->topics.n ? c->topics.n : 1, sizeof *topics);
	struct source_kafka_config kafka = {
		.name = c->name.s,
		.brokers = c->brokers.s,
		.group = c->group.s,
		.topics = topics,
		.n_topics = c->topics.n,
		.from_latest = c->start == CONF_START_LATEST,
		.properties = props,
		.n_properties = c->kafka.n,
		.events = { .ctx = f,
		            .assigned = on_assigned,
		            .revoked = on_revoked,
		            .gap = on_gap,
		            .repeated = on_repeated },
	};
	int e = props && topics ? 0 : -ENOMEM;

	f->daemon = d;
	f->conf = c;
	for (size_t i = 0; e == 0 && i < c->kafka.n; i++)
		props[i] = (struct source_property){ c->kafka.v[i].key.s, c->kafka.v[i].value.s };
	for (size_t i = 0; e == 0 && i < c->topics.n; i++)
		topics[i] = c->topics.v[i].s;
	if (e == 0 && !format) {
		snprintf(reterr, size, "unknown format '%s'", c->format.s);
		e = -EINVAL;
	}
	if (e == 0)
		e = decoder_new(format, DECODE_JSON_SIMD, &f->decoder);
	if (e == 0 && c->dead_letter.s)
		e = deadletter_new(&kafka, c->dead_letter.s, &f->letters, reterr, size);
	if (e == 0)
		e = source_kafka_new(&kafka, &f->source, reterr, size);
	free(props);
	free(topics);
	return e;
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

static int make_all(struct daemon *d, struct store *store, char *reterr, size_t size)
{
	const struct conf *conf = d->plan->conf;
	const struct pipeline_events events = {
		.ctx = d, .alert = on_alert, .refused = on_refused, .broker_time = on_broker_time
	};
	const char **sinks = calloc(conf->n_sinks + 1, sizeof *sinks);
	int e = sinks ? 0 : -ENOMEM;

	for (size_t i = 0; e == 0 && i < conf->n_sinks; i++)
		sinks[i] = conf->sinks[i].name.s;
	if (e == 0)
		e = journal_open(store, sinks, conf->n_sinks, &d->journal, reterr, size);
	free(sinks);
	if (e == 0)
		e = pipeline_new(d->plan, d->stats, &events, true, &d->pipeline);
	if (e == 0)
		e = journal_each_state(d->journal, "policy", restore_cooldown, d);
	policy_clean(pipeline_policy(d->pipeline));
	d->ahead = -1;
	for (int i = 0; e == 0 && i < 2; i++)
		e = batch_new((size_t)conf->limits.batch, &d->batches[i]);
	if (e == 0)
		e = intake_start(&d->intake);
	d->feeds = calloc(conf->n_sources + 1, sizeof *d->feeds);
	if (e == 0 && !d->feeds)
		e = -ENOMEM;
	for (size_t i = 0; e == 0 && i < conf->n_sources; i++) {
		d->n_feeds++;
		e = make_feed(d, &d->feeds[i], &conf->sources[i], reterr, size);
	}
	return e;
}

int daemon_new(struct plan *plan, struct stats *stats, struct store *store,
               const struct daemon_hooks *hooks, struct daemon **ret_daemon, char *reterr,
               size_t reterr_size)
{
	struct daemon *d = calloc(1, sizeof *d);
	int e;

	if (!d)
		return -ENOMEM;
	d->plan = plan;
	d->stats = stats;
	d->hooks = *hooks;
	atomic_init(&d->storing, true);
	e = make_all(d, store, reterr, reterr_size);
	if (e) {
		atomic_store(&d->stop, true);
		daemon_free(d);
		return e;
	}
	*ret_daemon = d;
	return 0;
}

struct daemon *daemon_free(struct daemon *d)
{
	if (!d)
		return NULL;
	d->intake = intake_stop(d->intake);
	if (d->ahead >= 0) { /* after a fault: read again at the next start */
		struct batch *b = d->batches[d->ahead];
		struct source *s = d->batch_feed[d->ahead]->source;

		s->ops->release(s, b->messages, b->n);
		d->ahead = -1;
	}
	for (size_t i = 0; i < d->n_feeds; i++) {
		struct feed *f = &d->feeds[i];

		if (f->source)
			f->source->ops->free(f->source);
		deadletter_free(f->letters);
		decoder_free(f->decoder);
	}
	pipeline_free(d->pipeline);
	journal_close(d->journal);
	buf_done(&d->json);
	buf_done(&d->blob);
	free(d->made);
	batch_free(d->batches[0]);
	batch_free(d->batches[1]);
	free(d->feeds);
	free(d);
	return NULL;
}

/* The loop ----------------------------------------------------------------------------------- */

static struct partition *partition_of(const struct message *m)
{
	return ((struct reading *)m->stream->app)->partition;
}

static void score_batch(struct daemon *d, int which)
{
	struct batch *b = d->batches[which];
	struct source *s = d->batch_feed[which]->source;
	uint64_t scored = 0;

	pipeline_take(d->pipeline, b, partition_of);
	for (size_t i = 0; i < b->n; i++)
		scored += b->messages[i].offset >= partition_of(&b->messages[i])->scored_from;
	s->ops->release(s, b->messages, b->n);
	b->n = 0;
	atomic_fetch_add_explicit(&d->taken, scored, memory_order_relaxed);
}

/* Scores the batch that was decoded ahead, if there is one. */
static void score_ahead(struct daemon *d)
{
	int which = d->ahead;

	if (which < 0)
		return;
	intake_wait(d->intake);
	d->ahead = -1;
	score_batch(d, which);
}

/* A large batch is decoded by the other thread while the one before it is scored here; a small one
 * is worth no change of threads. Only what is scored counts as taken. */
static int take_batch(struct daemon *d, struct feed *f, int timeout_ms)
{
	int which = d->ahead == 0 ? 1 : 0, before;
	struct batch *b = d->batches[which];
	int n = f->source->ops->poll(f->source, b->messages, b->size,
	                             d->ahead < 0 ? timeout_ms : 0);

	if (n <= 0) {
		bool any = d->ahead >= 0;

		score_ahead(d);
		return n < 0 ? n : any;
	}
	b->n = (size_t)n;
	b->decoders = &f->decoder;
	b->consumed_ns = clock_wall();
	d->batch_feed[which] = f;
	before = d->ahead; /* a rebalance inside poll() may have scored it */
	if (n < DECODED_APART && before < 0) {
		batch_decode(b);
		score_batch(d, which);
		return n;
	}
	if (before >= 0)
		intake_wait(d->intake);
	intake_begin(d->intake, b);
	d->ahead = which;
	if (before >= 0)
		score_batch(d, before);
	return n;
}

/* With several sources none may hold up the others: all are asked, then the first to wake is waited for. */
static int take_all(struct daemon *d)
{
	struct pollfd fds[64];
	nfds_t n_fds = 0;
	int any = 0;

	if (d->n_feeds == 1)
		return take_batch(d, &d->feeds[0], IDLE_MS);
	for (size_t i = 0; i < d->n_feeds; i++) {
		int n = take_batch(d, &d->feeds[i], 0);

		if (n < 0)
			return n;
		any |= n;
		if (n_fds < 64)
			fds[n_fds++] = (struct pollfd){ .fd = d->feeds[i].source->ops->fd(
								d->feeds[i].source),
				                        .events = POLLIN };
	}
	if (!any)
		poll(fds, n_fds, IDLE_MS);
	return any;
}

static void on_lag(void *ctx, const struct stream *s, int64_t lag)
{
	(void)ctx;
	metric_set(((struct reading *)s->app)->lag, (double)lag);
}

static void measure(struct daemon *d)
{
	size_t keys = 0, bytes = 0;

	for (size_t i = 0; i < d->n_feeds; i++) {
		d->feeds[i].source->ops->lag(d->feeds[i].source, on_lag, d);
		for (struct reading *r = d->feeds[i].readings; r; r = r->next) {
			int64_t mark = feature_table_watermark(r->partition->features);

			pipeline_count_partition(d->pipeline, r->partition);
			keys += r->partition->told.keys;
			bytes += r->partition->told.bytes;
			if (mark != INT64_MIN)
				metric_set(r->watermark, (double)mark / 1e9);
		}
	}
	metric_set(d->stats->keys, (double)keys);
	metric_set(d->stats->feature_bytes, (double)bytes);
}

static bool wait_for_outbox(struct daemon *d)
{
	uint64_t held;

	if (!d->hooks.outbox_full || !d->hooks.outbox_full(d->hooks.ctx))
		return false;
	if (log_pass(&d->wait_limit, clock_mono(), 30 * NS_PER_S, 1, &held))
		log_error(
			"the outbox is full (limits.max_outbox); no events are taken until alerts are delivered");
	pause_ms(IDLE_MS);
	return true;
}

int daemon_loop(struct daemon *d)
{
	int e = 0, last;

	while (!atomic_load_explicit(&d->stop, memory_order_relaxed)) {
		int64_t now;
		int n;

		progress(d);
		if (wait_for_outbox(d))
			continue;
		n = take_all(d);
		if (n < 0) {
			struct buf words = { 0 };

			for (size_t i = 0; i < d->n_feeds; i++)
				d->feeds[i].source->ops->state(d->feeds[i].source, &words);
			snprintf(d->fault, sizeof d->fault, "%s", buf_str(&words));
			buf_done(&words);
			e = n;
			break;
		}
		now = clock_mono();
		if (d->n_made || now >= d->commit_at) {
			e = commit(d, false);
			if (e)
				break;
		}
		if (now >= d->broker_commit_at) {
			tell_brokers(d);
			d->broker_commit_at = now + BROKER_COMMIT_NS;
		}
		if (now >= d->lag_at) {
			measure(d);
			d->lag_at = now + LAG_NS;
		}
	}
	if (e && e != -EAGAIN && !passing(e))
		return e; /* the journal does not take it: read again after restart */
	score_ahead(d);
	last = commit(d, true);
	if (last == 0)
		tell_brokers(d);
	measure(d);
	return e ? e : last;
}

void daemon_stop(struct daemon *d)
{
	atomic_store(&d->stop, true);
}

const char *daemon_fault(const struct daemon *d)
{
	return d->fault;
}

uint64_t daemon_progress(const struct daemon *d)
{
	return atomic_load_explicit(&d->progress, memory_order_relaxed);
}

uint64_t daemon_taken(const struct daemon *d)
{
	return atomic_load_explicit(&d->taken, memory_order_relaxed);
}

bool daemon_ready(struct daemon *d, struct buf *words)
{
	bool ready = atomic_load(&d->storing);

	if (!ready)
		buf_puts(words, "journal: cannot be written\n");
	for (size_t i = 0; i < d->n_feeds; i++) {
		ready &= d->feeds[i].source->ops->state(d->feeds[i].source, words) == SOURCE_READY;
		buf_putc(words, '\n');
	}
	return ready;
}

bool daemon_attempted(struct daemon *d)
{
	struct buf words = { 0 };
	bool all = true;

	for (size_t i = 0; i < d->n_feeds; i++)
		all &= d->feeds[i].source->ops->state(d->feeds[i].source, &words) !=
		       SOURCE_CONNECTING;
	buf_done(&words);
	return all;
}
