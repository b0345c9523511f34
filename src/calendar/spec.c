/* Reading and checking the words of a calendar: each kind of session by itself, then the week, then
 * the dates that have a name. Every mistake is told, with its place. */
#include <errno.h>
#include <string.h>

#include "calendar/build.h"
#include "core/nearest.h"
#include "core/timefmt.h"

static const char *const day_names[N_DAYS] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

static bool starts(const char **p, const char *with)
{
	size_t n = strlen(with);

	if (strncmp(*p, with, n) != 0)
		return false;
	*p += n;
	return true;
}

static int two_digits(const char *p)
{
	return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9'
	               ? (p[0] - '0') * 10 + (p[1] - '0')
	               : -1;
}

/* Seconds from midnight of the session's date. */
static bool read_time(const char *p, int64_t *ret_s)
{
	int64_t day = starts(&p, "day before ") ? -1 : starts(&p, "day after ") ? 1 : 0;
	size_t n = strlen(p);
	int h, m, s = 0;

	if ((n != 5 && n != 8) || p[2] != ':' || (n == 8 && p[5] != ':'))
		return false;
	h = two_digits(p);
	m = two_digits(p + 3);
	if (n == 8)
		s = two_digits(p + 6);
	if (h < 0 || m < 0 || s < 0 || m > 59 || s > 59 || h * 3600 + m * 60 + s > DAY_S)
		return false;
	*ret_s = day * DAY_S + h * 3600 + m * 60 + s;
	return true;
}

static bool time_or_error(struct build *b, const struct calendar_text *t, int64_t *ret_s)
{
	if (read_time(t->s, ret_s))
		return true;
	errors_add(b->errors, t->at,
	           "'%.40s' is no time of a session: expected one such as 09:30, 15:59:30, "
	           "'day before 17:00' or 'day after 02:00'",
	           t->s);
	return false;
}

static void read_phases(struct build *b, const struct calendar_session_spec *s, struct plan *plan)
{
	int64_t before = -2 * DAY_S;

	if (s->n_phases > CALENDAR_MAX_PHASES) {
		errors_add(b->errors, s->at, "session '%s' has more than %d phases", s->name.s,
		           CALENDAR_MAX_PHASES);
		return;
	}
	plan->close_s = -2 * DAY_S;
	for (size_t i = 0; i < s->n_phases; i++) {
		const struct calendar_phase_spec *p = &s->phases[i];
		struct plan_phase *to = &plan->phases[plan->n];

		if (!time_or_error(b, &p->from, &to->from_s) ||
		    !time_or_error(b, &p->to, &to->to_s))
			continue;
		if (to->to_s <= to->from_s)
			errors_add(b->errors, p->to.at, "phase %s ends at %s, not after %s",
			           calendar_phase_name(p->phase), p->to.s, p->from.s);
		else if (to->from_s < before)
			errors_add(b->errors, p->from.at,
			           "phase %s begins at %s, before the phase above it has ended",
			           calendar_phase_name(p->phase), p->from.s);
		to->phase = p->phase;
		before = to->to_s;
		if (p->phase == CALENDAR_CONTINUOUS)
			plan->close_s = to->to_s;
		plan->n++;
	}
	if (plan->n == s->n_phases && plan->close_s == -2 * DAY_S)
		errors_add(b->errors, s->at, "session '%s' has no continuous phase", s->name.s);
}

static void read_week(struct build *b, uint32_t plan)
{
	const struct calendar_session_spec *s = &b->spec->sessions[plan];

	for (size_t i = 0; i < s->n_days; i++) {
		size_t day = 0;

		while (day < N_DAYS && strcmp(day_names[day], s->days[i].s) != 0)
			day++;
		if (day == N_DAYS)
			errors_add(b->errors, s->days[i].at,
			           "'%.40s' is no day of the week: expected mon to sun",
			           s->days[i].s);
		else if (b->week[day] != NONE)
			errors_add(b->errors, s->days[i].at, "%s has a session already, '%s'",
			           s->days[i].s, b->spec->sessions[b->week[day]].name.s);
		else
			b->week[day] = plan;
	}
}

static uint32_t keep_text(struct calendar *c, const char *s)
{
	size_t n = strlen(s) + 1, at = c->n_texts;

	memcpy(c->texts + at, s, n);
	c->n_texts += n;
	return n == 1 ? 0 : (uint32_t)at;
}

