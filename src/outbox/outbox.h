/* outbox.h - what is still to be delivered, to whom, and when to try again.
 *
 * Used by the delivery thread only (its own connection). Rows come from the journal's commits.
 * Times are wall clock. Marks are group-committed: outbox_flush() makes them durable. */
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
struct outbox *outbox_close(struct outbox *o);

/* Up to `max` items of `sink` due at `now_ns`, oldest alert first, that are not among those given
 * out already and not yet marked. Number of items, or -Exxx. */
int outbox_due(struct outbox *o, const char *sink, int64_t now_ns, struct outbox_item *ret_items, size_t max);
void outbox_item_done(struct outbox_item *item);

int outbox_delivered(struct outbox *o, int64_t delivery, int64_t now_ns);
int outbox_retry_at(struct outbox *o, int64_t delivery, int64_t due_ns, int64_t first_attempt_ns, const char *error);
int outbox_dead(struct outbox *o, int64_t delivery, int64_t now_ns, const char *error);
int outbox_flush(struct outbox *o);
/* When the next pending item of `sink` comes due; INT64_MAX when none waits. */
int64_t outbox_next_due(struct outbox *o, const char *sink);
int outbox_count(struct outbox *o, const char *sink, struct outbox_counts *ret);
/* Forgets alerts all of whose deliveries ended before `before_ns`. Number forgotten or -Exxx. */
int64_t outbox_prune(struct outbox *o, int64_t before_ns);

#endif
