#include "service.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/daemon.h"
#include "app/delivery.h"
#include "console/console.h"
#include "core/log.h"
#include "core/timefmt.h"

#define STALLED_NS (20 * NS_PER_S) /* a loop that has not gone round for so long hangs */
#define DRAIN_NS (10 * NS_PER_S) /* deliveries under way at the stop */

struct service {
	const struct conf *conf;
	struct plan *plan;
	struct stats *stats;
	struct store *store;
	struct daemon *daemon;
	struct delivery *delivery;
	struct console *console;
	pthread_t pipeline;
	bool running;
	atomic_bool ended; /* the loop has returned */
	int result;
	uint64_t progress[2]; /* pipeline, delivery: as last seen */
	int64_t moved[2]; /* mono: when they last moved */
	_Atomic uint32_t stalled; /* bit each */
	pthread_mutex_t lock; /* of rules */
	struct buf rules; /* what rules do: made by the pipeline, read by the console */
};

static void *pipeline_thread(void *ctx)
{
	struct service *s = ctx;

	s->result = daemon_loop(s->daemon);
	atomic_store(&s->ended, true);
	return NULL;
}

/* The console's answers, in its thread ------------------------------------------------------- */

static void on_metrics(void *ctx, struct buf *out)
{
	metrics_text(((struct service *)ctx)->stats->metrics, out);
}

static int on_healthy(void *ctx, struct buf *out)
{
	struct service *s = ctx;
	uint32_t stalled = atomic_load(&s->stalled);

	if (stalled & 1)
		buf_puts(out, "the pipeline's loop hangs\n");
	if (stalled & 2)
		buf_puts(out, "the delivery's loop hangs\n");
	if (!stalled)
		buf_puts(out, "healthy\n");
	return !stalled;
}

static int on_ready(void *ctx, struct buf *out)
{
	bool ready = daemon_ready(((struct service *)ctx)->daemon, out);

	buf_puts(out, ready ? "ready\n" : "not ready\n");
	return ready;
}

static int on_rules(void *ctx, struct buf *out)
{
	struct service *s = ctx;
	bool any;

	pthread_mutex_lock(&s->lock);
	any = s->rules.n > 0;
	buf_add(out, any ? s->rules.p : "{}\n", any ? s->rules.n : 3);
	pthread_mutex_unlock(&s->lock);
	return any;
}

/* Hooks of the pipeline, in its thread ------------------------------------------------------- */

static void on_committed(void *ctx)
{
	delivery_wake(((struct service *)ctx)->delivery);
}

static bool on_outbox_full(void *ctx)
{
	struct service *s = ctx;

	return delivery_pending(s->delivery) >= (uint64_t)s->conf->limits.max_outbox;
}

/* Takes the new text and gives the old one's memory back for the next. */
static void on_view(void *ctx, struct buf *text)
{
	struct service *s = ctx;
	struct buf before;

	pthread_mutex_lock(&s->lock);
	before = s->rules;
	s->rules = *text;
	pthread_mutex_unlock(&s->lock);
	*text = before;
}

/* Starting and stopping ---------------------------------------------------------------------- */

static int start_console(struct service *s, char *reterr, size_t size)
{
	const struct console_config c = {
		.listen = s->conf->listen.s,
		.ctx = s,
		.metrics = on_metrics,
		.healthy = on_healthy,
		.ready = on_ready,
		.rules = on_rules,
	};
	int e;

	if (!c.listen || !c.listen[0])
		return 0;
	e = console_start(&c, &s->console, reterr, size);
	if (e == 0)
		log_info("console: port %u: /metrics /api/v1/rules /-/healthy /-/ready",
		         console_port(s->console));
	return e == -EINVAL ? e : e ? -EADDRNOTAVAIL : 0;
}

/* A sink's section as the delivery thread wants it; `headers` has room for all of its headers. */
static struct delivery_sink delivery_sink_of(const struct conf_sink *c,
                                             const struct sink_stats *stats,
                                             struct sink_header *headers)
{
	static const enum sink_type types[] = {
		[CONF_SINK_WEBHOOK] = SINK_WEBHOOK,
		[CONF_SINK_STDOUT] = SINK_STDOUT,
		[CONF_SINK_FILE] = SINK_FILE,
	};

	for (size_t i = 0; i < c->headers.n; i++)
		headers[i] = (struct sink_header){ c->headers.v[i].key.s, c->headers.v[i].value.s };
	return (struct delivery_sink){
		.sink = {
			.name = c->name.s,
			.type = types[c->type],
			.url = c->url.s,
			.path = c->path.s,
			.human = c->style == CONF_STYLE_HUMAN,
			.headers = headers,
			.n_headers = c->headers.n,
			.connect_timeout_ns = c->connect_timeout_ns,
			.timeout_ns = c->timeout_ns,
			.concurrency = (unsigned)c->concurrency,
			.ca_file = c->ca_file.s,
			.verify_tls = c->verify_tls,
		},
		.retry = {
			.base_ns = c->retry_base_ns,
			.cap_ns = c->retry_cap_ns,
			.give_up_ns = c->give_up_ns,
		},
		.delivered = stats->delivered,
		.failed = stats->failed,
		.dead = stats->dead,
		.pending = stats->pending,
		.oldest = stats->oldest,
	};
}

