#include "buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

void buf_done(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

bool buf_reserve(struct buf *b, size_t more)
{
	size_t need, size;
	char *p;

	if (b->failed || __builtin_add_overflow(b->n, more, &need) || need == SIZE_MAX) {
		b->failed = true;
		return false;
	}
	need++;
	if (need <= b->size)
		return true;
	size = b->size ? b->size : 64;
	while (size < need)
		size = size > SIZE_MAX / 2 ? need : size * 2;
	p = realloc(b->p, size);
	if (!p) {
		b->failed = true;
		return false;
	}
	b->p = p;
	b->size = size;
	return true;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (!buf_reserve(b, n))
		return;
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = 0;
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0 || !buf_reserve(b, (size_t)n)) {
		b->failed = true;
		return;
	}
	vsnprintf(b->p + b->n, (size_t)n + 1, format, args);
	b->n += (size_t)n;
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(b, format, args);
	va_end(args);
}

void buf_escape(struct buf *b, const void *p, size_t n, size_t max)
{
	const unsigned char *s = p;
	size_t end = n < max ? n : max;

	for (size_t i = 0; i < end;) {
		size_t len = utf8_char(s + i, end - i);

		if (s[i] == '\n') {
			buf_puts(b, "\\n");
			i++;
		} else if (s[i] == '"' || s[i] == '\\') {
			buf_printf(b, "\\%c", s[i++]);
		} else if (len == 0 || s[i] < 0x20 || s[i] == 0x7f) {
			buf_printf(b, "\\x%02x", s[i++]);
		} else {
			buf_add(b, s + i, len);
			i += len;
		}
	}
	if (end < n)
		buf_puts(b, "...");
}

const char *buf_str(const struct buf *b)
{
	return b->p ? b->p : "";
}

char *buf_take(struct buf *b)
{
	char *p;

	if (!b->p)
		buf_reserve(b, 0);
	if (b->p && b->n == 0)
		b->p[0] = 0;
	p = b->failed ? NULL : b->p;
	if (!p)
		free(b->p);
	*b = (struct buf){ 0 };
	return p;
}