/* NULL after an error: no date, outside of the years, or named already. */
static struct compiled_day *read_date(struct build *b, const struct calendar_named_date *d,
                                      int64_t *ret_day)
{
	struct calendar *c = b->c;
	int64_t day;
	size_t i;

	if (date_parse(d->date.s, strlen(d->date.s), &day)) {
		errors_add(b->errors, d->date.at,
		           "'%.40s' is no date: expected one such as 2024-12-25", d->date.s);
		return NULL;
	}
	if (day < c->first_day || day >= c->first_day + (int64_t)c->n_days) {
		errors_add(b->errors, d->date.at, "%s is not within the years covered, %d to %d",
		           d->date.s, b->spec->first_year, b->spec->last_year);
		return NULL;
	}
	i = (size_t)(day - c->first_day);
	if (b->day_places[i].line) {
		errors_add(b->errors, d->date.at, "%s is there already (line %u)", d->date.s,
		           b->day_places[i].line);
		return NULL;
	}
	b->day_places[i] = d->date.at;
	if (!b->day_places[i].line)
		b->day_places[i].line = 1;
	c->days[i].name = keep_text(c, d->name.s);
	*ret_day = day;
	return &c->days[i];
}

static void read_dates(struct build *b)
{
	const struct calendar_spec *spec = b->spec;
	int64_t day;

	for (uint32_t p = 0; p < spec->n_sessions; p++) {
		for (size_t i = 0; i < spec->sessions[p].n_dates; i++) {
			struct compiled_day *d = read_date(b, &spec->sessions[p].dates[i], &day);
			uint32_t usual;

			if (!d)
				continue;
			usual = b->week[weekday(day)];
			d->plan = (uint8_t)p;
			d->kind = usual != NONE && b->plans[p].close_s < b->plans[usual].close_s
			                  ? CALENDAR_DAY_HALF
			                  : CALENDAR_DAY_SPECIAL;
		}
	}
	for (size_t i = 0; i < spec->n_holidays; i++) {
		struct compiled_day *d = read_date(b, &spec->holidays[i], &day);

		if (!d)
			continue;
		d->kind = CALENDAR_DAY_HOLIDAY;
		if (b->week[weekday(day)] == NONE)
			errors_add(b->errors, spec->holidays[i].date.at,
			           "%s is a %s, which has no session anyway",
			           spec->holidays[i].date.s, day_names[weekday(day)]);
	}
}

static bool read_sessions(struct build *b)
{
	const struct calendar_spec *spec = b->spec;

	if (spec->n_sessions == 0 || spec->n_sessions > CALENDAR_MAX_SESSIONS) {
		errors_add(b->errors, spec->at, "expected 1 to %d sessions, found %zu",
		           CALENDAR_MAX_SESSIONS, spec->n_sessions);
		return false;
	}
	for (uint32_t i = 0; i < spec->n_sessions; i++) {
		const struct calendar_session_spec *s = &spec->sessions[i];

		for (uint32_t k = 0; k < i; k++)
			if (strcmp(s->name.s, spec->sessions[k].name.s) == 0)
				errors_add(b->errors, s->name.at,
				           "session '%s' is there twice (first in line %u)",
				           s->name.s, spec->sessions[k].name.at.line);
		if (s->n_days == 0 && s->n_dates == 0)
			errors_add(b->errors, s->at, "session '%s' has neither days nor dates",
			           s->name.s);
		read_phases(b, s, &b->plans[i]);
		read_week(b, i);
	}
	return true;
}

bool spec_years(struct build *b)
{
	const struct calendar_spec *s = b->spec;

	if (s->first_year < CALENDAR_MIN_YEAR || s->last_year > CALENDAR_MAX_YEAR ||
	    s->first_year > s->last_year || s->last_year - s->first_year >= CALENDAR_MAX_YEARS) {
		errors_add(b->errors, s->at,
		           "years %d to %d: expected at most %d years between %d and %d",
		           s->first_year, s->last_year, CALENDAR_MAX_YEARS, CALENDAR_MIN_YEAR,
		           CALENDAR_MAX_YEAR);
		return false;
	}
	return true;
}

static int read_zone(struct build *b)
{
	const struct calendar_text *z = &b->spec->zone;
	static const char *const some[] = {
		"America/New_York", "America/Chicago",  "America/Toronto",     "America/Sao_Paulo",
		"Europe/London",    "Europe/Berlin",    "Europe/Paris",        "Europe/Zurich",
		"Europe/Amsterdam", "Europe/Stockholm", "Europe/Madrid",       "Asia/Tokyo",
		"Asia/Hong_Kong",   "Asia/Singapore",   "Asia/Shanghai",       "Asia/Kolkata",
		"Australia/Sydney", "Asia/Seoul",       "Africa/Johannesburg", "UTC",
	};
	const char *near;
	int r = zone_new(z->s, &b->c->zone);

	if (r != -EINVAL && r != -ENOENT)
		return r;
	near = nearest(z->s, strlen(z->s), some, sizeof some / sizeof some[0]);
	errors_add(b->errors, z->at,
	           "unknown time zone '%.64s'%s%s%s: expected a name of the IANA database such as "
	           "America/New_York, and " ZONE_FOLDER " to have it",
	           z->s, near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	return 0;
}

int spec_read(struct build *b)
{
	int r = read_zone(b);

	if (r == 0 && read_sessions(b))
		read_dates(b);
	return r;
}