static int start_delivery(struct service *s, char *reterr, size_t size)
{
	const struct conf *conf = s->conf;
	struct delivery_sink *sinks = calloc(conf->n_sinks + 1, sizeof *sinks);
	struct sink_header *headers = NULL;
	size_t n_headers = 0;
	int e = sinks ? 0 : -ENOMEM;

	for (size_t i = 0; i < conf->n_sinks; i++)
		n_headers += conf->sinks[i].headers.n;
	headers = calloc(n_headers + 1, sizeof *headers);
	if (!headers)
		e = -ENOMEM;
	n_headers = 0;
	for (size_t i = 0; e == 0 && i < conf->n_sinks; i++) {
		sinks[i] = delivery_sink_of(&conf->sinks[i], &s->stats->sinks[i],
		                            headers + n_headers);
		sinks[i].latency = s->stats->stage[STAGE_OUTBOX_DELIVERED]->hist;
		n_headers += conf->sinks[i].headers.n;
	}
	if (e == 0)
		e = delivery_start(s->store,
		                   &(struct delivery_config){
					   .sinks = sinks,
					   .n_sinks = conf->n_sinks,
					   .keep_ns = conf->limits.keep_alerts_ns,
					   .seed = (uint64_t)conf->seed,
				   },
		                   &s->delivery, reterr, size);
	free(headers);
	free(sinks);
	return e;
}

static int start_all(struct service *s, char *reterr, size_t size)
{
	const struct daemon_hooks hooks = {
		.ctx = s, .committed = on_committed, .outbox_full = on_outbox_full, .rules = on_view
	};
	int e = store_open(s->conf->state_dir.s, &s->store, reterr, size);

	if (e)
		return e == -EINVAL ? -EIO : e;
	e = stats_new(s->plan, &s->stats);
	if (e == 0)
		e = daemon_new(s->plan, s->stats, s->store, &hooks, &s->daemon, reterr, size);
	/* An address that is taken must be met before the first alert is sent. */
	if (e == 0)
		e = start_console(s, reterr, size);
	if (e == 0)
		e = start_delivery(s, reterr, size);
	if (e == 0)
		e = -pthread_create(&s->pipeline, NULL, pipeline_thread, s);
	s->running = e == 0;
	return e;
}

int service_start(const struct conf *conf, struct plan *plan, struct service **ret_service,
                  char *reterr, size_t reterr_size)
{
	struct service *s = calloc(1, sizeof *s);
	int e;

	if (!s)
		return -ENOMEM;
	pthread_mutex_init(&s->lock, NULL);
	s->conf = conf;
	s->plan = plan;
	e = start_all(s, reterr, reterr_size);
	if (e) {
		service_free(s);
		return e;
	}
	*ret_service = s;
	return 0;
}

int service_stop(struct service *s, char *reterr, size_t reterr_size)
{
	if (!s->running)
		return 0;
	s->running = false;
	daemon_stop(s->daemon);
	pthread_join(s->pipeline, NULL);
	if (s->result)
		snprintf(reterr, reterr_size, "%s",
		         daemon_fault(s->daemon)[0] ? daemon_fault(s->daemon)
		                                    : strerror(-s->result));
	if (!s->result && delivery_error(s->delivery)) {
		s->result = delivery_error(s->delivery);
		snprintf(reterr, reterr_size, "outbox: %s", strerror(-s->result));
	}
	delivery_stop(s->delivery, DELIVERY_FINISH, DRAIN_NS);
	s->delivery = NULL;
	return s->result;
}

struct service *service_free(struct service *s)
{
	char reason[8];

	if (!s)
		return NULL;
	service_stop(s, reason, sizeof reason);
	if (s->console)
		console_stop(s->console);
	delivery_stop(s->delivery, DELIVERY_FINISH, 0);
	daemon_free(s->daemon);
	buf_done(&s->rules);
	pthread_mutex_destroy(&s->lock);
	store_close(s->store);
	stats_free(s->stats);
	free(s);
	return NULL;
}

/* Asking ------------------------------------------------------------------------------------- */

bool service_ended(const struct service *s)
{
	return atomic_load(&s->ended) || delivery_error(s->delivery);
}

bool service_attempted(struct service *s)
{
	return daemon_attempted(s->daemon);
}

bool service_ready(struct service *s, struct buf *words)
{
	return daemon_ready(s->daemon, words);
}

bool service_alive(struct service *s, int64_t now_mono)
{
	const uint64_t seen[2] = { daemon_progress(s->daemon),
		                   (uint64_t)delivery_progress(s->delivery) };
	uint32_t stalled = 0, before = atomic_load(&s->stalled);

	for (int i = 0; i < 2; i++) {
		if (seen[i] != s->progress[i] || s->moved[i] == 0) {
			s->progress[i] = seen[i];
			s->moved[i] = now_mono;
		}
		if (now_mono - s->moved[i] > STALLED_NS)
			stalled |= 1u << i;
	}
	if (stalled & ~before)
		log_error("%s loop has not gone round for %lld s",
		          stalled & 1 ? "the pipeline's" : "the delivery's", STALLED_NS / NS_PER_S);
	atomic_store(&s->stalled, stalled);
	return stalled == 0;
}

uint64_t service_taken(const struct service *s)
{
	return daemon_taken(s->daemon);
}

uint64_t service_pending(const struct service *s)
{
	return s->delivery ? delivery_pending(s->delivery) : 0;
}

const struct stats *service_stats(const struct service *s)
{
	return s->stats;
}
