/* From the words of a calendar file to spans of UTC.
 *
 * First the words are read and checked (spec.c), then the years are gone through day by day: a date
 * has its own session, or is a holiday, or follows the week's plan. Clock times become instants by the zone, so that 09:30 is 09:30 all the year; a phase
 * that a change of clocks leaves without a second is left out. Sessions must not overlap, which is
 * looked at on real dates: an evening session before a half day is fine on one and wrong on another. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar/build.h"
#include "core/timefmt.h"

#define MAX_OVERLAPS 5 /* told of one calendar: the rest is more of the same */

static bool failed(const struct build *b, size_t before)
{
	return b->errors->n_all > before;
}

static int add_span(struct calendar *c, int64_t begin_s, uint32_t phase, uint32_t session)
{
	const struct compiled_span *last = c->n_spans ? &c->spans[c->n_spans - 1] : NULL;
	int64_t begin_ns = begin_s * NS_PER_S, market_ns = last ? last->market_ns : 0;

	if (c->n_spans == c->size_spans) {
		size_t more = c->size_spans ? 2 * c->size_spans : 1024;
		struct compiled_span *p = realloc(c->spans, more * sizeof *p);

		if (!p)
			return -ENOMEM;
		c->spans = p;
		c->size_spans = more;
		last = c->n_spans ? &p[c->n_spans - 1] : NULL;
	}
	if (last && last->phase == CALENDAR_CONTINUOUS)
		market_ns += begin_ns - last->begin_ns;
	c->spans[c->n_spans++] = (struct compiled_span){ begin_ns, market_ns, session, phase };
	return 0;
}

static void tell_overlap(struct build *b, const struct calendar_session_spec *s, int64_t day)
{
	char text[TIMEFMT_TEXT];

	if (b->n_overlaps++ >= MAX_OVERLAPS)
		return;
	date_format(day, text);
	errors_add(b->errors, s->at,
	           "session '%s' of %s begins before the session before it has ended", s->name.s,
	           text);
}

/* One phase of session `number`; the gap before it belongs to the session but for the first's.
 * *last_end: of what was before, moved on. */
static int build_phase(struct calendar *c, const struct plan_phase *p, int64_t from, int64_t to,
                       uint32_t number, int64_t *last_end)
{
	struct compiled_session *s = &c->sessions[number];
	bool first = c->n_spans == s->first;
	int r = 0;

	if (from > *last_end) {
		r = add_span(c, *last_end, CALENDAR_CLOSED, first ? NONE : number);
		if (first)
			s->first = (uint32_t)c->n_spans;
	}
	if (r == 0)
		r = add_span(c, from, p->phase, number);
	*last_end = to;
	if (p->phase == CALENDAR_CONTINUOUS) {
		if (s->open_ns == s->close_ns)
			s->open_ns = from * NS_PER_S;
		s->close_ns = to * NS_PER_S;
	}
	return r;
}

static int build_session(struct build *b, int64_t day, uint32_t plan, int64_t *last_end)
{
	struct calendar *c = b->c;
	uint32_t number = (uint32_t)c->n_sessions;
	struct compiled_session *s = &c->sessions[number];
	int r = 0;

	s->first = (uint32_t)c->n_spans;
	s->open_ns = s->close_ns = *last_end * NS_PER_S;
	for (size_t i = 0; r == 0 && i < b->plans[plan].n; i++) {
		const struct plan_phase *p = &b->plans[plan].phases[i];
		int64_t from = zone_utc(c->zone, day * DAY_S + p->from_s);
		int64_t to = zone_utc(c->zone, day * DAY_S + p->to_s);

		if (from < to && from < *last_end) {
			tell_overlap(b, &b->spec->sessions[plan], day);
			return 0;
		}
		if (from < to)
			r = build_phase(c, p, from, to, number, last_end);
	}
	s->n = (uint32_t)c->n_spans - s->first;
	c->days[day - c->first_day].session = number;
	c->n_sessions++;
	return r;
}

/* How far the week's sessions reach into the days around them: there, at the ends of the years, a
 * session of the year that is not known could be. */
static void reach(const struct build *b, int64_t *ret_before, int64_t *ret_after)
{
	*ret_before = *ret_after = 0;
	for (size_t i = 0; i < N_DAYS; i++) {
		const struct plan *p = b->week[i] == NONE ? NULL : &b->plans[b->week[i]];

		if (p && p->phases[0].from_s < *ret_before)
			*ret_before = p->phases[0].from_s;
		if (p && p->phases[p->n - 1].to_s - DAY_S > *ret_after)
			*ret_after = p->phases[p->n - 1].to_s - DAY_S;
	}
}

