/* Asking a calendar.
 *
 * Problem: rules ask for phase, time to the close and the like at every event, and a silence must
 * know when five minutes of trading have passed. Idea: zones, weeks, holidays and half days are
 * worked out once (build.c) into spans of UTC in ascending order, each with the market time before
 * it; then every question is a look-up of one span, or of two. A look-up begins where the caller's
 * last one ended (event times mostly ascend), and is a binary search otherwise. Five years of four
 * phases a day are 6500 spans, 150 KiB. */
#include "calendar/calendar.h"

#include <string.h>

#include "calendar/compiled.h"
#include "core/hash.h"
#include "core/timefmt.h"

#define DAY_S 86400LL

const char *calendar_phase_name(enum calendar_phase p)
{
	static const char *const names[CALENDAR_N_PHASES] = {
		[CALENDAR_UNKNOWN] = "unknown",
		[CALENDAR_CLOSED] = "closed",
		[CALENDAR_PRE_OPEN] = "pre_open",
		[CALENDAR_OPENING_AUCTION] = "opening_auction",
		[CALENDAR_CONTINUOUS] = "continuous",
		[CALENDAR_INTRADAY_AUCTION] = "intraday_auction",
		[CALENDAR_CLOSING_AUCTION] = "closing_auction",
		[CALENDAR_POST] = "post",
		[CALENDAR_BREAK] = "break",
	};

	return names[p];
}

const char *calendar_day_kind_name(enum calendar_day_kind kind)
{
	static const char *const names[] = {
		[CALENDAR_DAY_OFF] = "no session",  [CALENDAR_DAY_HOLIDAY] = "holiday",
		[CALENDAR_DAY_REGULAR] = "regular", [CALENDAR_DAY_HALF] = "half day",
		[CALENDAR_DAY_SPECIAL] = "special",
	};

	return names[kind];
}

const char *calendar_name(const struct calendar *c)
{
	return c->name;
}

const char *calendar_title(const struct calendar *c)
{
	return c->title;
}

const char *calendar_mic(const struct calendar *c)
{
	return c->mic;
}

const char *calendar_zone(const struct calendar *c)
{
	return zone_name(c->zone);
}

/* The spans hold all but the offsets, which time_of_day() shows: they are those of the zone by name,
 * at the time of each span. */
uint64_t calendar_hash(const struct calendar *c)
{
	const char *zone = zone_name(c->zone);
	uint64_t hash = hash_bytes(zone, strlen(zone), 0);
	uint32_t cursor = 0;

	for (size_t i = 1; i < c->n_spans; i++) {
		int64_t at_s = c->spans[i].begin_ns / NS_PER_S;
		const int64_t parts[] = { c->spans[i].begin_ns, c->spans[i].phase,
			                  zone_offset(c->zone, at_s, &cursor) };

		hash = hash_bytes(parts, sizeof parts, hash);
	}
	return hash;
}

/* Spans -------------------------------------------------------------------------------------- */

static bool holds(const struct calendar *c, size_t i, int64_t time_ns)
{
	return c->spans[i].begin_ns <= time_ns &&
	       (i + 1 == c->n_spans || time_ns < c->spans[i + 1].begin_ns);
}

/* The span of `time_ns`. */
static const struct compiled_span *find(const struct calendar *c, int64_t time_ns,
                                        struct calendar_cursor *cursor)
{
	size_t low = 0, high = c->n_spans;

	for (size_t i = cursor->span; i < c->n_spans && i <= (size_t)cursor->span + 1; i++) {
		if (holds(c, i, time_ns)) {
			cursor->span = (uint32_t)i;
			return &c->spans[i];
		}
	}
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (c->spans[middle].begin_ns <= time_ns)
			low = middle;
		else
			high = middle;
	}
	cursor->span = (uint32_t)low;
	return &c->spans[low];
}

static int64_t market_at(const struct compiled_span *s, int64_t time_ns)
{
	return s->market_ns + (s->phase == CALENDAR_CONTINUOUS ? time_ns - s->begin_ns : 0);
}

enum calendar_phase calendar_phase(const struct calendar *c, int64_t time_ns,
                                   struct calendar_cursor *cursor)
{
	return (enum calendar_phase)find(c, time_ns, cursor)->phase;
}

bool calendar_session(const struct calendar *c, int64_t time_ns, struct calendar_cursor *cursor,
                      int64_t *ret_open_ns, int64_t *ret_close_ns)
{
	const struct compiled_span *s = find(c, time_ns, cursor);
	const struct compiled_session *session;

	if (s->session == COMPILED_NONE)
		return false;
	session = &c->sessions[s->session];
	if (time_ns < session->open_ns || time_ns >= session->close_ns)
		return false;
	*ret_open_ns = session->open_ns;
	*ret_close_ns = session->close_ns;
	return true;
}

