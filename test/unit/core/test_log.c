/* Log lines as they reach standard error, quoting, and the limit on repeats. */
#include "core/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../suite.h"

/* Runs say() with standard error in a pipe; what was written. The texts fit the pipe. */
static const char *written(void (*say)(void), char *out, size_t size)
{
	int ends[2], before = dup(STDERR_FILENO);
	ssize_t n;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
	close(ends[1]);
	say();
	ck_assert_int_ge(dup2(before, STDERR_FILENO), 0);
	close(before);
	n = read(ends[0], out, size - 1);
	ck_assert_int_ge(n, 0);
	out[n] = 0;
	close(ends[0]);
	return out;
}

static void say_one(void)
{
	log_warning("queue full, waiting; size=%d", 7);
}

static void say_all(void)
{
	log_error("e");
	log_warning("w");
	log_notice("n");
	log_info("i");
	log_debug("d");
}

static size_t count_lines(const char *s)
{
	size_t n = 0;

	for (; (s = strchr(s, '\n')); s++)
		n++;
	return n;
}

START_TEST(on_a_terminal)
{
	char out[4096], level[16], rest[100];
	int y, mo, d, h, mi, s;

	unsetenv("JOURNAL_STREAM");
	log_setup(LOG_LEVEL_INFO);
	written(say_one, out, sizeof out);
	ck_assert_int_eq(sscanf(out, "%4d-%2d-%2dT%2d:%2d:%2d", &y, &mo, &d, &h, &mi, &s), 6);
	ck_assert_int_eq(sscanf(strstr(out, "Z "), "Z %15[^:]: %99[^\n]", level, rest), 2);
	ck_assert_str_eq(level, "warning");
	ck_assert_str_eq(rest, "queue full, waiting; size=7");
	ck_assert_int_eq(out[strlen(out) - 1], '\n');
}
END_TEST

START_TEST(under_systemd)
{
	char out[4096];

	setenv("JOURNAL_STREAM", "8:1", 1);
	log_setup(LOG_LEVEL_DEBUG);
	ck_assert_str_eq(written(say_one, out, sizeof out), "<4>queue full, waiting; size=7\n");
	ck_assert_str_eq(written(say_all, out, sizeof out), "<3>e\n<4>w\n<5>n\n<6>i\n<7>d\n");
}
END_TEST

START_TEST(levels)
{
	char out[4096];

	unsetenv("JOURNAL_STREAM");
	for (int most = LOG_LEVEL_ERROR; most <= LOG_LEVEL_DEBUG; most++) {
		log_setup((enum log_level)most);
		ck_assert_uint_eq(count_lines(written(say_all, out, sizeof out)),
		                  (size_t)(most - LOG_LEVEL_ERROR + 1));
	}
}
END_TEST

START_TEST(quoting)
{
	char longest[1000], *const text = longest;
	const char *a, *b;

	ck_assert_str_eq(log_quote("a\n\"<3>\x1b", 7), "a\\n\\\"<3>\\x1b");
	memset(text, 0xff, sizeof longest);
	a = log_quote(text, sizeof longest);
	ck_assert_uint_eq(strlen(a), 4 * 200 + 3);
	b = log_quote("b", 1);
	log_quote("c", 1);
	log_quote("d", 1);
	ck_assert_str_eq(b, "b"); /* four at a time */
	ck_assert_uint_eq(strlen(a), 4 * 200 + 3);
	ck_assert_str_eq(log_quote("", 0), "");
}
END_TEST

START_TEST(limit)
{
	struct log_limit l = { 0 };
	uint64_t held = 99;

	ck_assert(log_pass(&l, 1000, 100, 2, &held));
	ck_assert_uint_eq(held, 0);
	ck_assert(log_pass(&l, 1001, 100, 2, &held));
	held = 99;
	for (int i = 0; i < 5; i++)
		ck_assert(!log_pass(&l, 1002 + i, 100, 2, &held));
	ck_assert_uint_eq(held, 99);
	ck_assert(!log_pass(&l, 1099, 100, 2, &held));
	ck_assert(log_pass(&l, 1100, 100, 2, &held));
	ck_assert_uint_eq(held, 6);
	ck_assert(log_pass(&l, 1101, 100, 2, &held));
	ck_assert_uint_eq(held, 0);
	ck_assert(!log_pass(&l, 1102, 100, 2, &held));
	ck_assert(log_pass(&l, 5000, 100, 2, &held));
	ck_assert_uint_eq(held, 1);
}
END_TEST

SUITE("log", on_a_terminal, under_systemd, levels, quoting, limit)
