/* The shipped calendars, year by year, and wrong calendar files with all that is said of them. */
#include "engine/calendars.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "core/hash.h"
#include "core/timefmt.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct calendar *shipped(const char *name)
{
	struct errors errors = { 0 };
	struct calendar *c = NULL;
	int r = calendars_shipped(name, &errors, &c, NULL);
	char *text = errors_text(&errors);

	ck_assert_msg(r == 0, "%s: %s", name, text);
	free(text);
	errors_done(&errors);
	return c;
}

struct year {
	const char *calendar;
	int year;
	unsigned regular, half, special, holidays;
	int64_t market_minutes;
	uint64_t hash; /* of open and close of every session */
};

static struct year count_year(const struct calendar *c, const char *name, int year)
{
	struct year y = { .calendar = name, .year = year };
	struct calendar_day d;
	int64_t day, end;
	char text[TIMEFMT_TEXT];

	snprintf(text, sizeof text, "%04d-01-01", year);
	ck_assert_int_eq(date_parse(text, 10, &day), 0);
	snprintf(text, sizeof text, "%04d-01-01", year + 1);
	ck_assert_int_eq(date_parse(text, 10, &end), 0);
	for (; day < end; day++) {
		ck_assert(calendar_day(c, day, &d));
		y.regular += d.kind == CALENDAR_DAY_REGULAR;
		y.half += d.kind == CALENDAR_DAY_HALF;
		y.special += d.kind == CALENDAR_DAY_SPECIAL;
		y.holidays += d.kind == CALENDAR_DAY_HOLIDAY;
		ck_assert((d.kind == CALENDAR_DAY_HOLIDAY || d.kind == CALENDAR_DAY_HALF) ==
		          (*d.name != 0));
		for (size_t i = 0; i < d.n_phases; i++) {
			int64_t span[] = { d.phases[i].begin_ns, d.phases[i].end_ns };

			if (d.phases[i].phase != CALENDAR_CONTINUOUS)
				continue;
			y.market_minutes += (span[1] - span[0]) / (60 * NS_PER_S);
			y.hash = hash_bytes(span, sizeof span, y.hash);
		}
	}
	return y;
}

/* Compared once, day by day, with exchange_calendars 4.13 and pandas_market_calendars 5.5: open and
 * close of XNYS, XNAS and XLON are the same on all days of 2023 to 2027; CME-equity differs from the
 * latter's on four, as its file says. */
START_TEST(shipped_years)
{
	static const struct year years[] = {
#include "shipped_years.h"
	};

	for (size_t i = 0; i < COUNT(years); i++) {
		struct calendar *c = shipped(years[i].calendar);
		struct year y = count_year(c, years[i].calendar, years[i].year);

		ck_assert_msg(y.regular == years[i].regular && y.half == years[i].half &&
		                      y.special == years[i].special &&
		                      y.holidays == years[i].holidays &&
		                      y.market_minutes == years[i].market_minutes &&
		                      y.hash == years[i].hash,
		              "{ \"%s\", %d, %u, %u, %u, %u, %lld, 0x%016llx },", y.calendar,
		              y.year, y.regular, y.half, y.special, y.holidays,
		              (long long)y.market_minutes, (unsigned long long)y.hash);
		calendar_free(c);
	}
}
END_TEST

