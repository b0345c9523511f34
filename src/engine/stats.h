/* stats.h - what the daemon counts of itself: every family of /metrics that the pipeline feeds, in
 * one place. Series are written by the pipeline thread only, but where said. */
#ifndef ENGINE_STATS_H
#define ENGINE_STATS_H

#include <stdbool.h>

#include <tocsin/event.h>

#include "engine/plan.h"
#include "book/book.h"
#include "core/buf.h"
#include "decode/decode.h"
#include "metrics/metrics.h"

/* Reasons of refusal that the decoder does not know. */
enum { REFUSED_TIME_JUMP = DECODE_N_VERDICTS, N_REFUSED };

enum stage { STAGE_EVENT_CONSUME, STAGE_CONSUME_SCORE, STAGE_SCORE_OUTBOX, STAGE_OUTBOX_DELIVERED, N_STAGES };

struct rule_stats {
	struct metric *alerts, *held, *low_confidence;
	struct metric *looks[3];                 /* without a value, false, true */
	struct metric *outside, *no_calendar;    /* not judged: by its phases; no phase is known */
	struct metric *pending, *firing, *lost, *warming;
};

struct sink_stats {                      /* written by the delivery thread */
	struct metric *delivered, *failed, *dead, *pending, *oldest;
};

struct stats {
	struct metrics *metrics;
	struct metric *messages, *events[TOCSIN_N_KINDS], *refused[N_REFUSED];
	struct metric *repeated, *snapshot, *late, *gap_records, *warm;
	struct metric *dead_letters, *dead_letters_failed;
	struct metric *keys, *keys_evicted, *truncated, *feature_bytes, *policy_evicted;
	struct metric *book_states[BOOK_N_STATES], *books, *book_orders, *books_inconsistent;
	struct metric *commits, *commit_failures, *already;
	struct metric *stage[N_STAGES];          /* histograms; the last is the delivery thread's */
	struct metric *own_alerts;               /* alerts about rules */
	struct metric *drill_alerts;             /* not counted as their rule's */
	struct rule_stats *rules;
	struct sink_stats *sinks;
	struct metric_family *lag, *watermark;   /* by topic and partition */
};

const char *refused_name(unsigned reason);

/* 0, -ENOMEM. */
int stats_new(const struct plan *plan, struct stats **ret_stats);
struct stats *stats_free(struct stats *s);
/* "p50 0.2 ms  p99 1.1 ms  p99.9 2.0 ms  max 3 ms (n 1000)" of a stage; "no records" when empty. */
void stats_latency(const struct stats *s, enum stage stage, struct buf *out);
uint64_t stats_refused(const struct stats *s);

#endif
