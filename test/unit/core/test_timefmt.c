/* Times and durations: round trips, edges, refusals. */
#include "core/timefmt.h"

#include <errno.h>
#include <string.h>

#include "../suite.h"

START_TEST(known_times)
{
	static const struct {
		const char *text, *back;
		int64_t ns;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", NULL, 0 },
		{ "2023-12-25T23:00:00.123456789Z", NULL, 1703545200123456789 },
		{ "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z", -500000000 },
		{ "2014-04-01 00:00:00", "2014-04-01T00:00:00Z", 1396310400000000000 },
		{ "2024-02-29T12:00:00+05:30", "2024-02-29T06:30:00Z", 1709188200000000000 },
		{ "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", 1483228800000000000 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t ns = 1;
		char text[TIMEFMT_TEXT];

		ck_assert_int_eq(time_parse(cases[i].text, strlen(cases[i].text), &ns), 0);
		ck_assert_int_eq(ns, cases[i].ns);
		time_format(ns, text);
		ck_assert_str_eq(text, cases[i].back ? cases[i].back : cases[i].text);
	}
}
END_TEST

START_TEST(wrong_times)
{
	static const char *const cases[] = {
		"",
		"2023",
		"2023-13-01T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"2023-01-01T24:00:00Z",
		"2023-01-01T00:00:00.Z",
		"2023-01-01T00:00:00Zx",
		"2023-01-01T00:00:00+5",
		"2023-01-01",
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t ns = 7;

		ck_assert_int_eq(time_parse(cases[i], strlen(cases[i]), &ns), -EINVAL);
		ck_assert_int_eq(ns, 7);
	}
	ck_assert_int_eq(time_parse("2500-01-01T00:00:00Z", 20, &(int64_t){ 0 }), -ERANGE);
}
END_TEST

START_TEST(dates)
{
	static const struct {
		const char *text;
		int64_t days;
	} right[] = { { "1970-01-01", 0 }, { "2024-02-29", 19782 }, { "1969-12-31", -1 } };
	static const char *const wrong[] = { "",         "2024-02-30",  "2023-02-29",
		                             "2024-1-1", "2024-01-01 ", "2024-01-01T",
		                             "20240101", "2024-00-10" };
	int64_t days = 7;
	char text[TIMEFMT_TEXT];

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		ck_assert_int_eq(date_parse(wrong[i], strlen(wrong[i]), &days), -EINVAL);
		ck_assert_int_eq(days, 7);
	}
	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
		ck_assert_int_eq(date_parse(right[i].text, strlen(right[i].text), &days), 0);
		ck_assert_int_eq(days, right[i].days);
		ck_assert_uint_eq(date_format(days, text), 10);
		ck_assert_str_eq(text, right[i].text);
	}
}
END_TEST

START_TEST(durations_for_people)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {
		{ "0s", 0 },
		{ "999ms999us999ns", NS_PER_S - 1 },
		{ "5s45ms", 5045350776 },
		{ "59s999ms", 60 * NS_PER_S - 1 },
		{ "1h1s", 3601 * NS_PER_S + 999 * NS_PER_MS },
	};
	char text[TIMEFMT_TEXT];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		duration_format_short(cases[i].ns, text);
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

START_TEST(durations)
{
	static const struct {
		const char *text, *back;
		int64_t ns;
	} cases[] = {
		{ "5m", NULL, 300 * NS_PER_S },
		{ "1h30m", NULL, 5400 * NS_PER_S },
		{ "1.5s", "1s500ms", 1500 * NS_PER_MS },
		{ "0", "0s", 0 },
		{ "2w", "14d", 14 * 86400 * NS_PER_S },
		{ "250ms", NULL, 250 * NS_PER_MS },
		{ "1us", NULL, 1000 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t ns = -1;
		char text[TIMEFMT_TEXT];

		ck_assert_int_eq(duration_parse(cases[i].text, strlen(cases[i].text), &ns), 0);
		ck_assert_int_eq(ns, cases[i].ns);
		duration_format(ns, text);
		ck_assert_str_eq(text, cases[i].back ? cases[i].back : cases[i].text);
	}
	ck_assert_int_eq(duration_parse("5", 1, &(int64_t){ 0 }), -EINVAL);
	ck_assert_int_eq(duration_parse("m", 1, &(int64_t){ 0 }), -EINVAL);
	ck_assert_int_eq(duration_parse("5 m", 3, &(int64_t){ 0 }), -EINVAL);
	ck_assert_int_eq(duration_parse("400000d", 7, &(int64_t){ 0 }), -ERANGE);
}
END_TEST

SUITE("timefmt", known_times, wrong_times, dates, durations, durations_for_people)
