/* kafka.c - the consume loop.
 *
 * librdkafka serves its callbacks inside rd_kafka_consume_batch_queue(), after earlier messages of
 * the same call were already taken from the queue. Were the assignment changed there, the batch
 * could hold messages of a partition that has just been given away, or of its former tenancy. So
 * the callback only puts the event on a list; kafka_poll() carries it out before the next call. The
 * group waits for our answer meanwhile, and unassigning makes librdkafka drop what is still queued.
 *
 * auto.offset.reset is "error": a position that has fallen out of the log (retention, truncation)
 * must be told as a gap, not be skipped in silence. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "source/kafka_impl.h"
#include "source/waker.h"

#define CLOSE_NS (10 * 1000000000LL) /* librdkafka 2.0.2 can hang on close */

static struct kafka *kafka_of(struct source *s)
{
	return (struct kafka *)s;
}

void kafka_say(struct kafka *k, enum source_state state, const char *format, ...)
{
	va_list args;

	pthread_mutex_lock(&k->lock);
	k->state = state;
	va_start(args, format);
	vsnprintf(k->words, sizeof k->words, format, args);
	va_end(args);
	pthread_mutex_unlock(&k->lock);
}

/* Errors ------------------------------------------------------------------------------------- */

static const char *advice(rd_kafka_resp_err_t e)
{
	switch (e) {
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
	case RD_KAFKA_RESP_ERR__TRANSPORT: return "; trying again until a broker answers";
	case RD_KAFKA_RESP_ERR__RESOLVE: return "; check 'brokers'";
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
		return "; check security.protocol, sasl.mechanism, user name and password";
	case RD_KAFKA_RESP_ERR__SSL: return "; check ssl.ca.location and the broker's certificate";
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		return "; the user lacks the right: ask for Read";
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		return "; create it: it is looked for every 10 s";
	default: return "";
	}
}

static void tell(struct kafka *k, rd_kafka_resp_err_t e, const char *reason)
{
	uint64_t held;

	if (e == RD_KAFKA_RESP_ERR__TRANSPORT) { /* one broker of several may go */
		log_info("source %s: %s", k->name, log_quote(reason, strlen(reason)));
		return;
	}
	kafka_say(k, SOURCE_FAILING, "%s%s", reason, advice(e));
	if (log_pass(&k->error_limit, clock_mono(), 10 * 1000000000LL, 3, &held))
		log_warning("source %s: %s%s%s", k->name, log_quote(reason, strlen(reason)),
		            advice(e), held ? " (repeated)" : "");
}

static void on_error(rd_kafka_t *rk, int e, const char *reason, void *opaque)
{
	struct kafka *k = opaque;
	char words[256];

	if (e == RD_KAFKA_RESP_ERR__FATAL) {
		rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(rk, words, sizeof words);

		kafka_say(k, SOURCE_FATAL, "%s: %s", rd_kafka_err2name(fatal), words);
		log_error("source %s: fatal: %s: %s", k->name, rd_kafka_err2name(fatal), words);
		return;
	}
	tell(k, (rd_kafka_resp_err_t)e, reason);
}

/* Connections come and go without an error that says so: only the statistics tell whether any broker
 * is up now. One reading without is a reconnection, two are trouble. */
static int on_stats(rd_kafka_t *rk, char *json, size_t n, void *opaque)
{
	struct kafka *k = opaque;
	bool up = strstr(json, "\"state\":\"UP\"") != NULL;

	(void)rk;
	(void)n;
	pthread_mutex_lock(&k->lock);
	k->n_readings_down = up ? 0 : k->n_readings_down + 1;
	if (up && k->state == SOURCE_FAILING && !k->missing_topic[0]) {
		k->state = k->streams ? SOURCE_READY : SOURCE_CONNECTING;
		snprintf(k->words, sizeof k->words, "broker answers again");
	} else if (k->n_readings_down >= 2 && k->state == SOURCE_READY) {
		k->state = SOURCE_FAILING;
		snprintf(k->words, sizeof k->words, "no broker is connected%s",
		         advice(RD_KAFKA_RESP_ERR__TRANSPORT));
	}
	pthread_mutex_unlock(&k->lock);
	return 0;
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	log_line(level <= 3 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "librdkafka: %s: %s", facility,
	         log_quote(text, strlen(text)));
}

/* A message that is an error. */
static void take_error(struct kafka *k, rd_kafka_message_t *m)
{
	const char *topic = m->rkt ? rd_kafka_topic_name(m->rkt) : "";

	if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
		struct stream_node *n = kafka_stream(k, topic, m->partition);

		if (n)
			n->reset = k->resets = true;
		return;
	}
	tell(k, m->err, rd_kafka_message_errstr(m));
	if (m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
		pthread_mutex_lock(&k->lock);
		snprintf(k->missing_topic, sizeof k->missing_topic, "%s", topic[0] ? topic : "?");
		pthread_mutex_unlock(&k->lock);
	}
}

