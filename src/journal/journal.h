/* journal.h - one commit of what the pipeline did: positions, changed state, new alerts, together.
 *
 * Everything before a commit is either wholly durable or never happened. Used by the pipeline
 * thread only. The blobs are opaque here. */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

struct journal;

struct journal_position {
	const char *topic;
	int32_t partition;
	int64_t next_offset;             /* the first not taken in */
	int64_t warm_offset;             /* read again from here to rebuild the windows; <= next */
};

struct journal_alert {
	const char *id;                  /* of 32 hex digits; met again = no-op */
	const char *rule;
	const char *json;                /* the alert as sent (without the attempt's time) */
	size_t json_size;
	int64_t event_ns, outbox_ns;
	const bool *without;             /* by sink, in the order of journal_open(): not for it; NULL = for all */
};

struct journal_state {
	const char *room;                /* e.g. "policy" */
	const void *key;                 /* any bytes, not empty */
	size_t key_size;
	const void *blob;                /* NULL = gone */
	size_t blob_size;
};

/* `sinks`: the names every alert is to be delivered to. The store must outlive the journal. */
int journal_open(struct store *store, const char *const *sinks, size_t n_sinks,
                 struct journal **ret_journal, char *reterr, size_t reterr_size);
struct journal *journal_close(struct journal *j);

/* Between begin and commit: put_*. Any failure: 0 or -Exxx; journal_abort() then undoes the whole. */
int journal_begin(struct journal *j);
int journal_put_alert(struct journal *j, const struct journal_alert *a, int *ret_new);
int journal_put_state(struct journal *j, const struct journal_state *s);
int journal_put_position(struct journal *j, const struct journal_position *p);
int journal_commit(struct journal *j);
void journal_abort(struct journal *j);
const char *journal_error(struct journal *j);    /* words for the last failure */

/* -ENOENT when nothing is stored for it. */
int journal_get_position(struct journal *j, const char *topic, int32_t partition,
                         struct journal_position *ret);
/* Every blob of a room. Stops at the first non-zero return of `each` and gives it back. */
int journal_each_state(struct journal *j, const char *room,
                       int (*each)(void *ctx, const void *key, size_t key_size, const void *blob,
                                   size_t blob_size),
                       void *ctx);
/* The same of one key: -ENOENT when nothing is stored for it. */
int journal_get_state(struct journal *j, const char *room, const void *key, size_t key_size,
                      int (*each)(void *ctx, const void *key, size_t key_size, const void *blob,
                                  size_t blob_size),
                      void *ctx);
/* Named text kept with the state, e.g. the configuration's hash. -ENOENT. *ret_value: caller frees. */
int journal_get_meta(struct journal *j, const char *name, char **ret_value);
int journal_put_meta(struct journal *j, const char *name, const char *value);

#endif
