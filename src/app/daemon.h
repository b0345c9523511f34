/* daemon.h - the running whole: sources, pipeline, journal, dead letters, wired and looped.
 *
 * daemon_loop() is the pipeline thread's function. Every message taken is, before its position is
 * committed, scored and its alerts durable in the outbox, or refused, counted and (where one is
 * configured) in the dead-letter topic. A position is never committed alone: alerts, cooldowns and
 * positions are one commit. */
#ifndef APP_DAEMON_H
#define APP_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/plan.h"
#include "engine/stats.h"
#include "core/buf.h"
#include "store/store.h"

struct daemon;

struct daemon_hooks {                    /* all may be NULL; called in the pipeline thread */
	void *ctx;
	void (*committed)(void *ctx);            /* alerts became durable */
	bool (*outbox_full)(void *ctx);
	void (*rules)(void *ctx, struct buf *text);      /* pipeline_view(), now and then; may take it */
};

/* plan, stats and store must outlive it. 0; -EINVAL (what librdkafka refuses), -ENOMEM, others of
 * the journal; reterr says what. Connects to nothing yet. */
int daemon_new(struct plan *plan, struct stats *stats, struct store *store, const struct daemon_hooks *hooks,
               struct daemon **ret_daemon, char *reterr, size_t reterr_size);
/* Leaves the groups. After daemon_loop() has returned. */
struct daemon *daemon_free(struct daemon *d);

/* Runs until daemon_stop() or a fatal fault. 0, or -Exxx with words in daemon_fault(). */
int daemon_loop(struct daemon *d);
void daemon_stop(struct daemon *d);                      /* any thread, also a signal handler */
const char *daemon_fault(const struct daemon *d);        /* after the loop */

/* For the watchdog: rises while the loop goes round. Any thread. */
uint64_t daemon_progress(const struct daemon *d);
/* Are all sources assigned and the journal writable? Says why not. Any thread. */
bool daemon_ready(struct daemon *d, struct buf *words);
/* Has every source at least tried to connect and answered? Any thread. */
bool daemon_attempted(struct daemon *d);
/* Messages taken in and not warm-up; any thread. */
uint64_t daemon_taken(const struct daemon *d);

#endif
