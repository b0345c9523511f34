/* outbox.h - what is still to be delivered, to whom, and when to try again.
 *
 * Used by the delivery thread only (its own connection). Rows come from the journal's commits.
 * Times are wall clock. Marks are collected in memory and group-committed: outbox_flush() writes
 * them in one short transaction, so the pipeline never waits for a delivery. A mark lost in a crash
 * means one more attempt with the same id, never a lost alert. */
#ifndef OUTBOX_OUTBOX_H
#define OUTBOX_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

struct outbox;

struct outbox_item {                     /* owned by the caller after outbox_due(); outbox_item_done() */
	int64_t delivery;                /* row number */
	int64_t alert;                   /* order of making */
	char id[33];
	char *json;
	size_t json_size;
	uint32_t attempts;               /* before this one */
	int64_t first_attempt_ns;        /* 0 = none yet */
	int64_t outbox_ns, event_ns;
};

struct outbox_counts {
	uint64_t pending, dead, delivered;
	int64_t oldest_pending_ns;       /* outbox time of the oldest pending; 0 = none */
};

int outbox_open(struct store *store, struct outbox **ret_outbox, char *reterr, size_t reterr_size);
/* Marks that were not flushed are lost. */
struct outbox *outbox_close(struct outbox *o);

/* Up to `max` items of `sink` due at `now_ns` that are not among those given out already and not
 * yet marked and flushed: those never tried, oldest first, taken in turn with those whose next
 * attempt is due, longest overdue first, so that neither holds the other back.
 * Number of items, or -Exxx; -ENOBUFS: too many marks wait for a flush. */
int outbox_due(struct outbox *o, const char *sink, int64_t now_ns, struct outbox_item *ret_items, size_t max);
void outbox_item_done(struct outbox_item *item);

/* Marks of an item that was given out; 0 or -ENOMEM (the item then stays given out: it is tried
 * again after a restart). Durable after outbox_flush(). `error` is copied. */
int outbox_delivered(struct outbox *o, int64_t delivery, int64_t now_ns);
int outbox_retry_at(struct outbox *o, int64_t delivery, int64_t due_ns, int64_t first_attempt_ns, const char *error);
int outbox_dead(struct outbox *o, int64_t delivery, int64_t now_ns, const char *error);
/* On failure the marks are kept for the next flush. */
int outbox_flush(struct outbox *o);
size_t outbox_unflushed(const struct outbox *o); /* marks that wait */
/* When the next pending item of `sink` that is not given out comes due, 0 = it is already;
 * INT64_MAX when none waits. */
int64_t outbox_next_due(struct outbox *o, const char *sink);
/* Cheap: kept up to date from the rows that are new. oldest_pending_ns is one look-up. */
int outbox_count(struct outbox *o, const char *sink, struct outbox_counts *ret);
/* Every sink that has rows, also those no longer configured. */
int outbox_each_sink(struct outbox *o, void (*each)(void *ctx, const char *sink, const struct outbox_counts *c),
                     void *ctx);
/* Forgets alerts all of whose deliveries ended before `before_ns`. Looks at a bounded number of
 * alerts a call and goes on from there in the next, round and round, so that it never holds up the
 * pipeline. Number forgotten or -Exxx. */
int64_t outbox_prune(struct outbox *o, int64_t before_ns);
const char *outbox_error(struct outbox *o);      /* words for the last failure */

#endif
