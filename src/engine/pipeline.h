/* pipeline.h - one event through decode, features, detectors and policy: the same for the daemon,
 * a replay and the demo.
 *
 * Owns all state of scoring; used by one thread. It knows neither where messages come from nor
 * where alerts go: both are the caller's. What it decides depends on the messages alone; the
 * clock is read only to say how long things took. */
#ifndef ENGINE_PIPELINE_H
#define ENGINE_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include <tocsin/alert.h>

#include "engine/batch.h"
#include "engine/plan.h"
#include "engine/stats.h"
#include "policy/life.h"
#include "policy/policy.h"
#include "source/source.h"

struct pipeline;

/* What may stop a rule from doing its work. */
enum trouble { TROUBLE_NO_VALUE, TROUBLE_STATES, TROUBLE_KEYS, TROUBLE_WINDOWS, TROUBLE_DETECTOR, TROUBLE_CALENDAR, N_TROUBLES };

struct partition_rule {                  /* of a rule in a partition; event times, INT64_MIN = none */
	int64_t blank_since;             /* it has had no value for any event; INT64_MIN = it had */
	int64_t told_ns[N_TROUBLES];
};

/* Time that went on without a message: before the one of that offset was taken in. */
struct partition_advance {
	int64_t offset, time_ns;
};
#define PARTITION_ADVANCES 16

/* State of one partition. The owner of the stream makes and frees it. */
struct partition {
	const char *topic;               /* borrowed */
	int32_t number;
	uint64_t hash;                   /* of both */
	int64_t next_offset;             /* the first not taken in */
	int64_t scored_from;             /* below: events rebuild the windows and make no alert */
	struct feature_table *features;
	struct life *life;               /* NULL = no rule has states */
	struct pipeline *pipeline;       /* that it belongs to */
	struct partition_rule *rules;    /* like the plan's, and one more for all of them */
	size_t n_blank;                  /* of them have no value since some time */
	int64_t looked_at;               /* offset at which tables were looked at, and what they were */
	struct feature_counts looked;
	/* Since the windows were stored last: the owner clears them (n_advances = n_applied = 0) when
	 * it stores the windows, and does so before they are full. */
	struct partition_advance advances[PARTITION_ADVANCES];
	uint32_t n_advances, n_applied;
	/* The last event: when it was consumed (wall clock) and the watermark it left. */
	int64_t consumed_ns, mark_ns;    /* 0 and INT64_MIN = none yet */
	int64_t jump_ns;                 /* time of a refused jump ahead, INT64_MIN = none */
	struct feature_counts told;      /* counts already in the metrics */
};

enum pipeline_hours { HOURS_INSIDE, HOURS_OUTSIDE, HOURS_UNKNOWN };

/* One rule's look at one event, and what became of it. Valid during the call. Outside of the phases in
 * which it is judged, or when its calendar cannot say, `hours` tells so and the rest is nothing. */
struct pipeline_judged {
	size_t rule;                     /* index in the plan */
	const struct partition *partition;
	const struct tocsin_sample *sample;
	int said;                        /* the detector: 1 found something, 0 nothing, -1 cannot tell */
	const struct tocsin_score *score;        /* when said is 1 */
	enum policy_verdict verdict;     /* when said is 1; of a rule with states, when it fires */
	enum pipeline_hours hours;
	int state;                       /* enum life_state, after the look; of a rule without: inactive */
};

/* One rule's looks, since the start. */
struct pipeline_rule {
	uint64_t looks[3];               /* no value, false, true */
	uint64_t lost;                   /* firing states that had to make room */
	int64_t last_alert_ns;           /* event time; INT64_MIN = none */
};

struct pipeline_events {
	void *ctx;
	/* An alert was made; everything it points at is valid during the call. */
	void (*alert)(void *ctx, const struct tocsin_alert *a);
	/* A message was refused: `reason` is a decode verdict or REFUSED_*. */
	void (*refused)(void *ctx, const struct message *m, unsigned reason, const char *field);
	/* A rule looked at an event; NULL = nobody wants to know. */
	void (*judged)(void *ctx, const struct pipeline_judged *j);
};

/* plan and stats must outlive it. `live`: alerts carry wall-clock times. */
int pipeline_new(const struct plan *plan, struct stats *stats, const struct pipeline_events *events,
                 bool live, struct pipeline **ret_pipeline);
struct pipeline *pipeline_free(struct pipeline *p);
struct policy *pipeline_policy(struct pipeline *p);

int pipeline_partition_new(struct pipeline *p, const char *topic, int32_t number, struct partition **ret_partition);
struct partition *pipeline_partition_free(struct partition *t);

/* Scores a decoded batch, in order. `partition_of` finds the state of a message's stream. */
void pipeline_take(struct pipeline *p, const struct batch *b,
                   struct partition *(*partition_of)(const struct message *m));
/* Time goes on to `time_ns` while no message comes: silences and timers due by then are run, as the
 * next message of that time would have it. True when there were any; then the time is noted in
 * `advances`, and events older than it by more than the lateness allowed are late. */
bool pipeline_idle(struct pipeline *p, struct partition *t, int64_t time_ns);

/* Puts back the stored state of a rule's entity, as life_dirty() gave it. 0; -ENOENT: no rule with
 * states has the name; -EINVAL: damaged. After the last one: pipeline_restored(). 0, -ENOMEM. */
int pipeline_restore(struct pipeline *p, struct partition *t, const char *rule, const void *entity,
                     size_t n, const void *state, size_t state_size);
int pipeline_restored(struct partition *t, int64_t time_ns);
const struct pipeline_rule *pipeline_rule(const struct pipeline *p, size_t rule);

/* What every rule does, as JSON (/api/v1/rules), from all partitions; brings the rules' counts into
 * the metrics. Bounded work; out->failed when memory ran out. */
void pipeline_view(struct pipeline *p, struct partition *const *t, size_t n, struct buf *out);

/* Brings a partition's counts into the metrics. */
void pipeline_count_partition(struct pipeline *p, struct partition *t);

#endif
