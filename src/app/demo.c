/* demo.c - the whole job in one process: a mock Kafka cluster, a producer that plays real order
 * book events with injected episodes into it, the service as `run` starts it, and a webhook
 * receiver that shows each alert as a person would read it. */
#include <errno.h>
#include <getopt.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include <jansson.h>

#include "app/command.h"
#include "app/embedded.h"
#include "episodes/episodes.h"
#include "app/receiver.h"
#include "app/service.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/timefmt.h"
#include "sink/payload.h"

#define TOPIC "market"
#define PARTITIONS 4
#define INSTRUMENT "ESH4"
#define WARM_NS (310 * NS_PER_S) /* the longest window of the rules, filled */
#define EACH 2 /* episodes of a kind */
#define GRACE_NS (20 * NS_PER_S) /* an alert so long after an episode is still of it */
#define PLAY_NS (30 * NS_PER_S) /* the default length of the show */
#define DRAIN_NS (20 * NS_PER_S)
#define ALERTS_MAX 1000

static const char *const rule_of[N_EPISODE_KINDS] = {
	"price-jump", "volume-burst", "quote-stuffing", "cancel-storm", "stale-feed",
};

struct shown { /* an alert that the receiver got */
	char rule[64];
	int64_t event_ns;
};

struct demo {
	uint64_t seed;
	double speed; /* 0 = so that it takes PLAY_NS */
	bool quiet;
	struct recording recording;
	struct episode *episodes;
	size_t n_episodes;
	rd_kafka_t *producer;
	rd_kafka_mock_cluster_t *cluster;
	struct receiver *receiver;
	char state_dir[64];
	struct conf *conf;
	struct plan *plan;
	struct service *service;
	uint64_t n_produced;

	pthread_mutex_t lock; /* the receiver's thread writes: */
	struct shown alerts[ALERTS_MAX];
	size_t n_alerts;
	struct hist produced_to_webhook;
};

/* The stream --------------------------------------------------------------------------------- */

static int add_lines(struct demo *d, const char *text, size_t n)
{
	struct decoder *decoder;
	int64_t price = 0;
	int e = decoder_new(plan_format(d->plan, "databento-mbo"), DECODE_JSON_SIMD, &decoder);

	while (e == 0 && n) {
		const char *newline = memchr(text, '\n', n);
		size_t length = newline ? (size_t)(newline - text) : n;
		struct tocsin_event event;

		if (decode(decoder, text, length, &event, NULL) != DECODE_OK) {
			e = -EBADMSG;
			break;
		}
		if (event.kind == TOCSIN_TRADE || price == 0)
			price = event.price;
		e = recording_add(&d->recording, event.time_ns, price, text, length);
		text += length + (newline != NULL);
		n -= length + (newline != NULL);
	}
	decoder_free(decoder);
	return e;
}

static int make_stream(struct demo *d)
{
	const struct embedded packed = embedded_log();
	unsigned long long size = ZSTD_getFrameContentSize(packed.p, packed.n);
	struct rng rng = { d->seed };
	char *text = malloc(size);
	size_t n = text ? ZSTD_decompress(text, size, packed.p, packed.n) : 0;
	int e = !text ? -ENOMEM : ZSTD_isError(n) ? -EBADMSG : add_lines(d, text, n);

	free(text);
	if (e == 0)
		e = episodes_inject(&d->recording, INSTRUMENT, &rng, WARM_NS, EACH, &d->episodes,
		                    &d->n_episodes);
	return e;
}

static void wait_until(int64_t mono_ns)
{
	int64_t left = mono_ns - clock_mono();
	struct timespec t = { left / NS_PER_S, left % NS_PER_S };

	if (left > 0)
		nanosleep(&t, NULL);
}

static int produce(struct demo *d, const struct recorded_line *line)
{
	for (;;) {
		rd_kafka_resp_err_t e = rd_kafka_producev(
			d->producer, RD_KAFKA_V_TOPIC(TOPIC),
			RD_KAFKA_V_KEY(INSTRUMENT, strlen(INSTRUMENT)),
			RD_KAFKA_V_VALUE(line->text, line->n),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);

		if (e == RD_KAFKA_RESP_ERR_NO_ERROR) {
			d->n_produced++;
			rd_kafka_poll(d->producer, 0);
			return 0;
		}
		if (e != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
			fprintf(stderr, "tocsin demo: producing: %s\n", rd_kafka_err2str(e));
			return -EIO;
		}
		rd_kafka_poll(d->producer, 10);
	}
}

