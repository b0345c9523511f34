/* Calendars against a naive model: random weeks, holidays and zones, two years each; the model goes
 * through every date for every question, with the zone's clocks alone. */
#include "calendar/calendar.h"

#include <stdio.h>
#include <string.h>

#include "../../unit/suite.h"
#include "calendar/zone.h"
#include "core/rng.h"
#include "core/timefmt.h"

#define DAY_S 86400LL
#define HOUR_S 3600LL
#define FIRST_YEAR 2023
#define N_DAYS 731 /* 2023 and 2024 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CALENDARS 20
#define QUESTIONS 100
#else
#define CALENDARS 60
#define QUESTIONS 200
#endif

#define MOST_PHASES 6
#define MOST_DATES 40

struct model {
	struct zone *zone;
	int64_t first_day;
	size_t n_phases;
	struct {
		enum calendar_phase phase;
		int64_t from_s, to_s;
	} phases[MOST_PHASES];
	bool week[7], holiday[N_DAYS];
};

struct texts { /* of the spec, kept while it is used */
	char times[2 * MOST_PHASES][32], dates[MOST_DATES][TIMEFMT_TEXT];
	struct calendar_text days[7];
	struct calendar_phase_spec phases[MOST_PHASES];
	struct calendar_named_date holidays[MOST_DATES];
	struct calendar_session_spec session;
};

static const char *const zones[] = { "America/New_York",    "America/Chicago", "Europe/London",
	                             "Australia/Lord_Howe", "Asia/Tokyo",      "UTC",
	                             "America/Sao_Paulo" };
static const char *const day_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

static void time_text(int64_t s, char out[32])
{
	const char *day = s < 0 ? "day before " : s > DAY_S ? "day after " : "";
	int64_t of_day = s < 0 ? s + DAY_S : s > DAY_S ? s - DAY_S : s;

	snprintf(out, 32, "%s%02d:%02d:%02d", day, (int)(of_day / HOUR_S), (int)(of_day / 60 % 60),
	         (int)(of_day % 60));
}

/* A session of at most 22 hours, so that none reaches into the next on a day of 23. */
static void random_phases(struct rng *r, struct model *m)
{
	int64_t at = (int64_t)rng_below(r, 30 * 60) * 60 - 8 * HOUR_S, end = at + 22 * HOUR_S;

	m->n_phases = 0;
	while (m->n_phases < MOST_PHASES && at < end) {
		int64_t from = at + (int64_t)rng_below(r, 3) * 600, to;

		to = from + 1 + (int64_t)rng_below(r, 6 * 3600);
		if (to > end)
			break;
		m->phases[m->n_phases].phase =
			m->n_phases == 1
				? CALENDAR_CONTINUOUS
				: CALENDAR_PRE_OPEN +
					  rng_below(r, CALENDAR_BREAK - CALENDAR_PRE_OPEN + 1);
		m->phases[m->n_phases].from_s = from;
		m->phases[m->n_phases++].to_s = to;
		at = to;
	}
	if (m->n_phases < 2) {
		m->n_phases = 1;
		m->phases[0].phase = CALENDAR_CONTINUOUS;
		m->phases[0].from_s = 9 * HOUR_S;
		m->phases[0].to_s = 17 * HOUR_S;
	}
}

static struct calendar *random_calendar(struct rng *r, struct model *m, struct texts *t)
{
	const char *zone = zones[rng_below(r, sizeof zones / sizeof zones[0])];
	struct calendar_spec spec = { .name.s = "random",
		                      .zone.s = zone,
		                      .first_year = FIRST_YEAR,
		                      .last_year = FIRST_YEAR + 1,
		                      .sessions = &t->session,
		                      .n_sessions = 1,
		                      .holidays = t->holidays };
	struct errors errors = { 0 };
	struct calendar *c = NULL;
	size_t n_days = 0;

	memset(m, 0, sizeof *m);
	ck_assert_int_eq(zone_new(zone, &m->zone), 0);
	ck_assert_int_eq(date_parse("2023-01-01", 10, &m->first_day), 0);
	random_phases(r, m);
	for (size_t i = 0; i < m->n_phases; i++) {
		time_text(m->phases[i].from_s, t->times[2 * i]);
		time_text(m->phases[i].to_s, t->times[2 * i + 1]);
		t->phases[i] = (struct calendar_phase_spec){ .phase = m->phases[i].phase,
			                                     .from.s = t->times[2 * i],
			                                     .to.s = t->times[2 * i + 1] };
	}
	for (size_t i = 0; i < 7; i++)
		if (rng_below(r, 4) || (i == 6 && n_days == 0)) {
			m->week[i] = true;
			t->days[n_days++].s = day_names[i];
		}
	for (size_t i = 0; i < MOST_DATES; i++) {
		size_t day = rng_below(r, N_DAYS);

		if (m->holiday[day] || !m->week[(day + (size_t)m->first_day + 4) % 7])
			continue;
		m->holiday[day] = true;
		date_format(m->first_day + (int64_t)day, t->dates[spec.n_holidays]);
		t->holidays[spec.n_holidays].date.s = t->dates[spec.n_holidays];
		t->holidays[spec.n_holidays++].name.s = "Holiday";
	}
	t->session = (struct calendar_session_spec){ .name.s = "session",
		                                     .days = t->days,
		                                     .n_days = n_days,
		                                     .phases = t->phases,
		                                     .n_phases = m->n_phases };
	ck_assert_int_eq(calendar_new(&spec, &errors, &c), 0);
	return c;
}

