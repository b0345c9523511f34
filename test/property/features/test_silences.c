/* Silences of several calendars, and of any time, against a naive model that works out every deadline
 * of every key after every event. */
#include <stdlib.h>
#include <string.h>

#include "../../unit/calendar/calendars.h"
#include "../../unit/suite.h"
#include "core/rng.h"
#include "features/features.h"

#define N_KEYS 6
#define N_SILENCES 5
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EVENTS 4000
#else
#define EVENTS 20000
#endif

/* Instruments A and B have the calendar of stocks, C and D that of futures, E and F none. */
static const char *const names[N_KEYS] = { "A", "B", "C", "D", "E", "F" };

struct model {
	const struct calendar *calendars[2];
	int64_t times[N_SILENCES];
	int given[N_SILENCES]; /* calendar, -1: the instrument's */
	int64_t last[N_KEYS], told[N_KEYS]; /* told INT64_MIN: the key is not known yet */
};

static uint32_t calendar_of(const void *ctx, const struct tocsin_str *instrument)
{
	uint32_t i = (uint32_t)(instrument->p[0] - 'A') / 2;

	(void)ctx;
	return i < 2 ? i : FEATURE_NO_CALENDAR;
}

static int64_t deadline(const struct model *m, size_t key, size_t i)
{
	int c = m->given[i] >= 0 ? m->given[i] : key < 4 ? (int)key / 2 : -1;
	struct calendar_cursor cursor = { 0 };
	int64_t due;

	if (c < 0)
		return m->last[key] + m->times[i];
	return calendar_after(m->calendars[c], m->last[key], m->times[i], &cursor, &due)
	               ? due
	               : INT64_MAX;
}

/* The first silence at or before `until` that was not told; ties by name. */
static bool next(struct model *m, int64_t until, size_t *ret_key, int64_t *ret_due)
{
	int64_t best = INT64_MAX;

	for (size_t k = 0; k < N_KEYS; k++)
		for (size_t i = 0; i < N_SILENCES && m->told[k] != INT64_MIN; i++) {
			int64_t due = deadline(m, k, i);

			if (due > m->told[k] && due <= until && due < best) {
				best = due;
				*ret_key = k;
			}
		}
	*ret_due = best;
	if (best != INT64_MAX)
		m->told[*ret_key] = best;
	return best != INT64_MAX;
}

static void add(struct feature_set *s, const char *text)
{
	char reason[200];
	uint32_t index;
	size_t where;

	ck_assert_int_eq(feature_set_add(s, text, FEATURE_BY_INSTRUMENT, &index, &where, reason,
	                                 sizeof reason),
	                 0);
}

static struct feature_set *make_set(struct model *m)
{
	static const char *const own[] = { "absent_for(1m)", "absent_for(7m)", "absent_for(3h)" };
	struct feature_set *s = NULL;
	uint32_t index;

	ck_assert_int_eq(feature_set_new(&s), 0);
	ck_assert_int_eq(feature_set_calendar(s, "stock", m->calendars[0], &index), 0);
	ck_assert_int_eq(feature_set_calendar(s, "future", m->calendars[1], &index), 0);
	feature_set_calendar_of(s, calendar_of, NULL);
	for (size_t i = 0; i < 3; i++)
		add(s, own[i]);
	feature_set_use_calendar(s, 0);
	add(s, "absent_for(2m)");
	feature_set_use_calendar(s, 1);
	add(s, "absent_for(7m)");
	*m = (struct model){
		.calendars = { m->calendars[0], m->calendars[1] },
		.times = { duration("1m"), duration("7m"), duration("3h"), duration("2m"),
		           duration("7m") },
		.given = { -1, -1, -1, 0, 1 },
	};
	for (size_t k = 0; k < N_KEYS; k++)
		m->told[k] = INT64_MIN;
	return s;
}

static void compare(struct feature_table *t, struct model *m, int64_t until)
{
	struct tocsin_sample s;
	int64_t due;
	size_t key;

	while (next(m, until, &key, &due)) {
		ck_assert(feature_table_tick(t, until, &s));
		ck_assert_int_eq(s.event->time_ns, due);
		ck_assert_int_eq(s.event->instrument.p[0], names[key][0]);
	}
	ck_assert(!feature_table_tick(t, until, &s));
}

/* Now and then the state is saved and goes on in another table. */
static struct feature_table *move(struct feature_set *set, const struct feature_limits *limits,
                                  struct feature_table *t)
{
	struct feature_table *to = NULL;
	struct buf saved = { 0 };

	feature_table_save(t, &saved);
	ck_assert_int_eq(feature_table_new(set, limits, &to), 0);
	ck_assert_int_eq(feature_table_load(to, saved.p, saved.n), 0);
	buf_done(&saved);
	feature_table_free(t);
	return to;
}

START_TEST(same_as_the_model)
{
	const struct feature_limits limits = { .max_keys = 10, .max_window_events = 10 };
	struct calendar *a = make_calendar(&stock), *b = make_calendar(&future);
	struct model m = { .calendars = { a, b } };
	struct feature_set *set = make_set(&m);
	struct feature_table *t = NULL;
	struct rng r = { 5 };
	int64_t now = at("2024-01-02T14:00:00Z");

	ck_assert_int_eq(feature_table_new(set, &limits, &t), 0);
	for (size_t i = 0; i < EVENTS; i++) {
		size_t key = rng_below(&r, N_KEYS);
		struct tocsin_event e = { .size = sizeof e,
			                  .kind = TOCSIN_TRADE,
			                  .price = 1,
			                  .qty = 1,
			                  .instrument = { names[key], 1 } };
		struct tocsin_sample s;

		now += (int64_t)rng_below(&r, rng_below(&r, 20) ? 90 * NS_PER_S : 7200 * NS_PER_S);
		compare(t, &m, now);
		e.time_ns = now;
		feature_table_add(t, &e, &s);
		m.told[key] = m.last[key] = now;
		if (rng_below(&r, 500) == 0)
			t = move(set, &limits, t);
	}
	feature_table_free(t);
	feature_set_free(set);
	calendar_free(a);
	calendar_free(b);
}
END_TEST

SUITE("silences", same_as_the_model)