/* Plays the stream at its pace. */
static int play(struct demo *d)
{
	const struct recording *r = &d->recording;
	int64_t first = r->v[0].time_ns, span = r->v[r->n - 1].time_ns - first,
		began = clock_mono();
	double speed = d->speed > 0 ? d->speed : (double)span / (double)PLAY_NS;

	for (size_t i = 0; i < r->n; i++) {
		int e;

		if (service_ended(d->service))
			return -EIO;
		wait_until(began + (int64_t)((double)(r->v[i].time_ns - first) / speed));
		service_alive(d->service, clock_mono());
		e = produce(d, &r->v[i]);
		if (e)
			return e;
	}
	return rd_kafka_flush(d->producer, 10000) ? -ETIMEDOUT : 0;
}

/* The receiver ------------------------------------------------------------------------------- */

static int64_t time_in(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	int64_t ns = 0;

	return text && time_parse(text, strlen(text), &ns) == 0 ? ns : 0;
}

static void on_webhook(void *ctx, const char *body, size_t n)
{
	struct demo *d = ctx;
	int64_t now = clock_wall(), broker;
	json_t *alert = json_loadb(body, n, 0, NULL);
	const char *rule = json_string_value(json_object_get(alert, "rule"));
	struct buf text = { 0 };

	pthread_mutex_lock(&d->lock);
	broker = time_in(json_object_get(alert, "latency"), "broker");
	if (broker)
		hist_record(&d->produced_to_webhook, now - broker);
	if (rule && d->n_alerts < ALERTS_MAX) {
		struct shown *s = &d->alerts[d->n_alerts++];

		snprintf(s->rule, sizeof s->rule, "%s", rule);
		s->event_ns = time_in(alert, "time");
	}
	pthread_mutex_unlock(&d->lock);
	if (!d->quiet &&
	    payload_human(body, n, isatty(STDOUT_FILENO) && !getenv("NO_COLOR"), &text) == 0) {
		printf("%s\n", buf_str(&text));
		fflush(stdout);
	}
	buf_done(&text);
	json_decref(alert);
}

/* The configuration -------------------------------------------------------------------------- */

static void replace(struct buf *out, const char *text, size_t n, const char *const *names,
                    const char *const *values, size_t n_names)
{
	for (size_t i = 0; i < n;) {
		size_t k = 0;

		while (k < n_names && (n - i < strlen(names[k]) ||
		                       memcmp(text + i, names[k], strlen(names[k])) != 0))
			k++;
		if (k < n_names) {
			buf_puts(out, values[k]);
			i += strlen(names[k]);
		} else {
			buf_putc(out, text[i++]);
		}
	}
}

static int make_config(struct demo *d)
{
	const struct embedded file = embedded_config();
	const char *const names[] = { "@STATE@", "@BROKERS@", "@URL@" };
	char url[64];
	const char *const values[] = { d->state_dir, rd_kafka_mock_cluster_bootstraps(d->cluster),
		                       url };
	struct errors errors = { 0 };
	struct buf text = { 0 };
	int e;

	snprintf(url, sizeof url, "http://127.0.0.1:%u/alerts", receiver_port(d->receiver));
	replace(&text, file.p, file.n, names, values, 3);
	e = text.failed ? -ENOMEM
	                : conf_parse(text.p, text.n, "demo", CONF_FOR_RUN, &errors, &d->conf);
	if (e == 0)
		e = plan_new(d->conf, &errors, &d->plan);
	if (errors.n_all) {
		char *words = errors_text(&errors);

		fputs(words ? words : "", stderr);
		free(words);
	}
	errors_done(&errors);
	buf_done(&text);
	return e;
}

