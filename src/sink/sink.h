/* sink.h - where alerts go: one attempt each, told apart as delivered / retry at / give up.
 *
 * Used by the delivery thread only. A sink starts attempts without blocking; finished ones come
 * back through `done`. All webhook sinks share one libcurl multi handle (struct sink_loop). */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink;
struct sink_loop;

enum sink_type { SINK_WEBHOOK, SINK_STDOUT, SINK_FILE };
enum sink_outcome { SINK_DELIVERED, SINK_RETRY, SINK_REFUSED /* final */ };

struct sink_header {
	const char *name, *value;
};

struct sink_config {                     /* borrowed during sink_new() */
	const char *name;
	enum sink_type type;
	const char *url;                 /* webhook */
	const char *path;                /* file */
	bool human;                      /* stdout, file: text for people instead of JSON lines */
	const struct sink_header *headers;
	size_t n_headers;
	int64_t connect_timeout_ns, timeout_ns;
	unsigned concurrency;            /* attempts at once */
	const char *ca_file;             /* NULL = the system's */
	bool verify_tls;
};

struct sink_result {
	enum sink_outcome outcome;
	int status;                      /* HTTP status, 0 = none */
	int64_t retry_after_ns;          /* asked for by the receiver; 0 = not */
	int64_t took_ns;
	char error[160];                 /* never the URL's path or query, never a secret */
};

typedef void (*sink_done)(void *ctx, struct sink *s, int64_t delivery, const struct sink_result *r);

/* SIGPIPE must be ignored by the process. */
int sink_loop_new(sink_done done, void *ctx, struct sink_loop **ret_loop);
struct sink_loop *sink_loop_free(struct sink_loop *l);   /* and every sink still in it */
int sink_new(struct sink_loop *l, const struct sink_config *c, struct sink **ret_sink,
             char *reterr, size_t reterr_size);     /* -EINVAL, -ENOMEM, -EACCES ... */
struct sink *sink_free(struct sink *s);          /* attempts under way are dropped, not reported */
const char *sink_name(const struct sink *s);
unsigned sink_room(const struct sink *s);        /* attempts that may be started now */
/* `id`: idempotency key. The body is copied. 0 or -Exxx when the attempt could not be started (it is
 * then not reported). `done` may be called before this returns. */
int sink_send(struct sink *s, int64_t delivery, const char *id, int64_t now_ns, const char *json, size_t n);
/* Runs transfers; waits up to timeout_ms for something to happen or sink_wake(). */
int sink_loop_run(struct sink_loop *l, int timeout_ms);
void sink_wake(struct sink_loop *l);             /* from any thread */

#endif
