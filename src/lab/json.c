#include "json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

void lab_json_text(const char *s, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t left = s ? strlen(s) : 0;

	if (!s) {
		buf_puts(out, "null");
		return;
	}
	buf_putc(out, '"');
	while (left) {
		size_t n = utf8_char(p, left);

		if (n == 0)
			buf_puts(out, "\xef\xbf\xbd");
		else if (*p < ' ' || *p == '"' || *p == '\\' || *p == 0x7f)
			buf_printf(out, "\\u%04x", *p);
		else
			buf_add(out, p, n);
		p += n ? n : 1;
		left -= n ? n : 1;
	}
	buf_putc(out, '"');
}

void lab_json_number(double x, struct buf *out)
{
	char text[40];

	if (!isfinite(x)) {
		buf_puts(out, "null");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, x);
		if (strtod(text, NULL) == x)
			break;
	}
	buf_puts(out, text);
}
