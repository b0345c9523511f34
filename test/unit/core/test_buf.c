/* The growing buffer: termination, escaping, failure that is remembered, giving away. */
#include "core/buf.h"

#include <stdint.h>
#include <string.h>

#include "../suite.h"

START_TEST(empty)
{
	struct buf b = { 0 };
	char *p;

	ck_assert_str_eq(buf_str(&b), "");
	buf_clear(&b);
	buf_add(&b, NULL, 0);
	ck_assert_uint_eq(b.n, 0);
	ck_assert_str_eq(buf_str(&b), "");
	buf_done(&b);
	p = buf_take(&b);
	ck_assert_str_eq(p, "");
	free(p);
	buf_done(&b);
	buf_done(&b);
}
END_TEST

/* Terminated after each step, whatever the sizes at which it grows. */
START_TEST(grows)
{
	struct buf b = { 0 };
	char *p;

	for (size_t i = 0; i < 5000; i++) {
		switch (i % 3) {
		case 0: buf_putc(&b, 'a'); break;
		case 1: buf_puts(&b, "bc"); break;
		case 2: buf_printf(&b, "%03d", 42); break;
		}
		ck_assert_uint_eq(strlen(buf_str(&b)), b.n);
		ck_assert_uint_lt(b.n, b.size);
	}
	ck_assert(!b.failed);
	ck_assert_uint_eq(b.n, 1667 + 2 * 1667 + 3 * 1666);
	ck_assert(memcmp(b.p, "abc042abc042", 12) == 0);
	p = buf_take(&b);
	ck_assert_uint_eq(strlen(p), 9999);
	ck_assert_ptr_null(b.p);
	ck_assert_uint_eq(b.n, 0);
	free(p);
}
END_TEST

START_TEST(keeps_zero_bytes)
{
	struct buf b = { 0 };

	buf_add(&b, "a\0b", 3);
	ck_assert_uint_eq(b.n, 3);
	ck_assert_mem_eq(b.p, "a\0b", 4);
	buf_clear(&b);
	ck_assert_uint_eq(b.n, 0);
	ck_assert_str_eq(buf_str(&b), "");
	buf_puts(&b, "x");
	ck_assert_str_eq(buf_str(&b), "x");
	buf_done(&b);
}
END_TEST

START_TEST(longer_than_its_room)
{
	struct buf b = { 0 };
	char long_text[1000];

	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = 0;
	for (size_t room = 0; room < 200; room++) {
		buf_done(&b);
		ck_assert(buf_reserve(&b, room));
		buf_printf(&b, "%s!", long_text);
		ck_assert_uint_eq(b.n, sizeof long_text);
		ck_assert_int_eq(b.p[b.n - 1], '!');
	}
	buf_done(&b);
}
END_TEST

START_TEST(failure_is_remembered)
{
	struct buf b = { 0 };

	buf_puts(&b, "before");
	ck_assert(!buf_reserve(&b, SIZE_MAX));
	ck_assert(b.failed);
	buf_puts(&b, "after");
	buf_printf(&b, "%d", 1);
	buf_putc(&b, 'c');
	ck_assert_str_eq(buf_str(&b), "before");
	ck_assert_ptr_null(buf_take(&b));
	ck_assert(!b.failed);
	buf_puts(&b, "x");
	ck_assert(!buf_reserve(&b, SIZE_MAX - 1));
	ck_assert(b.failed);
	buf_clear(&b);
	buf_puts(&b, "again");
	ck_assert_str_eq(buf_str(&b), "again");
	buf_done(&b);
}
END_TEST

START_TEST(escapes)
{
	static const struct {
		const char *in;
		size_t n, max;
		const char *out;
	} cases[] = {
		{ "plain", 5, 99, "plain" },
		{ "a\nb\"c\\d", 7, 99, "a\\nb\\\"c\\\\d" },
		{ "\0\x1b[31m\x7f\r\t", 9, 99, "\\x00\\x1b[31m\\x7f\\x0d\\x09" },
		{ "gr\xc3\xbc\xc3\x9f", 6, 99, "gr\xc3\xbc\xc3\x9f" },
		{ "\xff\xc3", 2, 99, "\\xff\\xc3" },
		{ "\xed\xa0\x80", 3, 99, "\\xed\\xa0\\x80" },
		{ "abcdef", 6, 3, "abc..." },
		{ "abc", 3, 3, "abc" },
		{ "ab\xc3\xbc", 4, 3, "ab\\xc3..." },
		{ "", 0, 0, "" },
		{ "x", 1, 0, "..." },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf b = { 0 };

		buf_escape(&b, cases[i].in, cases[i].n, cases[i].max);
		ck_assert_str_eq(buf_str(&b), cases[i].out);
		buf_done(&b);
	}
}
END_TEST

SUITE("buf", empty, grows, keeps_zero_bytes, longer_than_its_room, failure_is_remembered, escapes)
