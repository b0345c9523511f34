/* Calendars: phases, sessions, market time, days; at the edges of each. */
#include "calendar/calendar.h"

#include "../suite.h"
#include "calendars.h"

struct phase_case {
	const char *time, *phase;
};

static void check_phases(const struct calendar *c, const struct phase_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct calendar_cursor cursor = { 0 };
		enum calendar_phase p = calendar_phase(c, at(cases[i].time), &cursor);

		ck_assert_msg(strcmp(calendar_phase_name(p), cases[i].phase) == 0, "%s: %s",
		              cases[i].time, calendar_phase_name(p));
	}
}

START_TEST(phases_of_stocks)
{
	static const struct phase_case cases[] = {
		{ "2023-12-31T12:00:00Z", "unknown" },
		{ "2024-01-01T04:59:59Z", "unknown" },
		{ "2024-01-01T05:00:00Z", "closed" },
		{ "2024-01-02T08:59:59Z", "closed" },
		{ "2024-01-02T09:00:00Z", "pre_open" },
		{ "2024-01-02T14:29:59.999999999Z", "pre_open" },
		{ "2024-01-02T14:30:00Z", "continuous" },
		{ "2024-01-02T20:59:59.999999999Z", "continuous" },
		{ "2024-01-02T21:00:00Z", "post" },
		{ "2024-01-03T01:00:00Z", "closed" },
		{ "2024-01-06T15:00:00Z", "closed" }, /* a Saturday */
		/* Friday before and Monday after the clocks went forward. */
		{ "2024-03-08T14:30:00Z", "continuous" },
		{ "2024-03-11T13:29:59Z", "pre_open" },
		{ "2024-03-11T13:30:00Z", "continuous" },
		{ "2024-03-11T20:00:00Z", "post" },
		/* And back. */
		{ "2024-11-01T13:30:00Z", "continuous" },
		{ "2024-11-04T13:30:00Z", "pre_open" },
		{ "2024-11-04T14:30:00Z", "continuous" },
		/* Half day, with no phase before it; holiday. */
		{ "2024-07-03T13:29:59Z", "closed" },
		{ "2024-07-03T13:30:00Z", "continuous" },
		{ "2024-07-03T17:00:00Z", "closed" },
		{ "2024-07-04T15:00:00Z", "closed" },
		{ "2024-07-05T15:00:00Z", "continuous" },
		{ "2025-01-01T00:59:59Z", "post" },
		{ "2025-01-01T01:00:00Z", "closed" },
		{ "2025-01-01T04:59:59Z", "closed" },
		{ "2025-01-01T05:00:00Z", "unknown" },
		{ "2200-01-01T05:00:00Z", "unknown" },
	};
	struct calendar *c = make_calendar(&stock);

	check_phases(c, cases, COUNT(cases));
	calendar_free(c);
}
END_TEST

/* A session begins on the day before, also over the year's end; the calendar ends where a session of
 * the next year could begin. */
START_TEST(phases_over_midnight)
{
	static const struct phase_case cases[] = {
		/* Monday 2023-01-02 is no holiday in this one: it began on New Year's Day. */
		{ "2023-01-01T22:44:59Z", "closed" },
		{ "2023-01-01T22:45:00Z", "pre_open" },
		{ "2023-01-01T23:00:00Z", "continuous" },
		{ "2023-01-02T06:00:00Z", "continuous" },
		{ "2023-01-02T21:59:59Z", "continuous" },
		{ "2023-01-02T22:00:00Z", "closed" },
		{ "2023-01-02T22:45:00Z", "pre_open" },
		{ "2023-01-02T23:00:00Z", "continuous" },
		/* Friday's close to Sunday's opening. */
		{ "2023-01-06T21:59:59Z", "continuous" },
		{ "2023-01-06T23:00:00Z", "closed" },
		{ "2023-01-08T23:00:00Z", "continuous" },
		/* Christmas on a Monday: Sunday evening is closed, Monday evening is not. */
		{ "2023-12-24T23:30:00Z", "closed" },
		{ "2023-12-25T18:00:00Z", "closed" },
		{ "2023-12-25T22:59:59Z", "pre_open" },
		{ "2023-12-25T23:00:00Z", "continuous" },
		{ "2023-12-31T23:30:00Z", "closed" },
		{ "2024-01-01T23:00:00Z", "continuous" },
		/* 2024-12-31 closes at 16:00; of 2025-01-01 nothing is known. */
		{ "2024-12-31T21:59:59Z", "continuous" },
		{ "2024-12-31T22:44:59Z", "closed" },
		{ "2024-12-31T22:45:00Z", "unknown" },
	};
	struct calendar *c = make_calendar(&future);

	check_phases(c, cases, COUNT(cases));
	calendar_free(c);
}
END_TEST

