#include "deadletter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT ((size_t)64 << 10) /* of a value that is too large for the topic */
#define SIZE_HEADER "tocsin.original.size"

struct deadletter {
	rd_kafka_t *rk;
	char *topic, *name;
	uint64_t n_written, n_failed, n_under_way;
	char error[256];
};

static void add_header(rd_kafka_headers_t *h, const char *name, const char *value)
{
	rd_kafka_header_add(h, name, -1, value, -1);
}

/* Sends it once more, cut; true when that is under way. */
static bool send_cut(struct deadletter *d, const rd_kafka_message_t *m)
{
	rd_kafka_headers_t *headers = NULL, *copy;
	const void *value;
	size_t n;
	char size[32];
	rd_kafka_resp_err_t e;

	if (m->len <= KEPT || rd_kafka_message_headers(m, &headers) ||
	    rd_kafka_header_get_last(headers, SIZE_HEADER, &value, &n) ==
	            RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	copy = rd_kafka_headers_copy(headers);
	snprintf(size, sizeof size, "%zu", m->len);
	add_header(copy, SIZE_HEADER, size);
	e = rd_kafka_producev(d->rk, RD_KAFKA_V_TOPIC(d->topic), RD_KAFKA_V_KEY(m->key, m->key_len),
	                      RD_KAFKA_V_VALUE(m->payload, KEPT),
	                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(copy),
	                      RD_KAFKA_V_END);
	if (e)
		rd_kafka_headers_destroy(copy);
	return e == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct deadletter *d = opaque;

	(void)rk;
	if (m->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && send_cut(d, m))
		return;
	d->n_under_way--;
	if (!m->err) {
		d->n_written++;
		return;
	}
	d->n_failed++;
	snprintf(d->error, sizeof d->error, "%s: %s", d->topic, rd_kafka_err2str(m->err));
}

int deadletter_new(const struct source_kafka_config *c, const char *topic,
                   struct deadletter **ret_letters, char *reterr, size_t reterr_size)
{
	struct deadletter *d = calloc(1, sizeof *d);
	rd_kafka_conf_t *conf;
	int r;

	if (!d || !(d->topic = strdup(topic)) || !(d->name = strdup(c->name))) {
		deadletter_free(d);
		return -ENOMEM;
	}
	r = source_kafka_conf(c, false, &conf, reterr, reterr_size);
	if (r) {
		deadletter_free(d);
		return r;
	}
	rd_kafka_conf_set_opaque(conf, d);
	rd_kafka_conf_set_dr_msg_cb(conf, on_report);
	rd_kafka_conf_set(conf, "acks", "all", NULL, 0);
	rd_kafka_conf_set(conf, "message.timeout.ms", "0", NULL, 0); /* wait for the broker */
	rd_kafka_conf_set(conf, "message.max.bytes", "134217728", NULL, 0);
	rd_kafka_conf_set(conf, "linger.ms", "5", NULL, 0);
	rd_kafka_conf_set(conf, "topic.metadata.propagation.max.ms", "5000", NULL, 0);
	d->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reterr, reterr_size);
	if (!d->rk) {
		rd_kafka_conf_destroy(conf);
		deadletter_free(d);
		return -EINVAL;
	}
	*ret_letters = d;
	return 0;
}

struct deadletter *deadletter_free(struct deadletter *d)
{
	if (!d)
		return NULL;
	if (d->rk) {
		rd_kafka_flush(d->rk, 10000);
		rd_kafka_destroy(d->rk);
	}
	free(d->topic);
	free(d->name);
	free(d);
	return NULL;
}

static rd_kafka_headers_t *headers_of(const struct deadletter *d, const struct message *m,
                                      const char *reason, const char *field)
{
	rd_kafka_headers_t *original = NULL, *h;
	char number[32], words[200];

	if (m->impl && rd_kafka_message_headers(m->impl, &original) == RD_KAFKA_RESP_ERR_NO_ERROR)
		h = rd_kafka_headers_copy(original);
	else
		h = rd_kafka_headers_new(8);
	add_header(h, "__connect.errors.topic", m->stream->topic);
	snprintf(number, sizeof number, "%d", m->stream->partition);
	add_header(h, "__connect.errors.partition", number);
	snprintf(number, sizeof number, "%lld", (long long)m->offset);
	add_header(h, "__connect.errors.offset", number);
	add_header(h, "__connect.errors.connector.name", d->name);
	add_header(h, "__connect.errors.task.id", "0");
	add_header(h, "__connect.errors.stage", "VALUE_CONVERTER");
	add_header(h, "__connect.errors.class.name", "tocsin.decode");
	add_header(h, "__connect.errors.exception.class.name", reason);
	snprintf(words, sizeof words, "%s%s%s", reason, field[0] ? ": " : "", field);
	add_header(h, "__connect.errors.exception.message", words);
	return h;
}

int deadletter_send(struct deadletter *d, const struct message *m, const char *reason,
                    const char *field)
{
	rd_kafka_headers_t *h = headers_of(d, m, reason, field);
	rd_kafka_resp_err_t e;

	e = rd_kafka_producev(
		d->rk, RD_KAFKA_V_TOPIC(d->topic), RD_KAFKA_V_KEY(m->key, m->key_size),
		RD_KAFKA_V_VALUE((void *)(uintptr_t)m->value, m->size),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(h), RD_KAFKA_V_END);
	if (e == RD_KAFKA_RESP_ERR_NO_ERROR) {
		d->n_under_way++;
		rd_kafka_poll(d->rk, 0);
		return 0;
	}
	rd_kafka_headers_destroy(h);
	if (e == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		return -EAGAIN;
	d->n_failed++;
	snprintf(d->error, sizeof d->error, "%s: %s", d->topic, rd_kafka_err2str(e));
	return -EIO;
}

int deadletter_flush(struct deadletter *d, int timeout_ms)
{
	if (d->n_under_way)
		rd_kafka_flush(d->rk, timeout_ms);
	return d->n_under_way ? -EAGAIN : 0;
}

uint64_t deadletter_written(const struct deadletter *d)
{
	return d->n_written;
}

uint64_t deadletter_failed(const struct deadletter *d)
{
	return d->n_failed;
}

const char *deadletter_error(const struct deadletter *d)
{
	return d->error;
}
