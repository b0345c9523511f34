/* waker.h - keeps the fetcher of librdkafka up to 2.1 awake.
 *
 * There a broker's thread that finds the consumer queue full (queued.min.messages) sleeps for up to
 * a second, however fast the queue is emptied: a consumer slower than its broker, but faster than
 * 100,000 messages a second, stands idle most of the time. Any request to that broker wakes the
 * thread. So when the queue was long and has been half emptied, a thread of ours asks the leaders for
 * their newest offsets: one small request a broker. From 2.2 on fetch.queue.backoff.ms does this. */
#ifndef SOURCE_WAKER_H
#define SOURCE_WAKER_H

#include <librdkafka/rdkafka.h>

struct waker;

/* `rk` must outlive it. 0, -ENOMEM, -EAGAIN. */
int waker_start(rd_kafka_t *rk, struct waker **ret_waker);
struct waker *waker_stop(struct waker *w);       /* may wait for a request, up to a second */
/* After each batch: how many messages are left in the consumer queue. Cheap. */
void waker_queue_length(struct waker *w, size_t n);

#endif
