/* calendar.h - when an exchange trades: sessions, their phases, holidays and half days.
 *
 * Pure after making; the only clock is the time passed in. A calendar is made from plain structs
 * (`struct calendar_spec`), is immutable then, and may be used by several threads. It covers whole
 * years, no more: outside of them the phase is CALENDAR_UNKNOWN and every other question is refused,
 * for nobody knows the holidays of a year that is not written down.
 *
 * A session belongs to a date, may begin on the day before and end on the day after. Its phases are
 * in order; what lies between phases and between sessions is CALENDAR_CLOSED. Market time is the
 * time of the continuous phases. Memory: 24 bytes a phase and day, 24 a session, 16 a day. */
#ifndef CALENDAR_CALENDAR_H
#define CALENDAR_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/errors.h"

#define CALENDAR_MIN_YEAR 1970
#define CALENDAR_MAX_YEAR 2200
#define CALENDAR_MAX_YEARS 150           /* from the first to the last */
#define CALENDAR_MAX_PHASES 32           /* of a session */
#define CALENDAR_MAX_SESSIONS 64         /* kinds of them */

struct calendar;

enum calendar_phase {
	CALENDAR_UNKNOWN,                /* outside of the years covered */
	CALENDAR_CLOSED,
	CALENDAR_PRE_OPEN,
	CALENDAR_OPENING_AUCTION,
	CALENDAR_CONTINUOUS,
	CALENDAR_INTRADAY_AUCTION,
	CALENDAR_CLOSING_AUCTION,
	CALENDAR_POST,
	CALENDAR_BREAK,                  /* a pause inside of a session */
	CALENDAR_N_PHASES
};

/* "continuous"; of CALENDAR_UNKNOWN "unknown". */
const char *calendar_phase_name(enum calendar_phase p);

/* What a calendar is made from. All is borrowed until calendar_new() returns. */
struct calendar_text {
	const char *s;
	struct place at;                 /* for errors */
};

struct calendar_named_date {
	struct calendar_text date, name; /* "2024-07-03", "Eve of Independence Day" */
};

/* "09:30", "15:59:30", "24:00"; "day before 17:00", "day after 02:00". */
struct calendar_phase_spec {
	enum calendar_phase phase;       /* PRE_OPEN to BREAK */
	struct calendar_text from, to;
	struct place at;
};

struct calendar_session_spec {
	struct calendar_text name;
	const struct calendar_text *days;        /* "mon" to "sun": every week, but on holidays */
	size_t n_days;
	const struct calendar_named_date *dates; /* on these instead of the week's */
	size_t n_dates;
	const struct calendar_phase_spec *phases;
	size_t n_phases;
	struct place at;
};

struct calendar_spec {
	struct calendar_text name, zone;
	const char *title, *mic;         /* NULL = none */
	int first_year, last_year;       /* covered, both included */
	const struct calendar_session_spec *sessions;
	size_t n_sessions;
	const struct calendar_named_date *holidays;
	size_t n_holidays;
	struct place at;
};

/* 0 and *ret_calendar, which the caller owns; -EINVAL with every mistake in `errors`; -ENOMEM. */
int calendar_new(const struct calendar_spec *spec, struct errors *errors,
                 struct calendar **ret_calendar);
struct calendar *calendar_free(struct calendar *c);      /* accepts NULL; returns NULL */

const char *calendar_name(const struct calendar *c);
const char *calendar_title(const struct calendar *c);    /* "" = none, as the next */
const char *calendar_mic(const struct calendar *c);
const char *calendar_zone(const struct calendar *c);
/* Of all that answers depend on, the zone's changes included. */
uint64_t calendar_hash(const struct calendar *c);

/* Where the last answer was: makes the next one near it O(1), any other O(log n). Of the caller,
 * one for each thread (or key); zero at first; changes no answer. */
struct calendar_cursor {
	uint32_t span, change;
};

enum calendar_phase calendar_phase(const struct calendar *c, int64_t time_ns,
                                   struct calendar_cursor *cursor);
/* The session whose continuous trading, breaks and auctions within it included, holds `time_ns`:
 * [*ret_open_ns, *ret_close_ns). False: none does. */
bool calendar_session(const struct calendar *c, int64_t time_ns, struct calendar_cursor *cursor,
                      int64_t *ret_open_ns, int64_t *ret_close_ns);
/* The first beginning of a session's continuous trading after `time_ns`. False: not known. */
bool calendar_next_open(const struct calendar *c, int64_t time_ns, int64_t *ret_open_ns);
/* Market time in [from_ns, to_ns], from_ns <= to_ns. False: one is outside of the years. */
bool calendar_market_time(const struct calendar *c, int64_t from_ns, int64_t to_ns,
                          struct calendar_cursor *cursor, int64_t *ret_ns);
/* The first instant at which `market_ns` >= 0 of market time have passed since from_ns. False: not
 * within the years. */
bool calendar_after(const struct calendar *c, int64_t from_ns, int64_t market_ns,
                    struct calendar_cursor *cursor, int64_t *ret_ns);
/* What the clocks show, ns since midnight: 09:30 is 09:30 on days of clock changes too. In any year. */
int64_t calendar_time_of_day(const struct calendar *c, int64_t time_ns,
                             struct calendar_cursor *cursor);
/* Seconds east of UTC at that time. In any year. */
int64_t calendar_offset(const struct calendar *c, int64_t time_ns);

/* For people: what a date is. */
enum calendar_day_kind {
	CALENDAR_DAY_OFF,                /* no session in the week's plan */
	CALENDAR_DAY_HOLIDAY,
	CALENDAR_DAY_REGULAR,
	CALENDAR_DAY_HALF,               /* continuous trading ends before the week's plan says */
	CALENDAR_DAY_SPECIAL,            /* otherwise by its date */
};

struct calendar_span {
	enum calendar_phase phase;
	int64_t begin_ns, end_ns;
};

struct calendar_day {
	enum calendar_day_kind kind;
	const char *name;                /* of the holiday or special date; "" = none */
	const char *session;             /* name of its session; "" = none */
	size_t n_phases;                 /* gaps are none */
	struct calendar_span phases[CALENDAR_MAX_PHASES];
};

const char *calendar_day_kind_name(enum calendar_day_kind kind);         /* "half day" */
/* The dates covered, days since 1970-01-01, both included. */
void calendar_range(const struct calendar *c, int64_t *ret_first, int64_t *ret_last);
/* False: outside of the years. The texts are borrowed from the calendar. */
bool calendar_day(const struct calendar *c, int64_t day, struct calendar_day *ret);

#endif
