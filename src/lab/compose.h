/* compose.h - the events of one rule test: single ones, tables, generated ones and recorded logs, in
 * the order of their times (equal times: in the order of the file). */
#ifndef LAB_COMPOSE_H
#define LAB_COMPOSE_H

#include <tocsin/event.h>

#include "engine/plan.h"
#include "lab/file.h"

struct conf_memory;

struct lab_events {
	struct tocsin_event *v;
	size_t n, size;
	size_t removed_by_gaps;
	int64_t start_ns;                /* what the test's durations count from */
	struct conf_memory *texts;       /* owns the events' texts */
};

#define LAB_DEFAULT_START "2024-01-03T15:00:00Z"     /* a Wednesday: open in New York and London */

/* 0; -EINVAL with `errors` filled; -ENOMEM. *ret is to be ended with lab_events_done() in every case.
 * Formats of logs are looked up in `plan`. A test's start, when not given: the first event of its
 * first log; without a log LAB_DEFAULT_START. */
int lab_compose(struct lab_file *f, const struct lab_test *t, struct plan *plan,
                struct errors *errors, struct lab_events *ret);
void lab_events_done(struct lab_events *e);

/* The parts. One event of an item's texts, at a time; what its kind needs and lacks is told
 * (-EINVAL). The event's texts are the item's. `fallback` gives what `i` has not. */
struct lab_template {
	const struct lab_item *item, *fallback;
	const char *instrument;          /* when neither has one */
	struct place place;              /* for messages */
};
int lab_event_make(const struct lab_template *t, int64_t time_ns, struct errors *errors,
                   struct tocsin_event *ret);
/* Appends. -ENOMEM, or -E2BIG over LAB_MAX_EVENTS. */
int lab_events_add(struct lab_events *e, const struct tocsin_event *event);

/* generate.c: the events of an item with a shape; a gap takes away instead. */
int lab_generate(const struct lab_template *t, struct errors *errors, struct lab_events *ret);
/* rows.c: the events of a table. */
int lab_rows(const struct lab_file *f, const struct lab_template *t, struct errors *errors,
             struct lab_events *ret);

#endif
