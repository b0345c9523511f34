/* kafka_conf.c - librdkafka's properties: what is ours to set, what the user's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/kafka_impl.h"

#define COOPERATIVE_SINCE 0x020a00ff /* first version without its known faults */

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
static bool has_fetch_backoff(const struct source_kafka_config *c, rd_kafka_conf_t *conf)
{
	for (size_t i = 0; i < c->n_properties; i++)
		if (strcmp(c->properties[i].key, "fetch.queue.backoff.ms") == 0)
			return true; /* known, and the user's own */
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

int kafka_consumer_conf(const struct source_kafka_config *c, rd_kafka_conf_t **ret_conf,
                        bool *ret_wakes, char *reterr, size_t reterr_size)
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
	if (r == 0)
		*ret_wakes = has_fetch_backoff(c, *ret_conf);
	return r;
}

const char *source_kafka_version(void)
{
	return rd_kafka_version_str();
}
