/* produce.c - puts a recorded log, or generated trades, into a Kafka topic, keyed by instrument.
 *
 *   produce --brokers B --topic T [--key FIELD] [--count N] FILE...
 *   produce --brokers B --topic T --generate N [--instruments K] [--seed S]
 *   produce --write FILE --generate N ...        the generated lines into a file instead
 *   produce --rate R ...                         R records a second, evenly; default: all at once
 *
 * FIELD is a top-level member of the line's object; without --key records have none. The
 * partitioner is Kafka's default (murmur2). Every record is acknowledged before it ends, or it
 * fails. Prints "produced N". */
#include <getopt.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/rng.h"
#include "source/lines.h"

struct producer {
	rd_kafka_t *rk;
	const char *topic;
	FILE *file;
	unsigned long long n, failed, rate;
	int64_t began_ns;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "produce: %s: %s\n", what, why);
	exit(1);
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct producer *p = opaque;

	(void)rk;
	p->failed += m->err != 0;
}

/* Waits until the next record is due. */
static void keep_pace(struct producer *p)
{
	int64_t wait;

	if (!p->rate)
		return;
	if (!p->began_ns)
		p->began_ns = clock_mono();
	while ((wait = p->began_ns + (int64_t)(p->n * 1000000000ull / p->rate) - clock_mono()) > 0)
		rd_kafka_poll(p->rk, (int)(wait / 1000000) + 1);
}

