/* UTF-8 as the Unicode standard's table 3-7 has it, over all sequences of up to three bytes and the
 * edges of four. */
#include "core/utf8.h"

#include <stdint.h>
#include <string.h>

#include "../suite.h"

/* The standard's encoder: the only well-formed bytes of a code point. */
static size_t encode(uint32_t c, unsigned char out[4])
{
	if (c < 0x80) {
		out[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (unsigned char)(0xc0 | c >> 6);
		out[1] = (unsigned char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (unsigned char)(0xe0 | c >> 12);
		out[1] = (unsigned char)(0x80 | (c >> 6 & 63));
		out[2] = (unsigned char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | c >> 18);
	out[1] = (unsigned char)(0x80 | (c >> 12 & 63));
	out[2] = (unsigned char)(0x80 | (c >> 6 & 63));
	out[3] = (unsigned char)(0x80 | (c & 63));
	return 4;
}

START_TEST(every_code_point)
{
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		unsigned char p[4];
		size_t n = encode(c, p), expected = c >= 0xd800 && c <= 0xdfff ? 0 : n;

		if (utf8_char(p, n) != expected || utf8_char(p, n - 1) != 0)
			ck_abort_msg("U+%04X", c);
	}
}
END_TEST

/* What is accepted is no more than the encoder makes: counts over all of two and three bytes. */
START_TEST(nothing_else)
{
	size_t n[5] = { 0 };

	for (uint32_t v = 0; v < 1u << 24; v++) {
		const unsigned char p[3] = { (unsigned char)(v >> 16), (unsigned char)(v >> 8),
			                     (unsigned char)v };

		n[utf8_char(p, 3)]++;
	}
	ck_assert_uint_eq(n[1], 0x80u << 16);
	ck_assert_uint_eq(n[2], (0x800u - 0x80u) << 8);
	ck_assert_uint_eq(n[3], 0x10000u - 0x800u - 0x800u);
	ck_assert_uint_eq(n[4], 0);
}
END_TEST

START_TEST(four_bytes)
{
	size_t n = 0;

	for (uint32_t a = 0xf0; a <= 0xff; a++)
		for (uint32_t b = 0; b <= 0xff; b++)
			for (uint32_t c = 0x7f; c <= 0xc0; c++)
				for (uint32_t d = 0x7f; d <= 0xc0; d++)
					n += utf8_char((const unsigned char[]){ (unsigned char)a,
					                                        (unsigned char)b,
					                                        (unsigned char)c,
					                                        (unsigned char)d },
					               4) == 4;
	ck_assert_uint_eq(n, 0x110000u - 0x10000u);
}
END_TEST

START_TEST(texts)
{
	static const char *const right[] = {
		"", "abc", "gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac", "\xf0\x9f\x94\x94", "\xef\xbb\xbfx"
	};
	static const char *const wrong[] = {
		"\x80",
		"a\xff",
		"\xc0\xaf",
		"\xe0\x80\xaf",
		"\xf0\x80\x80\xaf",
		"\xed\xa0\x80",
		"\xf4\x90\x80\x80",
		"\xc3",
		"ab\xe2\x82",
		"\xf8\x88\x80\x80\x80",
	};

	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
		ck_assert_msg(utf8_valid(right[i], strlen(right[i])), "right %zu", i);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_msg(!utf8_valid(wrong[i], strlen(wrong[i])), "wrong %zu", i);
	ck_assert(utf8_valid("a\0b", 3));
	ck_assert(utf8_valid(NULL, 0));
}
END_TEST

SUITE("utf8", every_code_point, nothing_else, four_bytes, texts)
