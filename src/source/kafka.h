/* kafka.h - the Kafka source: a consumer group member on librdkafka.
 *
 * One thread polls and handles rebalances. A rebalance that librdkafka announces inside a batch
 * call is only noted there and carried out at the next poll, so that every message of a batch
 * belongs to the assignment in force when the call began; a message below its stream's guard is
 * dropped and counted. Offsets to start from are always explicit: what the app knows, else the
 * group's committed one, else the configured start. Nothing is seeked, paused or auto-committed. */
#ifndef SOURCE_KAFKA_H
#define SOURCE_KAFKA_H

#include <librdkafka/rdkafka.h>

#include "source/source.h"

struct source_property {
	const char *key, *value;
};

struct source_kafka_config {             /* borrowed during the call; `events` is copied */
	const char *name;                /* for messages */
	const char *brokers, *group;
	const char *const *topics;       /* "^..." = pattern */
	size_t n_topics;
	bool from_latest;                /* where nothing is known of a partition */
	const struct source_property *properties;        /* any of librdkafka's */
	size_t n_properties;
	struct source_events events;
};

/* Is this property one of librdkafka's, with such a value, and the user's to set? 0, or -EINVAL
 * with librdkafka's words. Connects to nothing. */
int source_kafka_property(const struct source_property *p, char *reterr, size_t reterr_size);

/* Creates the consumer and subscribes; connecting goes on in the background. 0, or -EINVAL. */
int source_kafka_new(const struct source_kafka_config *c, struct source **ret_source,
                     char *reterr, size_t reterr_size);

/* The assignor that is used with the librdkafka at run time: "range" or "cooperative-sticky". */
const char *source_kafka_assignor(void);

/* The configuration shared by every client of a cluster: brokers and the user's properties. The
 * caller owns it. `consumer` false leaves consumer properties out. */
int source_kafka_conf(const struct source_kafka_config *c, bool consumer, rd_kafka_conf_t **ret_conf,
                      char *reterr, size_t reterr_size);

/* Of librdkafka, as it is loaded: "2.0.2". Static. */
const char *source_kafka_version(void);

#endif