/* The source's operations -------------------------------------------------------------------- */

static struct stream_node *stream_of(struct kafka *k, const rd_kafka_message_t *m)
{
	struct stream_node *n = k->recent;

	if (n && n->s.impl == (void *)m->rkt && n->s.partition == m->partition)
		return n;
	n = kafka_stream(k, rd_kafka_topic_name(m->rkt), m->partition);
	if (n) {
		n->s.impl = (void *)m->rkt;
		k->recent = n;
	}
	return n;
}

static size_t admit(struct kafka *k, size_t n_taken, struct message *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < n_taken; i++) {
		rd_kafka_message_t *m = k->taken[i];
		struct stream_node *stream;

		stream = m->err ? NULL : stream_of(k, m);
		if (m->err)
			take_error(k, m);
		else if (stream && m->offset < stream->s.next_offset)
			k->events.repeated(k->events.ctx, &stream->s);
		/* without a stream it was revoked before; with `reset` it is to be read anew */
		if (!stream || stream->reset || m->offset < stream->s.next_offset) {
			rd_kafka_message_destroy(m);
			continue;
		}
		stream->s.next_offset = m->offset + 1;
		ret[n++] = (struct message){
			.stream = &stream->s,
			.offset = m->offset,
			.key = m->key,
			.key_size = m->key_len,
			.value = m->payload,
			.size = m->len,
			.impl = m,
		};
	}
	return n;
}

static void kafka_release(struct source *s, struct message *batch, size_t n)
{
	(void)s;
	for (size_t i = 0; i < n; i++)
		if (batch[i].impl)
			rd_kafka_message_destroy(batch[i].impl);
}

/* One batch of what is there. A timeout given to librdkafka would wait for a full batch, so the
 * waiting is done on the queue's file descriptor. */
static int take(struct kafka *k, struct message *ret, size_t max)
{
	uint64_t woken;
	ssize_t n;

	if (read(k->fd, &woken, sizeof woken) < 0 && errno != EAGAIN)
		return -errno;
	n = rd_kafka_consume_batch_queue(k->queue, 0, k->taken, max);
	if (n < 0) {
		tell(k, rd_kafka_last_error(), rd_kafka_err2str(rd_kafka_last_error()));
		return 0;
	}
	if (k->waker)
		waker_queue_length(k->waker, rd_kafka_queue_length(k->queue));
	return (int)admit(k, (size_t)n, ret);
}

static int kafka_poll(struct source *s, struct message *ret, size_t max, int timeout_ms)
{
	struct kafka *k = kafka_of(s);
	int n;

	kafka_serve_rebalances(k);
	if (k->state == SOURCE_FATAL) /* written by this thread only */
		return -EIO;
	if (max > k->taken_size) {
		rd_kafka_message_t **more = realloc(k->taken, max * sizeof *more);

		if (!more)
			return -ENOMEM;
		k->taken = more;
		k->taken_size = max;
	}
	n = take(k, ret, max);
	if (n == 0 && timeout_ms > 0 && !k->pending && !k->resets) {
		struct pollfd wait = { .fd = k->fd, .events = POLLIN };

		if (poll(&wait, 1, timeout_ms) > 0)
			n = take(k, ret, max);
	}
	return n;
}

static void kafka_commit(struct source *s, struct stream *stream, int64_t next_offset)
{
	struct kafka *k = kafka_of(s);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_resp_err_t e;

	rd_kafka_topic_partition_list_add(list, stream->topic, stream->partition)->offset =
		next_offset;
	e = rd_kafka_commit(k->rk, list, 1);
	if (e)
		log_debug("source %s: committing: %s", k->name, rd_kafka_err2str(e));
	rd_kafka_topic_partition_list_destroy(list);
}

static enum source_state kafka_state(struct source *s, struct buf *words)
{
	struct kafka *k = kafka_of(s);
	enum source_state state;

	pthread_mutex_lock(&k->lock);
	state = k->state;
	buf_printf(words, "source %s: %s", k->name, k->words);
	pthread_mutex_unlock(&k->lock);
	return state;
}

static int kafka_fd(struct source *s)
{
	return kafka_of(s)->fd;
}

static void kafka_lag(struct source *s, void (*each)(void *ctx, const struct stream *, int64_t),
                      void *ctx)
{
	struct kafka *k = kafka_of(s);

	for (struct stream_node *n = k->streams; n; n = n->next) {
		int64_t low = 0, high = -1;

		if (rd_kafka_get_watermark_offsets(k->rk, n->topic, n->s.partition, &low, &high) ||
		    high < 0)
			each(ctx, &n->s, -1);
		else
			each(ctx, &n->s, high > n->s.next_offset ? high - n->s.next_offset : 0);
	}
}