START_TEST(sessions)
{
	static const struct {
		const char *time, *open, *close; /* open NULL: in none */
	} cases[] = {
		{ "2024-01-02T14:29:59Z", NULL, NULL },
		{ "2024-01-02T14:30:00Z", "2024-01-02T14:30:00Z", "2024-01-02T21:00:00Z" },
		{ "2024-01-02T20:59:59Z", "2024-01-02T14:30:00Z", "2024-01-02T21:00:00Z" },
		{ "2024-01-02T21:00:00Z", NULL, NULL },
		{ "2024-07-03T16:00:00Z", "2024-07-03T13:30:00Z", "2024-07-03T17:00:00Z" },
		{ "2024-07-03T17:00:00Z", NULL, NULL },
		{ "2030-07-03T17:00:00Z", NULL, NULL },
	};
	struct calendar *c = make_calendar(&stock);
	struct calendar_cursor cursor = { 0 };
	int64_t open = 1, close = 2;

	for (size_t i = 0; i < COUNT(cases); i++) {
		bool in = calendar_session(c, at(cases[i].time), &cursor, &open, &close);

		ck_assert_msg(in == (cases[i].open != NULL), "%s", cases[i].time);
		if (in) {
			ck_assert_int_eq(open, at(cases[i].open));
			ck_assert_int_eq(close, at(cases[i].close));
		}
	}
	calendar_free(c);
}
END_TEST

START_TEST(next_opens)
{
	static const struct {
		const char *time, *open;
	} cases[] = {
		{ "2024-01-01T05:00:00Z", "2024-01-01T14:30:00Z" },
		{ "2024-01-01T14:29:59Z", "2024-01-01T14:30:00Z" },
		{ "2024-01-01T14:30:00Z", "2024-01-02T14:30:00Z" },
		{ "2024-01-05T15:00:00Z", "2024-01-08T14:30:00Z" },
		{ "2024-07-03T15:00:00Z", "2024-07-05T13:30:00Z" },
		{ "2024-12-31T14:30:00Z", NULL },
		{ "2023-12-31T14:30:00Z", NULL },
	};
	struct calendar *c = make_calendar(&stock);
	int64_t open = 0;

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_int_eq(calendar_next_open(c, at(cases[i].time), &open),
		                 cases[i].open != NULL);
		if (cases[i].open)
			ck_assert_int_eq(open, at(cases[i].open));
	}
	calendar_free(c);
}
END_TEST

