/* Features of exchange calendars: time of day, distance to the session's ends, phases; silences of
 * market time. */
#include "features/features.h"

#include <errno.h>
#include <math.h>

#include "../calendar/calendars.h"
#include "../suite.h"

#define MINUTE (60 * NS_PER_S)

static const struct feature_limits limits = { .max_keys = 100, .max_window_events = 100 };

static uint32_t add(struct feature_set *s, const char *text)
{
	char reason[200] = "";
	uint32_t index = 0;
	size_t where = 0;

	ck_assert_msg(feature_set_add(s, text, FEATURE_BY_INSTRUMENT, &index, &where, reason,
	                              sizeof reason) == 0,
	              "%s: %s", text, reason);
	return index;
}

static const char *refused(struct feature_set *s, const char *text, size_t *ret_at)
{
	static char reason[200];
	uint32_t index;

	ck_assert_int_eq(feature_set_add(s, text, FEATURE_BY_INSTRUMENT, &index, ret_at, reason,
	                                 sizeof reason),
	                 -EINVAL);
	return reason;
}

static struct tocsin_event event(const char *instrument, int64_t time_ns)
{
	struct tocsin_event e = {
		.size = sizeof e,
		.kind = TOCSIN_TRADE,
		.time_ns = time_ns,
		.price = 5 * TOCSIN_SCALE,
		.qty = TOCSIN_SCALE,
		.bid = TOCSIN_NONE,
		.ask = TOCSIN_NONE,
		.bid_qty = TOCSIN_NONE,
		.ask_qty = TOCSIN_NONE,
		.open = TOCSIN_NONE,
		.high = TOCSIN_NONE,
		.low = TOCSIN_NONE,
		.instrument = { instrument, (uint32_t)strlen(instrument) },
	};

	return e;
}

static struct feature_table *table(const struct feature_set *s)
{
	struct feature_table *t = NULL;

	ck_assert_int_eq(feature_table_new(s, &limits, &t), 0);
	return t;
}

/* Stocks have the calendar 0, futures 1, others none. */
static uint32_t of(const void *ctx, const struct tocsin_str *instrument)
{
	(void)ctx;
	return instrument->p[0] == 'S' ? 0 : instrument->p[0] == 'F' ? 1 : FEATURE_NO_CALENDAR;
}

struct fixture {
	struct calendar *stock, *future;
	struct feature_set *set;
};

static struct fixture begin(bool by_instrument)
{
	struct fixture f = { make_calendar(&stock), make_calendar(&future), NULL };
	uint32_t i;

	ck_assert_int_eq(feature_set_new(&f.set), 0);
	ck_assert_int_eq(feature_set_calendar(f.set, "stock", f.stock, &i), 0);
	ck_assert_uint_eq(i, 0);
	ck_assert_int_eq(feature_set_calendar(f.set, "future", f.future, &i), 0);
	ck_assert_uint_eq(i, 1);
	if (by_instrument)
		feature_set_calendar_of(f.set, of, NULL);
	return f;
}

static void end(struct fixture *f)
{
	feature_set_free(f->set);
	calendar_free(f->stock);
	calendar_free(f->future);
}

