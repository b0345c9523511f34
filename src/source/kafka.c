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
#include "kafka.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "source/waker.h"

#define QUERY_MS 5000 /* committed offsets, watermarks */
#define CLOSE_NS (10 * 1000000000LL) /* librdkafka 2.0.2 can hang on close */
#define COOPERATIVE_SINCE 0x020a00ff /* first version without its known faults */

struct pending { /* a rebalance announced, not yet carried out */
	struct pending *next;
	rd_kafka_resp_err_t what;
	rd_kafka_topic_partition_list_t *parts;
	bool lost;
};

struct stream_node {
	struct stream s;
	char *topic;
	struct stream_node *next;
	bool reset; /* its position is gone from the log */
};

struct kafka {
	struct source base;
	struct source_events events;
	char *name;
	bool from_latest, closing;
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	int fd;
	struct waker *waker; /* NULL where librdkafka needs none */
	struct stream_node *streams;
	struct stream_node *recent; /* the stream of the message before */
	struct pending *pending, **pending_tail;
	bool resets; /* some stream has `reset` */
	int64_t retry_at; /* pending work failed: not before then */
	rd_kafka_message_t **taken;
	size_t taken_size;
	struct log_limit error_limit, pending_limit;

	pthread_mutex_t lock; /* guards what other threads may read: */
	enum source_state state;
	char words[256];
	char missing_topic[256];
	unsigned n_readings_down; /* of the statistics, in a row */
};

static struct kafka *kafka_of(struct source *s)
{
	return (struct kafka *)s;
}