static uint32_t plan_of(const struct build *b, int64_t day)
{
	struct compiled_day *d = &b->c->days[day - b->c->first_day];
	uint32_t plan = b->week[weekday(day)];

	if (d->kind == CALENDAR_DAY_HOLIDAY)
		return NONE;
	if (d->kind == CALENDAR_DAY_HALF || d->kind == CALENDAR_DAY_SPECIAL)
		return d->plan;
	if (plan != NONE) {
		d->kind = CALENDAR_DAY_REGULAR;
		d->plan = (uint8_t)plan;
	}
	return plan;
}

static int build_spans(struct build *b)
{
	struct calendar *c = b->c;
	int64_t end_day = c->first_day + (int64_t)c->n_days, before, after, begin_s, end_s, last;
	int r;

	reach(b, &before, &after);
	begin_s = last = zone_utc(c->zone, c->first_day * DAY_S + after);
	end_s = zone_utc(c->zone, end_day * DAY_S + before);
	r = add_span(c, INT64_MIN / NS_PER_S, CALENDAR_UNKNOWN, NONE);
	if (r == 0)
		c->spans[0].begin_ns = INT64_MIN;
	for (int64_t day = c->first_day; r == 0 && day < end_day; day++) {
		uint32_t plan = plan_of(b, day);

		/* The first session may begin in the year before: known all the same. */
		if (plan != NONE && c->n_sessions == 0) {
			begin_s = zone_utc(c->zone, day * DAY_S + b->plans[plan].phases[0].from_s);
			last = begin_s < last ? begin_s : last;
		}
		if (plan != NONE)
			r = build_session(b, day, plan, &last);
	}
	if (r == 0 && last < end_s)
		r = add_span(c, last, CALENDAR_CLOSED, NONE);
	if (r == 0)
		r = add_span(c, last < end_s ? end_s : last, CALENDAR_UNKNOWN, NONE);
	return r;
}

static size_t text_bytes(const struct calendar_spec *s)
{
	size_t n = 1;

	for (size_t i = 0; i < s->n_holidays; i++)
		n += strlen(s->holidays[i].name.s) + 1;
	for (size_t i = 0; i < s->n_sessions; i++)
		for (size_t k = 0; k < s->sessions[i].n_dates; k++)
			n += strlen(s->sessions[i].dates[k].name.s) + 1;
	return n;
}

static int allocate(struct build *b)
{
	const struct calendar_spec *s = b->spec;
	struct calendar *c = b->c;
	char text[TIMEFMT_TEXT];
	int64_t end;

	snprintf(text, sizeof text, "%04d-01-01", s->first_year);
	(void)date_parse(text, strlen(text), &c->first_day);
	snprintf(text, sizeof text, "%04d-01-01", s->last_year + 1);
	(void)date_parse(text, strlen(text), &end);
	c->n_days = (size_t)(end - c->first_day);
	c->days = calloc(c->n_days, sizeof *c->days);
	c->sessions = calloc(c->n_days, sizeof *c->sessions);
	c->texts = calloc(text_bytes(s), 1);
	c->n_texts = 1;
	c->name = strdup(s->name.s);
	c->title = strdup(s->title ? s->title : "");
	c->mic = strdup(s->mic ? s->mic : "");
	b->plans = calloc(s->n_sessions ? s->n_sessions : 1, sizeof *b->plans);
	b->day_places = calloc(c->n_days, sizeof *b->day_places);
	if (!c->days || !c->sessions || !c->texts || !c->name || !c->title || !c->mic ||
	    !b->plans || !b->day_places)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_sessions && i < CALENDAR_MAX_SESSIONS; i++)
		if (!(c->plans[i] = strdup(s->sessions[i].name.s)))
			return -ENOMEM;
	for (size_t i = 0; i < c->n_days; i++)
		c->days[i].session = NONE;
	for (size_t i = 0; i < N_DAYS; i++)
		b->week[i] = NONE;
	return 0;
}

int calendar_new(const struct calendar_spec *spec, struct errors *errors,
                 struct calendar **ret_calendar)
{
	struct build b = { .spec = spec, .errors = errors, .c = calloc(1, sizeof *b.c) };
	size_t before = errors->n_all;
	int r = b.c ? 0 : -ENOMEM;

	if (r == 0 && spec_years(&b))
		r = allocate(&b);
	if (r == 0 && b.plans)
		r = spec_read(&b);
	if (r == 0 && !failed(&b, before))
		r = build_spans(&b);
	if (r == 0 && failed(&b, before))
		r = -EINVAL;
	free(b.plans);
	free(b.day_places);
	if (r) {
		calendar_free(b.c);
		return r;
	}
	*ret_calendar = b.c;
	return 0;
}

struct calendar *calendar_free(struct calendar *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < CALENDAR_MAX_SESSIONS; i++)
		free(c->plans[i]);
	zone_free(c->zone);
	free(c->spans);
	free(c->sessions);
	free(c->days);
	free(c->texts);
	free(c->name);
	free(c->title);
	free(c->mic);
	free(c);
	return NULL;
}