START_TEST(market_time)
{
	static const struct {
		const char *from, *to, *elapsed; /* NULL: not known */
	} cases[] = {
		{ "2024-01-02T15:00:00Z", "2024-01-02T15:00:00Z", "0" },
		{ "2024-01-02T15:00:00Z", "2024-01-02T15:05:00Z", "5m" },
		{ "2024-01-02T14:00:00Z", "2024-01-02T14:30:00Z", "0" },
		{ "2024-01-02T14:00:00Z", "2024-01-02T14:31:00Z", "1m" },
		{ "2024-01-02T20:59:00Z", "2024-01-03T14:31:00Z", "2m" },
		{ "2024-01-05T20:59:00Z", "2024-01-08T14:31:00Z", "2m" }, /* a weekend */
		{ "2024-07-03T16:59:00Z", "2024-07-05T13:31:00Z", "2m" }, /* half day and holiday */
		{ "2024-03-04T05:00:00Z", "2024-03-18T04:00:00Z",
		  "65h" }, /* ten days, clocks changed */
		{ "2024-07-01T04:00:00Z", "2024-07-08T04:00:00Z", "23h" }, /* 3 whole, 1 half */
		{ "2023-12-31T04:00:00Z", "2024-07-08T04:00:00Z", NULL },
		{ "2024-07-01T04:00:00Z", "2025-07-08T04:00:00Z", NULL },
	};
	struct calendar *c = make_calendar(&stock);
	struct calendar_cursor cursor = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ns = -1, from = at(cases[i].from), to = at(cases[i].to), back = 0;
		bool known = calendar_market_time(c, from, to, &cursor, &ns);

		ck_assert_msg(known == (cases[i].elapsed != NULL), "%s", cases[i].from);
		if (!known)
			continue;
		ck_assert_msg(ns == duration(cases[i].elapsed), "%s: %lld", cases[i].from,
		              (long long)ns);
		ck_assert(calendar_after(c, from, ns, &cursor, &back));
		ck_assert(back <= to);
	}
	calendar_free(c);
}
END_TEST

START_TEST(market_time_later)
{
	static const struct {
		const char *from, *market, *later;
	} cases[] = {
		{ "2024-01-02T15:00:00Z", "0", "2024-01-02T15:00:00Z" },
		{ "2024-01-02T15:00:00Z", "5m", "2024-01-02T15:05:00Z" },
		{ "2024-01-02T20:55:00Z", "5m", "2024-01-02T21:00:00Z" },
		{ "2024-01-02T20:56:00Z", "5m", "2024-01-03T14:31:00Z" },
		{ "2024-01-05T20:56:00Z", "5m", "2024-01-08T14:31:00Z" },
		{ "2024-01-05T23:00:00Z", "5m", "2024-01-08T14:35:00Z" },
		{ "2024-07-03T16:56:00Z", "5m", "2024-07-05T13:31:00Z" },
		{ "2024-01-02T14:30:00Z", "13h", "2024-01-03T21:00:00Z" },
		{ "2024-12-31T20:59:00Z", "1m", "2024-12-31T21:00:00Z" },
		{ "2024-12-31T20:59:00Z", "61s", NULL },
		{ "2025-12-31T20:59:00Z", "1s", NULL },
	};
	struct calendar *c = make_calendar(&stock);
	struct calendar_cursor cursor = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t later = 0;
		bool known = calendar_after(c, at(cases[i].from), duration(cases[i].market),
		                            &cursor, &later);

		ck_assert_msg(known == (cases[i].later != NULL), "%s", cases[i].from);
		if (known)
			ck_assert_int_eq(later, at(cases[i].later));
	}
	ck_assert(!calendar_after(c, at("2024-01-02T15:00:00Z"), INT64_MAX, &cursor,
	                          &(int64_t){ 0 }));
	calendar_free(c);
}
END_TEST

