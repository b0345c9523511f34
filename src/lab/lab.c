#include "lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "lab/log.h"

#define BATCH 1024

struct lane {
	struct lab *lab;
	size_t number;
	struct stats *stats;
	struct pipeline *pipeline;
	struct partition *partition;
};

struct lab {
	struct lab_watch watch;
	struct lane *lanes;
	size_t n_lanes;
	struct partition *now; /* of the lane that is fed */
	struct stream stream;
	struct batch *batch; /* of lab_take() */
	int64_t offset;
	uint64_t n_messages;
	char topic[250];
};

static void on_alert(void *ctx, const struct tocsin_alert *a)
{
	const struct lane *lane = ctx;

	if (lane->lab->watch.alert)
		lane->lab->watch.alert(lane->lab->watch.ctx, lane->number, a);
}

static void on_judged(void *ctx, const struct pipeline_judged *j)
{
	const struct lane *lane = ctx;

	lane->lab->watch.judged(lane->lab->watch.ctx, lane->number, j);
}

static void on_refused(void *ctx, const struct message *m, unsigned reason, const char *field)
{
	const struct lane *lane = ctx;

	if (lane->number == 0 && lane->lab->watch.refused)
		lane->lab->watch.refused(lane->lab->watch.ctx, m, reason, field);
}

static int make_lane(struct lab *l, size_t i, const struct plan *plan)
{
	struct lane *lane = &l->lanes[i];
	const struct pipeline_events events = { .ctx = lane,
		                                .alert = on_alert,
		                                .refused = on_refused,
		                                .judged = l->watch.judged ? on_judged : NULL };
	int e;

	*lane = (struct lane){ .lab = l, .number = i };
	e = stats_new(plan, &lane->stats);
	if (e == 0)
		e = pipeline_new(plan, lane->stats, &events, false, &lane->pipeline);
	if (e == 0)
		e = pipeline_partition_new(lane->pipeline, l->topic, 0, &lane->partition);
	return e;
}

int lab_new(const struct plan *const *plans, size_t n_plans, const char *topic,
            const struct lab_watch *watch, struct lab **ret_lab)
{
	struct lab *l = calloc(1, sizeof *l);
	int e = 0;

	if (!l)
		return -ENOMEM;
	l->watch = *watch;
	snprintf(l->topic, sizeof l->topic, "%s", topic);
	l->stream = (struct stream){ .topic = l->topic, .app = l };
	l->lanes = calloc(n_plans ? n_plans : 1, sizeof *l->lanes);
	e = l->lanes ? batch_new(BATCH, &l->batch) : -ENOMEM;
	for (size_t i = 0; e == 0 && i < n_plans; i++) {
		l->n_lanes++;
		e = make_lane(l, i, plans[i]);
	}
	if (e) {
		lab_free(l);
		return e;
	}
	*ret_lab = l;
	return 0;
}

struct lab *lab_free(struct lab *l)
{
	if (!l)
		return NULL;
	for (size_t i = 0; i < l->n_lanes; i++) {
		pipeline_partition_free(l->lanes[i].partition);
		pipeline_free(l->lanes[i].pipeline);
		stats_free(l->lanes[i].stats);
	}
	free(l->lanes);
	batch_free(l->batch);
	free(l);
	return NULL;
}

/* Feeding ------------------------------------------------------------------------------------- */

/* The messages' stream leads to the lab, which knows the lane that is fed. */
static struct partition *partition_of(const struct message *m)
{
	return ((struct lab *)m->stream->app)->now;
}

static void score(struct lab *l, const struct batch *b)
{
	for (size_t i = 0; l->watch.event && i < b->n_decoded; i++)
		if (b->decoded[i].verdict == DECODE_OK)
			l->watch.event(l->watch.ctx, &b->decoded[i].event);
	for (size_t i = 0; i < l->n_lanes; i++) {
		l->now = l->lanes[i].partition;
		pipeline_take(l->lanes[i].pipeline, b, partition_of);
	}
	for (size_t i = 0; i < b->n; i++)
		l->n_messages += !b->messages[i].header;
}

void lab_take(struct lab *l, const struct tocsin_event *e)
{
	struct batch *b = l->batch;

	if (b->n == b->size)
		lab_flush(l);
	b->messages[b->n] = (struct message){ .stream = &l->stream, .offset = l->offset++ };
	b->decoded[b->n] = (struct decoded){
		.event = *e, .verdict = DECODE_OK, .field = "", .key = feature_key(&e->instrument)
	};
	b->n_decoded = ++b->n;
}

void lab_flush(struct lab *l)
{
	l->batch->consumed_ns = clock_wall();
	score(l, l->batch);
	l->batch->n = l->batch->n_decoded = 0;
}

void lab_idle(struct lab *l, int64_t time_ns)
{
	lab_flush(l);
	for (size_t i = 0; i < l->n_lanes; i++) {
		struct partition *t = l->lanes[i].partition;

		pipeline_idle(l->lanes[i].pipeline, t, time_ns);
		t->n_advances = t->n_applied = 0; /* nothing is stored that would need them */
	}
}

uint64_t lab_n_messages(const struct lab *l)
{
	return l->n_messages;
}

const struct stats *lab_stats(const struct lab *l, size_t lane)
{
	return l->lanes[lane].stats;
}

/* Logs ---------------------------------------------------------------------------------------- */

static void on_progress(void *ctx, uint64_t done, uint64_t all)
{
	struct lab *l = ctx;

	if (l->watch.progress)
		l->watch.progress(l->watch.ctx, done, all, l->n_messages);
}

static int on_batch(void *ctx, const struct batch *b)
{
	score(ctx, b);
	return 0;
}

int lab_read(struct lab *l, const char *const *paths, size_t n_paths, const struct format *format,
             char *reterr, size_t reterr_size)
{
	const struct lab_log log = {
		.paths = paths,
		.n_paths = n_paths,
		.format = format,
		.topic = l->topic,
		.app = l,
		.ctx = l,
		.batch = on_batch,
		.progress = on_progress,
	};

	return lab_log_read(&log, reterr, reterr_size);
}
