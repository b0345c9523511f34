/* What a person is told who wrote a rule wrongly, through the whole way from the file: each case of
 * wrong_rules.txt is a configuration and what is said of it, places and suggestions included.
 *
 * After a deliberate change of words: TOCSIN_GOLDEN=write build/test/unit/engine/test_wrong_rules
 * writes the file anew, and the difference is to be read. */
#include "engine/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "core/buf.h"

#define FILE_NAME "test/unit/engine/wrong_rules.txt"

static char *read_all(void)
{
	FILE *f = fopen(FILE_NAME, "r");
	char block[4096];
	struct buf b = { 0 };
	size_t n;

	ck_assert_msg(f != NULL, "%s: run from the project's folder", FILE_NAME);
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		buf_add(&b, block, n);
	fclose(f);
	return buf_take(&b);
}

static char *what_is_said(const char *yaml, size_t n)
{
	struct errors errors = { 0 };
	struct conf *conf = NULL;
	struct plan *plan = NULL;
	char *text;
	int r = conf_parse(yaml, n, "c.yaml", CONF_FOR_REPLAY, &errors, &conf);

	if (r == 0)
		r = plan_new(conf, &errors, &plan);
	ck_assert_msg(r == -EINVAL, "this is right: %.*s", (int)n, yaml);
	text = errors_text(&errors);
	errors_done(&errors);
	plan_free(plan);
	conf_free(conf);
	return text;
}

START_TEST(golden)
{
	const char *write = getenv("TOCSIN_GOLDEN");
	char *all = read_all(), *at = all;
	struct buf out = { 0 };
	int cases = 0;

	while (*at) {
		char *name = at + 4, *yaml = strchr(at, '\n') + 1, *said, *expected;
		char *end = strstr(yaml, "\n---\n"), *next;

		ck_assert_msg(strncmp(at, "=== ", 4) == 0 && end, "after case %d", cases);
		expected = end + 5;
		next = strstr(end + 4, "\n=== ");
		next = next ? next + 1 : expected + strlen(expected);
		said = what_is_said(yaml, (size_t)(end + 1 - yaml));
		buf_add(&out, at, (size_t)(expected - at));
		buf_puts(&out, said);
		if (!write)
			ck_assert_msg(strlen(said) == (size_t)(next - expected) &&
			                      memcmp(said, expected, strlen(said)) == 0,
			              "%.*s:\n%s", (int)(yaml - 1 - name), name, said);
		free(said);
		at = next;
		cases++;
	}
	if (write) {
		FILE *f = fopen(FILE_NAME, "w");

		ck_assert(f && fputs(buf_str(&out), f) >= 0 && fclose(f) == 0);
	}
	ck_assert_int_ge(cases, 60);
	buf_done(&out);
	free(all);
}
END_TEST

SUITE("wrong rules", golden)