START_TEST(values)
{
	static const struct {
		const char *instrument, *time;
		double of_day, to_close, since_open, in_session, pre_or_post;
	} cases[] = {
		{ "S", "2024-01-02T14:30:00Z", 34200, 23400, 0, 1, 0 },
		{ "S", "2024-01-02T14:29:59.5Z", 34199.5, NAN, NAN, 0, 1 },
		{ "S", "2024-07-03T16:00:00Z", 43200, 3600, 9000, 1, 0 },
		{ "S", "2024-07-04T16:00:00Z", 43200, NAN, NAN, 0, 0 },
		{ "S", "2031-07-04T16:00:00Z", 43200, NAN, NAN, NAN, NAN },
		{ "F", "2023-12-25T23:00:00Z", 61200, 82800, 0, 1, 0 },
		{ "X", "2024-01-02T14:30:00Z", NAN, NAN, NAN, NAN, NAN },
	};
	struct fixture f = begin(true);
	uint32_t time = add(f.set, "time"), to_close = add(f.set, "time_to_close");
	uint32_t since_open = add(f.set, "time_since_open"), in = add(f.set, "in_session");
	uint32_t phase = add(f.set, "phase in (\"pre_open\", \"post\")");

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct feature_table *t = table(f.set);
		struct tocsin_event e = event(cases[i].instrument, at(cases[i].time));
		const struct {
			uint32_t index;
			double want;
		} asked[] = { { time, cases[i].of_day * 1e9 },
			      { to_close, cases[i].to_close * 1e9 },
			      { since_open, cases[i].since_open * 1e9 },
			      { in, cases[i].in_session },
			      { phase, cases[i].pre_or_post } };
		struct tocsin_sample s;

		feature_table_add(t, &e, &s);
		for (size_t k = 0; k < COUNT(asked); k++)
			ck_assert_msg(isnan(asked[k].want) ? isnan(s.x[asked[k].index])
			                                   : s.x[asked[k].index] == asked[k].want,
			              "%s %s: %s is %f", cases[i].instrument, cases[i].time,
			              feature_set_name(f.set, asked[k].index), s.x[asked[k].index]);
		feature_table_free(t);
	}
	end(&f);
}
END_TEST

/* A calendar that was given is not the instrument's, and stands in the name. */
START_TEST(names)
{
	struct fixture f = begin(false);
	struct tocsin_event e = event("X", at("2024-01-02T14:30:00Z"));
	struct feature_table *t;
	struct tocsin_sample s;
	uint32_t a, b, c, d;

	feature_set_use_calendar(f.set, 0);
	a = add(f.set, "time");
	ck_assert_uint_eq(add(f.set, "time"), a);
	d = add(f.set, "count(trade, 1m where phase == continuous)");
	ck_assert_str_eq(feature_set_name(f.set, add(f.set, "phase in (\"post\")")),
	                 "phase == post at stock");
	ck_assert_str_eq(
		feature_set_name(f.set, add(f.set, "phase == auction")),
		"phase in (\"opening_auction\", \"intraday_auction\", \"closing_auction\") at stock");
	feature_set_use_calendar(f.set, 1);
	b = add(f.set, "time");
	c = add(f.set, "absent_for(5m)");
	ck_assert_uint_ne(a, b);
	ck_assert_str_eq(feature_set_name(f.set, a), "time at stock");
	ck_assert_str_eq(feature_set_name(f.set, b), "time at future");
	ck_assert_str_eq(feature_set_name(f.set, c), "absent_for(5m) at future");
	feature_set_use_calendar(f.set, FEATURE_NO_CALENDAR);
	ck_assert_str_eq(feature_set_name(f.set, add(f.set, "absent_for(5m)")), "absent_for(5m)");
	ck_assert_uint_eq(feature_set_by(f.set, a), 0);
	t = table(f.set);
	feature_table_add(t, &e, &s);
	ck_assert(s.x[a] == 34200e9);
	ck_assert(s.x[b] == 30600e9);
	e.time_ns += MINUTE;
	feature_table_add(t, &e, &s);
	ck_assert(s.x[d] == 1);
	feature_table_free(t);
	end(&f);
}
END_TEST

START_TEST(wrong)
{
	static const struct {
		const char *text, *reason;
		size_t at;
	} cases[] = {
		{ "time", "it is of a calendar: give the rule the option 'calendar', or 'calendars' instruments", 0 },
		{ "phase == post", "it is of a calendar: give the rule the option 'calendar', or 'calendars' "
		                   "instruments", 0 },
	}, given[] = {
		{ "phase == pots", "unknown phase 'pots' (did you mean 'post'?)", 9 },
		{ "phase in (\"post\", \"x\")", "unknown phase 'x'", 18 },
		{ "phase in watch", "phases stand in parentheses: phase in (\"continuous\", \"post\")", 9 },
		{ "phase", "'phase' is a text: compare it, as in phase == post", 0 },
		{ "time by account", "'time' is the event's own: it takes no 'by'", 0 },
		{ "time(1m)", "'time' is a value, not a function", 0 },
	};
	struct fixture f = begin(false);
	size_t where;

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_str_eq(refused(f.set, cases[i].text, &where), cases[i].reason);
		ck_assert_uint_eq(where, cases[i].at);
	}
	feature_set_use_calendar(f.set, 0);
	for (size_t i = 0; i < COUNT(given); i++) {
		ck_assert_str_eq(refused(f.set, given[i].text, &where), given[i].reason);
		ck_assert_msg(where == given[i].at, "%s: %zu", given[i].text, where);
	}
	end(&f);
}
END_TEST