static void send_record(struct producer *p, const char *key, size_t key_n, const char *value,
                        size_t n)
{
	if (p->file) {
		fwrite(value, 1, n, p->file);
		fputc('\n', p->file);
		p->n++;
		return;
	}
	keep_pace(p);
	for (;;) {
		rd_kafka_resp_err_t e = rd_kafka_producev(
			p->rk, RD_KAFKA_V_TOPIC(p->topic),
			RD_KAFKA_V_KEY((void *)(uintptr_t)key, key_n),
			RD_KAFKA_V_VALUE((void *)(uintptr_t)value, n),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);

		if (e == RD_KAFKA_RESP_ERR_NO_ERROR)
			break;
		if (e != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			die("producing", rd_kafka_err2str(e));
		rd_kafka_poll(p->rk, 10);
	}
	if (++p->n % 1000 == 0)
		rd_kafka_poll(p->rk, 0);
}

/* The text of member `field`, as it stands between its quotes; *ret_n 0 when there is none. */
static const char *member(const char *line, size_t n, const char *field, size_t *ret_n)
{
	char name[100];
	const char *at, *end;

	*ret_n = 0;
	snprintf(name, sizeof name, "\"%s\":\"", field);
	at = memmem(line, n, name, strlen(name));
	if (!at)
		return NULL;
	at += strlen(name);
	end = memchr(at, '"', n - (size_t)(at - line));
	if (!end)
		return NULL;
	*ret_n = (size_t)(end - at);
	return at;
}

static void send_file(struct producer *p, const char *path, const char *field,
                      unsigned long long count)
{
	struct lines *l;
	char reason[300];
	int r;

	if (lines_open(path, (size_t)64 << 20, &l, reason, sizeof reason))
		die("opening", reason);
	while ((r = lines_fill(l)) > 0) {
		const char *line;
		size_t n;

		while (p->n < count && lines_next(l, &line, &n)) {
			size_t key_n = 0;
			const char *key = field ? member(line, n, field, &key_n) : NULL;

			send_record(p, key, key_n, line, n);
		}
	}
	if (r < 0)
		die("reading", lines_error(l));
	lines_close(l);
}

/* Trades in the form of Binance's stream: a random walk for each instrument, 1 ms apart. */
static void generate(struct producer *p, unsigned long long count, unsigned n_instruments,
                     uint64_t seed)
{
	struct rng rng = { seed };
	int64_t *price = calloc(n_instruments, sizeof *price);

	for (unsigned i = 0; i < n_instruments; i++)
		price[i] = 1000000 + (int64_t)rng_below(&rng, 9000000);
	for (unsigned long long i = 0; i < count; i++) {
		unsigned k = (unsigned)rng_below(&rng, n_instruments);
		char key[24], line[300];
		unsigned long long time = 1700000000000ull + i;
		int n, key_n = snprintf(key, sizeof key, "SYM%04uUSDT", k);

		price[k] += (int64_t)rng_below(&rng, 2001) - 1000;
		if (price[k] < 1000)
			price[k] = 1000;
		n = snprintf(
			line, sizeof line,
			"{\"e\":\"trade\",\"E\":%llu,\"s\":\"%s\",\"t\":%llu,\"p\":\"%lld.%02lld000000\","
			"\"q\":\"%llu.%08llu\",\"b\":%llu,\"a\":%llu,\"T\":%llu,\"m\":%s,\"M\":true}",
			time, key, 500000000 + i, (long long)price[k] / 100,
			(long long)price[k] % 100, (unsigned long long)rng_below(&rng, 50),
			(unsigned long long)rng_below(&rng, 100000000), 7000000000 + i,
			7000000001 + i, time, rng_next(&rng) & 1 ? "true" : "false");
		send_record(p, key, (size_t)key_n, line, (size_t)n);
	}
	free(price);
}

static void connect_to(struct producer *p, const char *brokers)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	const char *const settings[][2] = {
		{ "bootstrap.servers", brokers },     { "partitioner", "murmur2_random" },
		{ "enable.idempotence", "true" },     { "linger.ms", "5" },
		{ "message.max.bytes", "100000000" }, { "queue.buffering.max.messages", "500000" },
		{ "compression.type", "none" },
	};
	char words[300];

	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], words, sizeof words))
			die(settings[i][0], words);
	rd_kafka_conf_set_opaque(conf, p);
	rd_kafka_conf_set_dr_msg_cb(conf, on_report);
	p->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, words, sizeof words);
	if (!p->rk)
		die("producer", words);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "brokers", required_argument, NULL, 'b' },
		{ "topic", required_argument, NULL, 't' },
		{ "key", required_argument, NULL, 'k' },
		{ "count", required_argument, NULL, 'n' },
		{ "generate", required_argument, NULL, 'g' },
		{ "instruments", required_argument, NULL, 'i' },
		{ "seed", required_argument, NULL, 's' },
		{ "write", required_argument, NULL, 'w' },
		{ "rate", required_argument, NULL, 'r' },
		{ 0 },
	};
	struct producer p = { 0 };
	const char *brokers = NULL, *key = NULL, *write = NULL;
	unsigned long long count = ~0ull, made = 0, seed = 1, instruments = 500;
	int o;

	while ((o = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (o) {
		case 'b': brokers = optarg; break;
		case 't': p.topic = optarg; break;
		case 'k': key = optarg; break;
		case 'w': write = optarg; break;
		case 'r': p.rate = strtoull(optarg, NULL, 10); break;
		case 'n': count = strtoull(optarg, NULL, 10); break;
		case 'g': made = strtoull(optarg, NULL, 10); break;
		case 'i': instruments = strtoull(optarg, NULL, 10); break;
		case 's': seed = strtoull(optarg, NULL, 10); break;
		default: return 2;
		}
	if (write) {
		p.file = fopen(write, "w");
		if (!p.file)
			die("opening", write);
	} else if (!brokers || !p.topic) {
		fprintf(stderr, "produce: --brokers and --topic, or --write\n");
		return 2;
	} else {
		connect_to(&p, brokers);
	}
	for (; optind < argc; optind++)
		send_file(&p, argv[optind], key, count);
	if (made)
		generate(&p, made, (unsigned)instruments, seed);
	if (p.rk && rd_kafka_flush(p.rk, 60000))
		die("flushing", "not all records were acknowledged in 60 s");
	if (p.failed)
		die("producing", "some records were refused");
	if (p.file && fclose(p.file))
		die("writing", write);
	printf("produced %llu\n", p.n);
	if (p.rk)
		rd_kafka_destroy(p.rk);
	return 0;
}
