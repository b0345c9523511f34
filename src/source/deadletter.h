/* deadletter.h - refused messages kept in a topic, with Kafka Connect's header names, so that the
 * tools that people have for dead letters read ours.
 *
 * Key, value and headers are the original's; headers __connect.errors.* say where it came from and
 * why. Used by the pipeline thread only. Positions must not be committed before
 * deadletter_flush() has answered 0: what was refused is then either in the topic or counted as
 * failed for good (and said by the caller). A record that the broker finds too large is kept with
 * its first 64 KiB and the header tocsin.original.size. */
#ifndef SOURCE_DEADLETTER_H
#define SOURCE_DEADLETTER_H

#include "source/kafka.h"
#include "source/source.h"

struct deadletter;

/* `c`: the source's, for brokers and properties. 0 or -EINVAL with librdkafka's words. */
int deadletter_new(const struct source_kafka_config *c, const char *topic, struct deadletter **ret_letters,
                   char *reterr, size_t reterr_size);
/* Waits up to 10 s for what is under way. */
struct deadletter *deadletter_free(struct deadletter *d);
/* 0; -EAGAIN: the queue is full, flush and try again; -EIO: not possible (counted as failed). */
int deadletter_send(struct deadletter *d, const struct message *m, const char *reason, const char *field);
/* 0 when nothing is under way, -EAGAIN when timeout_ms passed first. */
int deadletter_flush(struct deadletter *d, int timeout_ms);
uint64_t deadletter_written(const struct deadletter *d);
uint64_t deadletter_failed(const struct deadletter *d);
const char *deadletter_error(const struct deadletter *d);        /* of the last failure, "" = none */

#endif
