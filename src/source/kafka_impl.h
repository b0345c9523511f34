/* kafka_impl.h - inside of the Kafka source. Private to kafka.c, kafka_conf.c, kafka_group.c. */
#ifndef SOURCE_KAFKA_IMPL_H
#define SOURCE_KAFKA_IMPL_H

#include <pthread.h>
#include <stdbool.h>

#include "core/log.h"
#include "source/kafka.h"

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

/* kafka_conf.c: a consumer's configuration. *ret_wakes: this librdkafka needs no waker. */
int kafka_consumer_conf(const struct source_kafka_config *c, rd_kafka_conf_t **ret_conf,
                        bool *ret_wakes, char *reterr, size_t reterr_size);

/* kafka_group.c: streams and rebalances. */
struct stream_node *kafka_stream(struct kafka *k, const char *topic, int32_t partition);
void kafka_stream_end(struct kafka *k, struct stream_node *n, bool lost);
void kafka_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t what,
                        rd_kafka_topic_partition_list_t *parts, void *opaque);
/* Carries out what was noted; what fails is tried again a second later. */
void kafka_serve_rebalances(struct kafka *k);
/* The source is closing: what was noted is answered without regard to what it says. */
void kafka_drop_rebalances(struct kafka *k);

/* kafka.c: words for readiness. */
void kafka_say(struct kafka *k, enum source_state state, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