static void say_state(struct kafka *k, enum source_state state, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say_state(struct kafka *k, enum source_state state, const char *format, ...)
{
	va_list args;

	pthread_mutex_lock(&k->lock);
	k->state = state;
	va_start(args, format);
	vsnprintf(k->words, sizeof k->words, format, args);
	va_end(args);
	pthread_mutex_unlock(&k->lock);
}

/* Configuration ------------------------------------------------------------------------------ */

static const struct {
	const char *key, *why;
} ours[] = {
	{ "bootstrap.servers", "is 'brokers'" },
	{ "metadata.broker.list", "is 'brokers'" },
	{ "group.id", "is 'group'" },
	{ "enable.auto.commit", "is fixed: offsets follow the journal" },
	{ "enable.auto.offset.store", "is fixed: offsets follow the journal" },
	{ "auto.offset.reset", "is 'start'" },
	{ "enable.partition.eof", "is fixed" },
};

int source_kafka_property(const struct source_property *p, char *reterr, size_t reterr_size)
{
	rd_kafka_conf_t *conf;
	char words[256];
	int r = 0;

	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (strcmp(p->key, ours[i].key) == 0) {
			snprintf(reterr, reterr_size, "'%s' %s", p->key, ours[i].why);
			return -EINVAL;
		}
	conf = rd_kafka_conf_new();
	if (rd_kafka_conf_set(conf, p->key, p->value, words, sizeof words) != RD_KAFKA_CONF_OK) {
		snprintf(reterr, reterr_size, "%s", words);
		r = -EINVAL;
	}
	rd_kafka_conf_destroy(conf);
	return r;
}

const char *source_kafka_assignor(void)
{
	return rd_kafka_version() >= COOPERATIVE_SINCE ? "cooperative-sticky" : "range";
}

/* Properties that only a consumer has; a producer would warn about each. */
static bool consumer_only(const char *key)
{
	static const char *const keys[] = {
		"group.instance.id",
		"partition.assignment.strategy",
		"session.timeout.ms",
		"heartbeat.interval.ms",
		"max.poll.interval.ms",
		"queued.min.messages",
		"queued.max.messages.kbytes",
		"fetch.wait.max.ms",
		"fetch.message.max.bytes",
		"max.partition.fetch.bytes",
		"fetch.max.bytes",
		"fetch.min.bytes",
		"fetch.error.backoff.ms",
		"isolation.level",
		"check.crcs",
		"group.protocol.type",
		"coordinator.query.interval.ms",
		"client.rack",
		"allow.auto.create.topics",
	};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

/* Up to 2.1 a fetcher that finds the queue full sleeps up to a second, whatever is taken from the
 * queue meanwhile; from 2.2 on it looks again after this time. */
static bool has_fetch_backoff(rd_kafka_conf_t *conf)
{
	return rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", "10", NULL, 0) == RD_KAFKA_CONF_OK;
}

static int set(rd_kafka_conf_t *conf, const char *key, const char *value, char *reterr, size_t size)
{
	return rd_kafka_conf_set(conf, key, value, reterr, size) == RD_KAFKA_CONF_OK ? 0 : -EINVAL;
}

int source_kafka_conf(const struct source_kafka_config *c, bool consumer,
                      rd_kafka_conf_t **ret_conf, char *reterr, size_t reterr_size)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int r = set(conf, "bootstrap.servers", c->brokers, reterr, reterr_size);

	if (r == 0)
		r = set(conf, "client.id", "tocsin", reterr, reterr_size);
	if (r == 0)
		r = set(conf, "socket.nagle.disable", "true", reterr, reterr_size);
	if (r == 0)
		r = set(conf, "socket.keepalive.enable", "true", reterr, reterr_size);
	for (size_t i = 0; r == 0 && i < c->n_properties; i++)
		if (consumer || !consumer_only(c->properties[i].key))
			r = set(conf, c->properties[i].key, c->properties[i].value, reterr,
			        reterr_size);
	if (r) {
		rd_kafka_conf_destroy(conf);
		return r;
	}
	*ret_conf = conf;
	return 0;
}

static int consumer_conf(const struct source_kafka_config *c, rd_kafka_conf_t **ret_conf,
                         char *reterr, size_t reterr_size)
{
	/* What we prefer; the user's own properties come after and win. */
	const struct source_property defaults[] = {
		{ "partition.assignment.strategy", source_kafka_assignor() },
		{ "check.crcs", "true" },
		{ "fetch.wait.max.ms", "100" },
		{ "fetch.error.backoff.ms", "50" },
		{ "topic.metadata.refresh.interval.ms", "10000" },
		{ "reconnect.backoff.max.ms", "5000" },
		{ "statistics.interval.ms", "2000" },
	};
	const struct source_property fixed[] = {
		{ "group.id", c->group },
		{ "enable.auto.commit", "false" },
		{ "enable.auto.offset.store", "false" },
		{ "auto.offset.reset", "error" },
		{ "enable.partition.eof", "false" },
	};
	struct source_kafka_config all = *c;
	struct source_property *p;
	size_t n = sizeof defaults / sizeof defaults[0];
	int r;

	p = calloc(n + c->n_properties, sizeof *p);
	if (!p)
		return -ENOMEM;
	memcpy(p, defaults, sizeof defaults);
	if (c->n_properties)
		memcpy(p + n, c->properties, c->n_properties * sizeof *p);
	all.properties = p;
	all.n_properties = n + c->n_properties;
	r = source_kafka_conf(&all, true, ret_conf, reterr, reterr_size);
	free(p);
	for (size_t i = 0; r == 0 && i < sizeof fixed / sizeof fixed[0]; i++) {
		r = set(*ret_conf, fixed[i].key, fixed[i].value, reterr, reterr_size);
		if (r)
			rd_kafka_conf_destroy(*ret_conf);
	}
	return r;
}

/* Streams ------------------------------------------------------------------------------------ */

static struct stream_node *stream_find(struct kafka *k, const char *topic, int32_t partition)
{
	for (struct stream_node *n = k->streams; n; n = n->next)
		if (n->s.partition == partition && strcmp(n->topic, topic) == 0)
			return n;
	return NULL;
}

static struct stream_node *stream_add(struct kafka *k, const char *topic, int32_t partition)
{
	struct stream_node *n = calloc(1, sizeof *n);

	if (!n || !(n->topic = strdup(topic))) {
		free(n);
		return NULL;
	}
	n->s.topic = n->topic;
	n->s.partition = partition;
	n->next = k->streams;
	k->streams = n;
	return n;
}

static void stream_end(struct kafka *k, struct stream_node *n, bool lost)
{
	struct stream_node **at = &k->streams;

	while (*at != n)
		at = &(*at)->next;
	k->events.revoked(k->events.ctx, &n->s, lost);
	*at = n->next;
	k->recent = NULL;
	free(n->topic);
	free(n);
}

/* Rebalance ---------------------------------------------------------------------------------- */

static bool cooperative(struct kafka *k)
{
	const char *protocol = rd_kafka_rebalance_protocol(k->rk);

	return protocol && strcmp(protocol, "COOPERATIVE") == 0;
}

/* Takes an rd_kafka_error_t; true = it was one. */
static bool failed(struct kafka *k, const char *doing, rd_kafka_error_t *e)
{
	if (!e)
		return false;
	log_warning("source %s: %s: %s", k->name, doing, rd_kafka_error_string(e));
	rd_kafka_error_destroy(e);
	return true;
}

/* Where each partition of the list starts: the app's word, else the group's, else the configured. */
static int choose_offsets(struct kafka *k, rd_kafka_topic_partition_list_t *parts)
{
	rd_kafka_topic_partition_list_t *unknown = rd_kafka_topic_partition_list_new(parts->cnt);
	int r = 0;

	for (int i = 0; i < parts->cnt; i++)
		if (parts->elems[i].offset == SOURCE_DEFAULT)
			rd_kafka_topic_partition_list_add(unknown, parts->elems[i].topic,
			                                  parts->elems[i].partition);
	if (unknown->cnt) {
		rd_kafka_resp_err_t e = rd_kafka_committed(k->rk, unknown, QUERY_MS);

		if (e) {
			log_warning(
				"source %s: asking for the group's committed offsets: %s, trying again",
				k->name, rd_kafka_err2str(e));
			r = -EAGAIN;
		}
	}
	for (int i = 0; r == 0 && i < unknown->cnt; i++) {
		rd_kafka_topic_partition_t *u = &unknown->elems[i];
		rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_find(parts, u->topic,
		                                                                   u->partition);

		if (u->err)
			r = -EAGAIN;
		p->offset = u->offset >= 0   ? u->offset
		            : k->from_latest ? RD_KAFKA_OFFSET_END
		                             : RD_KAFKA_OFFSET_BEGINNING;
	}
	rd_kafka_topic_partition_list_destroy(unknown);
	return r;
}

static int do_assign(struct kafka *k, rd_kafka_topic_partition_list_t *parts)
{
	rd_kafka_resp_err_t e;
	int r;

	for (int i = 0; i < parts->cnt; i++) {
		rd_kafka_topic_partition_t *p = &parts->elems[i];
		struct stream_node *n = stream_find(k, p->topic, p->partition);

		if (!n && !(n = stream_add(k, p->topic, p->partition)))
			return -ENOMEM;
		p->offset = k->events.assigned(k->events.ctx, &n->s);
	}
	r = choose_offsets(k, parts);
	if (r) {
		for (int i = 0; i < parts->cnt; i++) /* asked again at the next try */
			stream_end(k,
			           stream_find(k, parts->elems[i].topic, parts->elems[i].partition),
			           true);
		return r;
	}
	for (int i = 0; i < parts->cnt; i++) {
		rd_kafka_topic_partition_t *p = &parts->elems[i];
		struct stream_node *n = stream_find(k, p->topic, p->partition);

		n->s.next_offset = p->offset >= 0 ? p->offset : 0;
		log_info("source %s: assigned %s [%d] from %s%lld", k->name, p->topic, p->partition,
		         p->offset == RD_KAFKA_OFFSET_BEGINNING ? "the beginning "
		         : p->offset == RD_KAFKA_OFFSET_END     ? "the end "
		                                                : "offset ",
		         (long long)p->offset);
	}
	if (cooperative(k)) {
		if (failed(k, "assigning", rd_kafka_incremental_assign(k->rk, parts)))
			return -EIO;
	} else if ((e = rd_kafka_assign(k->rk, parts))) {
		log_warning("source %s: assigning: %s", k->name, rd_kafka_err2str(e));
		return -EIO;
	}
	pthread_mutex_lock(&k->lock);
	if (k->missing_topic[0] == 0 || parts->cnt) {
		k->missing_topic[0] = 0;
		k->state = SOURCE_READY;
		snprintf(k->words, sizeof k->words, "%d partitions assigned", parts->cnt);
	}
	pthread_mutex_unlock(&k->lock);
	return 0;
}

static void do_revoke(struct kafka *k, rd_kafka_topic_partition_list_t *parts, bool lost)
{
	for (int i = 0; i < parts->cnt; i++) {
		struct stream_node *n = stream_find(k, parts->elems[i].topic,
		                                    parts->elems[i].partition);

		log_info("source %s: %s %s [%d]", k->name, lost ? "lost" : "revoked",
		         parts->elems[i].topic, parts->elems[i].partition);
		if (n)
			stream_end(k, n, lost);
	}
	if (lost)
		say_state(k, SOURCE_FAILING,
		          "the group's broker did not hear from us in time; joining again");
	if (cooperative(k))
		failed(k, "unassigning", rd_kafka_incremental_unassign(k->rk, parts));
	else
		rd_kafka_assign(k->rk, NULL);
}

static void pending_free(struct pending *p)
{
	rd_kafka_topic_partition_list_destroy(p->parts);
	free(p);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t what,
                         rd_kafka_topic_partition_list_t *parts, void *opaque)
{
	struct kafka *k = opaque;
	struct pending *p;

	if (what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS &&
	    what != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
		log_error("source %s: rebalance failed: %s", k->name, rd_kafka_err2str(what));
		rd_kafka_assign(rk, NULL);
		return;
	}
	if (k->closing) { /* nobody polls any more */
		if (what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
			do_revoke(k, parts, rd_kafka_assignment_lost(rk));
		else if (cooperative(k))
			failed(k, "assigning", rd_kafka_incremental_assign(rk, parts));
		else
			rd_kafka_assign(rk, NULL);
		return;
	}
	p = calloc(1, sizeof *p);
	if (!p)
		abort(); /* the group would wait for an answer for ever */
	p->what = what;
	p->parts = rd_kafka_topic_partition_list_copy(parts);
	p->lost = what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS && rd_kafka_assignment_lost(rk);
	*k->pending_tail = p;
	k->pending_tail = &p->next;
}

/* A stream's position is gone: go on at the oldest record there is, and say what is missing. */
static int do_reset(struct kafka *k, struct stream_node *n)
{
	rd_kafka_topic_partition_list_t *list;
	int64_t low = 0, high = 0;
	rd_kafka_resp_err_t e = rd_kafka_query_watermark_offsets(k->rk, n->topic, n->s.partition,
	                                                         &low, &high, QUERY_MS);
	int r = 0;

	if (e) {
		log_warning("source %s: asking for the offsets of %s [%d]: %s, trying again",
		            k->name, n->topic, n->s.partition, rd_kafka_err2str(e));
		return -EAGAIN;
	}
	/* Behind the oldest: records are gone. Beyond the newest: the topic was made anew. */
	k->events.gap(k->events.ctx, &n->s, n->s.next_offset, low);
	list = rd_kafka_topic_partition_list_new(1);
	for (struct stream_node *m = k->streams; m; m = m->next)
		if (m == n || !cooperative(k))
			rd_kafka_topic_partition_list_add(list, m->topic, m->s.partition)->offset =
				m == n ? low : m->s.next_offset;
	if (cooperative(k)) {
		if (failed(k, "unassigning", rd_kafka_incremental_unassign(k->rk, list)) ||
		    failed(k, "assigning", rd_kafka_incremental_assign(k->rk, list)))
			r = -EAGAIN;
	} else if (rd_kafka_assign(k->rk, list)) {
		r = -EAGAIN;
	}
	rd_kafka_topic_partition_list_destroy(list);
	if (r == 0) {
		n->s.next_offset = low;
		n->reset = false;
	}
	return r;
}

/* Carries out what was noted; what fails is tried again a second later. */
static void serve_pending(struct kafka *k)
{
	int64_t now;

	if (!k->pending && !k->resets)
		return;
	now = clock_mono();
	if (now < k->retry_at)
		return;
	while (k->pending) {
		struct pending *p = k->pending;

		if (p->what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
			do_revoke(k, p->parts, p->lost);
		} else if (do_assign(k, p->parts) && !(p->next && p->next->lost)) {
			k->retry_at = now + 1000000000;
			return;
		}
		k->pending = p->next;
		if (!k->pending)
			k->pending_tail = &k->pending;
		pending_free(p);
	}
	for (struct stream_node *n = k->streams; n; n = n->next)
		if (n->reset && do_reset(k, n)) {
			k->retry_at = now + 1000000000;
			return;
		}
	k->resets = false;
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
	say_state(k, SOURCE_FAILING, "%s%s", reason, advice(e));
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

		say_state(k, SOURCE_FATAL, "%s: %s", rd_kafka_err2name(fatal), words);
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
		struct stream_node *n = stream_find(k, topic, m->partition);

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
	n = stream_find(k, rd_kafka_topic_name(m->rkt), m->partition);
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

	serve_pending(k);
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
	while (k->pending) {
		struct pending *next = k->pending->next;

		if (k->pending->what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
			do_revoke(k, k->pending->parts, k->pending->lost);
		else
			rd_kafka_assign(k->rk, NULL);
		pending_free(k->pending);
		k->pending = next;
	}
	rd_kafka_queue_io_event_enable(k->queue, -1, NULL, 0);
	rd_kafka_error_destroy(rd_kafka_consumer_close_queue(k->rk, k->queue));
	while (!rd_kafka_consumer_closed(k->rk) && clock_mono() < deadline) {
		rd_kafka_event_t *e = rd_kafka_queue_poll(k->queue, 100);

		if (!e)
			continue;
		if (rd_kafka_event_type(e) == RD_KAFKA_EVENT_REBALANCE)
			on_rebalance(k->rk, rd_kafka_event_error(e),
			             rd_kafka_event_topic_partition_list(e), k);
		rd_kafka_event_destroy(e);
	}
	while (k->streams)
		stream_end(k, k->streams, true);
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
	say_state(k, SOURCE_CONNECTING, "connecting to %s", c->brokers);
	r = k->fd < 0 ? -errno : consumer_conf(c, &conf, reterr, reterr_size);
	if (r)
		goto fail;
	wakes = has_fetch_backoff(conf);
	rd_kafka_conf_set_opaque(conf, k);
	rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
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
