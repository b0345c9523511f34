/* The list of what is wrong: order, places, bound. */
#include "core/errors.h"

#include <stdio.h>
#include <string.h>

#include "../suite.h"

START_TEST(none)
{
	struct errors e = { 0 };
	char *s = errors_text(&e);

	ck_assert_str_eq(s, "");
	free(s);
	errors_done(&e);
}
END_TEST

START_TEST(sorted_by_place)
{
	struct errors e = { 0 };
	char *s;

	errors_add(&e, (struct place){ "b.yaml", 1, 1 }, "last");
	errors_add(&e, (struct place){ "a.yaml", 10, 2 }, "fourth");
	errors_add(&e, (struct place){ "a.yaml", 2, 30 }, "third %d", 3);
	errors_add(&e, (struct place){ "a.yaml", 2, 4 }, "second \"%s\"", "x");
	errors_add(&e, (struct place){ 0 }, "first");
	errors_add(&e, (struct place){ "a.yaml", 0, 0 }, "of the whole file");
	ck_assert_uint_eq(e.n, 6);
	s = errors_text(&e);
	ck_assert_str_eq(s, "error: first\n"
	                    "a.yaml: error: of the whole file\n"
	                    "a.yaml:2:4: error: second \"x\"\n"
	                    "a.yaml:2:30: error: third 3\n"
	                    "a.yaml:10:2: error: fourth\n"
	                    "b.yaml:1:1: error: last\n");
	free(s);
	errors_done(&e);
	ck_assert_uint_eq(e.n, 0);
	errors_add(&e, (struct place){ 0 }, "again");
	s = errors_text(&e);
	ck_assert_str_eq(s, "error: again\n");
	free(s);
	errors_done(&e);
}
END_TEST

START_TEST(bounded)
{
	struct errors e = { 0 };
	size_t lines = 0;
	char *s;

	for (uint32_t i = 0; i < ERRORS_MAX + 17; i++)
		errors_add(&e, (struct place){ "a", i + 1, 1 }, "wrong");
	ck_assert_uint_eq(e.n, ERRORS_MAX);
	ck_assert_uint_eq(e.n_all, ERRORS_MAX + 17);
	s = errors_text(&e);
	for (const char *p = s; (p = strchr(p, '\n')); p++)
		lines++;
	ck_assert_uint_eq(lines, ERRORS_MAX + 1);
	ck_assert_ptr_nonnull(strstr(s, "\nand 17 more\n"));
	free(s);
	errors_done(&e);
}
END_TEST

SUITE("errors", none, sorted_by_place, bounded)
