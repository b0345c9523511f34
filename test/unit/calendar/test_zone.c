/* Time zones: days of clock changes, names that are none, and no look at the environment. */
#include "calendar/zone.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "core/timefmt.h"

static int64_t seconds(const char *text)
{
	int64_t ns = 0;

	ck_assert_msg(time_parse(text, strlen(text), &ns) == 0, "%s", text);
	return ns / NS_PER_S;
}

static struct zone *zone(const char *name)
{
	struct zone *z = NULL;

	ck_assert_msg(zone_new(name, &z) == 0, "%s", name);
	ck_assert_str_eq(zone_name(z), name);
	return z;
}

START_TEST(known_instants)
{
	static const struct {
		const char *zone, *local, *utc;
		bool there; /* clocks do show that time */
	} cases[] = {
		{ "UTC", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z", true },
		{ "America/New_York", "2024-03-08T09:30:00Z", "2024-03-08T14:30:00Z", true },
		{ "America/New_York", "2024-03-11T09:30:00Z", "2024-03-11T13:30:00Z", true },
		{ "America/New_York", "2024-03-10T01:59:59Z", "2024-03-10T06:59:59Z", true },
		{ "America/New_York", "2024-03-10T02:00:00Z", "2024-03-10T07:00:00Z", false },
		{ "America/New_York", "2024-03-10T02:30:00Z", "2024-03-10T07:00:00Z", false },
		{ "America/New_York", "2024-03-10T03:00:00Z", "2024-03-10T07:00:00Z", true },
		{ "America/New_York", "2024-11-03T01:30:00Z", "2024-11-03T05:30:00Z", true },
		{ "America/New_York", "2024-11-03T02:00:00Z", "2024-11-03T07:00:00Z", true },
		{ "Europe/London", "2024-03-31T01:00:00Z", "2024-03-31T01:00:00Z", false },
		{ "Europe/London", "2024-10-27T01:30:00Z", "2024-10-27T00:30:00Z", true },
		{ "Asia/Kolkata", "2024-07-01T09:15:00Z", "2024-07-01T03:45:00Z", true },
		{ "Australia/Lord_Howe", "2024-10-06T02:15:00Z", "2024-10-05T15:30:00Z", false },
		/* A whole day that never was. */
		{ "Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T10:00:00Z", false },
		{ "Pacific/Apia", "2011-12-31T00:00:00Z", "2011-12-30T10:00:00Z", true },
		/* Far from the last change that the file has: by its rule for the years to come. */
		{ "America/Chicago", "2199-07-01T12:00:00Z", "2199-07-01T17:00:00Z", true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct zone *z = zone(cases[i].zone);
		int64_t local = seconds(cases[i].local), utc = zone_utc(z, local);
		uint32_t cursor = 77;

		ck_assert_msg(utc == seconds(cases[i].utc), "%s in %s is %lld", cases[i].local,
		              cases[i].zone, (long long)utc);
		ck_assert_int_eq(utc + zone_offset(z, utc, &cursor) == local, cases[i].there);
		zone_free(z);
	}
}
END_TEST

/* Every half hour of two years: what the clocks show leads back, to the first of two instants. */
START_TEST(there_and_back)
{
	static const char *const names[] = { "America/New_York", "Europe/London",
		                             "Australia/Lord_Howe", "Asia/Tokyo" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct zone *z = zone(names[i]);
		int64_t from = seconds("2024-01-01T00:00:00Z"),
			to = seconds("2026-01-01T00:00:00Z");
		uint32_t cursor = 0, other;
		size_t n_twice = 0;

		for (int64_t t = from; t < to; t += 1800) {
			int64_t offset = zone_offset(z, t, &cursor), back;

			other = 0;
			ck_assert_int_eq(zone_offset(z, t, &other), offset);
			back = zone_utc(z, t + offset);
			n_twice += back != t;
			ck_assert(back <= t && t - back <= 3600);
			ck_assert_int_eq(back + zone_offset(z, back, &other), t + offset);
		}
		/* Two autumns with an hour (or half of one) that comes twice. */
		ck_assert_uint_eq(n_twice, i == 3 ? 0 : i == 2 ? 2 : 4);
		zone_free(z);
	}
}
END_TEST

START_TEST(no_zones)
{
	static const struct {
		const char *name;
		int error;
	} cases[] = {
		{ "America/Nowhere", -ENOENT },
		{ "Nowhere", -ENOENT },
		{ "America", -ENOENT },
		{ "", -EINVAL },
		{ "localtime", -EINVAL },
		{ "posixrules", -EINVAL },
		{ "right/UTC", -EINVAL },
		{ "posix/UTC", -EINVAL },
		{ "../zoneinfo/UTC", -EINVAL },
		{ "America/../UTC", -EINVAL },
		{ "/usr/share/zoneinfo/UTC", -EINVAL },
		{ "zone.tab", -EINVAL },
		{ "file:UTC", -EINVAL },
		{ "libc:localtime", -EINVAL },
		{ "America//Chicago", -EINVAL },
		{ "America/", -EINVAL },
		{ "Fixed/UTC+05:00:00", -EINVAL },
		{ "A234567890123456789012345678901234567890123456789012345678901234", -EINVAL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct zone *z = NULL;

		ck_assert_msg(zone_new(cases[i].name, &z) == cases[i].error, "%s", cases[i].name);
		ck_assert_ptr_null(z);
	}
	ck_assert_ptr_null(zone_free(NULL));
}
END_TEST

START_TEST(environment_is_not_asked)
{
	int64_t t = seconds("2024-07-01T12:00:00Z");
	struct zone *z;

	setenv("TZ", "Asia/Tokyo", 1);
	setenv("TZDIR", "/nonexistent", 1);
	z = zone("Europe/Berlin");
	ck_assert_int_eq(zone_offset(z, t, &(uint32_t){ 0 }), 7200);
	zone_free(z);
}
END_TEST

SUITE("zone", known_instants, there_and_back, no_zones, environment_is_not_asked)
