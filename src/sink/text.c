/* text.c - JSON's strings and numbers. What comes from the outside (instrument, ids, labels) may be
 * any bytes at all; what goes out is valid JSON in valid UTF-8. */
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"
#include "core/timefmt.h"
#include "core/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* Bytes from p on that go out as they are. */
static size_t run_of_plain(const unsigned char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] >= 0x20 && p[i] < 0x7f && p[i] != '"' && p[i] != '\\')
		i++;
	return i;
}

static void escape_one(struct buf *out, unsigned char c)
{
	switch (c) {
	case '"': buf_puts(out, "\\\""); return;
	case '\\': buf_puts(out, "\\\\"); return;
	case '\n': buf_puts(out, "\\n"); return;
	case '\r': buf_puts(out, "\\r"); return;
	case '\t': buf_puts(out, "\\t"); return;
	default: buf_printf(out, "\\u%04x", c); return;
	}
}

void text_string(struct buf *out, const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;

	buf_putc(out, '"');
	for (size_t i = 0; i < n;) {
		size_t len = run_of_plain(s + i, n - i);

		if (len == 0) {
			len = utf8_char(s + i, n - i);
			if (len <= 1) {
				if (len == 1)
					escape_one(out, s[i]);
				else
					buf_puts(out, REPLACEMENT);
				i++;
				continue;
			}
		}
		buf_add(out, s + i, len);
		i += len;
	}
	buf_putc(out, '"');
}

void text_double(struct buf *out, double x)
{
	char s[40];
	int n = 0;

	if (!isfinite(x)) {
		buf_puts(out, "null");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		n = snprintf(s, sizeof s, "%.*g", digits, x);
		if (strtod(s, NULL) == x)
			break;
	}
	buf_add(out, s, (size_t)n);
}

void text_decimal(struct buf *out, int64_t units)
{
	char s[DECIMAL_TEXT];

	buf_add(out, s, decimal_format(units, s));
}

void text_time(struct buf *out, int64_t ns)
{
	char s[TIMEFMT_TEXT];
	size_t n = time_format(ns, s);

	buf_putc(out, '"');
	buf_add(out, s, n);
	buf_putc(out, '"');
}

/* U+0080..9F, U+200E/F, U+202A..E, U+2066..9: they move the cursor, or text, about. */
static bool is_trick(const unsigned char *p, size_t len)
{
	if (len == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (len != 3 || p[0] != 0xe2)
		return false;
	return (p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xaa && p[2] <= 0xae))) ||
	       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

void text_plain(struct buf *out, const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;

	for (size_t i = 0; i < n;) {
		size_t len = utf8_char(s + i, n - i);

		if (len == 0 || (len == 1 && (s[i] < 0x20 || s[i] == 0x7f)) ||
		    is_trick(s + i, len)) {
			buf_putc(out, '?');
			i += len ? len : 1;
			continue;
		}
		buf_add(out, s + i, len);
		i += len;
	}
}