START_TEST(time_of_day)
{
	static const struct {
		const char *time, *of_day;
	} cases[] = {
		{ "2024-01-02T14:30:00Z", "9h30m" },
		{ "2024-07-02T13:30:00.5Z", "9h30m500ms" },
		{ "2024-01-02T04:59:59Z", "23h59m59s" },
		{ "2024-01-02T05:00:00Z", "0" },
		{ "2024-03-10T07:00:00Z", "3h" },
		{ "2024-03-10T06:59:59Z", "1h59m59s" },
		{ "2024-11-03T05:30:00Z", "1h30m" },
		{ "2024-11-03T06:30:00Z", "1h30m" },
		{ "1969-12-31T23:59:59.999Z", "18h59m59s999ms" },
		{ "2100-07-01T12:00:00Z", "8h" },
	};
	struct calendar *c = make_calendar(&stock);
	struct calendar_cursor cursor = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_msg(calendar_time_of_day(c, at(cases[i].time), &cursor) ==
		                      duration(cases[i].of_day),
		              "%s: %lld", cases[i].time,
		              (long long)calendar_time_of_day(c, at(cases[i].time), &cursor));
	ck_assert_int_eq(calendar_offset(c, at("2024-01-02T14:30:00Z")), -5 * 3600);
	calendar_free(c);
}
END_TEST

START_TEST(days)
{
	static const struct {
		const char *date, *kind, *name, *session;
		size_t n_phases;
	} cases[] = {
		{ "2024-07-02", "regular", "", "regular", 3 },
		{ "2024-07-03", "half day", "Eve of Independence Day", "early", 1 },
		{ "2024-07-04", "holiday", "Independence Day", "", 0 },
		{ "2024-07-06", "no session", "", "", 0 },
		{ "2024-12-31", "regular", "", "regular", 3 },
	};
	struct calendar *c = make_calendar(&stock);
	int64_t first, last, day;
	struct calendar_day d;

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_int_eq(date_parse(cases[i].date, 10, &day), 0);
		ck_assert(calendar_day(c, day, &d));
		ck_assert_str_eq(calendar_day_kind_name(d.kind), cases[i].kind);
		ck_assert_str_eq(d.name, cases[i].name);
		ck_assert_str_eq(d.session, cases[i].session);
		ck_assert_uint_eq(d.n_phases, cases[i].n_phases);
	}
	ck_assert_int_eq(d.phases[1].phase, CALENDAR_CONTINUOUS);
	ck_assert_int_eq(d.phases[1].begin_ns, at("2024-12-31T14:30:00Z"));
	ck_assert_int_eq(d.phases[1].end_ns, at("2024-12-31T21:00:00Z"));
	calendar_range(c, &first, &last);
	ck_assert_int_eq(last - first, 365);
	ck_assert(!calendar_day(c, first - 1, &d));
	ck_assert(!calendar_day(c, last + 1, &d));
	ck_assert_str_eq(calendar_name(c), "stock");
	ck_assert_str_eq(calendar_zone(c), "America/New_York");
	ck_assert_str_eq(calendar_mic(c), "");
	calendar_free(c);
}
END_TEST

/* Around the clock: a session a day, without a gap, and no closed moment. */
START_TEST(around_the_clock)
{
	static const struct calendar_text all[] = {
		TEXT("mon", 1), TEXT("tue", 1), TEXT("wed", 1), TEXT("thu", 1),
		TEXT("fri", 1), TEXT("sat", 1), TEXT("sun", 1),
	};
	static const struct calendar_phase_spec phases[] = { PHASE(CONTINUOUS, "00:00", "24:00") };
	const struct calendar_session_spec session = {
		.name = TEXT("day", 1), .days = all, .n_days = 7, .phases = phases, .n_phases = 1
	};
	const struct calendar_spec spec = { .name = TEXT("24x7", 1),
		                            .zone = TEXT("UTC", 1),
		                            .first_year = 2024,
		                            .last_year = 2025,
		                            .sessions = &session,
		                            .n_sessions = 1 };
	struct calendar *c = make_calendar(&spec);
	struct calendar_cursor cursor = { 0 };
	int64_t from = at("2024-01-01T00:00:00Z"), to = at("2026-01-01T00:00:00Z"), ns, open, close;

	for (int64_t t = from; t < to; t += 6 * 3600 * NS_PER_S) {
		ck_assert_int_eq(calendar_phase(c, t, &cursor), CALENDAR_CONTINUOUS);
		ck_assert(calendar_session(c, t, &cursor, &open, &close));
		ck_assert(open <= t && t < close && close - open == 86400 * NS_PER_S);
	}
	ck_assert(calendar_market_time(c, from, to - 1, &cursor, &ns));
	ck_assert_int_eq(ns, to - 1 - from);
	ck_assert_int_eq(calendar_phase(c, from - 1, &cursor), CALENDAR_UNKNOWN);
	ck_assert_int_eq(calendar_phase(c, to, &cursor), CALENDAR_UNKNOWN);
	calendar_free(c);
}
END_TEST

