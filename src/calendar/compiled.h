/* compiled.h - inside of a calendar: made by build.c, asked by calendar.c. Private to this room. */
#ifndef CALENDAR_COMPILED_H
#define CALENDAR_COMPILED_H

#include "calendar/calendar.h"
#include "calendar/zone.h"

#define COMPILED_NONE UINT32_MAX

/* Time is cut into spans without gaps, ascending; each lasts until the next begins. The first begins
 * at INT64_MIN and the last never ends: both are CALENDAR_UNKNOWN. */
struct compiled_span {
	int64_t begin_ns;
	int64_t market_ns;               /* of all spans before */
	uint32_t session;                /* COMPILED_NONE = between sessions */
	uint32_t phase;
};

struct compiled_session {
	int64_t open_ns, close_ns;       /* equal: a change of clocks left nothing */
	uint32_t first, n;               /* its spans, gaps included */
};

struct compiled_day {
	uint32_t session;                /* COMPILED_NONE = none */
	uint8_t kind;                    /* enum calendar_day_kind */
	uint8_t plan;                    /* which kind of session */
	uint32_t name;                   /* offset in texts; 0 = "" */
};

struct calendar {
	char *name, *title, *mic;
	struct zone *zone;
	struct compiled_span *spans;
	size_t n_spans, size_spans;
	struct compiled_session *sessions;
	size_t n_sessions;
	struct compiled_day *days;
	int64_t first_day;
	size_t n_days;
	char *texts;                     /* names of dates, each ended by NUL; begins with "" */
	size_t n_texts;
	char *plans[CALENDAR_MAX_SESSIONS];      /* names of the kinds of sessions */
};

#endif
