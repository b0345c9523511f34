/* latency.c - from an event produced to its webhook received, at a steady rate, beside raw
 * librdkafka produce to consume of the same records at the same time.
 *
 *   latency TOCSIN BROKERS TOPIC EVENTS RATE FOLDER
 *
 * Starts `TOCSIN run` with a rule that every event fires (cooldown 0): each event becomes an alert
 * that is made durable and delivered by its own POST to a receiver in this process. The first 3 s
 * are left out. Prints one JSON object. */
#include <arpa/inet.h>
#include <librdkafka/rdkafka.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"

#define WARM_S 3
#define WAIT_NS (60 * 1000000000LL)

struct bench {
	size_t n;
	int64_t *sent;
	_Atomic int64_t *consumed, *received; /* 0 = not yet */
	atomic_size_t n_consumed, n_received;
	const char *brokers, *topic;
	atomic_bool stop, consuming;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "latency: %s: %s\n", what, why);
	exit(1);
}

static void note(_Atomic int64_t *at, atomic_size_t *n, size_t id, size_t all)
{
	int64_t none = 0;

	if (id < all && atomic_compare_exchange_strong(&at[id], &none, clock_mono()))
		atomic_fetch_add(n, 1);
}

/* The number after `name` in the text; SIZE_MAX when there is none. */
static size_t number_after(const char *p, size_t n, const char *name)
{
	const char *at = memmem(p, n, name, strlen(name));

	return at ? strtoull(at + strlen(name), NULL, 10) : SIZE_MAX;
}

static void *consume(void *ctx)
{
	struct bench *b = ctx;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
	char words[300];
	rd_kafka_t *rk;

	rd_kafka_conf_set(conf, "bootstrap.servers", b->brokers, words, sizeof words);
	rd_kafka_conf_set(conf, "group.id", "raw-latency", words, sizeof words);
	rd_kafka_conf_set(conf, "enable.auto.commit", "false", words, sizeof words);
	rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", words, sizeof words);
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, words, sizeof words);
	if (!rk)
		die("consumer", words);
	rd_kafka_poll_set_consumer(rk);
	rd_kafka_topic_partition_list_add(topics, b->topic, RD_KAFKA_PARTITION_UA);
	rd_kafka_subscribe(rk, topics);
	rd_kafka_topic_partition_list_destroy(topics);
	while (!atomic_load(&b->stop)) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 100);
		rd_kafka_topic_partition_list_t *now = NULL;

		if (!atomic_load(&b->consuming) && rd_kafka_assignment(rk, &now) == 0) {
			atomic_store(&b->consuming, now->cnt > 0);
			rd_kafka_topic_partition_list_destroy(now);
		}
		if (m && !m->err)
			note(b->consumed, &b->n_consumed,
			     number_after(m->payload, m->len, "\"t\":"), b->n);
		if (m)
			rd_kafka_message_destroy(m);
	}
	rd_kafka_consumer_close(rk);
	rd_kafka_destroy(rk);
	return NULL;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *n, void **state)
{
	struct bench *b = ctx;
	struct buf *body = *state;
	struct MHD_Response *r;
	enum MHD_Result result;

	(void)url;
	(void)method;
	(void)version;
	if (!body) {
		*state = calloc(1, sizeof(struct buf));
		return *state ? MHD_YES : MHD_NO;
	}
	if (*n) {
		buf_add(body, data, *n);
		*n = 0;
		return MHD_YES;
	}
	note(b->received, &b->n_received, number_after(buf_str(body), body->n, "\"trade_id\":\""),
	     b->n);
	r = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
	result = MHD_queue_response(c, MHD_HTTP_NO_CONTENT, r);
	MHD_destroy_response(r);
	return result;
}

static void on_completed(void *ctx, struct MHD_Connection *c, void **state,
                         enum MHD_RequestTerminationCode why)
{
	(void)ctx;
	(void)c;
	(void)why;
	if (*state)
		buf_done(*state);
	free(*state);
}

