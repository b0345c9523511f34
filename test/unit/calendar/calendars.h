/* calendars.h - small calendars for tests, and times as text. */
#ifndef TEST_CALENDARS_H
#define TEST_CALENDARS_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "calendar/calendar.h"
#include "core/timefmt.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define TEXT(s_, line_) { .s = s_, .at = { "test", line_, 1 } }
#define PHASE(phase_, from_, to_) \
	{ .phase = CALENDAR_##phase_, .from = TEXT(from_, 1), .to = TEXT(to_, 1) }

static const struct calendar_text weekdays[] = {
	TEXT("mon", 1), TEXT("tue", 1), TEXT("wed", 1), TEXT("thu", 1), TEXT("fri", 1),
};

/* New York, 2024: 04:00 to 20:00, trading 09:30 to 16:00; one holiday, one half day. */
static const struct calendar_phase_spec stock_phases[] = {
	PHASE(PRE_OPEN, "04:00", "09:30"),
	PHASE(CONTINUOUS, "09:30", "16:00"),
	PHASE(POST, "16:00", "20:00"),
};
static const struct calendar_phase_spec stock_half[] = {
	PHASE(CONTINUOUS, "09:30", "13:00"),
};
static const struct calendar_named_date stock_half_dates[] = {
	{ TEXT("2024-07-03", 7), TEXT("Eve of Independence Day", 7) },
};
static const struct calendar_named_date stock_holidays[] = {
	{ TEXT("2024-07-04", 8), TEXT("Independence Day", 8) },
};
static const struct calendar_session_spec stock_sessions[] = {
	{ .name = TEXT("regular", 2), .days = weekdays, .n_days = 5, .phases = stock_phases, .n_phases = 3 },
	{ .name = TEXT("early", 3), .dates = stock_half_dates, .n_dates = 1, .phases = stock_half, .n_phases = 1 },
};
static const struct calendar_spec stock = {
	.name = TEXT("stock", 1), .zone = TEXT("America/New_York", 1), .first_year = 2024, .last_year = 2024,
	.sessions = stock_sessions, .n_sessions = 2, .holidays = stock_holidays, .n_holidays = 1,
};

/* Chicago, 2023 and 2024: 17:00 of the day before to 16:00, with a pause at noon on no day. */
static const struct calendar_phase_spec future_phases[] = {
	PHASE(PRE_OPEN, "day before 16:45", "day before 17:00"),
	PHASE(CONTINUOUS, "day before 17:00", "16:00"),
};
static const struct calendar_session_spec future_sessions[] = {
	{ .name = TEXT("globex", 2), .days = weekdays, .n_days = 5, .phases = future_phases, .n_phases = 2 },
};
static const struct calendar_named_date future_holidays[] = {
	{ TEXT("2023-12-25", 5), TEXT("Christmas Day", 5) },
	{ TEXT("2024-01-01", 5), TEXT("New Year's Day", 5) },
};
static const struct calendar_spec future = {
	.name = TEXT("future", 1), .zone = TEXT("America/Chicago", 1), .first_year = 2023, .last_year = 2024,
	.sessions = future_sessions, .n_sessions = 1, .holidays = future_holidays, .n_holidays = 2,
};

static inline struct calendar *make_calendar(const struct calendar_spec *spec)
{
	struct errors errors = { 0 };
	struct calendar *c = NULL;
	int r = calendar_new(spec, &errors, &c);
	char *text = errors_text(&errors);

	ck_assert_msg(r == 0, "%d: %s", r, text);
	free(text);
	errors_done(&errors);
	return c;
}

static inline int64_t at(const char *text)
{
	int64_t ns = 0;

	ck_assert_msg(time_parse(text, strlen(text), &ns) == 0, "%s", text);
	return ns;
}

static inline int64_t duration(const char *text)
{
	int64_t ns = 0;

	ck_assert_msg(duration_parse(text, strlen(text), &ns) == 0, "%s", text);
	return ns;
}

#endif
