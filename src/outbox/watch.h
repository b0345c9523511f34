/* watch.h - what became of one alert, read beside those who write: by a drill, or from another
 * process. Reads only; each call is one short read transaction. One thread. */
#ifndef OUTBOX_WATCH_H
#define OUTBOX_WATCH_H

#include <stdint.h>

#include "core/buf.h"
#include "store/store.h"

struct outbox_watch;

struct outbox_seen {                     /* an alert's deliveries */
	unsigned sinks, delivered, dead; /* sinks 0: it is not in the outbox */
	int64_t outbox_ns;               /* it was put there */
	int64_t last_ns;                 /* the last one was delivered */
	char waiting[256];               /* names of the sinks that it is not delivered to, with why */
};

/* Takes the connection over, also on failure. 0, or -Exxx with words. */
int outbox_watch_new(sqlite3 *db, struct outbox_watch **ret_watch, char *reterr, size_t reterr_size);
struct outbox_watch *outbox_watch_free(struct outbox_watch *w);

/* 0, or -Exxx: the database cannot be read now. */
int outbox_watch_alert(struct outbox_watch *w, const char *id, struct outbox_seen *ret);
/* The number of the newest alert; 0 = there is none. */
int outbox_watch_newest(struct outbox_watch *w, int64_t *ret_seq);
/* The first firing alert of `rule` about `instrument` numbered above `seq` of an event at or after
 * event_ns: 0, its id and JSON; -ENOENT. */
int outbox_watch_find(struct outbox_watch *w, const char *rule, const char *instrument, int64_t seq,
                      int64_t event_ns, char id[static 33], struct buf *json);
/* First offset of the partition that is not committed as taken in. -ENOENT: nothing was. */
int outbox_watch_position(struct outbox_watch *w, const char *topic, int32_t partition,
                          int64_t *ret_next);

#endif