static pid_t start_tocsin(const struct bench *b, const char *tocsin, const char *folder,
                          unsigned port)
{
	char config[600], log[600], state[600];
	FILE *f;
	pid_t pid;

	snprintf(config, sizeof config, "%s/latency.yaml", folder);
	snprintf(log, sizeof log, "%s/latency.log", folder);
	snprintf(state, sizeof state, "%s/latency-state", folder);
	f = fopen(config, "w");
	if (!f)
		die("writing", config);
	fprintf(f,
	        "name: latency\nstate_dir: \"%s\"\nlisten: \"\"\n"
	        "sources:\n  - name: s\n    brokers: \"%s\"\n    topics: [\"%s\"]\n    group: latency\n"
	        "    format: binance-trade\n"
	        "rules:\n  - name: every\n    when: price > 0\n    cooldown: 0s\n"
	        "sinks:\n  - name: w\n    url: \"http://127.0.0.1:%u/\"\n",
	        state, b->brokers, b->topic, port);
	fclose(f);
	pid = fork();
	if (pid == 0) {
		if (!freopen(log, "w", stderr))
			_exit(1);
		execl(tocsin, tocsin, "run", "-c", config, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static rd_kafka_t *make_producer(const char *brokers)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char words[300];
	rd_kafka_t *rk;

	rd_kafka_conf_set(conf, "bootstrap.servers", brokers, words, sizeof words);
	rd_kafka_conf_set(conf, "linger.ms", "0", words, sizeof words);
	rd_kafka_conf_set(conf, "partitioner", "murmur2_random", words, sizeof words);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, words, sizeof words);
	if (!rk)
		die("producer", words);
	return rk;
}

static void produce(struct bench *b, rd_kafka_t *rk, double rate)
{
	int64_t began = clock_mono();

	for (size_t i = 0; i < b->n; i++) {
		int64_t due = began + (int64_t)((double)i / rate * 1e9), left;
		long long ms = clock_wall() / 1000000;
		char key[16], line[300];
		int key_n = snprintf(key, sizeof key, "SYM%02zu", i % 20), n;

		while ((left = due - clock_mono()) > 0) {
			struct timespec t = { 0, left > 1000000 ? 1000000 : left };

			nanosleep(&t, NULL);
			rd_kafka_poll(rk, 0);
		}
		n = snprintf(
			line, sizeof line,
			"{\"e\":\"trade\",\"E\":%lld,\"s\":\"%s\",\"t\":%zu,\"p\":\"100.25000000\","
			"\"q\":\"0.01000000\",\"b\":88,\"a\":50,\"T\":%lld,\"m\":false,\"M\":true}",
			ms, key, i, ms);
		b->sent[i] = clock_mono();
		rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(b->topic),
		                  RD_KAFKA_V_KEY(key, (size_t)key_n),
		                  RD_KAFKA_V_VALUE(line, (size_t)n),
		                  RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
		rd_kafka_poll(rk, 0);
	}
	rd_kafka_flush(rk, 10000);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void print(const char *name, int64_t *v, size_t n)
{
	qsort(v, n, sizeof *v, by_value);
	printf("\"%s\": {\"n\": %zu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f}",
	       name, n, (double)v[n / 2] / 1e6, (double)v[n * 99 / 100] / 1e6,
	       (double)v[n * 999 / 1000] / 1e6, (double)v[n - 1] / 1e6);
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct MHD_Daemon *server;
	pthread_t consumer;
	int64_t *raw, *webhook, *added, deadline, p99_raw, p99_webhook;
	size_t n = 0, warm;
	double rate;
	rd_kafka_t *rk;
	pid_t pid;

	if (argc != 7)
		return 2;
	b.brokers = argv[2];
	b.topic = argv[3];
	rate = strtod(argv[5], NULL);
	warm = (size_t)(rate * WARM_S);
	b.n = strtoull(argv[4], NULL, 10) + warm;
	b.sent = calloc(b.n, sizeof *b.sent);
	b.consumed = calloc(b.n, sizeof *b.consumed);
	b.received = calloc(b.n, sizeof *b.received);
	raw = calloc(b.n, sizeof *raw);
	webhook = calloc(b.n, sizeof *webhook);
	added = calloc(b.n, sizeof *added);
	server = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, &b,
	                          MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at,
	                          MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
	if (!server)
		die("receiver", "cannot listen");
	pid = start_tocsin(&b, argv[1], argv[6],
	                   MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port);
	pthread_create(&consumer, NULL, consume, &b);
	rk = make_producer(b.brokers);
	deadline = clock_mono() + WAIT_NS;
	while (!atomic_load(&b.consuming) && clock_mono() < deadline)
		rd_kafka_poll(rk, 10);
	produce(&b, rk, rate);
	deadline = clock_mono() + WAIT_NS;
	while ((atomic_load(&b.n_received) < b.n || atomic_load(&b.n_consumed) < b.n) &&
	       clock_mono() < deadline)
		rd_kafka_poll(rk, 10);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	atomic_store(&b.stop, true);
	pthread_join(consumer, NULL);
	if (b.n_received < b.n || b.n_consumed < b.n) {
		fprintf(stderr, "latency: %zu sent, %zu consumed, %zu received\n", b.n,
		        atomic_load(&b.n_consumed), atomic_load(&b.n_received));
		return 1;
	}
	for (size_t i = warm; i < b.n; i++, n++) {
		raw[n] = b.consumed[i] - b.sent[i];
		webhook[n] = b.received[i] - b.sent[i];
		added[n] = webhook[n] - raw[n];
	}
	printf("{\"rate_per_s\": %.0f, ", rate);
	print("raw_produce_to_consume", raw, n);
	printf(", ");
	print("event_to_webhook", webhook, n);
	printf(", ");
	print("webhook_after_raw_consume", added, n);
	p99_raw = raw[n * 99 / 100];
	p99_webhook = webhook[n * 99 / 100];
	printf(", \"added_p99_ms\": %.3f}\n", (double)(p99_webhook - p99_raw) / 1e6);
	MHD_stop_daemon(server);
	rd_kafka_destroy(rk);
	return 0;
}