static int start_kafka(struct demo *d)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char words[300];

	rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	rd_kafka_conf_set(conf, "linger.ms", "0", NULL, 0);
	d->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, words, sizeof words);
	if (!d->producer) {
		rd_kafka_conf_destroy(conf);
		fprintf(stderr, "tocsin demo: %s\n", words);
		return -EIO;
	}
	d->cluster = rd_kafka_mock_cluster_new(d->producer, 1);
	if (!d->cluster || rd_kafka_mock_topic_create(d->cluster, TOPIC, PARTITIONS, 1))
		return -EIO;
	rd_kafka_brokers_add(d->producer, rd_kafka_mock_cluster_bootstraps(d->cluster));
	return 0;
}

/* The summary -------------------------------------------------------------------------------- */

static size_t alerts_of(const struct demo *d, const struct episode *e)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_alerts; i++)
		n += strcmp(d->alerts[i].rule, rule_of[e->kind]) == 0 &&
		     d->alerts[i].event_ns >= e->start_ns &&
		     d->alerts[i].event_ns <= e->end_ns + GRACE_NS;
	return n;
}

/* Of any episode: quote stuffing is a storm of cancels too. */
static bool explained(const struct demo *d, const struct shown *s)
{
	for (size_t i = 0; i < d->n_episodes; i++)
		if (s->event_ns >= d->episodes[i].start_ns &&
		    s->event_ns <= d->episodes[i].end_ns + GRACE_NS)
			return true;
	return false;
}

static void latency_line(const char *what, const struct demo *d, enum stage stage)
{
	struct buf b = { 0 };

	stats_latency(service_stats(d->service), stage, &b);
	printf("  %-22s %s\n", what, buf_str(&b));
	buf_done(&b);
}

/* 0, or 1 when something was lost. */
static int summarise(struct demo *d, int64_t began)
{
	size_t found = 0, unexplained = 0;
	uint64_t made = 0, taken = service_taken(d->service);
	const struct stats *s = service_stats(d->service);
	bool whole;

	for (size_t i = 0; i < d->plan->n_rules; i++)
		made += metric_count(s->rules[i].alerts);
	for (size_t i = 0; i < d->n_alerts; i++)
		unexplained += !explained(d, &d->alerts[i]);
	printf("---- summary ----\n");
	printf("events    %llu produced, %llu consumed and scored, %llu refused, in %.1f s\n",
	       (unsigned long long)d->n_produced, (unsigned long long)taken,
	       (unsigned long long)stats_refused(s), (double)(clock_mono() - began) / 1e9);
	printf("alerts    %llu made, %zu delivered by webhook\n", (unsigned long long)made,
	       d->n_alerts);
	printf("episodes  injected with seed %llu into real CME order book events of 2023-12-25:\n",
	       (unsigned long long)d->seed);
	for (size_t i = 0; i < d->n_episodes; i++) {
		char at[TIMEFMT_TEXT];
		size_t n = alerts_of(d, &d->episodes[i]);

		time_format(d->episodes[i].start_ns / NS_PER_MS * NS_PER_MS, at);
		printf("  %-14s %s  %s\n", rule_of[d->episodes[i].kind], at,
		       n ? "found" : "MISSED");
		found += n > 0;
	}
	printf("found %zu of %zu, missed %zu; alerts outside any episode: %zu\n", found,
	       d->n_episodes, d->n_episodes - found, unexplained);
	printf("latency   (events are played %s, so event to consume says nothing here)\n",
	       "years after they happened");
	latency_line("consume to score", d, STAGE_CONSUME_SCORE);
	latency_line("score to outbox", d, STAGE_SCORE_OUTBOX);
	latency_line("outbox to delivered", d, STAGE_OUTBOX_DELIVERED);
	printf("  %-22s p50 %.1f ms, max %.1f ms\n", "produced to webhook",
	       (double)hist_quantile(&d->produced_to_webhook, 0.5) / 1e6,
	       (double)hist_max(&d->produced_to_webhook) / 1e6);
	whole = taken == d->n_produced && made == d->n_alerts;
	printf("%s\n",
	       whole ? "every event was scored and every alert arrived" : "SOMETHING IS MISSING");
	return whole ? 0 : 1;
}

