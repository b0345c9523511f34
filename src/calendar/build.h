/* build.h - a calendar in the making: spec.c reads the words, build.c lays out the years. Private to
 * this room. */
#ifndef CALENDAR_BUILD_H
#define CALENDAR_BUILD_H

#include "calendar/compiled.h"

#define DAY_S 86400LL
#define N_DAYS 7
#define NONE COMPILED_NONE

struct plan_phase {
	enum calendar_phase phase;
	int64_t from_s, to_s; /* from midnight of the session's date */
};

struct plan {
	struct plan_phase phases[CALENDAR_MAX_PHASES];
	size_t n;
	int64_t close_s; /* of the last continuous phase */
};

struct build {
	const struct calendar_spec *spec;
	struct errors *errors;
	struct calendar *c;
	struct plan *plans; /* n_sessions of them */
	uint32_t week[N_DAYS]; /* plan, NONE = no session */
	struct place *day_places; /* of dates that are named; line 0 = not */
	unsigned n_overlaps;
};

static inline size_t weekday(int64_t day)       /* 0 = Sunday */
{
	return (size_t)(((day + 4) % N_DAYS + N_DAYS) % N_DAYS); /* 1970-01-01 was a Thursday */
}

/* Years that can be covered? An error otherwise. */
bool spec_years(struct build *b);
/* Reads the rest of the spec into what allocate() made: zone, plans, week, named dates. What is wrong
 * is in the errors. 0 or -ENOMEM. */
int spec_read(struct build *b);

#endif