struct expected {
	const char *time, *instrument;
};

static void check_ticks(struct feature_table *t, int64_t until, const struct expected *want,
                        size_t n)
{
	struct tocsin_sample s;

	for (size_t i = 0; i < n; i++) {
		char text[TIMEFMT_TEXT];

		ck_assert_msg(feature_table_tick(t, until, &s), "no tick at %s", want[i].time);
		time_format(s.event->time_ns, text);
		ck_assert_str_eq(text, want[i].time);
		ck_assert_int_eq(s.event->instrument.p[0], want[i].instrument[0]);
	}
	ck_assert(!feature_table_tick(t, until, &s));
}

/* Silences of three instruments over a weekend: by their calendars, or by any time. */
START_TEST(silences)
{
	static const struct expected before[] = {
		{ "2024-01-05T21:01:00Z", "X" },
		{ "2024-01-05T21:11:00Z", "X" },
	}, after[] = {
		{ "2024-01-07T23:01:00Z", "F" }, /* Sunday: 4 min before Friday's end, 1 after the opening */
		{ "2024-01-07T23:11:00Z", "F" },
		{ "2024-01-08T14:31:00Z", "S" },
		{ "2024-01-08T14:41:00Z", "S" },
	};
	struct fixture f = begin(true);
	uint32_t five = add(f.set, "absent_for(5m)"), fifteen = add(f.set, "absent_for(15m)");
	struct feature_table *t, *again;
	struct tocsin_sample s;
	struct buf saved = { 0 };
	struct tocsin_event e;

	t = table(f.set);
	again = table(f.set);
	e = event("S", at("2024-01-05T20:56:00Z"));
	feature_table_add(t, &e, &s);
	e = event("X", at("2024-01-05T20:56:00Z"));
	feature_table_add(t, &e, &s);
	e = event("F", at("2024-01-05T21:56:00Z"));
	check_ticks(t, e.time_ns, before, COUNT(before));
	feature_table_add(t, &e, &s);
	feature_table_save(t, &saved);
	ck_assert_int_eq(feature_table_load(again, saved.p, saved.n), 0);
	check_ticks(t, at("2024-01-09T00:00:00Z"), after, COUNT(after));
	check_ticks(again, at("2024-01-09T00:00:00Z"), after, COUNT(after));
	e = event("S", at("2024-01-09T14:40:00Z"));
	feature_table_add(t, &e, &s);
	ck_assert(s.x[five] == 0 && s.x[fifteen] == 0);
	ck_assert(feature_table_tick(t, at("2024-01-09T14:45:00Z"), &s));
	ck_assert(s.x[five] == 1 && s.x[fifteen] == 0);
	buf_done(&saved);
	feature_table_free(t);
	feature_table_free(again);
	end(&f);
}
END_TEST

/* At the end of the years covered there is no silence, rather than a wrong one; the next event that the
 * calendar knows begins a new one. */
START_TEST(silence_of_the_unknown)
{
	struct fixture f = begin(true);
	uint32_t i = add(f.set, "absent_for(5m)");
	struct feature_table *t = table(f.set);
	struct tocsin_event e = event("S", at("2024-12-31T20:58:00Z"));
	struct tocsin_sample s;

	feature_table_add(t, &e, &s);
	ck_assert(!feature_table_tick(t, at("2025-06-01T00:00:00Z"), &s));
	e.time_ns = at("2025-06-01T00:00:00Z");
	feature_table_add(t, &e, &s);
	ck_assert(s.x[i] == 0);
	ck_assert(!feature_table_tick(t, at("2026-01-01T00:00:00Z"), &s));
	feature_table_free(t);
	end(&f);
}
END_TEST

SUITE("hours", values, names, wrong, silences, silence_of_the_unknown)
