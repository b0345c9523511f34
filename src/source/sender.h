/* sender.h - a producer of few messages to one topic, with a source's own brokers and properties, for
 * drills. One thread; nothing waits but sender_poll(), where it is asked to. */
#ifndef SOURCE_SENDER_H
#define SOURCE_SENDER_H

#include "source/kafka.h"

struct sender;

struct sender_state {
	unsigned under_way;              /* neither kept by the broker nor given up */
	unsigned failed;                 /* since sender_begin() */
	int32_t partition;               /* of the last one kept; -1 = none since sender_begin() */
	int64_t offset;
};

/* `c`: the source's, for brokers and properties. What the broker does not take within timeout_ns is
 * given up, so that no drill arrives long after its time. 0, or -EINVAL with librdkafka's words. */
int sender_new(const struct source_kafka_config *c, const char *topic, int64_t timeout_ns,
               struct sender **ret_sender, char *reterr, size_t reterr_size);
/* Drops what is under way. */
struct sender *sender_free(struct sender *s);

/* Forgets the state of what was sent before; reports of it are no longer counted. */
void sender_begin(struct sender *s);
/* 0, or -Exxx with words in sender_error(). Copies both. */
int sender_send(struct sender *s, const void *key, size_t key_size, const void *value, size_t size);
/* Takes in reports, waiting up to timeout_ms for one. */
struct sender_state sender_poll(struct sender *s, int timeout_ms);
const char *sender_error(const struct sender *s);        /* of the last failure, "" = none */

#endif