START_TEST(shipped_days)
{
	static const struct {
		const char *calendar, *date, *kind, *name, *close; /* NULL: no session */
	} cases[] = {
		{ "XNYS", "2025-01-09", "holiday", "National Day of Mourning for President Carter",
		  NULL },
		{ "XNYS", "2027-07-05", "holiday", "Independence Day (observed)", NULL },
		{ "XNYS", "2027-12-31", "regular", "", "2027-12-31T21:00:00Z" },
		{ "XNYS", "2024-11-29", "half day", "Day after Thanksgiving",
		  "2024-11-29T18:00:00Z" },
		{ "XNAS", "2024-07-03", "half day", "Eve of Independence Day",
		  "2024-07-03T17:00:00Z" },
		{ "XLON", "2023-05-08", "holiday",
		  "Bank holiday for the coronation of King Charles III", NULL },
		{ "XLON", "2023-12-22", "half day", "Last trading day before Christmas",
		  "2023-12-22T12:30:00Z" },
		{ "XLON", "2024-06-19", "regular", "", "2024-06-19T15:30:00Z" },
		{ "CME-equity", "2023-04-07", "half day", "Good Friday, employment report",
		  "2023-04-07T13:15:00Z" },
		{ "CME-equity", "2024-03-29", "holiday", "Good Friday", NULL },
		{ "CME-equity", "2024-07-03", "half day", "Eve of Independence Day",
		  "2024-07-03T17:15:00Z" },
		{ "CME-equity", "2024-07-04", "half day", "Independence Day",
		  "2024-07-04T17:00:00Z" },
		{ "24x7", "2024-12-25", "regular", "", "2024-12-26T00:00:00Z" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct calendar *c = shipped(cases[i].calendar);
		int64_t day, close = 0;
		struct calendar_day d;
		char text[TIMEFMT_TEXT] = "";

		ck_assert_int_eq(date_parse(cases[i].date, 10, &day), 0);
		ck_assert(calendar_day(c, day, &d));
		ck_assert_str_eq(calendar_day_kind_name(d.kind), cases[i].kind);
		ck_assert_str_eq(d.name, cases[i].name);
		for (size_t k = 0; k < d.n_phases; k++)
			if (d.phases[k].phase == CALENDAR_CONTINUOUS)
				close = d.phases[k].end_ns;
		if (cases[i].close) {
			time_format(close, text);
			ck_assert_str_eq(text, cases[i].close);
		} else {
			ck_assert_uint_eq(d.n_phases, 0);
		}
		calendar_free(c);
	}
}
END_TEST

/* The first event of the demo's log: Monday 2023-12-25, 17:00 in Chicago. */
START_TEST(christmas_evening)
{
	struct calendar *c = shipped("CME-equity");
	struct calendar_cursor cursor = { 0 };
	int64_t t, open, close;

	ck_assert_int_eq(time_parse("2023-12-25T23:00:00Z", 20, &t), 0);
	ck_assert_int_eq(calendar_phase(c, t - 1, &cursor), CALENDAR_PRE_OPEN);
	ck_assert_int_eq(calendar_phase(c, t, &cursor), CALENDAR_CONTINUOUS);
	ck_assert(calendar_session(c, t, &cursor, &open, &close));
	ck_assert_int_eq(open, t);
	ck_assert_int_eq(close - open, 23 * 3600 * NS_PER_S);
	calendar_free(c);
}
END_TEST

START_TEST(no_such_calendar)
{
	struct errors errors = { 0 };
	struct calendar *c = NULL;
	const char *near = "x";

	ck_assert_int_eq(calendars_shipped("XNSY", &errors, &c, &near), -ENOENT);
	ck_assert_str_eq(near, "XNYS");
	ck_assert_int_eq(calendars_shipped("moon", &errors, &c, &near), -ENOENT);
	ck_assert_ptr_null(near);
	ck_assert_ptr_null(c);
	ck_assert_uint_eq(errors.n_all, 0);
}
END_TEST

#define HEAD "name: x\nzone: UTC\nfirst_year: 2024\nlast_year: 2024\n"
#define SESSION \
	"sessions:\n  - name: a\n    days: [mon]\n    phases: [{phase: continuous, from: 09:00, to: 17:00}]\n"

static const struct wrong {
	const char *text, *errors;
} wrong[] = {
	{ "", "c.yaml:1:1: error: expected a calendar, found nothing\n" },
	{ "- a\n", "c.yaml:1:1: error: expected a calendar, found a list\n" },
	{ "name: x\n", "c.yaml:1:1: error: missing option 'zone' at the top level\n"
	               "c.yaml:1:1: error: missing option 'first_year' at the top level\n"
	               "c.yaml:1:1: error: missing option 'last_year' at the top level\n"
	               "c.yaml:1:1: error: missing option 'sessions' at the top level\n" },
	{ HEAD SESSION "holydays: {}\n",
	  "c.yaml:9:1: error: unknown option 'holydays' at the top level (did you mean 'holidays'?)\n" },
	{ "name: x\nzone: America/New_Yrok\nfirst_year: 2024\nlast_year: 2024\n" SESSION,
	  "c.yaml:2:7: error: unknown time zone 'America/New_Yrok' (did you mean 'America/New_York'?): expected a "
	  "name of the IANA database such as America/New_York, and /usr/share/zoneinfo to have it\n" },
	{ "name: x\nzone: localtime\nfirst_year: 2024\nlast_year: 2024\n" SESSION,
	  "c.yaml:2:7: error: unknown time zone 'localtime': expected a name of the IANA database such as "
	  "America/New_York, and /usr/share/zoneinfo to have it\n" },
	{ "name: x\nzone: UTC\nfirst_year: 2024\nlast_year: 2023\n" SESSION,
	  "c.yaml:1:1: error: years 2024 to 2023: expected at most 150 years between 1970 and 2200\n" },
	{ "name: x\nzone: UTC\nfirst_year: 24\nlast_year: 2023\n" SESSION,
	  "c.yaml:3:13: error: option 'first_year': expected 1970 to 2200, found '24'\n" },
	{ HEAD "sessions: []\n", "c.yaml:1:1: error: expected 1 to 64 sessions, found 0\n" },
	{ HEAD "sessions:\n  - {name: a, phases: [{phase: continuous, from: 09:00, to: 17:00}]}\n",
	  "c.yaml:6:5: error: session 'a' has neither days nor dates\n" },
	{ HEAD
	  "sessions:\n  - {name: a, days: [mon, tues], phases: [{phase: continuous, from: 09:00, to: 17:00}]}\n",
	  "c.yaml:6:27: error: option 'days' in sessions[0]: expected one of mon, tue, wed, thu, fri, sat, sun, "
	  "found 'tues' (did you mean 'tue'?)\n" },
	{ HEAD
	  "sessions:\n  - {name: a, days: [mon, mon], phases: [{phase: continuous, from: 09:00, to: 17:00}]}\n",
	  "c.yaml:6:27: error: mon has a session already, 'a'\n" },
	{ HEAD
	  "sessions:\n  - {name: a, days: mon, phases: [{phase: continous, from: 09:00, to: 17:00}]}\n",
	  "c.yaml:6:43: error: option 'phase' in sessions[0].phases[0]: expected one of pre_open, opening_auction, continuous, "
	  "intraday_auction, closing_auction, post, break, found 'continous' (did you mean 'continuous'?)\n" },
	{ HEAD
	  "sessions:\n  - {name: a, days: mon, phases: [{phase: post, from: 09:00, to: 17:00}]}\n",
	  "c.yaml:6:5: error: session 'a' has no continuous phase\n" },
	{ HEAD
	  "sessions:\n  - {name: a, days: mon, phases: [{phase: continuous, from: 9:00, to: 17:00}]}\n",
	  "c.yaml:6:61: error: '9:00' is no time of a session: expected one such as 09:30, 15:59:30, 'day before "
	  "17:00' or 'day after 02:00'\n" },
	{ HEAD
	  "sessions:\n  - {name: a, days: mon, phases: [{phase: continuous, from: 17:00, to: 09:00}]}\n",
	  "c.yaml:6:72: error: phase continuous ends at 09:00, not after 17:00\n" },
	{ HEAD
	  "sessions:\n  - {name: a, days: mon, phases: [{phase: continuous, from: 09:00, to: 17:00}, "
	  "{phase: post, from: 16:00, to: 18:00}]}\n",
	  "c.yaml:6:100: error: phase post begins at 16:00, before the phase above it has ended\n" },
	{ HEAD SESSION
	  "  - {name: a, dates: {2024-01-02: x}, phases: [{phase: continuous, from: 09:00, to: 12:00}]}\n",
	  "c.yaml:9:12: error: session 'a' is there twice (first in line 6)\n" },
	{ HEAD SESSION "holidays: {2024-02-30: x}\n",
	  "c.yaml:9:12: error: '2024-02-30' is no date: expected one such as 2024-12-25\n" },
	{ HEAD SESSION "holidays: {2025-01-06: x}\n",
	  "c.yaml:9:12: error: 2025-01-06 is not within the years covered, 2024 to 2024\n" },
	{ HEAD SESSION "holidays: {2024-01-02: x}\n",
	  "c.yaml:9:12: error: 2024-01-02 is a tue, which has no session anyway\n" },
	{ HEAD SESSION
	  "  - {name: b, dates: {2024-01-01: x}, phases: [{phase: continuous, from: 09:00, to: 12:00}]}\n"
	  "holidays: {2024-01-01: y}\n",
	  "c.yaml:10:12: error: 2024-01-01 is there already (line 9)\n" },
	{ HEAD
	  "sessions:\n  - {name: a, days: [mon, tue], phases: [{phase: continuous, from: day before 17:00, "
	  "to: 24:00}]}\n",
	  "c.yaml:6:5: error: session 'a' of 2024-01-02 begins before the session before it has ended\n"
	  "c.yaml:6:5: error: session 'a' of 2024-01-09 begins before the session before it has ended\n"
	  "c.yaml:6:5: error: session 'a' of 2024-01-16 begins before the session before it has ended\n"
	  "c.yaml:6:5: error: session 'a' of 2024-01-23 begins before the session before it has ended\n"
	  "c.yaml:6:5: error: session 'a' of 2024-01-30 begins before the session before it has ended\n" },
	{ "name: x\nmic: nyse\nzone: UTC\nfirst_year: 2024\nlast_year: 2024\n" SESSION,
	  "c.yaml:2:6: error: option 'mic': expected a market identifier code (ISO 10383) such as XNYS, found "
	  "'nyse'\n" },
};

START_TEST(wrong_files)
{
	const struct wrong *w = &wrong[_i];
	struct conf_calendar_file *f = NULL;
	struct errors errors = { 0 };
	struct calendar *c = NULL;
	char *said;
	int r = conf_calendar_parse(w->text, strlen(w->text), "c.yaml", &errors, &f);

	if (r == 0)
		r = calendars_make(f, &errors, &c);
	said = errors_text(&errors);
	ck_assert_int_eq(r, -EINVAL);
	ck_assert_ptr_null(c);
	ck_assert_str_eq(said, w->errors);
	free(said);
	errors_done(&errors);
	conf_calendar_free(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("calendars");
	TCase *t = tcase_create("calendars");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, shipped_years);
	tcase_add_test(t, shipped_days);
	tcase_add_test(t, christmas_evening);
	tcase_add_test(t, no_such_calendar);
	tcase_add_loop_test(t, wrong_files, 0, COUNT(wrong));
	tcase_set_timeout(t, 120);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
