#include "sender.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sender {
	rd_kafka_t *rk;
	char *topic;
	uintptr_t round; /* reports of others are old news */
	struct sender_state state;
	char error[256];
};

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct sender *s = opaque;

	(void)rk;
	if ((uintptr_t)m->_private != s->round)
		return;
	s->state.under_way--;
	if (m->err) {
		s->state.failed++;
		snprintf(s->error, sizeof s->error, "%s", rd_kafka_err2str(m->err));
		return;
	}
	s->state.partition = m->partition;
	s->state.offset = m->offset;
}

static void on_error(rd_kafka_t *rk, int code, const char *words, void *opaque)
{
	struct sender *s = opaque;

	(void)rk;
	(void)code;
	snprintf(s->error, sizeof s->error, "%s", words);
}

/* librdkafka's own lines would repeat what the source says of the same brokers. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *words)
{
	(void)rk;
	(void)level;
	(void)facility;
	(void)words;
}

int sender_new(const struct source_kafka_config *c, const char *topic, int64_t timeout_ns,
               struct sender **ret_sender, char *reterr, size_t reterr_size)
{
	struct sender *s = calloc(1, sizeof *s);
	rd_kafka_conf_t *conf;
	char timeout[32];
	int r;

	if (!s || !(s->topic = strdup(topic))) {
		sender_free(s);
		return -ENOMEM;
	}
	r = source_kafka_conf(c, false, &conf, reterr, reterr_size);
	if (r) {
		sender_free(s);
		return r;
	}
	snprintf(timeout, sizeof timeout, "%lld", (long long)(timeout_ns / 1000000));
	rd_kafka_conf_set_opaque(conf, s);
	rd_kafka_conf_set_dr_msg_cb(conf, on_report);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set(conf, "acks", "all", NULL, 0);
	rd_kafka_conf_set(conf, "message.timeout.ms", timeout, NULL, 0);
	rd_kafka_conf_set(conf, "linger.ms", "0", NULL, 0);
	s->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reterr, reterr_size);
	if (!s->rk) {
		rd_kafka_conf_destroy(conf);
		sender_free(s);
		return -EINVAL;
	}
	sender_begin(s);
	*ret_sender = s;
	return 0;
}

struct sender *sender_free(struct sender *s)
{
	if (!s)
		return NULL;
	if (s->rk) {
		rd_kafka_purge(s->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
		rd_kafka_flush(s->rk, 100);
		rd_kafka_destroy(s->rk);
	}
	free(s->topic);
	free(s);
	return NULL;
}

void sender_begin(struct sender *s)
{
	s->round++;
	s->state = (struct sender_state){ .partition = -1, .offset = -1 };
	s->error[0] = 0;
}

int sender_send(struct sender *s, const void *key, size_t key_size, const void *value, size_t size)
{
	rd_kafka_resp_err_t e = rd_kafka_producev(
		s->rk, RD_KAFKA_V_TOPIC(s->topic), RD_KAFKA_V_KEY(key, key_size),
		RD_KAFKA_V_VALUE((void *)(uintptr_t)value, size),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE((void *)s->round),
		RD_KAFKA_V_END);

	if (e == RD_KAFKA_RESP_ERR_NO_ERROR) {
		s->state.under_way++;
		return 0;
	}
	s->state.failed++;
	snprintf(s->error, sizeof s->error, "%s", rd_kafka_err2str(e));
	return -EIO;
}

struct sender_state sender_poll(struct sender *s, int timeout_ms)
{
	rd_kafka_poll(s->rk, timeout_ms);
	return s->state;
}

const char *sender_error(const struct sender *s)
{
	return s->error;
}