/* Waits until everything produced is consumed and delivered, or 20 s. */
static void drain(struct demo *d)
{
	int64_t deadline = clock_mono() + DRAIN_NS, quiet_since = 0;

	while (clock_mono() < deadline && !service_ended(d->service)) {
		int64_t now = clock_mono();
		bool idle = service_taken(d->service) >= d->n_produced &&
		            service_pending(d->service) == 0;

		if (!idle)
			quiet_since = 0;
		else if (quiet_since == 0)
			quiet_since = now;
		else if (now - quiet_since > 300 * NS_PER_MS) /* a commit may still be on its way */
			return;
		service_alive(d->service, now);
		wait_until(now + 20 * NS_PER_MS);
	}
}

static void remove_state(const struct demo *d)
{
	static const char *const names[] = { "tocsin.db", "tocsin.db-wal", "tocsin.db-shm",
		                             "lock" };
	char path[128];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", d->state_dir, names[i]);
		unlink(path);
	}
	rmdir(d->state_dir);
}

static int show(struct demo *d)
{
	char reason[300] = "";
	int64_t began;
	int e;

	snprintf(d->state_dir, sizeof d->state_dir, "%s/tocsin-demo-XXXXXX",
	         access("/tmp", W_OK) ? "." : "/tmp");
	if (!mkdtemp(d->state_dir)) {
		fprintf(stderr, "tocsin demo: %s: %s\n", d->state_dir, strerror(errno));
		return EXIT_UNAVAILABLE;
	}
	e = start_kafka(d);
	if (e == 0)
		e = receiver_start(on_webhook, d, &d->receiver);
	if (e == 0)
		e = make_config(d);
	if (e == 0)
		e = make_stream(d);
	if (e == 0)
		e = service_start(d->conf, d->plan, &d->service, reason, sizeof reason);
	if (e) {
		fprintf(stderr, "tocsin demo: %s\n", reason[0] ? reason : strerror(-e));
		return EXIT_UNAVAILABLE;
	}
	if (!d->quiet)
		printf("playing %zu events of %s with %zu injected episodes; alerts as the webhook gets them:\n\n",
		       d->recording.n, INSTRUMENT, d->n_episodes);
	fflush(stdout);
	began = clock_mono();
	e = play(d);
	drain(d);
	if (service_stop(d->service, reason, sizeof reason) || e) {
		fprintf(stderr, "tocsin demo: %s\n",
		        reason[0] ? reason : "the stream could not be played");
		return EXIT_RUNTIME;
	}
	return summarise(d, began) ? EXIT_RUNTIME : EXIT_DONE;
}

static int read_options(const struct command *c, int argc, char **argv, struct demo *d)
{
	static const struct option longs[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "speed", required_argument, NULL, 'v' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;
	char *end;

	d->seed = 1;
	while ((option = usage_option(c, argc, argv, ":qh", longs)) != -1) {
		switch (option) {
		case 's':
			d->seed = strtoull(optarg, &end, 10);
			if (end == optarg || *end)
				return usage_error(c, "--seed: '%s' is not a number", optarg);
			break;
		case 'v':
			d->speed = strtod(optarg, &end);
			if (end == optarg || (*end && strcmp(end, "x") != 0) || !(d->speed >= 1) ||
			    d->speed > 1000)
				return usage_error(c, "--speed: '%s' is not 1x to 1000x", optarg);
			break;
		case 'q': d->quiet = true; break;
		case 'h': usage_help(c); return -1;
		default: return EXIT_USAGE;
		}
	}
	return optind < argc ? usage_error(c, "unexpected argument '%s'", argv[optind]) : 0;
}

int command_demo(const struct command *c, int argc, char **argv)
{
	struct demo *d = calloc(1, sizeof *d);
	int e;

	if (!d)
		return EXIT_RUNTIME;
	e = read_options(c, argc, argv, d);
	if (e) {
		free(d);
		return e < 0 ? EXIT_DONE : e;
	}
	log_setup(LOG_LEVEL_WARNING);
	signal(SIGPIPE, SIG_IGN);
	pthread_mutex_init(&d->lock, NULL);
	e = show(d);
	service_free(d->service);
	if (d->receiver)
		receiver_stop(d->receiver);
	if (d->cluster)
		rd_kafka_mock_cluster_destroy(d->cluster);
	if (d->producer)
		rd_kafka_destroy(d->producer);
	plan_free(d->plan);
	conf_free(d->conf);
	recording_done(&d->recording);
	free(d->episodes);
	remove_state(d);
	pthread_mutex_destroy(&d->lock);
	free(d);
	return e;
}