/* A night session over the hour that is skipped, and over the one that comes twice. */
START_TEST(nights_of_clock_changes)
{
	static const struct calendar_text all[] = { TEXT("sun", 1) };
	static const struct calendar_phase_spec phases[] = {
		PHASE(PRE_OPEN, "02:00", "02:30"), /* on 2024-03-10 without a second */
		PHASE(CONTINUOUS, "02:30", "04:00"),
		PHASE(BREAK, "04:00", "04:30"),
		PHASE(CONTINUOUS, "04:30", "day after 01:00"),
	};
	const struct calendar_session_spec session = {
		.name = TEXT("night", 1), .days = all, .n_days = 1, .phases = phases, .n_phases = 4
	};
	const struct calendar_spec spec = { .name = TEXT("night", 1),
		                            .zone = TEXT("America/New_York", 1),
		                            .first_year = 2024,
		                            .last_year = 2024,
		                            .sessions = &session,
		                            .n_sessions = 1 };
	struct calendar *c = make_calendar(&spec);
	struct calendar_cursor cursor = { 0 };
	struct calendar_day d;
	int64_t day, open, close;

	ck_assert_int_eq(date_parse("2024-03-10", 10, &day), 0);
	ck_assert(calendar_day(c, day, &d));
	ck_assert_uint_eq(d.n_phases, 3);
	ck_assert_int_eq(d.phases[0].begin_ns, at("2024-03-10T07:00:00Z"));
	ck_assert_int_eq(d.phases[0].end_ns, at("2024-03-10T08:00:00Z"));
	ck_assert(calendar_session(c, at("2024-03-10T08:10:00Z"), &cursor, &open, &close));
	ck_assert_int_eq(calendar_phase(c, at("2024-03-10T08:10:00Z"), &cursor), CALENDAR_BREAK);
	ck_assert_int_eq(open, at("2024-03-10T07:00:00Z"));
	ck_assert_int_eq(close, at("2024-03-11T05:00:00Z"));
	ck_assert_int_eq(date_parse("2024-11-03", 10, &day), 0);
	ck_assert(calendar_day(c, day, &d));
	ck_assert_uint_eq(d.n_phases, 4);
	ck_assert_int_eq(d.phases[0].begin_ns, at("2024-11-03T07:00:00Z"));
	calendar_free(c);
}
END_TEST

START_TEST(hash_is_of_the_answers)
{
	struct calendar_spec other = stock;
	struct calendar *a = make_calendar(&stock), *b = make_calendar(&stock), *c, *d;

	other.n_holidays = 0;
	c = make_calendar(&other);
	other = stock;
	other.zone.s = "America/Toronto";
	d = make_calendar(&other);
	ck_assert_uint_eq(calendar_hash(a), calendar_hash(b));
	ck_assert_uint_ne(calendar_hash(a), calendar_hash(c));
	ck_assert_uint_ne(calendar_hash(a), calendar_hash(d));
	calendar_free(a);
	calendar_free(b);
	calendar_free(c);
	calendar_free(d);
}
END_TEST

SUITE("calendar", phases_of_stocks, phases_over_midnight, sessions, next_opens, market_time,
      market_time_later, time_of_day, days, around_the_clock, nights_of_clock_changes,
      hash_is_of_the_answers)