bool calendar_next_open(const struct calendar *c, int64_t time_ns, int64_t *ret_open_ns)
{
	struct calendar_cursor cursor = { 0 };
	size_t low = 0, high = c->n_sessions;

	if (find(c, time_ns, &cursor)->phase == CALENDAR_UNKNOWN)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->sessions[middle].open_ns > time_ns)
			high = middle;
		else
			low = middle + 1;
	}
	if (low == c->n_sessions)
		return false;
	*ret_open_ns = c->sessions[low].open_ns;
	return true;
}

bool calendar_market_time(const struct calendar *c, int64_t from_ns, int64_t to_ns,
                          struct calendar_cursor *cursor, int64_t *ret_ns)
{
	const struct compiled_span *from = find(c, from_ns, cursor), *to = find(c, to_ns, cursor);

	if (from->phase == CALENDAR_UNKNOWN || to->phase == CALENDAR_UNKNOWN)
		return false;
	*ret_ns = market_at(to, to_ns) - market_at(from, from_ns);
	return true;
}

bool calendar_after(const struct calendar *c, int64_t from_ns, int64_t market_ns,
                    struct calendar_cursor *cursor, int64_t *ret_ns)
{
	const struct compiled_span *from = find(c, from_ns, cursor);
	const struct compiled_span *last = &c->spans[c->n_spans - 1];
	size_t low = (size_t)(from - c->spans), high = c->n_spans - 1;
	int64_t mark;

	if (from->phase == CALENDAR_UNKNOWN)
		return false;
	if (market_ns == 0) {
		*ret_ns = from_ns;
		return true;
	}
	if (__builtin_add_overflow(market_at(from, from_ns), market_ns, &mark) ||
	    mark > last->market_ns)
		return false;
	if (c->spans[low + 1].market_ns >= mark) /* nearly always: within this span */
		high = low;
	while (low < high) { /* the first span at whose end the mark is reached */
		size_t middle = low + (high - low) / 2;

		if (c->spans[middle + 1].market_ns >= mark)
			high = middle;
		else
			low = middle + 1;
	}
	*ret_ns = c->spans[low].begin_ns + (mark - c->spans[low].market_ns);
	return true;
}

/* Clocks ------------------------------------------------------------------------------------- */

static int64_t seconds_of(int64_t time_ns)
{
	return time_ns / NS_PER_S - (time_ns % NS_PER_S < 0);
}

int64_t calendar_time_of_day(const struct calendar *c, int64_t time_ns,
                             struct calendar_cursor *cursor)
{
	int64_t s = seconds_of(time_ns), local = s + zone_offset(c->zone, s, &cursor->change);
	int64_t of_day = local % DAY_S;

	return (of_day < 0 ? of_day + DAY_S : of_day) * NS_PER_S + (time_ns - s * NS_PER_S);
}

int64_t calendar_offset(const struct calendar *c, int64_t time_ns)
{
	return zone_offset(c->zone, seconds_of(time_ns), &(uint32_t){ 0 });
}

/* Days --------------------------------------------------------------------------------------- */

void calendar_range(const struct calendar *c, int64_t *ret_first, int64_t *ret_last)
{
	*ret_first = c->first_day;
	*ret_last = c->first_day + (int64_t)c->n_days - 1;
}

bool calendar_day(const struct calendar *c, int64_t day, struct calendar_day *ret)
{
	const struct compiled_session *session;
	const struct compiled_day *d;

	if (day < c->first_day || day >= c->first_day + (int64_t)c->n_days)
		return false;
	d = &c->days[day - c->first_day];
	*ret = (struct calendar_day){
		.kind = (enum calendar_day_kind)d->kind,
		.name = c->texts + d->name,
		.session = "",
	};
	if (d->session == COMPILED_NONE)
		return true;
	session = &c->sessions[d->session];
	ret->session = c->plans[d->plan];
	for (size_t i = session->first; i < session->first + session->n; i++) {
		const struct compiled_span *s = &c->spans[i];

		if (s->phase != CALENDAR_CLOSED && ret->n_phases < CALENDAR_MAX_PHASES)
			ret->phases[ret->n_phases++] = (struct calendar_span){
				(enum calendar_phase)s->phase, s->begin_ns, s[1].begin_ns
			};
	}
	return true;
}