/* Phase i on a date: false when the date has no session, or clocks skip the phase. */
static bool phase_of(const struct model *m, int64_t day, size_t i, int64_t *ret_from,
                     int64_t *ret_to)
{
	size_t at = (size_t)(day - m->first_day);

	if (!m->week[(size_t)(day + 4) % 7] || m->holiday[at])
		return false;
	*ret_from = zone_utc(m->zone, day * DAY_S + m->phases[i].from_s) * NS_PER_S;
	*ret_to = zone_utc(m->zone, day * DAY_S + m->phases[i].to_s) * NS_PER_S;
	return *ret_from < *ret_to;
}

static enum calendar_phase model_phase(const struct model *m, int64_t t)
{
	for (int64_t day = m->first_day; day < m->first_day + N_DAYS; day++)
		for (size_t i = 0; i < m->n_phases; i++) {
			int64_t from, to;

			if (phase_of(m, day, i, &from, &to) && from <= t && t < to)
				return m->phases[i].phase;
		}
	return CALENDAR_CLOSED;
}

static int64_t model_market(const struct model *m, int64_t a, int64_t b)
{
	int64_t sum = 0;

	for (int64_t day = m->first_day; day < m->first_day + N_DAYS; day++)
		for (size_t i = 0; i < m->n_phases; i++) {
			int64_t from, to;

			if (m->phases[i].phase != CALENDAR_CONTINUOUS ||
			    !phase_of(m, day, i, &from, &to))
				continue;
			from = from > a ? from : a;
			to = to < b ? to : b;
			sum += to > from ? to - from : 0;
		}
	return sum;
}

static int64_t model_next_open(const struct model *m, int64_t t)
{
	int64_t best = INT64_MAX;

	for (int64_t day = m->first_day; day < m->first_day + N_DAYS; day++)
		for (size_t i = 0; i < m->n_phases; i++) {
			int64_t from, to;

			if (m->phases[i].phase != CALENDAR_CONTINUOUS ||
			    !phase_of(m, day, i, &from, &to))
				continue;
			if (from > t && from < best)
				best = from;
			break;
		}
	return best;
}

static void ask(struct rng *r, const struct calendar *c, const struct model *m,
                struct calendar_cursor *cursor)
{
	int64_t begin = (m->first_day + 2) * DAY_S, end = (m->first_day + N_DAYS - 2) * DAY_S;
	int64_t t = (begin + (int64_t)rng_below(r, (uint64_t)(end - begin))) * NS_PER_S;
	int64_t u = t + (int64_t)rng_below(r, rng_below(r, 2) ? 3600 * NS_PER_S
	                                                      : 20 * DAY_S * NS_PER_S);
	int64_t market = -1, later = -1, open = -1;

	u = u < end * NS_PER_S ? u : end * NS_PER_S;
	ck_assert_int_eq(calendar_phase(c, t, cursor), model_phase(m, t));
	ck_assert(calendar_market_time(c, t, u, cursor, &market));
	ck_assert_int_eq(market, model_market(m, t, u));
	if (market > 0) {
		ck_assert(calendar_after(c, t, market, cursor, &later));
		ck_assert(later <= u);
		ck_assert_int_eq(model_market(m, t, later), market);
		ck_assert_int_eq(model_market(m, t, later - 1), market - 1);
	}
	if (calendar_next_open(c, t, &open))
		ck_assert_int_eq(open, model_next_open(m, t));
	else
		ck_assert_int_eq(INT64_MAX, model_next_open(m, t));
}

START_TEST(same_as_the_model)
{
	struct rng r = { 20240310 };

	for (size_t i = 0; i < CALENDARS; i++) {
		struct calendar_cursor cursor = { 0 };
		static struct texts t;
		struct model m;
		struct calendar *c = random_calendar(&r, &m, &t);

		for (size_t k = 0; k < QUESTIONS; k++)
			ask(&r, c, &m, &cursor);
		calendar_free(c);
		zone_free(m.zone);
	}
}
END_TEST

SUITE("calendar", same_as_the_model)