static int64_t kafka_broker_time(struct source *s, const struct message *m)
{
	rd_kafka_timestamp_type_t type;
	int64_t ms = rd_kafka_message_timestamp(m->impl, &type);

	(void)s;
	return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ms <= 0 || ms > INT64_MAX / 1000000
	               ? 0
	               : ms * 1000000;
}

/* Leaves the group within a deadline: 2.0.2 can hang in close, and then the process ends anyway. */
static struct source *kafka_free(struct source *s)
{
	struct kafka *k;
	int64_t deadline = clock_mono() + CLOSE_NS;

	if (!s)
		return NULL;
	k = kafka_of(s);
	k->closing = true;
	k->waker = waker_stop(k->waker);
	kafka_drop_rebalances(k);
	rd_kafka_queue_io_event_enable(k->queue, -1, NULL, 0);
	rd_kafka_error_destroy(rd_kafka_consumer_close_queue(k->rk, k->queue));
	while (!rd_kafka_consumer_closed(k->rk) && clock_mono() < deadline) {
		rd_kafka_event_t *e = rd_kafka_queue_poll(k->queue, 100);

		if (!e)
			continue;
		if (rd_kafka_event_type(e) == RD_KAFKA_EVENT_REBALANCE)
			kafka_on_rebalance(k->rk, rd_kafka_event_error(e),
			                   rd_kafka_event_topic_partition_list(e), k);
		rd_kafka_event_destroy(e);
	}
	while (k->streams)
		kafka_stream_end(k, k->streams, true);
	rd_kafka_queue_destroy(k->queue);
	if (rd_kafka_consumer_closed(k->rk))
		rd_kafka_destroy(k->rk);
	else
		log_warning("source %s: the consumer did not close in 10 s, left behind", k->name);
	close(k->fd);
	pthread_mutex_destroy(&k->lock);
	free(k->taken);
	free(k->name);
	free(k);
	return NULL;
}

static const struct source_ops kafka_ops = {
	.poll = kafka_poll,
	.release = kafka_release,
	.commit = kafka_commit,
	.state = kafka_state,
	.fd = kafka_fd,
	.lag = kafka_lag,
	.broker_time = kafka_broker_time,
	.free = kafka_free,
};

static int subscribe(struct kafka *k, const struct source_kafka_config *c, char *reterr,
                     size_t size)
{
	rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(
		(int)c->n_topics);
	rd_kafka_resp_err_t e;

	for (size_t i = 0; i < c->n_topics; i++)
		rd_kafka_topic_partition_list_add(topics, c->topics[i], RD_KAFKA_PARTITION_UA);
	e = rd_kafka_subscribe(k->rk, topics);
	rd_kafka_topic_partition_list_destroy(topics);
	if (e) {
		snprintf(reterr, size, "subscribing: %s", rd_kafka_err2str(e));
		return -EINVAL;
	}
	return 0;
}

int source_kafka_new(const struct source_kafka_config *c, struct source **ret_source, char *reterr,
                     size_t reterr_size)
{
	struct kafka *k = calloc(1, sizeof *k);
	rd_kafka_conf_t *conf;
	bool wakes;
	int r;

	if (!k || !(k->name = strdup(c->name))) {
		free(k);
		return -ENOMEM;
	}
	k->base.ops = &kafka_ops;
	k->events = c->events;
	k->from_latest = c->from_latest;
	k->pending_tail = &k->pending;
	k->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pthread_mutex_init(&k->lock, NULL);
	kafka_say(k, SOURCE_CONNECTING, "connecting to %s", c->brokers);
	r = k->fd < 0 ? -errno : kafka_consumer_conf(c, &conf, &wakes, reterr, reterr_size);
	if (r)
		goto fail;
	rd_kafka_conf_set_opaque(conf, k);
	rd_kafka_conf_set_rebalance_cb(conf, kafka_on_rebalance);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_stats_cb(conf, on_stats);
	rd_kafka_conf_set_log_cb(conf, on_log);
	k->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reterr, reterr_size);
	if (!k->rk) {
		rd_kafka_conf_destroy(conf);
		r = -EINVAL;
		goto fail;
	}
	rd_kafka_poll_set_consumer(k->rk);
	k->queue = rd_kafka_queue_get_consumer(k->rk);
	rd_kafka_queue_io_event_enable(k->queue, k->fd, &(uint64_t){ 1 }, sizeof(uint64_t));
	r = wakes ? 0 : waker_start(k->rk, &k->waker);
	if (r == 0)
		r = subscribe(k, c, reterr, reterr_size);
	if (r) {
		kafka_free(&k->base);
		return r;
	}
	*ret_source = &k->base;
	return 0;
fail:
	if (k->fd >= 0)
		close(k->fd);
	pthread_mutex_destroy(&k->lock);
	free(k->name);
	free(k);
	return r;
}
