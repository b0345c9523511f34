/* lab.h - the pipeline inside of this process, over events given one by one or read from logs: what
 * rule tests, `why` and backtests stand on.
 *
 * One thread, no Kafka, no outbox. Decode, features, detectors and policy are those of the daemon and
 * of `replay`, so what is found here is found there. Several plans may be run side by side: each is
 * a lane with state of its own, fed the same events, which are decoded once. */
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include <stddef.h>
#include <stdint.h>

#include <tocsin/alert.h>
#include <tocsin/event.h>

#include "engine/pipeline.h"
#include "engine/plan.h"

struct lab;

/* What happens; any member may be NULL. All that is pointed at is valid during the call. */
struct lab_watch {
	void *ctx;
	void (*alert)(void *ctx, size_t lane, const struct tocsin_alert *a);
	void (*judged)(void *ctx, size_t lane, const struct pipeline_judged *j);
	/* An event is about to be scored (of a log also one that is late or of a snapshot). */
	void (*event)(void *ctx, const struct tocsin_event *e);
	/* A message of a log that became no event; told once, for the first lane. */
	void (*refused)(void *ctx, const struct message *m, unsigned reason, const char *field);
	/* From time to time while a log is read: bytes done, of all (0 = unknown), and messages. */
	void (*progress)(void *ctx, uint64_t done, uint64_t all, uint64_t n_messages);
};

/* A lane for each of the plans, which must outlive it. `topic` names the stream in alerts; it is
 * copied. 0, -ENOMEM. */
int lab_new(const struct plan *const *plans, size_t n_plans, const char *topic,
            const struct lab_watch *watch, struct lab **ret_lab);
struct lab *lab_free(struct lab *l);

/* Takes one event in. Its texts must be valid until lab_flush() has returned. */
void lab_take(struct lab *l, const struct tocsin_event *e);
/* Scores what was taken. */
void lab_flush(struct lab *l);
/* Event time goes on to `time_ns` without an event: silences end, what is due is told. Flushes. */
void lab_idle(struct lab *l, int64_t time_ns);

/* Reads logs, merged by event time, through every lane. 0; -EINVAL, -ENOMEM or an error of the
 * files with the reason. */
int lab_read(struct lab *l, const char *const *paths, size_t n_paths, const struct format *format,
             char *reterr, size_t reterr_size);

uint64_t lab_n_messages(const struct lab *l);
/* Counts of one lane. */
const struct stats *lab_stats(const struct lab *l, size_t lane);

#endif
