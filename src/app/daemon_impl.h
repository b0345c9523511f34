/* daemon_impl.h - inside of the daemon. Private to daemon.c, daemon_commit.c, daemon_reading.c. */
#ifndef APP_DAEMON_IMPL_H
#define APP_DAEMON_IMPL_H

#include <stdatomic.h>

#include "app/daemon.h"
#include "app/intake.h"
#include "engine/pipeline.h"
#include "core/log.h"
#include "journal/journal.h"
#include "source/deadletter.h"
#include "source/kafka.h"

#define SOON_NS (200 * 1000000LL) /* alerts wait so long for others while catching up */
#define IDLE_MS 100 /* longest wait for events: keeps commits and progress going */

struct made { /* an alert waiting for the commit */
	char id[TOCSIN_ALERT_ID_SIZE];
	const char *rule;
	size_t at, n; /* of its JSON in `json` */
	int64_t event_ns, scored_ns;
	bool drill; /* a drill made it */
};

struct feed { /* a source with what belongs to it */
	struct daemon *daemon;
	const struct conf_source *conf;
	struct source *source;
	struct decoder *decoder;
	struct deadletter *letters;
	uint64_t letters_written, letters_failed; /* already in the metrics */
	struct reading *readings;
};

struct reading { /* a partition being read */
	struct reading *next;
	struct feed *feed;
	struct stream *stream;
	struct partition *partition;
	int64_t committed, told; /* next offset in the journal; at the broker */
	int64_t snapshot_offset; /* the stored windows stand here; -1 = none are stored */
	int64_t snapshot_at; /* mono */
	int64_t assigned_at; /* mono */
	int64_t behind; /* records to the end of the partition, as last measured; -1 = not known */
	int64_t advanced_ns; /* of the last advance in the journal */
	struct metric *lag, *watermark;
};

struct daemon {
	struct plan *plan;
	struct stats *stats;
	struct daemon_hooks hooks;
	struct journal *journal;
	struct pipeline *pipeline;
	struct feed *feeds;
	size_t n_feeds;
	struct intake *intake;
	struct batch *batches[2];
	struct feed *batch_feed[2];
	int ahead; /* the batch that is decoded and not yet scored; -1 = none */
	struct made *made;
	size_t n_made, made_size;
	bool *no_drills; /* by sink: it gets no alerts of drills */
	struct buf json, blob, view;
	int64_t view_at, idle_at, commit_at, soon_at, broker_commit_at, lag_at;
	struct log_limit refused_limit, wait_limit;
	char fault[300];
	int fatal;                       /* found in an assignment: the loop ends */
	atomic_bool stop, storing; /* storing: the last commit worked */
	_Atomic uint64_t progress, taken;
};

/* daemon.c */
void daemon_goes_on(struct daemon *d);           /* for the watchdog */
void daemon_pause(int ms);
void daemon_score_ahead(struct daemon *d);       /* the batch that was decoded ahead, if any */

/* daemon_commit.c: makes everything scored so far durable. A full disk is waited for: nothing is
 * consumed meanwhile, nothing is lost. 0, or -Exxx = give up (stop asked for, or a fault that
 * waiting does not mend), with words in d->fault. `last`: windows are stored too. */
int daemon_commit(struct daemon *d, bool last);
bool daemon_fault_passes(int e);                 /* may waiting mend it? */
void daemon_tell_brokers(struct daemon *d);      /* what is committed; for lag tools */
/* Name of a partition's windows in the journal; its length. */
size_t daemon_windows_key(const struct partition *t, char out[static 300]);
int daemon_restore_cooldowns(struct daemon *d, char *reterr, size_t size);

/* daemon_state.c: states of rules and the time of a partition, in the journal and back. `clears`: the
 * windows are stored in the same commit. */
int daemon_put_states(struct daemon *d, struct reading *r, bool clears);
void daemon_states_committed(struct reading *r, bool cleared);
/* 0; -Exxx with words in d->fault: they cannot be read. */
int daemon_restore_states(struct daemon *d, struct reading *r);
/* Lets the time of partitions that bring nothing follow the clock. */
void daemon_idle(struct daemon *d);

/* daemon_reading.c: what a feed's source tells of its streams. */
struct source_events daemon_source_events(struct feed *f);
struct partition *daemon_partition(const struct message *m);

#endif
