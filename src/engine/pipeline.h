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
#include "policy/policy.h"
#include "source/source.h"

struct pipeline;

/* State of one partition. The owner of the stream makes and frees it. */
struct partition {
	const char *topic;               /* borrowed */
	int32_t number;
	uint64_t hash;                   /* of both */
	int64_t next_offset;             /* the first not taken in */
	int64_t scored_from;             /* below: events rebuild the windows and make no alert */
	struct feature_table *features;
	int64_t jump_ns;                 /* time of a refused jump ahead, INT64_MIN = none */
	struct feature_counts told;      /* counts already in the metrics */
};

/* One rule's look at one event, and what became of it. Valid during the call. */
struct pipeline_judged {
	size_t rule;                     /* index in the plan */
	const struct partition *partition;
	const struct tocsin_sample *sample;
	int said;                        /* the detector: 1 found something, 0 nothing, -1 cannot tell */
	const struct tocsin_score *score;        /* when said is 1 */
	enum policy_verdict verdict;     /* when said is 1 */
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
/* Brings a partition's counts into the metrics. */
void pipeline_count_partition(struct pipeline *p, struct partition *t);

#endif
