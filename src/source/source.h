/* source.h - where bytes come from: one interface for Kafka and recorded logs.
 *
 * A source hands out batches of messages of *streams* (a topic's partition each). It knows topics,
 * partitions, offsets and bytes, and nothing of what the bytes mean. Called by the pipeline thread
 * only; callbacks come inside source_poll(). */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct source;

/* One partition being read, from its assignment to its revocation. Source's; the app may hang its
 * own state on `app` and must let go of it in revoked(). */
struct stream {
	const char *topic;
	int32_t partition;
	int64_t next_offset;             /* the guard: messages below are dropped and counted */
	int64_t decoded_ns;              /* the app's: time of the last event decoded, 0 = none */
	void *app;
	void *impl;
};

struct message {
	struct stream *stream;
	int64_t offset;
	const void *key;                 /* may be NULL */
	size_t key_size;
	const void *value;               /* NULL = null value (tombstone) */
	size_t size;
	int input;                       /* which of several files, from 0; Kafka: 0 */
	bool header;                     /* CSV: names of the columns, not an event; has no offset */
	void *impl;
};

struct source_events {
	void *ctx;
	/* A stream begins: returns the offset to start from, or SOURCE_DEFAULT (the group's committed
	 * one, else the configured start). May set stream->app. */
	int64_t (*assigned)(void *ctx, struct stream *s);
	/* A stream ends: `lost` = another owner may have it already: commit nothing. */
	void (*revoked)(void *ctx, struct stream *s, bool lost);
	/* Records from offset `from` up to `to` are gone from the log; reading goes on at `to`. */
	void (*gap)(void *ctx, struct stream *s, int64_t from, int64_t to);
	/* A message below the guard came again and was dropped. */
	void (*repeated)(void *ctx, struct stream *s);
};

#define SOURCE_DEFAULT (-1001)

enum source_state { SOURCE_CONNECTING, SOURCE_READY, SOURCE_FAILING, SOURCE_FATAL, SOURCE_ENDED };

struct source_ops {
	/* Takes up to `max` messages, waiting up to timeout_ms for the first. Number, 0 = none now,
	 * -ENODATA = the log ended, other -Exxx = fatal. Each message is valid until it is
	 * released; of files until the second poll() after. Streams begin and end inside poll() and
	 * free() only: then `events` are told first. */
	int (*poll)(struct source *, struct message *ret, size_t max, int timeout_ms);
	/* Also from another thread; messages with impl NULL were released before. */
	void (*release)(struct source *, struct message *batch, size_t n);
	/* Tells the broker what is done (informative); asynchronous. */
	void (*commit)(struct source *, struct stream *s, int64_t next_offset);
	/* Words for readiness, e.g. "connecting: broker down". Any thread. */
	enum source_state (*state)(struct source *, struct buf *words);
	/* Readable when poll() would find something; -1 = always. */
	int (*fd)(struct source *);
	/* Calls `each` with the consumer lag (records) of every stream; -1 = unknown. */
	void (*lag)(struct source *, void (*each)(void *ctx, const struct stream *, int64_t lag), void *ctx);
	/* The record's timestamp, ns, 0 = none; before its release, also from another thread. */
	int64_t (*broker_time)(struct source *, const struct message *m);
	struct source *(*free)(struct source *);
};

struct source {
	const struct source_ops *ops;
};

#endif
