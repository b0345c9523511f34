#include "daemon.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/daemon_impl.h"
#include "core/clock.h"
#include "core/timefmt.h"
#include "engine/drill.h"
#include "sink/payload.h"

#define DECODED_APART 256 /* messages */
/* With so many messages at once we are catching up: alerts then wait up to SOON_NS for others to be
 * made durable with them. Otherwise they never wait. */
#define BUSY_BATCH 2048
#define BROKER_COMMIT_NS NS_PER_S /* the group's offsets are for lag tools */
#define LAG_NS NS_PER_S
#define VIEW_NS (2 * NS_PER_S)

void daemon_goes_on(struct daemon *d)
{
	atomic_fetch_add_explicit(&d->progress, 1, memory_order_relaxed);
}

void daemon_pause(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

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
	if (strcmp(a.rule, CONF_OWN_RULE) == 0)
		log_warning("%s", a.summary);
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
		.drill = drill_made(d->plan, &a),
	};
	memcpy(m->id, a.id, sizeof m->id);
	buf_putc(&d->json, 0);
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
		daemon_goes_on(d);
		if (atomic_load(&d->stop))
			return; /* its position will not be committed */
	}
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
		.events = daemon_source_events(f),
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

/* A rule is silent until its windows are full: say for how long. */
static void announce(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_rules; i++) {
		const struct plan_rule *r = &plan->rules[i];
		int64_t longest = feature_set_lookback_of(plan->features, r->features,
		                                          r->n_features);
		char text[TIMEFMT_TEXT];

		if (longest == 0)
			continue;
		duration_format(longest, text);
		log_info(
			"rule %s is silent about what it has seen for less than %s, its longest window",
			r->conf->name.s, text);
	}
}

static int make_all(struct daemon *d, struct store *store, char *reterr, size_t size)
{
	const struct conf *conf = d->plan->conf;
	const struct pipeline_events events = {
		.ctx = d,
		.alert = on_alert,
		.refused = on_refused,
	};
	const char **sinks = calloc(conf->n_sinks + 1, sizeof *sinks);
	int e;

	d->no_drills = calloc(conf->n_sinks + 1, sizeof *d->no_drills);
	e = sinks && d->no_drills ? 0 : -ENOMEM;
	for (size_t i = 0; e == 0 && i < conf->n_sinks; i++) {
		sinks[i] = conf->sinks[i].name.s;
		d->no_drills[i] = !conf->sinks[i].drill;
	}
	if (e == 0)
		e = journal_open(store, sinks, conf->n_sinks, &d->journal, reterr, size);
	free(sinks);
	if (e == 0)
		e = pipeline_new(d->plan, d->stats, &events, true, &d->pipeline);
	if (e == 0)
		e = daemon_restore_cooldowns(d, reterr, size);
	if (e == 0)
		announce(d->plan);
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
	buf_done(&d->view);
	free(d->made);
	free(d->no_drills);
	batch_free(d->batches[0]);
	batch_free(d->batches[1]);
	free(d->feeds);
	free(d);
	return NULL;
}

/* The loop ----------------------------------------------------------------------------------- */

static void score_batch(struct daemon *d, int which)
{
	struct batch *b = d->batches[which];
	struct source *s = d->batch_feed[which]->source;
	uint64_t scored = 0;

	pipeline_take(d->pipeline, b, daemon_partition);
	for (size_t i = 0; i < b->n; i++)
		scored += b->messages[i].offset >= daemon_partition(&b->messages[i])->scored_from;
	s->ops->release(s, b->messages, b->n);
	b->n = 0;
	atomic_fetch_add_explicit(&d->taken, scored, memory_order_relaxed);
}

void daemon_score_ahead(struct daemon *d)
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

		daemon_score_ahead(d);
		return n < 0 ? n : any;
	}
	b->n = (size_t)n;
	b->decoders = &f->decoder;
	b->source = f->source;
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
	struct reading *r = s->app;

	(void)ctx;
	r->behind = lag;
	metric_set(r->lag, (double)lag);
}

static void measure(struct daemon *d)
{
	uint64_t books = 0, orders = 0, inconsistent = 0;
	size_t keys = 0, bytes = 0;

	for (size_t i = 0; i < d->n_feeds; i++) {
		d->feeds[i].source->ops->lag(d->feeds[i].source, on_lag, d);
		for (struct reading *r = d->feeds[i].readings; r; r = r->next) {
			int64_t mark = feature_table_watermark(r->partition->features);

			pipeline_count_partition(d->pipeline, r->partition);
			keys += r->partition->told.keys;
			bytes += r->partition->told.bytes;
			books += r->partition->told.books.books;
			orders += r->partition->told.books.orders;
			inconsistent += r->partition->told.books.inconsistent;
			if (mark != INT64_MIN)
				metric_set(r->watermark, (double)mark / 1e9);
		}
	}
	metric_set(d->stats->keys, (double)keys);
	metric_set(d->stats->feature_bytes, (double)bytes);
	metric_set(d->stats->books, (double)books);
	metric_set(d->stats->book_orders, (double)orders);
	metric_set(d->stats->books_inconsistent, (double)inconsistent);
}

static void view(struct daemon *d)
{
	struct partition **all;
	size_t n = 0;

	for (size_t i = 0; i < d->n_feeds; i++)
		for (struct reading *r = d->feeds[i].readings; r; r = r->next)
			n++;
	all = calloc(n ? n : 1, sizeof(struct partition *));
	if (!all)
		return;
	n = 0;
	for (size_t i = 0; i < d->n_feeds; i++)
		for (struct reading *r = d->feeds[i].readings; r; r = r->next)
			all[n++] = r->partition;
	buf_clear(&d->view);
	pipeline_view(d->pipeline, all, n, &d->view);
	free(all);
	if (!d->view.failed && d->hooks.rules)
		d->hooks.rules(d->hooks.ctx, &d->view);
}

static bool wait_for_outbox(struct daemon *d)
{
	uint64_t held;

	if (!d->hooks.outbox_full || !d->hooks.outbox_full(d->hooks.ctx))
		return false;
	if (log_pass(&d->wait_limit, clock_mono(), 30 * NS_PER_S, 1, &held))
		log_error(
			"the outbox is full (limits.max_outbox); no events are taken until alerts are delivered");
	daemon_pause(IDLE_MS);
	return true;
}

int daemon_loop(struct daemon *d)
{
	int e = 0, last;

	while (!atomic_load_explicit(&d->stop, memory_order_relaxed)) {
		int64_t now;
		int n;

		daemon_goes_on(d);
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
		daemon_idle(d);
		now = clock_mono();
		if (now >= d->commit_at || (d->n_made && (n < BUSY_BATCH || now >= d->soon_at))) {
			e = daemon_commit(d, false);
			if (e)
				break;
		}
		if (now >= d->broker_commit_at) {
			daemon_tell_brokers(d);
			d->broker_commit_at = now + BROKER_COMMIT_NS;
		}
		if (now >= d->lag_at) {
			measure(d);
			d->lag_at = now + LAG_NS;
		}
		if (now >= d->view_at) {
			view(d);
			d->view_at = now + VIEW_NS;
		}
	}
	if (e && e != -EAGAIN && !daemon_fault_passes(e))
		return e; /* the journal does not take it: read again after restart */
	daemon_score_ahead(d);
	last = daemon_commit(d, true);
	if (last == 0)
		daemon_tell_brokers(d);
	measure(d);
	view(d);
	return e ? e : d->fatal ? d->fatal : last;
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
