/* buf.h - a byte buffer that grows; always terminated with a NUL that its length does not count.
 *
 * Running out of memory is remembered in `failed` (the buffer stops growing), so that a writer
 * appends freely and asks once at the end. Zero-initialise it; end it with buf_done(). */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdarg.h>

struct buf {
	char *p;
	size_t n, size;
	bool failed;
};

void buf_done(struct buf *b);                    /* frees; b may be used again */
static inline void buf_clear(struct buf *b) { b->n = 0; b->failed = false; if (b->p) b->p[0] = 0; }
bool buf_reserve(struct buf *b, size_t more);    /* room for `more` bytes and the NUL */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args);
/* Appends with control bytes, quotes, backslashes and invalid UTF-8 escaped as \xNN or \n; at most
 * `max` input bytes, "..." after a cut. For logs: the result is one harmless line. */
void buf_escape(struct buf *b, const void *p, size_t n, size_t max);
const char *buf_str(const struct buf *b);        /* never NULL */
char *buf_take(struct buf *b);                   /* caller frees; NULL if it failed */

#endif
